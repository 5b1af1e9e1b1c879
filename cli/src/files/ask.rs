//! Questions about files, with the answers that belong to them.

use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, FileBeginning, FileCommand, FileEntry, FilePath, FileQuery, FileReply, FileWindow,
    FoundFiles, Listing, Query, Reply, Request, Seam,
};

use crate::seam::odd;

async fn ask(seam: &dyn Seam, query: FileQuery) -> Result<FileReply, Failure> {
    match seam.call(Request::query(Query::File(query))).await? {
        Reply::File(reply) => Ok(reply),
        other => Err(odd(&other)),
    }
}

/// Carries out what answers with a file, or with nothing.
pub async fn wish(seam: &dyn Seam, command: FileCommand) -> Result<Option<FileEntry>, Failure> {
    match seam.call(Request::command(Command::File(command))).await? {
        Reply::File(FileReply::File(entry)) => Ok(Some(entry)),
        Reply::File(FileReply::Done) => Ok(None),
        other => Err(odd(&other)),
    }
}

/// What a directory holds.
pub async fn list(seam: &dyn Seam, at: At, path: FilePath, limit: u32) -> Result<Listing, Failure> {
    match ask(seam, FileQuery::List { at, path, seen: None, limit }).await? {
        FileReply::Listing(listing) => Ok(listing),
        other => Err(odd(&Reply::File(other))),
    }
}

/// What a path is.
pub async fn stat(seam: &dyn Seam, at: At, path: FilePath) -> Result<FileEntry, Failure> {
    match ask(seam, FileQuery::Stat { at, path }).await? {
        FileReply::File(entry) => Ok(entry),
        other => Err(odd(&Reply::File(other))),
    }
}

/// A part of a file.
pub async fn read(
    seam: &dyn Seam,
    at: At,
    path: FilePath,
    offset: u64,
    length: u32,
) -> Result<FileWindow, Failure> {
    match ask(seam, FileQuery::Read { at, path, offset, length, seen: None }).await? {
        FileReply::Window(window) => Ok(window),
        other => Err(odd(&Reply::File(other))),
    }
}

/// The beginnings of several files, or why there is none.
pub async fn read_many(
    seam: &dyn Seam,
    at: At,
    paths: Vec<FilePath>,
    length: u32,
) -> Result<Vec<Result<FileBeginning, Failure>>, Failure> {
    match ask(seam, FileQuery::ReadMany { at, paths, length }).await? {
        FileReply::Beginnings(read) => Ok(read),
        other => Err(odd(&Reply::File(other))),
    }
}

/// Files that fit what was typed; `None` where no newer list than the one that is known has come.
pub async fn find(
    seam: &dyn Seam,
    at: At,
    typed: String,
    limit: u32,
    behind: Option<u64>,
) -> Result<Option<FoundFiles>, Failure> {
    match ask(seam, FileQuery::Find { at, typed, limit, behind }).await? {
        FileReply::Found(found) => Ok(Some(found)),
        FileReply::Unchanged => Ok(None),
        other => Err(odd(&Reply::File(other))),
    }
}
