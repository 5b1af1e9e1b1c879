//! `baton files ls`.

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Args;
use serde_json::json;

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::count;

/// A directory.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which: HOST for where its paths begin, HOST:PATH, or a session instead of HOST
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// Modes, sizes and times, too; what a terminal gets
    #[arg(short, long)]
    long: bool,
    /// Names alone, one a line; what a pipe gets
    #[arg(short = '1', long = "names", conflicts_with = "long")]
    names: bool,
    /// Names as they are, each ended by a NUL
    #[arg(short = '0', long = "null", conflicts_with = "long")]
    zero: bool,
    /// At most so many entries
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    limit: u32,
}

/// Lists it.
pub async fn run(app: &App, args: ListArgs) -> Result<u8, Stop> {
    let place = Place::find(app, &args.place).await?;
    let (at, path) = (place.at(), place.path.clone());
    let listing = ask::list(&*app.engine().await?, at, path, args.limit).await?;
    let output = &app.output;
    if output.is_json() {
        let entries: Vec<_> =
            listing.entries.iter().map(|entry| show::document("name", entry)).collect();
        output.document(&json!({
            "directory": listing.directory,
            "outside": listing.outside,
            "more": listing.more,
            "version": listing.version,
            "entries": entries,
        }))?;
        return Ok(exit::DONE);
    }
    let is_long = args.long || !(args.names || args.zero) && std::io::stdout().is_terminal();
    if is_long {
        let rows: Vec<_> = listing
            .entries
            .iter()
            .map(|entry| {
                let modified = entry
                    .modified
                    .map_or_else(|| "-".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
                [show::mode(entry), count(entry.size), modified, show::named(entry)]
            })
            .collect();
        output.table(["MODE", "SIZE", "MODIFIED (UTC)", "NAME"], &rows)?;
    } else {
        show::names(output, args.zero, listing.entries.iter().map(|entry| &entry.path))?;
    }
    if listing.more {
        output.note(format_args!("There are more than these {}.", count(args.limit.into())));
    }
    Ok(exit::DONE)
}
