//! `baton git`.

mod fetch;
mod pull;
mod push;

use clap::Subcommand;

use crate::app::App;
use crate::output::Stop;

/// The verbs of `baton git`.
#[derive(Debug, Subcommand)]
pub enum GitVerb {
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
        GitVerb::Push(args) => push::push(app, args).await,
        GitVerb::Pull(args) => pull::pull(app, args).await,
        GitVerb::Fetch(args) => fetch::fetch(app, args).await,
    }
}
