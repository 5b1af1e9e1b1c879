//! Files of a host: what a front end asks of them and does to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::path::base64_bytes;
use super::{At, FilePath};
use crate::failure::Failure;

/// So many bytes of a file are read or written in one request at most.
pub const FILE_WINDOW: u32 = 4 << 20;

/// So many files are read in one request at most.
pub const MANY_FILES: usize = 1_000;

/// What a front end wants to know of files. Each is one round trip to the host where its programs allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum FileQuery {
    /// What a directory holds. Answer: [`FileReply::Listing`], or [`FileReply::Unchanged`].
    List {
        /// Where a relative path begins.
        at: At,
        /// The directory.
        path: FilePath,
        /// The version of a listing that is known: an answer that is the same is left out.
        seen: Option<String>,
        /// At most so many entries, at most 200,000.
        limit: u32,
    },
    /// The same for who wants to show rows at once: names, kinds and where links point to, which a host tells in a third of
    /// the time. Answer: [`FileReply::Listing`] without a version, whose entries have no size, time and permissions, and
    /// aren't looked up in git; or the whole one, with its version, where the host tells both alike.
    Names {
        /// Where a relative path begins.
        at: At,
        /// The directory.
        path: FilePath,
        /// At most so many entries, at most 200,000.
        limit: u32,
    },
    /// What a path is; a link is told of itself. Answer: [`FileReply::File`].
    Stat {
        /// Where a relative path begins.
        at: At,
        /// Which.
        path: FilePath,
    },
    /// A part of a file. Answer: [`FileReply::Window`], or [`FileReply::Unchanged`].
    Read {
        /// Where a relative path begins.
        at: At,
        /// Which; a link's target is read.
        path: FilePath,
        /// From there on.
        offset: u64,
        /// At most so many bytes, at most [`FILE_WINDOW`].
        length: u32,
        /// The version that is known: the bytes are left out when it is the same.
        seen: Option<String>,
    },
    /// The beginnings of many files, in few round trips whatever their number. Answer: [`FileReply::Beginnings`].
    ReadMany {
        /// Where relative paths begin.
        at: At,
        /// Which, at most [`MANY_FILES`]; a link's target is read.
        paths: Vec<FilePath>,
        /// At most so many bytes of each. All together get at most [`FILE_WINDOW`]: an equal share each.
        length: u32,
    },
    /// Files below a directory whose paths fit what was typed, best first: what `@` offers. The list is kept, and
    /// refreshed behind the answer, which says so ([`FoundFiles::coming`]). Answer: [`FileReply::Found`], or
    /// [`FileReply::Unchanged`].
    Find {
        /// Which directory.
        at: At,
        /// What was typed; every file fits nothing.
        typed: String,
        /// At most so many.
        limit: u32,
        /// The list that is known ([`FoundFiles::list`]): the answer comes when that is no longer the newest, or none is
        /// coming any more, and is left out where it is the newest still.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind: Option<u64>,
    },
}

/// What a front end wants done with files.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum FileCommand {
    /// Writes a whole file at once or not at all; mode, owner and a link's target are kept. `conflict` when it isn't
    /// what was `expected`. Answer: [`FileReply::File`] as it is now.
    Write {
        /// Where a relative path begins.
        at: At,
        /// Which.
        path: FilePath,
        /// Its contents, at most [`FILE_WINDOW`].
        #[serde(with = "base64_bytes")]
        bytes: Vec<u8>,
        /// What is there now, as far as the writer knows.
        expected: Expected,
        /// Whether it may lie outside of where relative paths begin, by `..`, a link or a path of its own; else such a
        /// one is refused with `permission_denied`.
        outside: bool,
    },
    /// Makes a directory. `conflict` where something is. Answer: [`FileReply::File`].
    MakeDirectory {
        /// Where a relative path begins.
        at: At,
        /// Which.
        path: FilePath,
        /// With those above it, and content with one that is there.
        parents: bool,
        /// As for a write.
        outside: bool,
    },
    /// Moves a file or directory within a host. Answer: [`FileReply::File`] at its new place.
    Rename {
        /// Where relative paths begin.
        at: At,
        /// Which.
        from: FilePath,
        /// Where to; a name, not the directory that it goes into.
        to: FilePath,
        /// Whether a file that is there may be replaced; else `conflict`.
        replace: bool,
        /// As for a write, for both.
        outside: bool,
    },
    /// Deletes files; a link itself, not its target. Answer: [`FileReply::Done`].
    Delete {
        /// Where relative paths begin.
        at: At,
        /// Which.
        paths: Vec<FilePath>,
        /// Directories with what they hold; else only empty ones.
        recursive: bool,
        /// As for a write.
        outside: bool,
    },
}

