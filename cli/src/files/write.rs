//! `baton files write`.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Expected, FILE_WINDOW, FileCommand, Seam};
use similar::TextDiff;

use super::change::with_option;
use super::{ask, show};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::clean;

/// So many lines of a difference are shown: more is for a tool that compares.
const MOST_LINES: usize = 40;

/// A file to be written.
#[derive(Debug, Args)]
#[command(after_help = "\
At most 4 MiB are written at once; `files put` sends what is larger. A file is replaced as a whole, and keeps its mode and owner: \
one that is read-only for the account, has further names (hard links), or could not keep its owner is refused, with --force, too. A host that has sftp alone doesn't tell who else has a name of a file: there \
it is replaced under the name that was given.")]
pub struct WriteArgs {
    /// Which; a link's target is written. One that is there is not replaced without --if-version or --force
    #[arg(value_name = "HOST:PATH")]
    place: OsString,
    /// Only if it is as it was then: the version that stat, cat --json or a former write gave
    #[arg(long, value_name = "V", conflicts_with_all = ["new", "force"], value_parser = NonEmptyStringValueParser::new())]
    if_version: Option<String>,
    /// Only if there is none; what counts without another option
    #[arg(long)]
    new: bool,
    /// Whatever is there
    #[arg(short, long, conflicts_with = "new")]
    force: bool,
    /// In a session: also outside of its directory
    #[arg(long)]
    outside: bool,
}

/// Writes it.
pub async fn run(app: &App, args: WriteArgs) -> Result<u8, Stop> {
    let place = Place::with_path(app, &args.place).await?;
    let bytes = tokio::task::spawn_blocking(stdin).await.map_err(|error| {
        Failure::new(Code::Internal, format!("could not read stdin: {error}"))
    })??;
    let seam = app.engine().await?;
    let expected = match (&args.if_version, args.force) {
        (Some(version), _) => Expected::Version(version.clone()),
        (None, true) => Expected::Anything,
        (None, false) => Expected::Absent,
    };
    let command = FileCommand::Write {
        at: place.at(),
        path: place.path.clone(),
        bytes: bytes.clone(),
        expected,
        outside: args.outside || place.is_open(),
    };
    match ask::wish(&*seam, command).await {
        Ok(entry) => {
            let Some(entry) = entry else { return Ok(exit::DONE) };
            app.output.answer(&show::document("path", &entry), clean(&entry.version))?;
            Ok(exit::DONE)
        }
        Err(failure) => {
            if failure.code == Code::Conflict && !app.output.is_json() && io::stderr().is_terminal()
            {
                difference(app, &*seam, &place, &bytes).await;
            }
            let is_theirs = failure.code == Code::Conflict && args.if_version.is_some();
            let failure = with_option(&place, failure);
            Err(if is_theirs {
                let hint = "Read it again, bring both together, and write that with the version that was read; --force replaces what is there";
                failure.hint(hint).into()
            } else {
                failure.into()
            })
        }
    }
}

/// All of stdin, as far as it can be written.
fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = u64::from(FILE_WINDOW) + 1;
    io::stdin()
        .lock()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Code::Usage, format!("could not read stdin: {error}")))?;
    if bytes.len() > FILE_WINDOW as usize {
        let message =
            format!("stdin has more than the {FILE_WINDOW} bytes that are written at once");
        return Err(Failure::new(Code::TooLarge, message)
            .hint("Upload it instead: `baton files put LOCAL HOST:PATH`"));
    }
    Ok(bytes)
}

/// Shows in short how what is there differs from what would have been written.
async fn difference(app: &App, seam: &dyn Seam, place: &Place, mine: &[u8]) {
    let theirs = ask::read(seam, place.at(), place.path.clone(), 0, FILE_WINDOW).await;
    let Ok(theirs) = theirs else { return };
    let (Ok(theirs), Ok(mine)) = (std::str::from_utf8(&theirs.bytes), std::str::from_utf8(mine))
    else {
        return;
    };
    let diff = TextDiff::from_lines(theirs, mine);
    let text = diff.unified_diff().context_radius(3).header("theirs", "yours").to_string();
    let count = text.lines().count();
    for line in text.lines().take(MOST_LINES) {
        app.output.note(clean(line));
    }
    if count > MOST_LINES {
        app.output.note(format_args!("… {} more lines", count - MOST_LINES));
    }
}
