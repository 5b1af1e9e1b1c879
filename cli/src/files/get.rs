//! `baton files get`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    FILE_WINDOW, FilePath, FileQuery, FileReply, Query, Reply, Request, Work,
};
use serde_json::json;

use super::transfer::carry;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::clean_line;
use crate::seam;

/// What is fetched, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
A link that is lost is waited for. Ctrl-C stops the transfer; the same command goes on where it was, as long as the source \
is what it was. A directory comes whole or not at all; links stay links; sockets, pipes and devices are left out, which is said; what has arrived of it doesn't come again where \
the host has GNU's find and tar. With -f, a file that is replaced keeps its mode, and its owner \
as far as this account may.")]
pub struct GetArgs {
    /// What to fetch: HOST:PATH, or S:PATH of a session
    #[arg(value_name = "HOST:PATH")]
    remote: OsString,
    /// Where to: a name, or a directory that it goes into; `-` writes a file to stdout
    #[arg(value_name = "LOCAL")]
    local: OsString,
    /// Replace what is there
    #[arg(long, short)]
    force: bool,
}

/// Fetches a file or directory.
///
/// # Errors
///
/// What stands in the way; nothing is at the target then that wasn't there.
pub async fn run(app: &App, args: GetArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.remote).await?;
    if args.local == "-" {
        return stream(app, &place).await;
    }
    let local = target(Path::new(&args.local), &place.path)?;
    let outcome = carry(
        app,
        Work::Download {
            at: place.at(),
            remote: place.path.clone(),
            local: FilePath(local.clone().into_os_string().into_vec()),
            replace: args.force,
        },
    )
    .await?;
    let said = clean_line(&outcome.said);
    let path = outcome.path.unwrap_or_default();
    app.output.answer(
        &json!({ "type": "done", "path": path, "said": outcome.said }),
        clean_line(&format!("{}:{} is now {path}", place.typed, place.path)),
    )?;
    if !app.output.is_json() && !said.is_empty() {
        app.output.note(said);
    }
    Ok(exit::DONE)
}

/// A directory that is there is what it goes into.
fn target(local: &Path, remote: &FilePath) -> Result<PathBuf, Failure> {
    let is_directory = local.as_os_str().as_bytes().ends_with(b"/") || local.is_dir();
    let local = if is_directory {
        let name = remote.name();
        if name.is_empty() || name == b"~" || name == b"." || name == b".." {
            let message = format!("{remote} has no name that it could have in {}", local.display());
            return Err(
                Failure::new(Code::Usage, message).hint("Write the name behind the directory")
            );
        }
        local.join(std::ffi::OsStr::from_bytes(name))
    } else {
        local.to_owned()
    };
    std::path::absolute(&local).map_err(|error| {
        Failure::new(Code::Usage, format!("{}: {error}", local.display())).hint("Name a path")
    })
}

/// Writes a file to stdout, window by window. It can't be gone on with.
async fn stream(app: &App, place: &Place) -> Result<u8, Stop> {
    let engine = app.engine().await?;
    let (mut offset, mut version) = (0, None);
    loop {
        let query = FileQuery::Read {
            at: place.at(),
            path: place.path.clone(),
            offset,
            length: FILE_WINDOW,
            seen: None,
        };
        let window = match engine.call(Request::query(Query::File(query))).await? {
            Reply::File(FileReply::Window(window)) => window,
            other => return Err(seam::odd(&other).into()),
        };
        if version.get_or_insert_with(|| window.file.version.clone()) != &window.file.version {
            let message = format!("{} was changed while it was read", place.path);
            return Err(Failure::new(Code::Conflict, message)
                .hint("What was printed is a part of what it was; begin again")
                .into());
        }
        offset += window.bytes.len() as u64;
        let end = window.end || window.bytes.is_empty();
        app.output.raw(false, window.bytes).await?;
        if end {
            return Ok(exit::DONE);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_directory_is_what_a_file_goes_into() {
        let remote = FilePath::from("/var/log/x.log");
        assert_eq!(target(Path::new("/tmp"), &remote).unwrap(), Path::new("/tmp/x.log"));
        assert_eq!(target(Path::new("/gone/"), &remote).unwrap(), Path::new("/gone/x.log"));
        assert_eq!(target(Path::new("/tmp/new"), &remote).unwrap(), Path::new("/tmp/new"));
        let home = target(Path::new("/tmp"), &FilePath::from("~")).unwrap_err();
        assert_eq!(home.code, Code::Usage);
    }
}
