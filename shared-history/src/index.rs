//! What is remembered of a file, so that only what is new is read, and another file isn't taken for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use crate::splitter::{End, Open, Skipped};
use crate::{Fresh, Known, SAMPLE_BYTES};

/// How many of the lines that were skipped are remembered, of each file.
pub(crate) const SKIPPED_REMEMBERED: usize = 20;

/// What is remembered of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIndex {
    /// Its name in the directory.
    pub name: String,
    /// Its inode.
    pub identity: u64,
    /// Its size in bytes when it was looked at last.
    pub size: u64,
    /// So many bytes are done with.
    pub offset: u64,
    /// Where reading began: not at 0 in a file that holds much more than is wanted.
    pub start: u64,
    /// Its lines between the two, blank and broken ones too.
    pub lines: u64,
    /// How many of them are no entries.
    pub skipped: u64,
    /// The first 20 of these.
    pub first_skipped: Vec<Skipped>,
    pub(crate) head: Sample,
    pub(crate) seam: Sample,
    pub(crate) open: Open,
    /// What it would be now, if that is believed.
    #[serde(skip)]
    pub(crate) doubt: Option<Doubt>,
}

/// Something that would take lines away. A program that writes a whole file anew empties it first, so this is believed
/// only when a later look finds the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// The file's inode and size; `None` when it is gone.
    pub seen: Option<(u64, u64)>,
    /// How many looks have found something of the kind.
    pub looks: u32,
}

/// A hash of a few bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub bytes: usize,
    pub sha1: String,
}

impl Sample {
    pub fn of(bytes: &[u8]) -> Self {
        let sha1 = Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: bytes.len(), sha1 }
    }
}

/// The last bytes of what was pushed: [`SAMPLE_BYTES`] of them, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail(Vec<u8>);

impl Tail {
    pub fn push(&mut self, bytes: &[u8]) {
        let new = &bytes[bytes.len().saturating_sub(SAMPLE_BYTES)..];
        let excess = (self.0.len() + new.len()).saturating_sub(SAMPLE_BYTES);
        self.0.drain(..excess);
        self.0.extend_from_slice(new);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Whether what was read before is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is, as far as samples tell.
    Same,
    /// The file is shorter than that.
    Shorter,
    /// The file holds something else.
    Other,
}

impl FileIndex {
    /// Compares the samples. `next` is what comes behind the offset.
    pub(crate) fn fit(&self, head: &[u8], seam: &[u8], next: &[u8]) -> Fit {
        if head.len() < self.head.bytes || seam.len() < self.seam.bytes {
            return Fit::Shorter;
        }
        let is_same = Sample::of(&head[..self.head.bytes]) == self.head
            && Sample::of(&seam[seam.len() - self.seam.bytes..]) == self.seam
            && (self.open != Open::Taken || begins_with_an_end(next));
        if is_same { Fit::Same } else { Fit::Other }
    }

    pub(crate) fn fit_fresh(&self, fresh: &Fresh) -> Fit {
        self.fit(&fresh.head, &fresh.seam, &fresh.bytes)
    }

    /// Where a splitter goes on.
    pub(crate) fn end(&self, seam: &[u8]) -> End {
        let mut tail = Tail::default();
        tail.push(seam);
        End { offset: self.offset, lines: self.lines, tail, open: self.open }
    }
}

/// Whether a line that was complete without its end is so still.
fn begins_with_an_end(next: &[u8]) -> bool {
    matches!(next, [] | [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..])
}

/// What is remembered of a directory's files, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexes {
    pub(crate) files: BTreeMap<String, FileIndex>,
}

impl Indexes {
    /// Returns each file's, by name.
    pub fn iter(&self) -> impl Iterator<Item = &FileIndex> {
        self.files.values()
    }

    /// Returns one file's.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FileIndex> {
        self.files.get(name)
    }

    /// Forgets a file, so that it is read anew.
    pub fn forget(&mut self, name: &str) {
        self.files.remove(name);
    }

    pub(crate) fn known(&self) -> Vec<Known> {
        let known = |index: &FileIndex| Known {
            name: index.name.clone(),
            identity: index.identity,
            offset: index.offset,
        };
        self.iter().map(known).collect()
    }
}

impl FromIterator<FileIndex> for Indexes {
    fn from_iter<I: IntoIterator<Item = FileIndex>>(indexes: I) -> Self {
        Self { files: indexes.into_iter().map(|index| (index.name.clone(), index)).collect() }
    }
}
