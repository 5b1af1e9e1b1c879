//! `baton history outbox`: what waits to be written to where it is shared.

use jiff::Timestamp;
use orchestrator::seam::Seam;
use serde_json::json;

use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, clean_line, host};
use crate::seam;

pub async fn run(output: &Output, seam: &dyn Seam) -> Result<u8, Stop> {
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
    let rows: Vec<[String; 5]> = waiting
        .iter()
        .map(|entry| {
            [
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
    output.table(["HOST", "DIRECTORY", "SINCE", "SUMMARY", "WHY"], &rows)?;
    output.note("`baton history sync` tries again now; it is tried with the next connection, too.");
    Ok(exit::DONE)
}
