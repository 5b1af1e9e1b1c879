//! `baton files cat`.

use std::ffi::OsString;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FILE_WINDOW, FileBeginning, FilePath, FileWindow, MANY_FILES, Seam};
use serde_json::{Value, json};

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::place::Place;

/// Files, and which part of one.
#[derive(Debug, Args)]
pub struct CatArgs {
    /// Which, one behind the other; a link's target is read. Small ones of one host come in one round trip
    #[arg(value_name = "HOST:PATH", required = true)]
    places: Vec<OsString>,
    /// From that byte on; of one file
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u64,
    /// At most so many bytes; of one file
    #[arg(long, value_name = "N")]
    length: Option<u64>,
}

/// Prints them. One that can't be read is told of, and the others are printed all the same.
pub async fn run(app: &App, args: CatArgs) -> Result<u8, Stop> {
    let mut places = Vec::with_capacity(args.places.len());
    for place in &args.places {
        places.push(Place::with_path(app, place).await?);
    }
    let seam = app.engine().await?;
    if let [place] = &places[..] {
        window_by_window(&*seam, &app.output, place, args.offset, args.length).await?;
        return Ok(exit::DONE);
    }
    if args.offset != 0 || args.length.is_some() {
        return Err(Failure::new(Code::Usage, "a part can be read of one file alone")
            .hint("Name one file, or leave out --offset and --length")
            .into());
    }
    let mut status = exit::DONE;
    let mut rest = &places[..];
    while let Some(first) = rest.first() {
        let at = first.at();
        let alike = rest.iter().take(MANY_FILES).take_while(|place| place.at() == at).count();
        let (some, others) = rest.split_at(alike);
        rest = others;
        let paths = some.iter().map(|place| place.path.clone()).collect();
        let read = ask::read_many(&*seam, at, paths, FILE_WINDOW).await?;
        for (place, beginning) in some.iter().zip(read) {
            let printed = match beginning {
                Ok(beginning) if beginning.end => {
                    print_whole(&app.output, &place.path, beginning).await
                }
                Ok(_) => window_by_window(&*seam, &app.output, place, 0, None).await,
                Err(failure) => Err(failure.into()),
            };
            match printed {
                Ok(()) => {}
                Err(Stop::Failure(failure)) => {
                    let told = app.output.stop(&Stop::Failure(failure));
                    status = if status == exit::DONE { told } else { status };
                }
                Err(stop) => return Err(stop),
            }
        }
    }
    Ok(status)
}

/// Prints a file a window at a time: it is never whole in memory.
async fn window_by_window(
    seam: &dyn Seam,
    output: &Output,
    place: &Place,
    mut offset: u64,
    length: Option<u64>,
) -> Result<(), Stop> {
    let mut left = length.unwrap_or(u64::MAX);
    let mut first: Option<FileWindow> = None;
    loop {
        let length = u32::try_from(left).unwrap_or(FILE_WINDOW).min(FILE_WINDOW);
        let window = ask::read(seam, place.at(), place.path.clone(), offset, length).await?;
        if first.as_ref().is_some_and(|first| was_replaced(first, &window)) {
            let name = show::shown(&place.path);
            return Err(Failure::new(
                Code::Conflict,
                format!("{name} was replaced while it was read: what was printed is of two files"),
            )
            .hint("Read it again")
            .into());
        }
        let (read, end) = (window.bytes.len() as u64, window.end);
        let FileWindow { file, offset: from, bytes, .. } = window;
        let looks = json!({
            "path": file.path,
            "size_bytes": file.size,
            "version": file.version,
            "offset": from,
            "end": end,
        });
        print(output, looks, bytes).await?;
        offset = offset.saturating_add(read);
        left = left.saturating_sub(read);
        if end || left == 0 || read == 0 {
            return Ok(());
        }
        first.get_or_insert(FileWindow { file, offset: from, bytes: Vec::new(), end });
    }
}

/// Whether it is another file, or was cut short. One that only grows is what it was as far as it goes.
fn was_replaced(first: &FileWindow, now: &FileWindow) -> bool {
    let is_changed = now.file.version != first.file.version;
    is_changed && (!now.file.is_still(&first.file) || now.file.size <= first.file.size)
}

/// Prints one of several, which has come with the others; its path is told as it was typed.
async fn print_whole(
    output: &Output,
    path: &FilePath,
    beginning: FileBeginning,
) -> Result<(), Stop> {
    let FileBeginning { bytes, version, .. } = beginning;
    let version = Some(version).filter(|version| !version.is_empty());
    let looks = json!({
        "path": path,
        "size_bytes": bytes.len(),
        "version": version,
        "offset": 0,
        "end": true,
    });
    print(output, looks, bytes).await
}

async fn print(output: &Output, mut looks: Value, bytes: Vec<u8>) -> Result<(), Stop> {
    if !output.is_json() {
        return Ok(output.raw(false, bytes).await?);
    }
    let (name, text) = match String::from_utf8(bytes) {
        Ok(text) => ("text", text),
        Err(bytes) => ("base64", STANDARD.encode(bytes.as_bytes())),
    };
    if let Value::Object(fields) = &mut looks {
        fields.insert(name.to_owned(), text.into());
    }
    output.document(&looks)
}
