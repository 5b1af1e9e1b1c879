//! `baton session new`.

use std::ffi::OsString;
use std::sync::Arc;

use clap::Args;
use orchestrator::failure::Failure;
use orchestrator::seam::{Command, NewSession, Seam};
use serde_json::json;

use super::words::{cwd, env, filled};
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;

/// What a new session is like.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Which agent; `baton agents` lists them
    #[arg(long, value_name = "A")]
    agent: String,
    /// Where: a saved host's id or name, an alias of the ssh config, `[user@]host[:port]`, or `local`
    #[arg(long, value_name = "HOST")]
    host: String,
    /// The directory on the host; the host's, or the account's home, if left out
    #[arg(long, value_name = "D")]
    cwd: Option<String>,
    /// What you call it; made from the directory and the agent, if left out
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// The group that it is shown in
    #[arg(long, value_name = "G")]
    group: Option<String>,
    /// The model, as the agent calls it
    #[arg(long, value_name = "M", allow_hyphen_values = true)]
    model: Option<String>,
    /// Environment for the agent; may be repeated. On the host it stands on no command line
    #[arg(long, value_name = "K=V")]
    env: Vec<OsString>,
    /// One more argument for the agent; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    arg: Vec<String>,
    /// Keep the turns in the project's shared history, too
    #[arg(long)]
    sync_history: bool,
    /// Ask the agent after each turn to say what it did, for the history; that costs tokens
    #[arg(long)]
    synopsis: bool,
    /// Tell the agent in every turn to change nothing
    #[arg(long)]
    read_only: bool,
    /// Go on with a conversation that the agent knows on that host, by the agent's own id of it, such as `baton
    /// history --json` gives as `agentSessionId`. Whether the agent knows it there shows with the first message
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    resume: Option<String>,
    /// Keep the agent running between the turns, where it can: then it asks before it does things
    #[arg(long)]
    talks: bool,
}

impl NewArgs {
    fn session(self) -> Result<NewSession, Failure> {
        filled(&self.agent, "the agent")?;
        filled(&self.host, "the host")?;
        if let Some(name) = &self.name {
            filled(name, "the name")?;
        }
        if let Some(id) = &self.resume {
            filled(id, "the conversation's id")?;
        }
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(NewSession {
            name: self.name,
            group: some(self.group),
            cwd: some(self.cwd).map(|dir| cwd(&self.host, dir)).transpose()?,
            agent: self.agent,
            host: self.host,
            env: env(&self.env)?.into_iter().collect(),
            model: some(self.model),
            arguments: self.arg,
            read_only: self.read_only,
            talks: self.talks,
            sync_history: self.sync_history,
            synopsis: self.synopsis,
            resume: self.resume,
            parent: None,
        })
    }
}

pub async fn run(
    output: &Output,
    args: NewArgs,
    engine: impl AsyncFnOnce() -> Result<Arc<dyn Seam>, Failure>,
) -> Result<u8, Stop> {
    let new = args.session()?;
    let seam = engine().await?;
    let session = seam::changed(&*seam, Command::NewSession(new)).await?;
    let name = clean_line(&session.name);
    output.answer(&json!(session), format_args!("Made {name} ({})", session.id))?;
    if !output.is_json() {
        output.note(format_args!("`baton send {} PROMPT` talks to it", session.id));
    }
    Ok(exit::DONE)
}
