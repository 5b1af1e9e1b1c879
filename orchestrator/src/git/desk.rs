//! Who answers questions about repositories, and changes them.

use std::sync::Arc;

use super::call::Site;
use super::{branches, commit, diff, lines, log, pull_request, stage, status, worktree};
use crate::failure::Failure;
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
            GitQuery::Status { at, seen } => {
                status::ask(&Site::of(reach, &at).await?, seen.as_deref()).await
            }
            GitQuery::Diff { at, of, paths, context } => {
                diff::ask(&Site::of(reach, &at).await?, &of, &paths, context).await
            }
            GitQuery::Patch { at, of, paths } => {
                diff::patch(&Site::of(reach, &at).await?, &of, &paths).await
            }
            GitQuery::Log { at, revision, all, path, containing, skip, limit } => {
                let wanted = log::Wanted { revision, all, path, containing, skip, limit };
                log::ask(&Site::of(reach, &at).await?, &wanted).await
            }
            GitQuery::Branches { at } => branches::ask(&Site::of(reach, &at).await?).await,
            GitQuery::Worktrees { at } => worktree::list(reach, &Site::of(reach, &at).await?).await,
            GitQuery::PullRequest { at } => pull_request::draft(&Site::of(reach, &at).await?).await,
        }
    }

    pub(crate) async fn carry_out(&self, command: GitCommand) -> Result<GitReply, Failure> {
        let reach = &self.reach;
        match command {
            GitCommand::Stage { at, paths } => {
                stage::stage(&Site::of(reach, &at).await?, &paths).await
            }
            GitCommand::Unstage { at, paths } => {
                stage::unstage(&Site::of(reach, &at).await?, &paths).await
            }
            GitCommand::Discard { at, paths } => {
                stage::discard(&Site::of(reach, &at).await?, &paths).await
            }
            GitCommand::Lines { at, how, lines } => {
                lines::carry_out(&Site::of(reach, &at).await?, how, &lines).await
            }
            GitCommand::Commit { at, message, amend, all } => {
                commit::commit(&Site::of(reach, &at).await?, &message, amend, all).await
            }
            GitCommand::Switch { at, branch } => {
                branches::switch(&Site::of(reach, &at).await?, &branch).await
            }
            GitCommand::NewBranch { at, name, start, switch } => {
                let site = Site::of(reach, &at).await?;
                branches::make(&site, &name, start.as_deref(), switch).await
            }
            GitCommand::RenameBranch { at, name, to } => {
                branches::rename(&Site::of(reach, &at).await?, &name, &to).await
            }
            GitCommand::DeleteBranch { at, name, force } => {
                branches::delete(&Site::of(reach, &at).await?, &name, force).await
            }
            GitCommand::Unfinished { at, abort } => {
                commit::unfinished(&Site::of(reach, &at).await?, abort).await
            }
            GitCommand::RemoveWorktree { at, path, force } => {
                worktree::remove(reach, &Site::of(reach, &at).await?, &path, force).await
            }
            GitCommand::PruneWorktrees { at, dry_run } => {
                worktree::prune(&Site::of(reach, &at).await?, dry_run).await
            }
        }
    }
}
