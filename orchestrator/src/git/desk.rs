//! Who answers questions about repositories, and changes them.

use std::sync::Arc;

use super::call::Site;
use super::{pull_request, worktree};
use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{GitCommand, GitQuery, GitReply};

/// Repositories on hosts.
#[derive(Debug)]
pub(crate) struct GitDesk {
    reach: Arc<dyn Reach>,
}

impl GitDesk {
    pub(crate) fn new(reach: Arc<dyn Reach>) -> Self {
        Self { reach }
    }

    pub(crate) async fn answer(&self, query: GitQuery) -> Result<GitReply, Failure> {
        let reach = &self.reach;
        match query {
            GitQuery::Worktrees { at } => worktree::list(&Site::of(reach, &at).await?).await,
            GitQuery::PullRequest { at } => pull_request::draft(&Site::of(reach, &at).await?).await,
            GitQuery::Status { .. }
            | GitQuery::Diff { .. }
            | GitQuery::Patch { .. }
            | GitQuery::Log { .. }
            | GitQuery::Branches { .. } => Err(not_yet()),
        }
    }

    pub(crate) async fn carry_out(&self, command: GitCommand) -> Result<GitReply, Failure> {
        let reach = &self.reach;
        match command {
            GitCommand::RemoveWorktree { at, path, force } => {
                worktree::remove(&Site::of(reach, &at).await?, &path, force).await
            }
            GitCommand::PruneWorktrees { at, dry_run } => {
                worktree::prune(&Site::of(reach, &at).await?, dry_run).await
            }
            GitCommand::Stage { .. }
            | GitCommand::Unstage { .. }
            | GitCommand::Discard { .. }
            | GitCommand::Lines { .. }
            | GitCommand::Commit { .. }
            | GitCommand::Switch { .. }
            | GitCommand::NewBranch { .. }
            | GitCommand::RenameBranch { .. }
            | GitCommand::DeleteBranch { .. }
            | GitCommand::Unfinished { .. } => Err(not_yet()),
        }
    }
}

fn not_yet() -> Failure {
    Failure::new(Code::Unsupported, "git can't be asked here yet")
        .hint("Use git in a terminal on the host")
}
