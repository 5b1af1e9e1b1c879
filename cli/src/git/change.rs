//! `baton git stage`, `unstage` and `discard`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::GitCommand;

use super::call;
use crate::app::App;
use crate::output::Stop;

/// Which files.
#[derive(Debug, Args)]
pub struct PathsArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Relative to the top of the repository; everything without one
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
}

/// Which files, at least one.
#[derive(Debug, Args)]
pub struct DiscardArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Relative to the top of the repository
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,
}

/// Stages them.
pub async fn stage(app: &App, args: PathsArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    call::done(app, GitCommand::Stage { at, paths: call::paths(args.files) }).await
}

/// Takes them out.
pub async fn unstage(app: &App, args: PathsArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    call::done(app, GitCommand::Unstage { at, paths: call::paths(args.files) }).await
}

/// Makes them what they were.
pub async fn discard(app: &App, args: DiscardArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    call::done(app, GitCommand::Discard { at, paths: call::paths(args.files) }).await
}
