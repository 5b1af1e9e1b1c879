//! The seam between what is decided about shared files and whatever reaches them: a directory here, or a shell on a host.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;

/// The bytes at a file's head, and those right before an offset, that are compared to see whether it is still the same.
pub const SAMPLE_BYTES: usize = 256;

/// One project's `.maestro/history/` directory.
///
/// All that write a file here take the same lock; readers need none. What is no `history-*.jsonl` is nobody's business.
/// Nothing follows a symlink: a file that is one is [`Odd`], and a directory that leaves the project is refused.
#[async_trait]
pub trait Files: fmt::Debug + Send + Sync {
    /// Lists the files, with what is new in those that have grown, in one go. No directory is an empty one.
    ///
    /// Of a file in `known` that has the same identity and at least `offset` bytes the new bytes come along, unless
    /// all of them together would be more than `most`: then none of that file's do.
    ///
    /// # Errors
    ///
    /// [`FilesError::NoProject`] when the project's directory isn't there, and the way to it.
    async fn look(&self, known: &[Known], most: u64) -> Result<Look, FilesError>;

    /// Reads spans of files, one after the other, and hands the bytes over as they come. A file that ends before, or
    /// that is gone, gives fewer.
    ///
    /// # Errors
    ///
    /// The way there. What was handed over before stays true.
    async fn read(
        &self,
        spans: &[Span],
        take: &mut (dyn for<'c> FnMut(Chunk<'c>) + Send),
    ) -> Result<(), FilesError>;

    /// Appends whole lines to a file, under its lock; makes the directory and the file where they are missing.
    ///
    /// Either all lines are in the file when this is `Ok`, or it says what stands in the way and has added nothing.
    /// A file that can't take them whole is cut back to what it was.
    ///
    /// # Errors
    ///
    /// [`FilesError::InDoubt`]: nobody knows whether it was done; ask again with [`Append::in_doubt`]. With any other
    /// error nothing was added.
    async fn append(&self, append: &Append<'_>) -> Result<Appended, FilesError>;

    /// Keeps the last `keep` lines of a file, under its lock: written beside it and put in its place, so that a reader
    /// sees all of the old or all of the new. A torn last line counts as one, and stays as it is.
    ///
    /// # Errors
    ///
    /// The file is as it was, or trimmed.
    async fn trim(&self, name: &str, keep: u64) -> Result<Trimmed, FilesError>;
}

/// How far a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name in the directory.
    pub name: String,
    /// Tells a file from another one of the same name: its inode.
    pub identity: u64,
    /// So many bytes were consumed.
    pub offset: u64,
}

/// What a directory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The project's directory as its machine calls it: absolute, without symlinks.
    pub root: Vec<u8>,
    /// Its `history-*.jsonl`, sorted by name.
    pub files: Vec<FileLook>,
    /// What has such a name and is left alone.
    pub odd: Vec<Odd>,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLook {
    /// Its name in the directory: ASCII letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Its inode.
    pub identity: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What is new, where that was asked for, and came along.
    pub fresh: Option<Fresh>,
}

/// What is new in a file that was read before. It is of one moment, or later than the size beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Its first [`SAMPLE_BYTES`] bytes, or all of them, if it has fewer.
    pub head: Vec<u8>,
    /// The last [`SAMPLE_BYTES`] bytes before [`Known::offset`], or all of them.
    pub seam: Vec<u8>,
    /// From [`Known::offset`] on.
    pub bytes: Vec<u8>,
}

/// Something that is named like a file of ours and isn't one that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Its name, lossily decoded.
    pub name: String,
    /// What it is.
    pub kind: OddKind,
}

/// Why something is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddKind {
    /// A directory.
    Directory,
    /// A symlink, wherever it leads.
    Symlink,
    /// A fifo, a socket or a device.
    Special,
    /// It may not be read.
    Unreadable,
    /// No program of ours or Maestro's gives such a name.
    Name,
}

/// Bytes of a file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub name: String,
    /// From there.
    pub from: u64,
    /// At most so many.
    pub bytes: u64,
}

/// A piece of what was read.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Which of the spans it belongs to; they come one after the other.
    pub span: usize,
    /// The next bytes of it.
    pub bytes: &'a [u8],
}

/// Lines to be appended.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    /// The file's name in the directory.
    pub name: &'a str,
    /// The lines, without their ends; none is empty or holds a newline.
    pub lines: &'a [Line<'a>],
    /// Whether some of them may be there already: then each is looked for in the whole file first.
    pub in_doubt: bool,
    /// What is to be done about a torn last line that was told before.
    pub mend: Option<Mend>,
}

/// One line to be appended.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The entry's id as JSON writes it, without its quotes.
    pub id: &'a str,
    /// The whole line.
    pub text: &'a [u8],
}

/// What is to be done about a torn last line, from `from` on, if the file still has `size` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mend {
    /// Where the torn line begins.
    pub from: u64,
    /// The file's size with it.
    pub size: u64,
    /// Whether its end alone is missing. Else it is moved out of the file into one beside it, `.<name>.torn`.
    pub is_whole: bool,
}

/// What came of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// All lines are there.
    Done {
        /// How many of them were there before.
        found: usize,
        /// The file's inode.
        identity: u64,
        /// Its size in bytes after that.
        size: u64,
    },
    /// Nothing was added: the last line has no end, and it isn't the one of [`Append::mend`].
    Torn {
        /// Where it begins.
        from: u64,
        /// The file's size.
        size: u64,
        /// The line; of one longer than 1 MiB nothing, which is no torn line of ours.
        fragment: Option<Vec<u8>>,
    },
}

/// What came of a trim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// The file's inode after that.
    pub identity: u64,
    /// Its size in bytes after that.
    pub size: u64,
    /// How many lines went.
    pub removed: u64,
}

/// Why files could not be listed, read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The project's directory isn't there.
    #[error("the project's directory is not there")]
    NoProject,
    /// Something is refused, or stands in the way.
    #[error("{path}: {denial}")]
    Denied {
        /// What it is about.
        path: String,
        /// What the system says.
        denial: Denial,
    },
    /// Somebody holds the lock for too long.
    #[error("{path} has been locked by somebody else for {seconds} s")]
    Locked {
        /// The file.
        path: String,
        /// How long.
        seconds: u64,
    },
    /// Whether lines were appended isn't known.
    #[error("nobody knows whether it was written")]
    InDoubt(#[source] Box<dyn Error + Send + Sync>),
    /// The machine could not be reached, or has said something that nobody understands.
    #[error("the files could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
}

/// What a system says about files that it doesn't let us write or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// No permission.
    Permission,
    /// The file system is mounted read-only.
    ReadOnly,
    /// No space, or the quota is used up.
    Full,
    /// The directory, or one above it, is a symlink that leads out of the project, or the file is a symlink.
    Symlink,
    /// Something else is where a directory or a file should be.
    InTheWay,
    /// In its own words.
    Other(String),
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permission => "permission denied",
            Self::ReadOnly => "the file system is mounted read-only",
            Self::Full => "no space is left, or the quota is used up",
            Self::Symlink => "a symlink, which is not followed",
            Self::InTheWay => "something else stands there",
            Self::Other(words) => words,
        })
    }
}
