//! What a refresh is told, and what comes of it.

use crate::{FileIndex, Line, Odd};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// So many entries of each file, the last ones, are wanted; one at least.
    pub limit: usize,
    /// So many new bytes may come along with a look; more of them are read after it.
    pub most: u64,
}

impl Settings {
    pub(super) fn limit(&self) -> usize {
        self.limit.max(1)
    }
}

impl Default for Settings {
    /// 5,000 entries, as Maestro has it, and 1 MiB.
    fn default() -> Self {
        Self { limit: 5000, most: 1 << 20 }
    }
}

/// What has changed in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// The project's directory as its machine calls it: absolute, without symlinks.
    pub root: Vec<u8>,
    /// Files with something new, sorted by name.
    pub changes: Vec<FileChange>,
    /// Files that were there before.
    pub gone: Vec<String>,
    /// What is named like a file of ours and is left alone.
    pub odd: Vec<Odd>,
    /// Whether a file seems to be in the middle of a change, so that it is worth looking again soon.
    pub is_unsettled: bool,
}

/// What has changed in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its name in the directory.
    pub name: String,
    /// Whether everything that was read of it before is void.
    pub reset: bool,
    /// Its new entries in the file's order, of many the last ones.
    pub lines: Vec<Line>,
    /// What is remembered of it from now on.
    pub index: FileIndex,
}
