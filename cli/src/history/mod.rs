//! `baton history`: what was done, here and by everybody who works on the same project.

mod activity;
mod add;
mod entries;
mod entry;
mod follow;
mod outbox;
mod project;
mod show;
mod sync;
mod time;

use clap::{Args, Subcommand};

use crate::app::App;
use crate::output::Stop;
pub use sync::tell_shared;

/// Entries, or one of the verbs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    #[command(flatten)]
    list: entries::ListArgs,
    #[command(subcommand)]
    verb: Option<HistoryVerb>,
}

/// The verbs of `baton history`.
#[derive(Debug, Subcommand)]
enum HistoryVerb {
    /// Show one entry with all that it says
    Show(show::ShowArgs),
    /// Put an entry into the history by hand
    Add(add::AddArgs),
    /// Count entries over time
    Activity(activity::ActivityArgs),
    /// Write what waits to where it is shared, and read what is new there
    Sync(sync::SyncArgs),
    /// List the entries that wait to be written to where they are shared, or give one up
    Outbox(outbox::OutboxArgs),
}

/// Runs it, and returns the exit status.
///
/// # Errors
///
/// What can't be, and why.
pub async fn run(app: &App, args: HistoryArgs) -> Result<u8, Stop> {
    let output = &app.output;
    match args.verb {
        None => entries::run(app, args.list).await,
        Some(HistoryVerb::Show(args)) => show::run(output, &*app.engine().await?, &args).await,
        Some(HistoryVerb::Add(args)) => add::run(app, args).await,
        Some(HistoryVerb::Activity(args)) => activity::run(app, args).await,
        Some(HistoryVerb::Sync(args)) => sync::run(app, args).await,
        Some(HistoryVerb::Outbox(args)) => outbox::run(output, &*app.engine().await?, args).await,
    }
}
