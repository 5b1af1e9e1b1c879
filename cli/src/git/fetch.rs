//! `baton git fetch`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::Work;

use crate::app::App;
use crate::output::Stop;
use crate::place::Place;
use crate::under_way::{answer, carry};

/// Where, and from where.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// A session, or HOST:PATH
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// From this remote; from all, if left out
    #[arg(long, value_name = "R")]
    remote: Option<String>,
    /// Forget branches that are gone there
    #[arg(long)]
    prune: bool,
}

/// Fetches on the host, and says what came of it.
pub async fn fetch(app: &App, args: FetchArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let FetchArgs { remote, prune, .. } = args;
    let carried = carry(app, Work::Fetch { at, remote, prune }).await?;
    answer(app, &carried, Some(&crate::render::clean(&carried.outcome.said)))
}
