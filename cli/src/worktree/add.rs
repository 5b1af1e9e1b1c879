//! `baton worktree add`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{AddWorktree, FilePath, NewSession, Work};

use crate::app::App;
use crate::output::Stop;
use crate::place::{Named, Place};
use crate::render::clean;
use crate::under_way::{answer, carry};

/// What is made.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// A session, or HOST:PATH: any directory of the repository
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// A branch that is there, one of a remote (origin/x), or a new one
    branch: String,
    /// Where a new branch begins: a branch, tag or commit; what is checked out there, if left out
    #[arg(long, value_name = "B")]
    base: Option<String>,
    /// Its directory; `worktree_path` of config.toml says it, if left out
    #[arg(long, value_name = "P")]
    path: Option<OsString>,
    /// A line for the account's login shell that sets it up; the repository's own .baton/worktree-setup, if left out. One that
    /// only another branch brings is not run
    #[arg(long, value_name = "LINE", conflicts_with = "no_set_up")]
    set_up: Option<String>,
    /// Set nothing up
    #[arg(long)]
    no_set_up: bool,
    /// Start a session in it, below the session S and like it
    #[arg(long)]
    session: bool,
    /// The agent of that session; that of S, if left out
    #[arg(long, value_name = "A", requires = "session")]
    agent: Option<String>,
    /// What you call that session; made from the directory and the agent, if left out
    #[arg(long, value_name = "N", requires = "session")]
    name: Option<String>,
    /// The model of that session; that of S, if left out
    #[arg(long, value_name = "M", requires = "session", allow_hyphen_values = true)]
    model: Option<String>,
}

/// Makes it, and prints its path.
pub async fn run(app: &App, args: AddArgs) -> Result<u8, Stop> {
    let place = Place::find(app, &args.place).await?;
    let session = args.session.then(|| session(&place, &args)).transpose()?.map(Box::new);
    let AddArgs { branch, base, path, set_up, no_set_up, .. } = args;
    // A session that is named is the parent of the one that is made, wherever in it the path leads.
    let at = if place.path.bytes().is_empty() { place.at() } else { place.directory() };
    let path = path.map(|path| FilePath(path.into_vec()));
    let set_up = if no_set_up { Some(String::new()) } else { set_up };
    let add = AddWorktree { at, branch, base, path, set_up, session };
    let carried = carry(app, Work::AddWorktree(add)).await?;
    let outcome = &carried.outcome;
    if !app.output.is_json() {
        // Of another branch there, what failed says as much.
        if outcome.branch_mismatch.is_none() {
            app.output.note(clean(&outcome.said));
        }
        if let Some(session) = &outcome.session {
            app.output.note(format_args!("`baton send {session} PROMPT` talks to the agent there"));
        }
    }
    // Whoever takes the path from stdout would work on another branch there.
    let path = outcome.path.as_ref().filter(|_| outcome.branch_mismatch.is_none());
    answer(app, &carried, path.map(ToString::to_string).as_deref())
}

/// A session like the one that was named.
fn session(place: &Place, args: &AddArgs) -> Result<NewSession, Failure> {
    let like = match &place.named {
        Named::Session(session) => Some(session),
        Named::Host(_) => None,
    };
    let agent = args.agent.clone().or_else(|| like.map(|like| like.agent.clone()));
    let agent = agent.filter(|agent| !agent.trim().is_empty()).ok_or_else(|| {
        Failure::new(Code::Usage, "no agent is named for the session")
            .hint("Say which with --agent; `baton agents` lists them")
    })?;
    // What was chosen for another agent means nothing to this one.
    let same = like.filter(|like| like.agent == agent);
    Ok(NewSession {
        name: args.name.clone(),
        group: like.and_then(|like| like.group.clone()),
        agent,
        host: like.map_or_else(|| place.typed.clone(), |like| like.host.clone()),
        cwd: None,
        env: std::collections::BTreeMap::new(),
        model: args.model.clone().or_else(|| same.and_then(|like| like.model.clone())),
        arguments: same.map(|like| like.arguments.clone()).unwrap_or_default(),
        read_only: like.is_some_and(|like| like.read_only),
        talks: same.is_some_and(|like| like.talks),
        sync_history: like.is_some_and(|like| like.sync_history),
        synopsis: same.is_some_and(|like| like.synopsis),
        resume: None,
        parent: None,
    })
}
