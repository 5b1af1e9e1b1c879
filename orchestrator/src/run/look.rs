//! How a run stands, as its host tells it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::RunError;
use crate::host::HostId;
use crate::seam::RunId;

/// A run on its host.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Which.
    pub run: RunId,
    /// How far it is.
    pub standing: Standing,
    /// Size of what it printed on stdout.
    pub out_bytes: u64,
    /// Size of what it printed on stderr.
    pub err_bytes: u64,
    /// What it is, for people; absent where the file can't be read.
    pub meta: Option<Meta>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no such directory.
    Absent,
    /// Its files are there, as far as they came; it may still be launched.
    Staged,
    /// It was settled never to be launched.
    Never,
    /// It was launched, and something of it lives.
    Running,
    /// It has ended with that status; 128 + n after signal n.
    Exited(u8),
    /// It was launched and is gone, and nobody wrote its status down: the machine was restarted, or the runner killed.
    Unknown,
    /// It was launched, but its first process never came to life.
    Broken,
}

/// What a run is, for people and for other machines of the same person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The run's id.
    pub id: RunId,
    /// When it was launched, on the launching machine's clock.
    pub started_at: Timestamp,
    /// Its command line.
    pub command: String,
    /// Its directory, as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What the launching machine calls the host.
    pub host: String,
}

/// Reads the two lines of a look; `text` holds more of them.
///
/// # Errors
///
/// [`RunError::Odd`] for anything else.
pub(super) fn facts(host: &HostId, text: &str) -> Result<Vec<Facts>, RunError> {
    let mut lines = text.lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let odd = || RunError::Odd { host: host.clone(), said: line.to_owned() };
        let words: Vec<&str> = line.split(' ').collect();
        let [run, standing, status, out, err] = words.as_slice() else { return Err(odd()) };
        let run = RunId::new(*run);
        let standing = match (*standing, *status) {
            ("absent", _) => Standing::Absent,
            ("staged", _) => Standing::Staged,
            ("never", _) => Standing::Never,
            ("running", _) => Standing::Running,
            ("unknown", _) => Standing::Unknown,
            ("broken", _) => Standing::Broken,
            ("exited", status) => {
                let what = || format!("its status is {status:?}");
                Standing::Exited(status.parse().map_err(|_| RunError::Corrupt {
                    host: host.clone(),
                    run: run.clone(),
                    what: what(),
                })?)
            }
            (_, _) => return Err(odd()),
        };
        let meta = lines.next().ok_or_else(odd)?;
        all.push(Facts {
            run,
            standing,
            out_bytes: out.parse().map_err(|_| odd())?,
            err_bytes: err.parse().map_err(|_| odd())?,
            // For people alone: a run whose file can't be read is still a run.
            meta: serde_json::from_str(meta).ok(),
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn host() -> HostId {
        HostId::new("box")
    }

    #[test]
    fn a_look_is_read_line_by_line() {
        let text = "a exited 143 5 0\n{\"id\":\"a\",\"started_at\":\"2026-01-01T00:00:00Z\",\"command\":\"ls\",\"host\":\"box\"}\nb running - 1 2\n\n";
        let all = facts(&host(), text).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].standing, Standing::Exited(143));
        assert_eq!((all[0].out_bytes, all[1].err_bytes), (5, 2));
        assert_eq!(all[0].meta.as_ref().unwrap().command, "ls");
        assert!(all[1].meta.is_none());
    }

    #[test]
    fn a_status_that_is_none_is_said_and_never_guessed_at() {
        assert!(matches!(facts(&host(), "a exited x 5 0\n\n"), Err(RunError::Corrupt { .. })));
        assert!(matches!(facts(&host(), "Welcome!\n"), Err(RunError::Odd { .. })));
    }
}
