//! `baton history add`.

use std::path::PathBuf;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, NewHistoryEntry, Reply, Request};

use super::entry::AsInFile;
use super::project::{Kind, ProjectArgs};
use super::sync;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::seam;

/// An entry by hand.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What was done, in one to three sentences
    #[arg(value_name = "SUMMARY")]
    summary: String,
    #[command(flatten)]
    project: ProjectArgs,
    /// What made it
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value = "user")]
    kind: Kind,
    /// A file with all there is to say, as Markdown; `-` is stdin
    #[arg(long, value_name = "F")]
    response_file: Option<PathBuf>,
    /// Share it, also where the session shares nothing
    #[arg(long, conflicts_with = "no_share")]
    share: bool,
    /// Keep it here
    #[arg(long)]
    no_share: bool,
}

/// Adds it.
///
/// # Errors
///
/// What can't be, and why; nothing was added then. One that can't be shared now waits, and is no error.
pub async fn run(app: &App, args: AddArgs) -> Result<u8, Stop> {
    let response = args.response_file.as_ref().map(read).transpose()?;
    let seam = app.engine().await?;
    let scope = args.project.one(&*seam).await?;
    let share = (args.share || args.no_share).then_some(args.share);
    let new = NewHistoryEntry {
        scope: scope.clone(),
        kind: args.kind.into(),
        summary: args.summary,
        response,
        share,
    };
    let reply = seam.call(Request::command(Command::AddHistory(new))).await?;
    let Reply::HistoryEntry(item) = reply else { return Err(seam::odd(&reply).into()) };
    let id = orchestrator::history::Entry::parse(item.line.as_bytes()).map(|entry| entry.id);
    app.output.answer(&AsInFile(&item), format_args!("Added {}", id.unwrap_or_default()))?;
    if !args.no_share {
        sync::tell_shared(&app.output, &*seam, scope).await;
    }
    Ok(exit::DONE)
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            std::io::ErrorKind::PermissionDenied => Code::PermissionDenied,
            std::io::ErrorKind::IsADirectory => Code::IsDirectory,
            _ => Code::Usage,
        };
        Failure::new(code, format!("can't read {}: {error}", path.display()))
            .hint("Give a file of UTF-8 text, or `-` for stdin")
    })
}
