//! `baton complete`: what a Tab offers behind a command line.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::{OperationQuery, OperationReply, Query, Reply, Request};

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::seam;

/// Where, and which line.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line is what would stand for the last word then, quoted for the shell: lines that were run and begin so, branches and tags behind \
git's commands, what the account's own shell knows (bash, fish, zsh), programs, files. `--json` says what each one is, \
and where the word begins, in bytes of the line. Aliases of interactive shells aren't among them: command lines don't know them.")]
pub struct CompleteArgs {
    /// `HOST:DIRECTORY`, or a session, with or without `:DIRECTORY`
    #[arg(value_name = "HOST:CWD")]
    place: OsString,
    /// The line as it was typed so far, up to the cursor
    #[arg(value_name = "LINE", allow_hyphen_values = true)]
    line: String,
}

/// Asks, and prints what is offered.
///
/// # Errors
///
/// When the host can't be asked, or its directory isn't there.
pub async fn run(app: &App, args: CompleteArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let seam = app.engine().await?;
    let query = Query::Operation(OperationQuery::Complete { at, line: args.line, by_key: true });
    let reply = seam.call(Request::query(query)).await?;
    let Reply::Operation(OperationReply::Completions(completions)) = reply else {
        return Err(seam::odd(&reply).into());
    };
    if app.output.is_json() {
        app.output.document(&completions)?;
        return Ok(exit::DONE);
    }
    for offer in &completions.offers {
        app.output.line(&offer.text)?;
    }
    if completions.more {
        app.output.note("There are more.");
    }
    Ok(exit::DONE)
}
