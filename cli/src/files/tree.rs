//! `baton files tree`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::failure::Code;
use orchestrator::seam::{At, FileEntry, FileKind, FilePath, Seam};
use serde_json::{Value, json};

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;

/// So many entries are shown: nobody reads more.
const MOST: usize = 20_000;

/// A directory, and how deep.
#[derive(Debug, Args)]
pub struct TreeArgs {
    /// Which
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// How many levels
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    depth: u32,
    /// Also what git ignores, and what is hidden
    #[arg(short, long)]
    all: bool,
}

/// A directory that is still to be told of.
#[derive(Debug)]
struct Row {
    entry: FileEntry,
    /// From where the tree begins.
    path: FilePath,
    depth: u32,
    /// For each level, whether more stands below it there.
    goes_on: Vec<bool>,
}

/// Shows it.
pub async fn run(app: &App, args: TreeArgs) -> Result<u8, Stop> {
    let place = Place::find(app, &args.place).await?;
    let seam = app.engine().await?;
    let at = place.at();
    let top = ask::list(&*seam, at.clone(), place.path.clone(), u32::MAX).await?;
    let mut rows: Vec<Row> = Vec::new();
    let mut waiting = below(top.entries, &args, &FilePath::default(), 1, &[]);
    let mut more = top.more;
    while let Some(row) = waiting.pop() {
        if rows.len() == MOST {
            more = true;
            break;
        }
        // A link may lead in a circle.
        let enters = row.entry.kind == FileKind::Directory && row.entry.link.is_none();
        if enters && row.depth < args.depth {
            let path = top.directory.join(row.path.bytes());
            if let Some(entries) = entries(&*seam, at.clone(), path, &mut more).await? {
                waiting.extend(below(entries, &args, &row.path, row.depth + 1, &row.goes_on));
            }
        }
        rows.push(row);
    }
    let output = &app.output;
    if output.is_json() {
        let entries: Vec<Value> = rows
            .into_iter()
            .map(|row| show::document("path", &FileEntry { path: row.path, ..row.entry }))
            .collect();
        output
            .document(&json!({ "directory": top.directory, "more": more, "entries": entries }))?;
        return Ok(exit::DONE);
    }
    output.line(show::shown(&top.directory))?;
    let mut text = String::new();
    for row in &rows {
        text.push_str(&drawn(row));
        text.push('\n');
    }
    output.write(&text)?;
    if more {
        output.note(format_args!("There is more than these {} entries.", rows.len()));
    }
    Ok(exit::DONE)
}

/// What a directory holds; nothing of one that is gone or may not be read.
async fn entries(
    seam: &dyn Seam,
    at: At,
    path: FilePath,
    more: &mut bool,
) -> Result<Option<Vec<FileEntry>>, Stop> {
    match ask::list(seam, at, path, u32::MAX).await {
        Ok(listing) => {
            *more |= listing.more;
            Ok(Some(listing.entries))
        }
        Err(failure) if matches!(failure.code, Code::NotFound | Code::PermissionDenied) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Rows for the entries of a directory, the first one at the end.
fn below(
    entries: Vec<FileEntry>,
    args: &TreeArgs,
    parent: &FilePath,
    depth: u32,
    above: &[bool],
) -> Vec<Row> {
    let is_shown =
        |entry: &FileEntry| args.all || !entry.ignored && !entry.path.bytes().starts_with(b".");
    let mut rows: Vec<Row> = Vec::new();
    for entry in entries.into_iter().rev().filter(is_shown) {
        let mut goes_on = above.to_vec();
        // The last one is the first that comes here.
        goes_on.push(!rows.is_empty());
        let path = parent.join(entry.path.bytes());
        rows.push(Row { entry, path, depth, goes_on });
    }
    rows
}

fn drawn(row: &Row) -> String {
    let mut text = String::new();
    let (last, above) = row.goes_on.split_last().unwrap_or((&false, &[]));
    for goes_on in above {
        text.push_str(if *goes_on { "│   " } else { "    " });
    }
    text.push_str(if *last { "├── " } else { "└── " });
    text.push_str(&show::named(&row.entry));
    text
}
