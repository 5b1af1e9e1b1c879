//! `baton files stat`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::FileKind;

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::{clean_line, count};

/// A path.
#[derive(Debug, Args)]
pub struct StatArgs {
    /// Which; a link is told of itself
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
}

/// Shows it.
pub async fn run(app: &App, args: StatArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.place).await?;
    let entry = ask::stat(&*app.engine().await?, place.at(), place.path.clone()).await?;
    let output = &app.output;
    if output.is_json() {
        output.document(&show::document("path", &entry))?;
        return Ok(exit::DONE);
    }
    let kind = match entry.kind {
        FileKind::Directory => "directory",
        FileKind::File => "file",
        FileKind::Broken => "link to nothing",
        FileKind::Other => "neither file nor directory",
    };
    let modified = entry.modified.map_or_else(|| "-".into(), |at| at.to_string());
    output.line(show::named(&entry))?;
    output
        .line(format_args!("kind      {kind}{}", if entry.outside { ", outside" } else { "" }))?;
    output.line(format_args!("size      {} bytes", count(entry.size)))?;
    output.line(format_args!("modified  {modified}"))?;
    let owner = clean_line(&format!("{} {}", entry.owner, entry.group));
    output.line(format_args!("mode      {} {:04o} {owner}", show::mode(&entry), entry.mode))?;
    let writable = match entry.writable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    };
    output.line(format_args!("writable  {writable}"))?;
    if !entry.version.is_empty() {
        output.line(format_args!("version   {}", clean_line(&entry.version)))?;
    }
    Ok(exit::DONE)
}
