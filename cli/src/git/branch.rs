//! `baton git switch` and `branch`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::GitCommand;

use super::call;
use crate::app::App;
use crate::output::Stop;

/// Which branch is checked out.
#[derive(Debug, Args)]
pub struct SwitchArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// The branch
    #[arg(value_name = "BRANCH")]
    branch: String,
    /// Make it first
    #[arg(short = 'c', long)]
    create: bool,
    /// Where a new one begins; here without it
    #[arg(long, value_name = "B", requires = "create")]
    start: Option<String>,
}

/// What becomes of a branch.
#[derive(Debug, Args)]
#[command(
    after_help = "Without an option it makes the branch. New ones follow no remote's branch: pushing them sets that."
)]
pub struct BranchArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// The branch
    #[arg(value_name = "BRANCH")]
    branch: String,
    /// Where a new one begins; here without it
    #[arg(value_name = "START", conflicts_with_all = ["rename", "delete"])]
    start: Option<String>,
    /// Give it another name
    #[arg(short = 'm', long, value_name = "NAME", conflicts_with = "delete")]
    rename: Option<String>,
    /// Delete it
    #[arg(short = 'd', long)]
    delete: bool,
    /// Also one that isn't merged
    #[arg(short = 'f', long, requires = "delete")]
    force: bool,
}

/// Checks one out.
pub async fn switch(app: &App, args: SwitchArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let command = if args.create {
        GitCommand::NewBranch { at, name: args.branch, start: args.start, switch: true }
    } else {
        GitCommand::Switch { at, branch: args.branch }
    };
    call::done(app, command).await
}

/// Makes, renames or deletes one.
pub async fn run(app: &App, args: BranchArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let name = args.branch;
    let command = match (args.delete, args.rename) {
        (true, _) => GitCommand::DeleteBranch { at, name, force: args.force },
        (false, Some(to)) => GitCommand::RenameBranch { at, name, to },
        (false, None) => GitCommand::NewBranch { at, name, start: args.start, switch: false },
    };
    call::done(app, command).await
}
