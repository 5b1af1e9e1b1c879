//! `baton session edit`.

use std::ffi::OsString;
use std::sync::Arc;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, Seam, Session, SessionChange};
use serde_json::json;

use super::words::{cwd, env, filled};
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;

/// What changes about a session.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    /// Call it differently; its id stays
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// Show it in another group
    #[arg(long, value_name = "G")]
    group: Option<String>,
    /// Go on on another host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Go on in another directory
    #[arg(long, value_name = "D")]
    cwd: Option<String>,
    /// Take another model
    #[arg(long, value_name = "M", allow_hyphen_values = true)]
    model: Option<String>,
    /// Set a variable of its environment; may be repeated
    #[arg(long, value_name = "K=V")]
    env: Vec<OsString>,
    /// Take a name out of its environment; may be repeated
    #[arg(long, value_name = "K")]
    env_remove: Vec<String>,
    /// An argument for the agent; may be repeated. All that were there go
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    arg: Vec<String>,
    /// Give the agent no further arguments
    #[arg(long, conflicts_with = "arg")]
    no_args: bool,
    /// Tell the agent in every turn to change nothing
    #[arg(long, conflicts_with = "read_write")]
    read_only: bool,
    /// Let the agent change things again
    #[arg(long)]
    read_write: bool,
    /// Keep the turns in the project's shared history, too
    #[arg(long, conflicts_with = "no_sync_history")]
    sync_history: bool,
    /// Keep the turns out of the project's shared history
    #[arg(long)]
    no_sync_history: bool,
    /// Ask the agent after each turn to say what it did, for the history; that costs tokens
    #[arg(long, conflicts_with = "no_synopsis")]
    synopsis: bool,
    /// Take the beginning of the agent's answer for the history
    #[arg(long)]
    no_synopsis: bool,
}

impl EditArgs {
    /// The change; where the session is now says what a relative directory means.
    fn change(&self, session: Option<&Session>) -> Result<SessionChange, Failure> {
        if let Some(name) = &self.name {
            filled(name, "the name")?;
        }
        if let Some(host) = &self.host {
            filled(host, "the host")?;
        }
        let clearing = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let host = self.host.as_deref().or(session.map(|session| session.host.as_str()));
        let directory = match (clearing(self.cwd.as_ref().unwrap_or(&String::new())), host) {
            (Some(dir), Some(host)) => Some(cwd(host, dir)?),
            (dir, _) => dir,
        };
        let mut variables: std::collections::BTreeMap<String, Option<String>> =
            self.env_remove.iter().map(|name| (name.clone(), None)).collect();
        variables.extend(env(&self.env)?.into_iter().map(|(name, value)| (name, Some(value))));
        let given = !self.arg.is_empty() || self.no_args;
        let either = |yes: bool, no: bool| (yes || no).then_some(yes);
        Ok(SessionChange {
            name: self.name.clone(),
            group: self.group.as_ref().map(clearing),
            host: self.host.clone(),
            cwd: self.cwd.as_ref().map(|_| directory),
            env: variables,
            model: self.model.as_ref().map(clearing),
            arguments: given.then(|| self.arg.clone()),
            read_only: either(self.read_only, self.read_write),
            sync_history: either(self.sync_history, self.no_sync_history),
            synopsis: either(self.synopsis, self.no_synopsis),
        })
    }

    fn check(&self) -> Result<(), Failure> {
        if self.change(None)? == SessionChange::default() {
            return Err(Failure::new(Code::Usage, "nothing to change was named")
                .hint("`baton session edit --help` lists what can be changed"));
        }
        Ok(())
    }

    /// Refuses to take away what isn't there: most likely it is mistyped.
    fn check_names(&self, session: &Session) -> Result<(), Failure> {
        match self.env_remove.iter().find(|name| !session.env_names.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(Failure::new(
                Code::NotFound,
                format!("the environment of {} has no {name}", clean_line(&session.name)),
            )
            .hint(format!("`baton session show {}` lists its names", session.id))),
        }
    }
}

pub async fn run(
    output: &Output,
    args: EditArgs,
    engine: impl AsyncFnOnce() -> Result<Arc<dyn Seam>, Failure>,
) -> Result<u8, Stop> {
    args.check()?;
    let seam = engine().await?;
    let session = seam::session(&*seam, &args.session).await?;
    args.check_names(&session)?;
    let change = args.change(Some(&session))?;
    let command = Command::EditSession { session: session.id, change };
    let session = seam::changed(&*seam, command).await?;
    let name = clean_line(&session.name);
    output.answer(&json!(session), format_args!("Changed {name} ({})", session.id))?;
    Ok(exit::DONE)
}
