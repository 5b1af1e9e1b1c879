//! `baton session`.

mod edit;
mod list;
mod new;
mod show;
mod words;

use std::sync::Arc;

use clap::{Args, Subcommand};
use orchestrator::seam::{Command, Seam, Turn};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;
use crate::terminal;
use edit::EditArgs;
use new::NewArgs;
pub use words::cwd;

/// The verbs of `baton session`.
#[derive(Debug, Subcommand)]
pub enum SessionVerb {
    /// Make a session
    New(NewArgs),
    /// List the sessions
    List,
    /// Show one session with its tabs, its queue and what it has used; of its environment only the names
    Show(SessionArg),
    /// Change a session, from its next turn on; an empty value ('') unsets
    Edit(EditArgs),
    /// Remove a session, its transcript and its terminals; nothing changes in its directory
    Remove(RemoveArgs),
}

/// A session.
#[derive(Debug, Args)]
pub struct SessionArg {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    pub session: String,
}

/// The session to remove.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    session: SessionArg,
    /// Also while a turn is under way, such as on a machine that is gone: the turn fails here, and what is left of it
    /// on the machine is said and left alone
    #[arg(long)]
    force: bool,
}

/// Runs one of them, and returns the exit status.
pub async fn run(app: &App, verb: SessionVerb) -> Result<u8, Stop> {
    let (output, engine) = (&app.output, || app.engine());
    match verb {
        SessionVerb::New(args) => new::run(output, args, engine).await,
        SessionVerb::List => list::run(output, &*engine().await?).await,
        SessionVerb::Show(args) => show::run(output, &*engine().await?, &args.session).await,
        SessionVerb::Edit(args) => edit::run(output, args, engine).await,
        SessionVerb::Remove(args) => remove(output, engine().await?, &args).await,
    }
}

async fn remove(output: &Output, seam: Arc<dyn Seam>, args: &RemoveArgs) -> Result<u8, Stop> {
    let found = seam::session(&*seam, &args.session.session).await?;
    let terminals = terminal::of_session(&*seam, &found.id).await?;
    let command = Command::RemoveSession { session: found.id, force: args.force };
    let session = seam::changed(&*seam, command).await?;
    let left: Vec<&Turn> = session
        .tabs
        .iter()
        .filter_map(|tab| tab.turn.as_ref().filter(|turn| turn.status.is_none()))
        .collect();
    for turn in &left {
        let (run, host) = (&turn.run, clean_line(&turn.host));
        output.note(format_args!(
            "the agent may go on in run {run} on {host}; when it can be reached, `baton stop {run}` ends it there"
        ));
    }
    if terminals > 0 {
        let (s, end) =
            if terminals == 1 { ("", "its shell ends") } else { ("s", "their shells end") };
        output.note(format_args!("closed {terminals} terminal{s} of it: {end}"));
    }
    let left: Vec<_> =
        left.iter().map(|turn| json!({ "run": turn.run, "host": turn.host })).collect();
    let text = format!("Removed {} ({})", clean_line(&session.name), session.id);
    let mut document = json!(session);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("left".into(), left.into());
        fields.insert("closed_terminals".into(), terminals.into());
    }
    output.answer(&document, text)?;
    Ok(exit::DONE)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
