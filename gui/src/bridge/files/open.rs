//! Reading files, and finding out what they are.

use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, FILE_WINDOW, FileEntry, FilePath, FileQuery, FileReply, FileWindow, SessionId,
};

use super::super::room::Room;
use super::super::{Picture, local};
use super::{Comparison, ask, unfit};
use crate::view::editor::{Document, Encoding, Merge, decode};

/// What is read first: enough to tell what a file is, and little where it turns out to be a large one.
const FIRST: u32 = 256 << 10;
/// The largest image that is shown, in bytes: as of those that go along with messages.
const LARGEST_IMAGE: u64 = 20 << 20;
/// A file that is changed while it is read is read again so many times.
const TRIES: usize = 3;

/// A file, ready to be shown.
#[derive(Debug)]
pub struct Opened {
    /// How it stood when it was read.
    pub file: FileEntry,
    /// What is in it.
    pub contents: Contents,
}

/// What is in a file.
#[derive(Debug)]
pub enum Contents {
    /// Text that can be edited, and the same as it was read.
    Text(Box<Document>, Arc<str>),
    /// Text of another encoding, decoded; it is only shown.
    Decoded(Box<Document>, Encoding),
    /// The beginning of text that is too large to be edited.
    Large(Vec<u8>),
    /// The beginning of what is no text.
    Binary(Vec<u8>),
    /// An image.
    Image(Arc<Picture>),
}

/// A part of a file.
pub(super) async fn window(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
    offset: u64,
    length: u32,
) -> Result<FileWindow, Failure> {
    let (at, path) = (At::Session(session.clone()), path.clone());
    match ask(room, FileQuery::Read { at, path, offset, length, seen: None }).await {
        Ok(FileReply::Window(window)) => Ok(window),
        other => Err(unfit(other)),
    }
}

/// A file up to so many bytes, all of one state of it; `None` when there are more.
async fn whole(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
    first: FileWindow,
    most: u64,
) -> Result<Option<(FileEntry, Vec<u8>)>, Failure> {
    let mut first = Some(first);
    for _ in 0..TRIES {
        let begin = match first.take() {
            Some(first) => first,
            None => window(room, session, path, 0, FIRST).await?,
        };
        let FileWindow { file, mut bytes, mut end, .. } = begin;
        let mut is_one = true;
        while !end {
            let offset = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if file.size > most || offset > most {
                return Ok(None);
            }
            let next = window(room, session, path, offset, FILE_WINDOW).await?;
            if next.file.version != file.version {
                is_one = false;
                break;
            }
            end = next.end || next.bytes.is_empty();
            bytes.extend(next.bytes);
        }
        if is_one {
            let is_more = u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most;
            return Ok((!is_more).then_some((file, bytes)));
        }
    }
    Err(Failure::new(Code::Conflict, format!("{path} changes all the time while it is read"))
        .hint("Try again when what writes it is done"))
}

/// Reads a file as far as it takes to show it.
pub(super) async fn open(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
) -> Result<Opened, Failure> {
    let first = window(room, session, path, 0, FIRST).await?;
    if is_image(path) && first.file.size <= LARGEST_IMAGE {
        let begin = first.clone();
        if let Some((file, bytes)) = whole(room, session, path, begin, LARGEST_IMAGE).await? {
            let name = path.to_string();
            let work = tokio::task::spawn_blocking(move || local::picture(&name, &bytes));
            // What isn't an image in spite of its name is shown as what it is.
            if let Ok(Ok(picture)) = work.await {
                return Ok(Opened { file, contents: Contents::Image(Arc::new(picture)) });
            }
        }
    }
    if Encoding::of(&first.bytes, first.end).is_none() {
        return Ok(Opened { file: first.file, contents: Contents::Binary(first.bytes) });
    }
    let begin = first.clone();
    let Some((file, bytes)) = whole(room, session, path, begin, u64::from(FILE_WINDOW)).await?
    else {
        return Ok(Opened { file: first.file, contents: Contents::Large(first.bytes) });
    };
    let work = tokio::task::spawn_blocking(move || contents(bytes));
    let contents = work.await.map_err(broken)?;
    Ok(Opened { file, contents })
}

fn contents(bytes: Vec<u8>) -> Contents {
    match Encoding::of(&bytes, true) {
        None => Contents::Binary(bytes),
        Some(Encoding::Utf8) => match String::from_utf8(bytes) {
            Ok(text) => Contents::Text(Box::new(Document::new(&text)), text.into()),
            Err(error) => Contents::Binary(error.into_bytes()),
        },
        Some(other) => Contents::Decoded(Box::new(Document::new(&decode(&bytes, other))), other),
    }
}

fn is_image(path: &FilePath) -> bool {
    let name = String::from_utf8_lossy(path.name()).to_lowercase();
    ["png", "jpg", "jpeg", "gif", "webp"]
        .iter()
        .any(|ending| name.strip_suffix(ending).is_some_and(|name| name.ends_with('.')))
}

/// Reads what is there now, and compares.
pub(super) async fn compare(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
    base: Option<Arc<str>>,
    mine: String,
) -> Result<Comparison, Failure> {
    let first = window(room, session, path, 0, FIRST).await?;
    let read = whole(room, session, path, first, u64::from(FILE_WINDOW)).await?;
    let Some((file, bytes)) = read else {
        return Err(Failure::new(
            Code::TooLarge,
            format!("{path} is too large to be compared now"),
        )
        .hint("Save what is written here under another name"));
    };
    let theirs = String::from_utf8(bytes).map_err(|_| {
        Failure::new(Code::Unsupported, format!("{path} on the host is no text any more"))
            .hint("Save what is written here under another name, or keep yours")
    })?;
    let theirs: Arc<str> = theirs.into();
    let of = Arc::clone(&theirs);
    let work = tokio::task::spawn_blocking(move || Merge::new(base.as_deref(), &mine, &of));
    let merge = work.await.map_err(broken)?;
    Ok(Comparison { merge, file, theirs })
}

fn broken(error: tokio::task::JoinError) -> Failure {
    Failure::new(Code::Internal, format!("reading a file broke off: {error}"))
}
