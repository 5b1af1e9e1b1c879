//! `baton files put`.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FilePath, Work};
use serde_json::json;

use super::change::with_option;
use super::transfer::carry;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::clean_line;

/// What is sent, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
A link that is lost is waited for. Ctrl-C stops the transfer; the same command goes on where it was, as long as the source \
is what it was. A directory goes whole or not at all; links stay links; sockets, pipes and devices are left out, which is said; \
what has arrived of it doesn't go again where the host has GNU's find. With -f, a file that is replaced keeps its mode and \
owner; one that is read-only for the account, has further names (hard links), or could not keep its owner is refused, as with \
`files write -f`. What is in a directory that is there already and isn't in ours stays; files that are in both are replaced by \
ours, with our modes, unless one of them belongs to another account or has further names. In a session, nothing goes through a \
link that leads out of its directory. A host that has sftp alone doesn't tell who else has a name of a file: there it is \
replaced under the name that was given.")]
pub struct PutArgs {
    /// What to send; `-` takes a file from stdin
    #[arg(value_name = "LOCAL")]
    local: OsString,
    /// Where to: HOST:PATH, or S:PATH of a session; a PATH that ends with / is a directory that it goes into
    #[arg(value_name = "HOST:PATH")]
    remote: OsString,
    /// Replace what is there
    #[arg(long, short)]
    force: bool,
    /// In a session: also outside of its directory
    #[arg(long)]
    outside: bool,
}

/// Sends a file or directory.
///
/// # Errors
///
/// What stands in the way; what is at the target is as it was.
pub async fn run(app: &App, args: PutArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.remote).await?;
    // Gone when we are.
    let spool;
    let (local, name) = if args.local == "-" {
        spool = spooled().await?;
        (spool.path().to_owned(), None)
    } else {
        let local = Path::new(&args.local);
        let absolute = std::path::absolute(local).map_err(|error| unreadable(local, &error))?;
        absolute.metadata().map_err(|error| unreadable(local, &error))?;
        let name = absolute.file_name().map(|name| name.as_bytes().to_vec());
        (absolute, name)
    };
    let remote = target(&place.path, name.as_deref())?;
    let send = |remote: FilePath| Work::Upload {
        at: place.at(),
        local: FilePath(local.clone().into_os_string().into_vec()),
        remote,
        replace: args.force,
        outside: args.outside || place.is_open(),
    };
    let carried = match (carry(app, send(remote.clone())).await, name) {
        // A file goes into a directory, as with cp.
        (Err(Stop::Failure(why)), Some(name))
            if why.code == Code::IsDirectory && local.is_file() =>
        {
            carry(app, send(remote.join(&name))).await
        }
        (carried, _) => carried,
    };
    let outcome = match carried {
        Ok(outcome) => outcome,
        Err(Stop::Failure(failure)) => return Err(with_option(&place, failure).into()),
        Err(stop) => return Err(stop),
    };
    let (shown, said) = (args.local.to_string_lossy(), clean_line(&outcome.said));
    let path = outcome.path.unwrap_or_default();
    app.output.answer(
        &json!({ "type": "done", "path": path, "said": outcome.said }),
        clean_line(&format!("{shown} is now {}:{path}", place.typed)),
    )?;
    if !app.output.is_json() && !said.is_empty() {
        app.output.note(said);
    }
    Ok(exit::DONE)
}

/// What ends with a slash, or is nothing but a place, is a directory that it goes into.
fn target(remote: &FilePath, name: Option<&[u8]>) -> Result<FilePath, Failure> {
    let last = remote.name();
    let is_place = matches!(last, b"" | b"." | b".." | b"~") || remote.bytes().ends_with(b"/");
    match (is_place, name) {
        (false, _) => Ok(remote.clone()),
        (true, Some(name)) => Ok(remote.join(name)),
        (true, None) => Err(Failure::new(Code::Usage, "what comes from stdin has no name")
            .hint("Write the name of the file behind the directory")),
    }
}

/// All of stdin, in a file: how much it is has to be known before it is sent.
async fn spooled() -> Result<tempfile::NamedTempFile, Stop> {
    let read = tokio::task::spawn_blocking(|| {
        let mut spool = tempfile::NamedTempFile::new()?;
        io::copy(&mut io::stdin().lock(), &mut spool)?;
        Ok(spool)
    });
    let read: io::Result<_> = read.await.map_err(io::Error::other).flatten();
    Ok(read.map_err(|error| unreadable(Path::new("stdin"), &error))?)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::NotFound,
        io::ErrorKind::PermissionDenied => Code::PermissionDenied,
        _ => Code::Internal,
    };
    let path: PathBuf = path.to_owned();
    Failure::new(code, format!("can't read {}: {error}", path.display())).hint("Check the path")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_only_a_place_gets_the_name() {
        let to = |remote: &str| target(&FilePath::from(remote), Some(b"a")).unwrap().to_string();
        assert_eq!([to(""), to("~"), to("x/"), to("x"), to(".")], ["a", "~/a", "x/a", "x", "./a"]);
        assert_eq!(target(&FilePath::from("x/"), None).unwrap_err().code, Code::Usage);
    }
}
