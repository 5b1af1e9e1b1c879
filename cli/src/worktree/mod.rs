//! `baton worktree`.

mod add;
mod list;
mod pull_request;
mod remove;

use clap::Subcommand;
use orchestrator::failure::Failure;
use orchestrator::seam::{GitReply, Reply, Request, Seam, Worktree};

use crate::app::App;
use crate::output::Stop;
use add::AddArgs;
use list::ListArgs;
use pull_request::PullRequestArgs;
use remove::{PruneArgs, RemoveArgs};

/// The verbs of `baton worktree`.
#[derive(Debug, Subcommand)]
pub enum WorktreeVerb {
    /// Make a worktree for a branch, beside its repository, and set it up; its path is printed
    Add(AddArgs),
    /// List the worktrees of a repository, with what is changed and who works there
    List(ListArgs),
    /// Remove a worktree; its branch stays. What git ignores goes with it; refused where anything else would be lost, and while a session is at work there
    Remove(RemoveArgs),
    /// Forget worktrees whose directories are gone
    Prune(PruneArgs),
    /// Push the branch, and open a pull request with the host's own gh; its address is printed
    Pr(PullRequestArgs),
}

/// Runs one of them, and returns the exit status.
pub async fn run(app: &App, verb: WorktreeVerb) -> Result<u8, Stop> {
    match verb {
        WorktreeVerb::Add(args) => add::run(app, args).await,
        WorktreeVerb::List(args) => list::run(app, args).await,
        WorktreeVerb::Remove(args) => remove::run(app, args).await,
        WorktreeVerb::Prune(args) => remove::prune(app, args).await,
        WorktreeVerb::Pr(args) => pull_request::run(app, args).await,
    }
}

/// Asks for what answers with worktrees.
async fn worktrees(seam: &dyn Seam, request: Request) -> Result<Vec<Worktree>, Failure> {
    match seam.call(request).await? {
        Reply::Repository(GitReply::Worktrees(worktrees)) => Ok(worktrees),
        other => Err(crate::seam::odd(&other)),
    }
}
