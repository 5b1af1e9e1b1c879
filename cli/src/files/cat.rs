//! `baton files cat`.

use std::ffi::OsString;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FILE_WINDOW, FileWindow};
use serde_json::json;

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::place::Place;

/// A file, and which part of it.
#[derive(Debug, Args)]
pub struct CatArgs {
    /// Which; a link's target is read
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// From that byte on
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u64,
    /// At most so many bytes
    #[arg(long, value_name = "N")]
    length: Option<u64>,
}

/// Prints it, a window at a time: it is never whole in memory.
pub async fn run(app: &App, args: CatArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.place).await?;
    let seam = app.engine().await?;
    let mut offset = args.offset;
    let mut left = args.length.unwrap_or(u64::MAX);
    let mut first: Option<FileWindow> = None;
    loop {
        let length = u32::try_from(left).unwrap_or(FILE_WINDOW).min(FILE_WINDOW);
        let window = ask::read(&*seam, place.at(), place.path.clone(), offset, length).await?;
        if first.as_ref().is_some_and(|first| was_replaced(first, &window)) {
            let name = show::shown(&place.path);
            return Err(Failure::new(
                Code::Conflict,
                format!("{name} was replaced while it was read: what was printed is of two files"),
            )
            .hint("Read it again")
            .into());
        }
        print(&app.output, &window).await?;
        let read = window.bytes.len() as u64;
        offset = offset.saturating_add(read);
        left = left.saturating_sub(read);
        if window.end || left == 0 || read == 0 {
            return Ok(exit::DONE);
        }
        first.get_or_insert(FileWindow { bytes: Vec::new(), ..window });
    }
}

/// Whether it is another file, or was cut short. One that only grows is what it was as far as it goes.
fn was_replaced(first: &FileWindow, now: &FileWindow) -> bool {
    let is_changed = now.file.version != first.file.version;
    is_changed && (!now.file.is_still(&first.file) || now.file.size <= first.file.size)
}

async fn print(output: &Output, window: &FileWindow) -> Result<(), Stop> {
    if !output.is_json() {
        return Ok(output.raw(false, window.bytes.clone()).await?);
    }
    let (name, text) = match std::str::from_utf8(&window.bytes) {
        Ok(text) => ("text", text.to_owned()),
        Err(_) => ("base64", STANDARD.encode(&window.bytes)),
    };
    output.document(&json!({
        "path": window.file.path,
        "size_bytes": window.file.size,
        "version": window.file.version,
        "offset": window.offset,
        "end": window.end,
        name: text,
    }))
}
