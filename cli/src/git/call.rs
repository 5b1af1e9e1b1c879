//! Asks the engine about a repository, and has it changed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, FilePath, GitCommand, GitQuery, GitReply, Query, Reply, Request,
};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::seam::odd;
use crate::watch::{Told, signals};

/// What a verb's first word means.
pub async fn at(app: &App, place: &OsStr) -> Result<At, Stop> {
    Ok(Place::find(app, place).await?.directory())
}

/// Answers something.
pub async fn ask(app: &App, query: GitQuery) -> Result<GitReply, Failure> {
    repository(app, Request::query(Query::Repository(query))).await
}

/// Does something. Who leaves meanwhile is told that it goes on.
pub async fn change(app: &App, command: GitCommand) -> Result<GitReply, Stop> {
    let hint = "`baton git status` and `baton git log` say so; look before you do it again";
    change_or(app, command, hint).await
}

/// The same for what a `hint` says how to look at.
pub async fn change_or(
    app: &App,
    command: GitCommand,
    hint: &'static str,
) -> Result<GitReply, Stop> {
    let mut told = signals()?;
    tokio::select! {
        reply = repository(app, Request::command(Command::Repository(command))) => Ok(reply?),
        Some(Told::Interrupt(_) | Told::Leave(_)) = told.recv() => {
            let message = "left before git had answered: it may be done all the same";
            Err(Failure::new(Code::Cancelled, message).hint(hint).into())
        }
    }
}

async fn repository(app: &App, request: Request) -> Result<GitReply, Failure> {
    match app.engine().await?.call(request).await? {
        Reply::Repository(reply) => Ok(reply),
        other => Err(odd(&other)),
    }
}

/// Does what has no more to say than that it is done.
pub async fn done(app: &App, command: GitCommand) -> Result<u8, Stop> {
    let left = match change(app, command).await? {
        GitReply::Left { id, commits } => Some((id, commits)),
        _ => None,
    };
    if app.output.is_json() {
        let left = left.map(|(id, commits)| json!({ "id": id, "commits": commits }));
        let document = match left {
            Some(left) => json!({ "done": true, "left": left }),
            None => json!({ "done": true }),
        };
        app.output.document(&document)?;
    } else if let Some((id, commits)) = left {
        app.output.note(left_behind(&id, commits));
    }
    Ok(exit::DONE)
}

/// That commits are on no branch any more, and how they are kept.
fn left_behind(id: &str, commits: u64) -> String {
    let short = id.get(..10).unwrap_or(id);
    let what = match commits {
        1 => format!("1 commit is on no branch now: {short}"),
        many => format!("{many} commits are on no branch now, up to {short}"),
    };
    format!("{what}; `baton git branch S|HOST:PATH NAME {short}` keeps it")
}

/// The answer was to another question.
pub fn unexpected(reply: GitReply) -> Stop {
    odd(&Reply::Repository(reply)).into()
}

/// Paths, byte for byte.
pub fn paths(words: Vec<OsString>) -> Vec<FilePath> {
    words.into_iter().map(|word| FilePath(word.into_vec())).collect()
}

/// A path, byte for byte.
pub fn path(word: &OsStr) -> FilePath {
    FilePath(word.as_bytes().to_vec())
}
