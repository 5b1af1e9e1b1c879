//! `baton files mkdir`, `mv` and `rm`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileCommand, FileKind, FilePath};
use serde_json::json;

use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;

/// A directory to be made.
#[derive(Debug, Args)]
pub struct MkdirArgs {
    /// Which
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// With those above it, and content with one that is there
    #[arg(short, long)]
    parents: bool,
    /// In a session: also outside of its directory
    #[arg(long)]
    outside: bool,
}

/// What is moved, and where to.
#[derive(Debug, Args)]
pub struct MvArgs {
    /// What
    #[arg(value_name = "HOST:FROM")]
    from: OsString,
    /// Where to, on the same host; into it, if it is a directory. HOST: may stand before it again
    #[arg(value_name = "TO")]
    to: OsString,
    /// Replace a file that is there
    #[arg(short, long)]
    force: bool,
    /// In a session: also outside of its directory
    #[arg(long)]
    outside: bool,
}

/// What is deleted.
#[derive(Debug, Args)]
pub struct RmArgs {
    /// What; all on one host
    #[arg(value_name = "HOST:PATH", required = true)]
    places: Vec<OsString>,
    /// Directories with what they hold; else only empty ones
    #[arg(short, long)]
    recursive: bool,
    /// In a session: also outside of its directory
    #[arg(long)]
    outside: bool,
}

/// Makes a directory.
pub async fn mkdir(app: &App, args: MkdirArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.place).await?;
    let outside = args.outside || place.is_open();
    let (at, path) = (place.at(), place.path.clone());
    let command = FileCommand::MakeDirectory { at, path, parents: args.parents, outside };
    done(app, &place, command).await
}

/// Moves.
pub async fn mv(app: &App, args: MvArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.from).await?;
    let again = format!("{}:", place.typed);
    let to = args.to.as_bytes();
    let to = match to.strip_prefix(again.as_bytes()) {
        Some(to) => FilePath(to.to_vec()),
        None if Place::names_another(app, &args.to).await => {
            let message = format!("{} is not on {}", args.to.to_string_lossy(), place.typed);
            return Err(Failure::new(Code::Usage, message)
                .hint("mv moves within a host: use get and put; a name with a colon is written ./NAME")
                .into());
        }
        None => FilePath(to.to_vec()),
    };
    let seam = app.engine().await?;
    // As mv has it.
    let into = to.bytes().is_empty()
        || to.bytes().ends_with(b"/")
        || match ask::stat(&*seam, place.at(), to.clone()).await {
            Ok(there) => there.kind == FileKind::Directory,
            Err(missing) if missing.code == Code::NotFound => false,
            Err(failure) => return Err(failure.into()),
        };
    let to = if into { to.join(place.path.name()) } else { to };
    let outside = args.outside || place.is_open();
    let (at, from) = (place.at(), place.path.clone());
    let command = FileCommand::Rename { at, from, to, replace: args.force, outside };
    done(app, &place, command).await
}

/// Deletes.
pub async fn rm(app: &App, args: RmArgs) -> Result<u8, Stop> {
    let mut paths = Vec::new();
    let mut first: Option<Place> = None;
    for argument in &args.places {
        let place = Place::with_path(app, argument).await?;
        if place.path.bytes().is_empty() {
            let message = format!("{} names no file", argument.to_string_lossy());
            return Err(Failure::new(Code::Usage, message).hint("Write HOST:PATH").into());
        }
        paths.push(place.path.clone());
        match &first {
            Some(first) if first.typed != place.typed => {
                let message = "all that is deleted has to be on one host".to_owned();
                return Err(Failure::new(Code::Usage, message)
                    .hint("Run it once for each host")
                    .into());
            }
            Some(_) => {}
            None => first = Some(place),
        }
    }
    let Some(place) = first else { return Ok(exit::USAGE) };
    let outside = args.outside || place.is_open();
    let command = FileCommand::Delete { at: place.at(), paths, recursive: args.recursive, outside };
    done(app, &place, command).await
}

/// Carries it out, and says with what in JSON; as text it says nothing, as such programs do.
async fn done(app: &App, place: &Place, command: FileCommand) -> Result<u8, Stop> {
    let entry = ask::wish(&*app.engine().await?, command)
        .await
        .map_err(|failure| with_option(place, failure))?;
    if app.output.is_json() {
        match entry {
            Some(entry) => app.output.document(&show::document("path", &entry))?,
            None => app.output.document(&json!({ "done": true }))?,
        }
    }
    Ok(exit::DONE)
}

/// What the engine's hints are called on a command line.
pub fn with_option(place: &Place, failure: Failure) -> Failure {
    let is_outside = !place.is_open() && failure.message.contains("lies outside");
    match failure.code {
        Code::PermissionDenied if is_outside => {
            failure.hint("If you mean it, say --outside; nothing was changed")
        }
        Code::Conflict if failure.message.ends_with("is there already") => {
            failure.hint("Choose another name; mv, write and put replace a file with --force")
        }
        Code::Conflict if failure.message.ends_with("is not empty") => {
            failure.hint("rm -r deletes what it holds as well")
        }
        _ => failure,
    }
}
