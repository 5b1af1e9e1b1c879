//! `baton worktree list`.

use std::ffi::OsString;

use clap::Args;
use orchestrator::seam::{GitQuery, Query, Request, Session, Worktree};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::render::clean_line;

/// Of which repository.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// A session, or HOST:PATH
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
}

/// Lists them.
pub async fn run(app: &App, args: ListArgs) -> Result<u8, Stop> {
    let at = Place::find(app, &args.place).await?.directory();
    let seam = app.engine().await?;
    let query = Request::query(Query::Repository(GitQuery::Worktrees { at }));
    let worktrees = super::worktrees(&*seam, query).await?;
    if app.output.is_json() {
        app.output.document(&json!({ "worktrees": worktrees }))?;
        return Ok(exit::DONE);
    }
    let sessions = crate::seam::snapshot(&*seam).await?.sessions;
    let rows: Vec<_> = worktrees.iter().map(|one| row(one, &sessions)).collect();
    app.output.table(["BRANCH", "PATH", "CHANGED", "STATE", "SESSIONS"], &rows)?;
    Ok(exit::DONE)
}

pub(super) fn row(one: &Worktree, sessions: &[Session]) -> [String; 5] {
    let commit = || one.commit.as_deref().and_then(|id| id.get(..7)).unwrap_or("-").to_owned();
    let branch = match &one.branch {
        _ if one.bare => "-".into(),
        Some(branch) => clean_line(branch),
        None => format!("({})", commit()),
    };
    let mut state = Vec::new();
    if one.main {
        state.push("repository".to_owned());
    }
    if one.bare {
        state.push("bare".into());
    }
    if one.current {
        state.push("here".into());
    }
    match one.locked.as_deref().map(str::trim) {
        Some("") => state.push("locked".into()),
        Some(why) => state.push(format!("locked: {}", clean_line(why))),
        None => {}
    }
    if one.prunable.is_some() {
        state.push("gone".into());
    }
    let named = one.sessions.iter().map(|id| {
        let session = sessions.iter().find(|session| session.id == *id);
        session.map_or_else(|| id.to_string(), |session| clean_line(&session.name))
    });
    let names: Vec<String> = named.collect();
    let or_dash = |text: String| if text.is_empty() { "-".into() } else { text };
    [
        branch,
        one.path.to_string(),
        one.changed.map_or_else(|| "-".into(), |changed| changed.to_string()),
        or_dash(state.join(", ")),
        or_dash(names.join(", ")),
    ]
}
