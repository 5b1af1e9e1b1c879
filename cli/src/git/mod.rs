//! `baton git`.

mod branch;
mod branches;
pub(crate) mod call;
mod change;
mod commit;
mod diff;
mod fetch;
mod lanes;
mod log;
mod pull;
mod push;
mod status;

use clap::Subcommand;

use crate::app::App;
use crate::output::Stop;

/// The verbs of `baton git`.
#[derive(Debug, Subcommand)]
pub enum GitVerb {
    /// Show how a repository stands: branch, what was changed, what it is in the middle of
    Status(status::StatusArgs),
    /// Show differences: on a terminal in colours, else byte for byte as `git apply` takes them
    Diff(diff::DiffArgs),
    /// List commits, newest first
    Log(log::LogArgs),
    /// List branches and tags
    Branches(branches::BranchesArgs),
    /// Stage files, or everything
    Stage(change::PathsArgs),
    /// Take files back out of what is staged, or everything
    Unstage(change::PathsArgs),
    /// Make files what they were when they were staged or committed, and remove those that git doesn't know
    Discard(change::DiscardArgs),
    /// Commit what is staged; hooks run
    Commit(commit::CommitArgs),
    /// Check a branch out; a remote's one gets one here that follows it
    Switch(branch::SwitchArgs),
    /// Make, rename or delete a branch
    Branch(branch::BranchArgs),
    /// Go on with a merge, rebase, cherry-pick or revert that is mended
    Continue(commit::UnfinishedArgs),
    /// Give a merge, rebase, cherry-pick, revert or bisect up
    Abort(commit::UnfinishedArgs),
    /// Push a branch; one that follows nothing follows what was pushed from then on
    Push(push::PushArgs),
    /// Bring in what the branch follows
    Pull(pull::PullArgs),
    /// Fetch what is new on the remotes
    Fetch(fetch::FetchArgs),
}

/// Runs one of them, and returns the exit status.
pub async fn run(app: &App, verb: GitVerb) -> Result<u8, Stop> {
    match verb {
        GitVerb::Status(args) => status::run(app, args).await,
        GitVerb::Diff(args) => diff::run(app, args).await,
        GitVerb::Log(args) => log::run(app, args).await,
        GitVerb::Branches(args) => branches::run(app, args).await,
        GitVerb::Stage(args) => change::stage(app, args).await,
        GitVerb::Unstage(args) => change::unstage(app, args).await,
        GitVerb::Discard(args) => change::discard(app, args).await,
        GitVerb::Commit(args) => commit::run(app, args).await,
        GitVerb::Switch(args) => branch::switch(app, args).await,
        GitVerb::Branch(args) => branch::run(app, args).await,
        GitVerb::Continue(args) => commit::unfinished(app, args, false).await,
        GitVerb::Abort(args) => commit::unfinished(app, args, true).await,
        GitVerb::Push(args) => push::push(app, args).await,
        GitVerb::Pull(args) => pull::pull(app, args).await,
        GitVerb::Fetch(args) => fetch::fetch(app, args).await,
    }
}
