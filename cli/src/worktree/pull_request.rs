//! `baton worktree pr`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::Work;

use crate::app::App;
use crate::output::Stop;
use crate::place::Place;
use crate::render::clean;
use crate::under_way::{answer, carry};

/// What the request is like.
#[derive(Debug, Args)]
pub struct PullRequestArgs {
    /// A session, or HOST:PATH: a worktree whose branch is to be merged
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// The branch that is meant: nothing is pushed where another one is checked out; whichever is, if left out
    #[arg(long, value_name = "B")]
    branch: Option<String>,
    /// Its title; made of the commits, if left out
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    title: Option<String>,
    /// Its body; made of the commits, if left out
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    body: Option<String>,
    /// Into which branch; the default one, if left out
    #[arg(long, value_name = "B")]
    base: Option<String>,
    /// Not ready to be merged
    #[arg(long)]
    draft: bool,
}

/// Opens it, and prints its address alone.
pub async fn run(app: &App, args: PullRequestArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let PullRequestArgs { branch, title, body, base, draft, .. } = args;
    let carried = carry(app, Work::PullRequest { at, branch, title, body, base, draft }).await?;
    if !app.output.is_json() {
        app.output.note(clean(&carried.outcome.said));
    }
    let url = carried.outcome.url.as_deref().map(clean);
    answer(app, &carried, url.as_deref())
}
