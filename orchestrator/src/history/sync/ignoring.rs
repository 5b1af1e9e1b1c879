//! Whether a project's git would take what is shared.

use super::{Read, Syncing};
use crate::failure::Failure;
use crate::history::Ignored;
use crate::seam::HistoryIgnored;
use crate::store::{Change, Project};

impl Syncing {
    /// What the project's git makes of the directory; asked once.
    pub(in crate::history) async fn ignored(
        &self,
        project: &Project,
    ) -> Result<Option<HistoryIgnored>, Failure> {
        if let Some(known) = project.ignored.as_deref().and_then(from_word) {
            return Ok(Some(known));
        }
        match self.shell.ignored().await {
            Ok(ignored) => {
                let ignored = told(ignored);
                self.set_ignored(project, ignored).await?;
                Ok(Some(ignored))
            }
            Err(error) => {
                tracing::debug!(host = %self.host(), %error, "git was not asked");
                Ok(None)
            }
        }
    }

    /// Keeps the directory out of the project's git.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(in crate::history) async fn ignore(&self) -> Result<HistoryIgnored, Failure> {
        self.allowed()?;
        self.shell.ignore().await.map_err(|error| self.failure(&error))?;
        let ignored = told(self.shell.ignored().await.map_err(|error| self.failure(&error))?);
        if let Some(project) = self.project().await? {
            self.set_ignored(&project, ignored).await?;
        }
        Ok(ignored)
    }

    async fn set_ignored(&self, project: &Project, ignored: HistoryIgnored) -> Result<(), Failure> {
        let ignored = word(ignored).to_owned();
        self.commit(Change::SetIgnored { project: project.id, ignored }).await
    }

    /// Whether there is anything there that git could take.
    pub(in crate::history) fn has_shared(&self, read: &Read) -> bool {
        read.has_files || self.has_written
    }

    /// Whether it is to be said that the directory isn't ignored: once.
    pub(in crate::history) async fn hint(&self, project: &Project) -> Result<bool, Failure> {
        let is_due = self.ignored(project).await? == Some(HistoryIgnored::No) && !project.hinted;
        if is_due {
            self.commit(Change::SetHinted(project.id)).await?;
        }
        Ok(is_due)
    }
}

fn told(ignored: Ignored) -> HistoryIgnored {
    match ignored {
        Ignored::Yes => HistoryIgnored::Yes,
        Ignored::No => HistoryIgnored::No,
        Ignored::NoRepository => HistoryIgnored::NoRepository,
        Ignored::NoGit => HistoryIgnored::NoGit,
    }
}

/// As the store has it.
fn word(ignored: HistoryIgnored) -> &'static str {
    match ignored {
        HistoryIgnored::Yes => "yes",
        HistoryIgnored::No => "no",
        HistoryIgnored::NoRepository => "no_repository",
        HistoryIgnored::NoGit => "no_git",
    }
}

/// What the store has; what may have changed since is asked again.
fn from_word(word: &str) -> Option<HistoryIgnored> {
    [HistoryIgnored::Yes, HistoryIgnored::No]
        .into_iter()
        .find(|ignored| word == self::word(*ignored))
}
