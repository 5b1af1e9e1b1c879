//! `baton session`.

mod edit;
mod list;
mod new;
mod show;
mod words;

use std::sync::Arc;

use clap::{Args, Subcommand};
use orchestrator::seam::{Command, Seam};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;
use edit::EditArgs;
use new::NewArgs;

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
    /// Remove a session and its transcript; nothing changes in its directory
    Remove(SessionArg),
}

/// A session.
#[derive(Debug, Args)]
pub struct SessionArg {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    pub session: String,
}

/// Runs one of them, and returns the exit status.
pub async fn run(app: &App, verb: SessionVerb) -> Result<u8, Stop> {
    let (output, engine) = (&app.output, || app.engine());
    match verb {
        SessionVerb::New(args) => new::run(output, args, engine).await,
        SessionVerb::List => list::run(output, &*engine().await?).await,
        SessionVerb::Show(args) => show::run(output, &*engine().await?, &args.session).await,
        SessionVerb::Edit(args) => edit::run(output, args, engine).await,
        SessionVerb::Remove(args) => remove(output, engine().await?, &args.session).await,
    }
}

async fn remove(output: &Output, seam: Arc<dyn Seam>, named: &str) -> Result<u8, Stop> {
    let session = seam::session(&*seam, named).await?;
    seam::done(&*seam, Command::RemoveSession { session: session.id.clone() }).await?;
    let text = format!("Removed {} ({})", clean_line(&session.name), session.id);
    output.answer(&json!(session), text)?;
    Ok(exit::DONE)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
