//! `baton git pull`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::Work;

use crate::app::App;
use crate::output::Stop;
use crate::place::Place;
use crate::under_way::{answer, carry};

/// Where, and how.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// A session, or HOST:PATH
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Put your commits on top of what comes
    #[arg(long, conflicts_with = "merge")]
    rebase: bool,
    /// Merge what comes. Without either what git is set to there counts, and else only going forward
    #[arg(long)]
    merge: bool,
}

/// Pulls on the host, and says what came of it.
pub async fn pull(app: &App, args: PullArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let rebase = if args.rebase { Some(true) } else { args.merge.then_some(false) };
    let carried = carry(app, Work::Pull { at, rebase }).await?;
    answer(app, &carried, Some(&crate::render::clean(&carried.outcome.said)))
}
