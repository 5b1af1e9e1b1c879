//! Removing the directories of old runs from a host.

use std::collections::HashSet;

use super::error::RunError;
use super::look::{Facts, Standing, facts};
use super::runs::Runs;
use super::scripts::{self, Header};
use crate::seam::RunId;
use crate::transport::Call;

/// How old a run's directory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// It ended over a week ago.
    pub is_old: bool,
    /// Nothing was made in it for an hour.
    pub is_stale: bool,
}

/// Whether a run's directory is of no more use; `is_stored` says that all its output is stored here.
pub fn is_to_be_swept(standing: Standing, aged: Aged, is_stored: bool) -> bool {
    match standing {
        Standing::Absent | Standing::Running => false,
        Standing::Exited(_) | Standing::Unknown => is_stored || aged.is_old,
        // The launch broke half-way, or was given up.
        Standing::Staged | Standing::Never | Standing::Broken => aged.is_stale,
    }
}

impl Runs {
    /// Removes what is of no more use; a living run never. `stored` are the runs whose output is stored here.
    /// Returns those that are gone.
    ///
    /// # Errors
    ///
    /// The way to the host.
    pub async fn sweep(&self, stored: &[RunId]) -> Result<Vec<RunId>, RunError> {
        let stored: HashSet<&RunId> = stored.iter().collect();
        let all = self.look_with_ages().await?;
        let chosen = all.into_iter().filter(|(facts, aged)| {
            is_to_be_swept(facts.standing, *aged, stored.contains(&facts.run))
        });
        let ids: Vec<String> = chosen.map(|(facts, _)| facts.run.to_string()).collect();
        if ids.is_empty() { Ok(Vec::new()) } else { self.remove_all(&ids).await }
    }

    /// Removes the directory of one run, unless it lives. One that is gone is no error. Returns whether it is gone.
    ///
    /// # Errors
    ///
    /// The way to the host.
    pub async fn remove(&self, run: &RunId) -> Result<bool, RunError> {
        Ok(self.remove_all(&[run.to_string()]).await?.contains(run))
    }

    async fn remove_all(&self, ids: &[String]) -> Result<Vec<RunId>, RunError> {
        let header =
            Header::default().set("b_root", self.root().await?)?.set("b_ids", ids.join(" "))?;
        let answer = self.connection().call(Call::new(scripts::remove(&header)?)).await?;
        Ok(String::from_utf8_lossy(&answer.stdout).lines().map(RunId::new).collect())
    }

    async fn look_with_ages(&self) -> Result<Vec<(Facts, Aged)>, RunError> {
        let header = Header::default()
            .set("b_root", self.root().await?)?
            .set("b_ids", "")?
            .set("b_ages", "1")?;
        let answer = self.connection().call(Call::new(scripts::list(&header)?)).await?;
        let text = String::from_utf8_lossy(&answer.stdout);
        let is_age = |line: &&str| line.starts_with("old ") || line.starts_with("stale ");
        let looks: String =
            text.lines().filter(|line| !is_age(line)).flat_map(|line| [line, "\n"]).collect();
        let with = |word: &str, run: &RunId| {
            text.lines().any(|line| line.strip_prefix(word) == Some(run.as_str()))
        };
        let all = facts(self.connection().host(), &looks)?;
        let aged = |facts: &Facts| Aged {
            is_old: with("old ", &facts.run),
            is_stale: with("stale ", &facts.run),
        };
        Ok(all.into_iter().map(|facts| (facts.clone(), aged(&facts))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_run_is_never_swept_and_a_finished_one_when_it_is_stored_or_old() {
        let old = Aged { is_old: true, is_stale: true };
        let young = Aged::default();
        assert!(!is_to_be_swept(Standing::Running, old, true));
        assert!(!is_to_be_swept(Standing::Exited(0), young, false));
        assert!(is_to_be_swept(Standing::Exited(0), young, true));
        assert!(is_to_be_swept(Standing::Exited(0), old, false));
        assert!(is_to_be_swept(Standing::Unknown, old, false));
        assert!(!is_to_be_swept(Standing::Staged, young, true));
        assert!(is_to_be_swept(Standing::Staged, old, false));
        assert!(is_to_be_swept(Standing::Broken, old, false));
    }
}
