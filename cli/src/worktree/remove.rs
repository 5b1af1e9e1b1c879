//! `baton worktree remove` and `prune`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::Args;
use orchestrator::seam::{FilePath, GitCommand, GitReply};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::git::call;
use crate::output::Stop;
use crate::place::Place;

/// What to do for who has left before git had answered.
const LEFT: &str = "`baton worktree list` says so; look before you do it again";

/// Which worktree.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// A session, or HOST:PATH: any directory of the repository
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// The worktree's path, or its branch
    path: OsString,
    /// With its changes
    #[arg(long)]
    force: bool,
}

/// Of which repository.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// A session, or HOST:PATH
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Only say which
    #[arg(long)]
    dry_run: bool,
}

/// Removes one.
pub async fn run(app: &App, args: RemoveArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let path = FilePath(args.path.into_vec());
    let command = GitCommand::RemoveWorktree { at, path: path.clone(), force: args.force };
    match call::change_or(app, command, LEFT).await? {
        GitReply::Done => {}
        other => return Err(call::unexpected(other)),
    }
    app.output
        .answer(&json!({ "removed": path }), format_args!("Removed {path}; its branch stays"))?;
    Ok(exit::DONE)
}

/// Forgets those that are gone.
pub async fn prune(app: &App, args: PruneArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let command = GitCommand::PruneWorktrees { at, dry_run: args.dry_run };
    let gone = match call::change_or(app, command, LEFT).await? {
        GitReply::Worktrees(gone) => gone,
        other => return Err(call::unexpected(other)),
    };
    if app.output.is_json() {
        app.output.document(&json!({ "pruned": gone, "dry_run": args.dry_run }))?;
        return Ok(exit::DONE);
    }
    for one in &gone {
        app.output.line(&one.path)?;
    }
    if gone.is_empty() {
        app.output.note("All worktrees are there.");
    }
    Ok(exit::DONE)
}
