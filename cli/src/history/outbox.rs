//! `baton history outbox`: what waits to be written to where it is shared.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use orchestrator::seam::{Command, Reply, Request, Seam};
use serde_json::json;

use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, clean_line, host};
use crate::seam;

/// The outbox, or what is done about it.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    verb: Option<OutboxVerb>,
}

/// What is done about it.
#[derive(Debug, Subcommand)]
enum OutboxVerb {
    /// Give up sharing an entry; it stays in your own history
    Remove {
        /// Its id, or the beginning of it
        #[arg(value_name = "ENTRY")]
        id: String,
    },
}

pub async fn run(output: &Output, seam: &dyn Seam, args: OutboxArgs) -> Result<u8, Stop> {
    match args.verb {
        None => list(output, seam).await,
        Some(OutboxVerb::Remove { id }) => remove(output, seam, id).await,
    }
}

async fn remove(output: &Output, seam: &dyn Seam, id: String) -> Result<u8, Stop> {
    let reply = seam.call(Request::command(Command::KeepHistoryHere { id })).await?;
    let Reply::Outbox(kept) = &reply else { return Err(seam::odd(&reply).into()) };
    let names: Vec<&str> = kept.iter().map(|entry| entry.id.as_str()).collect();
    output.answer(&json!({ "entries": kept }), format_args!("Kept {} here", names.join(", ")))?;
    Ok(exit::DONE)
}

async fn list(output: &Output, seam: &dyn Seam) -> Result<u8, Stop> {
    let waiting = seam::outbox(seam).await?;
    if output.is_json() {
        output.document(&json!({ "entries": waiting }))?;
        return Ok(exit::DONE);
    }
    if waiting.is_empty() {
        output.note("Nothing waits.");
        return Ok(exit::DONE);
    }
    let now = Timestamp::now();
    let rows: Vec<[String; 6]> = waiting
        .iter()
        .map(|entry| {
            [
                clean_line(&entry.id).chars().take(8).collect(),
                host(&entry.host),
                entry.cwd.as_deref().map_or_else(|| "~".into(), clean_line),
                ago(entry.at, now),
                clean_line(&entry.summary).chars().take(60).collect(),
                entry
                    .failure
                    .as_ref()
                    .map_or_else(|| "not tried yet".into(), |why| clean_line(&why.message)),
            ]
        })
        .collect();
    output.table(["ID", "HOST", "DIRECTORY", "SINCE", "SUMMARY", "WHY"], &rows)?;
    output.note(
        "They are written with the next connection. `baton history sync` tries now, `baton history outbox remove ID` gives one up.",
    );
    Ok(exit::DONE)
}
