//! `baton git push`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::Work;

use crate::app::App;
use crate::output::Stop;
use crate::place::Place;
use crate::under_way::{answer, carry};

/// What is pushed.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// A session, or HOST:PATH
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Where to; the branch's own remote, the only one or origin, if left out
    #[arg(long, value_name = "R")]
    remote: Option<String>,
    /// Which branch; the one that is checked out, if left out
    #[arg(long, value_name = "B")]
    branch: Option<String>,
    /// Replace what is there, if it is what was last seen of it
    #[arg(long)]
    force: bool,
    /// All tags, too
    #[arg(long)]
    tags: bool,
}

/// Pushes on the host, and says what came of it.
pub async fn push(app: &App, args: PushArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let PushArgs { remote, branch, force, tags, .. } = args;
    let carried = carry(app, Work::Push { at, remote, branch, force, tags }).await?;
    answer(app, &carried, Some(&crate::render::clean(&carried.outcome.said)))
}
