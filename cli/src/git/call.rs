//! Asks the engine about a repository, and has it changed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, FilePath, GitCommand, GitQuery, GitReply, Query, Reply, Request,
};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::place::Place;
use crate::seam::odd;

/// What a verb's first word means.
pub async fn at(app: &App, place: &OsStr) -> Result<At, Stop> {
    Ok(Place::find(app, place).await?.directory())
}

/// Answers something.
pub async fn ask(app: &App, query: GitQuery) -> Result<GitReply, Failure> {
    repository(app, Request::query(Query::Repository(query))).await
}

/// Does something.
pub async fn change(app: &App, command: GitCommand) -> Result<GitReply, Failure> {
    repository(app, Request::command(Command::Repository(command))).await
}

async fn repository(app: &App, request: Request) -> Result<GitReply, Failure> {
    match app.engine().await?.call(request).await? {
        Reply::Repository(reply) => Ok(reply),
        other => Err(odd(&other)),
    }
}

/// Does what has no more to say than that it is done.
pub async fn done(app: &App, command: GitCommand) -> Result<u8, Stop> {
    change(app, command).await?;
    if app.output.is_json() {
        app.output.document(&json!({ "done": true }))?;
    }
    Ok(exit::DONE)
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
