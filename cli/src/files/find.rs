//! `baton files find`.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use clap::Args;
use orchestrator::seam::{FilePath, FoundFiles};
use serde_json::json;

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;

/// How long the first list of a large directory is waited for: the engine stops looking after 30 s.
const PATIENCE: Duration = Duration::from_secs(45);

/// Where, and what for.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// Below which directory
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// Letters of the path, in their order; words may stand anywhere
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    typed: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Paths as they are, each ended by a NUL
    #[arg(short = '0', long = "null")]
    zero: bool,
}

/// Finds them.
pub async fn run(app: &App, args: FindArgs) -> Result<u8, Stop> {
    let place = Place::find(app, &args.place).await?;
    let seam = app.engine().await?;
    let begun = Instant::now();
    let mut found = FoundFiles { coming: true, ..FoundFiles::default() };
    let mut behind = None;
    // Who asks once wants to know how it is now.
    while found.coming && begun.elapsed() < PATIENCE {
        let typed = args.typed.clone();
        match ask::find(&*seam, place.directory(), typed, args.limit, behind).await? {
            Some(newer) => found = newer,
            None => break,
        }
        behind = Some(found.list);
    }
    let output = &app.output;
    if output.is_json() {
        let FoundFiles { files, looked_at, whole, .. } = found;
        output.document(&json!({ "files": files, "looked_at": looked_at, "whole": whole }))?;
        return Ok(exit::DONE);
    }
    let paths: Vec<FilePath> =
        found.files.iter().map(|file| FilePath::from(file.path.as_str())).collect();
    show::names(output, args.zero, paths.iter())?;
    if !found.whole {
        output.note(format_args!(
            "Only {} files were looked through: there are more.",
            found.looked_at
        ));
    }
    Ok(exit::DONE)
}
