//! The history that a project's people share: `.maestro/history/history-<host name>.jsonl`, one file a machine, one line
//! an entry, oldest first.
//!
//! Nothing here knows how a file is reached: what is to be done is decided from indexes, and done through [`Files`].
//!
//! - An [`Entry`] is read from a line and written back, byte for byte where it wasn't changed.
//! - [`refresh`] brings [`Indexes`] up to date by reading only what is new, and says what has changed.
//! - [`write()`] adds lines, whatever state the file's end is in.
//! - [`merge()`] makes one history of many; [`words`] and [`Query`] say what is found in it.
//! - [`DirFiles`] are the files of a directory on this machine.

// Without tests, everything here is checked for it as well.
#![cfg_attr(test, allow(clippy::panic, clippy::unwrap_used))]

#[cfg(unix)]
mod dir;
mod entry;
mod entry_line;
mod files;
#[cfg(test)]
mod generated;
mod head;
mod index;
mod json;
mod kind;
mod line;
mod malformed;
mod merge;
mod name;
mod refresh;
mod search;
mod sentence;
mod splitter;
mod synopsis;
mod usage;
mod write;

#[cfg(unix)]
pub use dir::DirFiles;
pub use entry::Entry;
pub use files::{
    Append, Appended, Chunk, Denial, FileLook, Files, FilesError, Fresh, Known, Line as NewLine,
    Look, Mend, Odd, OddKind, SAMPLE_BYTES, Span, Trimmed,
};
pub use head::Head;
pub use index::{FileIndex, Indexes};
pub use kind::EntryKind;
pub use line::Line;
pub use malformed::Malformed;
pub use merge::{Mergeable, merge};
pub use name::{file_name, host_of};
pub use refresh::{FileChange, Refreshed, Settings, refresh};
pub use search::{Query, words};
pub use sentence::first_sentence;
pub use splitter::{Found, LONGEST_LINE, Skipped, Splitter};
pub use synopsis::Synopsis;
pub use usage::UsageStats;
pub use write::{Prepared, Written, needs_trim, write};