/// What a writer believes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// There is none.
    Absent,
    /// It is as it was read: [`FileEntry::version`].
    Version(String),
    /// Whatever is there may be replaced.
    Anything,
}

/// What the engine answers about files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "payload", rename_all = "snake_case")]
pub enum FileReply {
    /// It is done.
    Done,
    /// It is as it was seen.
    Unchanged,
    /// What a directory holds.
    Listing(Listing),
    /// What a path is.
    File(FileEntry),
    /// A part of a file.
    Window(FileWindow),
    /// The beginnings of files, or why there is none: one for each path that was asked for, in their order.
    Beginnings(Vec<Result<FileBeginning, Failure>>),
    /// Files that fit.
    Found(FoundFiles),
}

/// What a directory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The directory as the host calls it, links followed.
    pub directory: FilePath,
    /// Sorted by their bytes.
    pub entries: Vec<FileEntry>,
    /// Whether there are more.
    pub more: bool,
    /// Changes with anything that is told of an entry; empty where only names were asked for ([`FileQuery::Names`]).
    pub version: String,
    /// Whether the directory lies outside of where relative paths begin.
    pub outside: bool,
}

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// In a listing its name alone, else the whole path as the host calls it.
    pub path: FilePath,
    /// What it is; for a link what is at its end.
    pub kind: FileKind,
    /// Where it points to, as it is written, if it is a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<FilePath>,
    /// Whether a link's end lies outside of where relative paths begin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
    /// Bytes.
    pub size: u64,
    /// When its contents were changed; nanoseconds where the host has them.
    pub modified: Option<Timestamp>,
    /// Its permission bits (`0o7777`).
    pub mode: u32,
    /// Its owner's name, or number; empty in a listing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// The same of its group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether git ignores it; never without git.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// Whether this account may write it, where that was asked: not in a listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
    /// Names this state of the file: another one after every change of its contents. Empty in a listing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

impl FileEntry {
    /// Whether both tell of one file, whatever was written into it between. Where a host doesn't say which one it is (sftp), it
    /// is thought to be the same.
    pub fn is_still(&self, before: &Self) -> bool {
        let which = |entry: &Self| {
            let mut parts = entry.version.splitn(3, ':').map(str::to_owned);
            Some((parts.next()?, parts.next()?))
        };
        which(self) == which(before)
    }
}

/// What something in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A link whose target isn't there.
    Broken,
    /// A socket, a device, a pipe.
    Other,
}

/// A part of a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWindow {
    /// The file, as it was when the bytes were read.
    pub file: FileEntry,
    /// Where the bytes begin.
    pub offset: u64,
    /// The bytes.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
    /// Whether the file ends with them.
    pub end: bool,
}

/// How a file begins.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileBeginning {
    /// The bytes.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
    /// Whether these are all.
    pub end: bool,
    /// How many it has, where the host has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Names this state of the file, as [`FileEntry::version`]; empty where the host can't tell it at no further cost.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// Files that fit what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFiles {
    /// Best first.
    pub files: Vec<FoundFile>,
    /// How many were looked through.
    pub looked_at: u32,
    /// Whether that was all: else there are more than 200,000, or they are still being listed.
    pub whole: bool,
    /// Names the list that was looked through; 0 where there is none yet.
    #[serde(default)]
    pub list: u64,
    /// Whether a newer one is on its way: who asks with [`FileQuery::Find::behind`] has what is found in that.
    #[serde(default)]
    pub coming: bool,
}

/// A file that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// Relative.
    pub path: String,
    /// Which of its letters (by number, from 0) fit.
    pub letters: Vec<u32>,
}

impl std::fmt::Debug for FileCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write { at, path, bytes, expected, outside } => f
                .debug_struct("Write")
                .field("at", at)
                .field("path", path)
                .field("bytes", &bytes.len())
                .field("expected", expected)
                .field("outside", outside)
                .finish(),
            Self::MakeDirectory { at, path, .. } => {
                f.debug_struct("MakeDirectory").field("at", at).field("path", path).finish()
            }
            Self::Rename { at, from, to, .. } => f
                .debug_struct("Rename")
                .field("at", at)
                .field("from", from)
                .field("to", to)
                .finish(),
            Self::Delete { at, paths, .. } => {
                f.debug_struct("Delete").field("at", at).field("paths", paths).finish()
            }
        }
    }
}

impl std::fmt::Debug for FileBeginning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileBeginning")
            .field("bytes", &self.bytes.len())
            .field("end", &self.end)
            .field("size", &self.size)
            .field("version", &self.version)
            .finish()
    }
}

impl std::fmt::Debug for FileWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileWindow")
            .field("file", &self.file)
            .field("offset", &self.offset)
            .field("bytes", &self.bytes.len())
            .field("end", &self.end)
            .finish()
    }
}
