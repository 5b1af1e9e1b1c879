//! The history that a project's people share: `.maestro/history/history-<host name>.jsonl`, one file a machine, one line
//! an entry, oldest first.
//!
//! Nothing here knows how a file is reached: what is to be done is decided from indexes, and done through [`Files`].

mod files;

pub use files::{
    Append, Appended, Chunk, Denial, FileLook, Files, FilesError, Fresh, Known, Line as NewLine,
    Look, Mend, Odd, OddKind, SAMPLE_BYTES, Span, Trimmed,
};
