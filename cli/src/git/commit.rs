//! `baton git commit`, `continue` and `abort`.

use std::ffi::OsString;
use std::io::{self, Read};

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{GitCommand, GitReply};
use serde_json::json;

use super::call;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::clean_line;

/// What is committed.
#[derive(Debug, Args)]
pub struct CommitArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// The message; each further one is a paragraph of it
    #[arg(short, long, value_name = "TEXT", required_unless_present_any = ["file", "amend"])]
    message: Vec<String>,
    /// The message is in that file here; `-` is stdin
    #[arg(short = 'F', long, value_name = "FILE", conflicts_with = "message")]
    file: Option<OsString>,
    /// Instead of the last commit, whose message stays where none is given
    #[arg(long)]
    amend: bool,
    /// With everything that git knows and that was changed
    #[arg(short = 'a', long)]
    all: bool,
}

/// Which repository.
#[derive(Debug, Args)]
pub struct UnfinishedArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
}

/// Commits.
pub async fn run(app: &App, args: CommitArgs) -> Result<u8, Stop> {
    let message = match &args.file {
        Some(file) => read(file)?,
        None => args.message.join("\n\n"),
    };
    let at = call::at(app, &args.place).await?;
    let command = GitCommand::Commit { at, message, amend: args.amend, all: args.all };
    match call::change(app, command).await? {
        GitReply::Committed { id, subject } => {
            let short = id.get(..10).unwrap_or(&id);
            let text = format!("{short} {}", clean_line(&subject));
            app.output.answer(&json!({ "id": id, "subject": subject }), text)?;
            Ok(exit::DONE)
        }
        other => Err(call::unexpected(other)),
    }
}

/// Goes on, or gives up.
pub async fn unfinished(app: &App, args: UnfinishedArgs, abort: bool) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    call::done(app, GitCommand::Unfinished { at, abort }).await
}

fn read(file: &OsString) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if file == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(file).map(|all| bytes = all)
    };
    read.map_err(|error| {
        let message =
            format!("could not read the message from {}: {error}", file.to_string_lossy());
        Failure::new(Code::Usage, message)
    })?;
    String::from_utf8(bytes).map_err(|_| Failure::new(Code::Usage, "the message is not UTF-8"))
}
