//! A directory in memory that others write to, and somebody who follows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use futures::executor::block_on;

use crate::splitter::{Found, Splitter};
use crate::*;

#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub identity: u64,
    pub bytes: Vec<u8>,
}

/// What happens in the directory.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Bytes are added.
    Append(String, Vec<u8>),
    /// The file has this content now, and is still the same one.
    Rewrite(String, Vec<u8>),
    /// Another file with this content has its name now.
    Replace(String, Vec<u8>),
    Remove(String),
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub files: BTreeMap<String, Content>,
    pub identities: u64,
    pub looks: usize,
    pub reads: usize,
    pub bytes_read: u64,
    /// Happens before the next read.
    pub before_read: Option<Deed>,
}

/// The directory.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub inner: Mutex<Inner>,
    /// Like a shell: tells nothing of a file that has no bytes behind the offset.
    pub is_terse: bool,
}

impl Model {
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// How many looks and reads there were.
    pub fn counts(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.looks, inner.reads)
    }

    pub fn apply(&self, deed: Deed) {
        let mut inner = self.lock();
        inner.identities += 1;
        let identity = inner.identities;
        match deed {
            Deed::Append(name, bytes) => {
                let fresh = || Content { identity, bytes: Vec::new() };
                inner.files.entry(name).or_insert_with(fresh).bytes.extend(bytes);
            }
            Deed::Rewrite(name, bytes) => {
                let fresh = || Content { identity, bytes: Vec::new() };
                inner.files.entry(name).or_insert_with(fresh).bytes = bytes;
            }
            Deed::Replace(name, bytes) => {
                inner.files.insert(name, Content { identity, bytes });
            }
            Deed::Remove(name) => {
                inner.files.remove(&name);
            }
        }
    }

    /// What reading everything anew gives: the last lines of each file.
    pub fn truth(&self, limit: usize) -> BTreeMap<String, Vec<Line>> {
        let mut truth = BTreeMap::new();
        for (name, content) in &self.lock().files {
            let mut lines = Vec::new();
            let mut take = |found| {
                if let Found::Line(line) = found {
                    lines.push(line);
                }
            };
            let mut splitter = Splitter::new();
            splitter.feed(&content.bytes, &mut take);
            splitter.finish(&mut take);
            lines.drain(..lines.len().saturating_sub(limit));
            truth.insert(name.clone(), lines);
        }
        truth
    }
}

#[async_trait]
impl Files for Model {
    async fn look(&self, known: &[Known], most: u64) -> Result<Look, FilesError> {
        let mut inner = self.lock();
        inner.looks += 1;
        let mut along = 0;
        let mut files = Vec::new();
        for (name, content) in &inner.files {
            let size = content.bytes.len() as u64;
            let before = known.iter().find(|known| {
                known.name == *name
                    && known.identity == content.identity
                    && known.offset <= size
                    && (known.offset < size || !self.is_terse)
            });
            let fresh =
                before.filter(|before| along + size - before.offset <= most).map(|before| {
                    along += size - before.offset;
                    let offset = usize::try_from(before.offset).unwrap();
                    Fresh {
                        head: content.bytes[..content.bytes.len().min(SAMPLE_BYTES)].to_vec(),
                        seam: content.bytes[offset.saturating_sub(SAMPLE_BYTES)..offset].to_vec(),
                        bytes: content.bytes[offset..].to_vec(),
                    }
                });
            files.push(FileLook { name: name.clone(), identity: content.identity, size, fresh });
        }
        Ok(Look { root: b"/srv/app".to_vec(), files, odd: Vec::new() })
    }

    async fn read(
        &self,
        spans: &[Span],
        take: &mut (dyn for<'c> FnMut(Chunk<'c>) + Send),
    ) -> Result<(), FilesError> {
        let deed = self.lock().before_read.take();
        if let Some(deed) = deed {
            self.apply(deed);
        }
        let mut inner = self.lock();
        inner.reads += 1;
        for (span, of) in spans.iter().enumerate() {
            let Some(content) = inner.files.get(&of.name) else { continue };
            let end = usize::try_from(of.from + of.bytes).unwrap().min(content.bytes.len());
            let from = usize::try_from(of.from).unwrap().min(end);
            let bytes = content.bytes[from..end].to_vec();
            inner.bytes_read += bytes.len() as u64;
            for piece in bytes.chunks(1000) {
                take(Chunk { span, bytes: piece });
            }
        }
        Ok(())
    }

    async fn append(&self, _: &Append<'_>) -> Result<Appended, FilesError> {
        unreachable!("nobody appends through this")
    }

    async fn trim(&self, _: &str, _: u64) -> Result<Trimmed, FilesError> {
        unreachable!("nobody trims through this")
    }
}

/// Somebody who keeps what a refresh says, as a database does.
#[derive(Debug)]
pub(super) struct Follower {
    pub indexes: Indexes,
    pub settings: Settings,
    pub lines: BTreeMap<String, Vec<Line>>,
}

impl Follower {
    pub fn new(limit: usize, most: u64) -> Self {
        let settings = Settings { limit, most };
        Self { indexes: Indexes::default(), settings, lines: BTreeMap::new() }
    }

    pub fn refresh(&mut self, files: &dyn Files) -> Refreshed {
        let refreshed = block_on(refresh(files, &mut self.indexes, &self.settings)).unwrap();
        for change in &refreshed.changes {
            let lines = self.lines.entry(change.name.clone()).or_default();
            if change.reset {
                lines.clear();
            }
            lines.extend(change.lines.iter().cloned());
            lines.drain(..lines.len().saturating_sub(self.settings.limit));
            assert_eq!(self.indexes.get(&change.name), Some(&change.index));
        }
        for name in &refreshed.gone {
            self.lines.remove(name);
            assert!(self.indexes.get(name).is_none());
        }
        refreshed
    }

    /// Refreshes until there is no doubt.
    pub fn settle(&mut self, files: &dyn Files) {
        for _ in 0..8 {
            if !self.refresh(files).is_unsettled {
                return;
            }
        }
        panic!("a directory that nobody changes stays unsettled");
    }

    /// Ends and begins again with what is stored.
    pub fn restart(&mut self) {
        let stored = serde_json::to_string(&self.indexes.iter().collect::<Vec<_>>()).unwrap();
        let indexes: Vec<FileIndex> = serde_json::from_str(&stored).unwrap();
        self.indexes = indexes.into_iter().collect();
    }

    pub fn ids(&self, name: &str) -> Vec<&str> {
        self.lines.get(name).into_iter().flatten().map(|line| line.id.as_str()).collect()
    }
}

pub(super) fn entry(id: &str) -> Vec<u8> {
    let mut line = Entry::new(id, EntryKind::User, 1, "Did it.", "/srv/app").to_line();
    line.push(b'\n');
    line
}

/// An entry of so many bytes at least.
pub(super) fn large(id: &str, bytes: usize) -> Vec<u8> {
    let mut entry = Entry::new(id, EntryKind::User, 1, "Did it.", "/srv/app");
    entry.full_response = Some("x".repeat(bytes));
    let mut line = entry.to_line();
    line.push(b'\n');
    line
}

pub(super) fn entries(ids: std::ops::Range<usize>) -> Vec<u8> {
    ids.flat_map(|id| entry(&format!("e{id}"))).collect()
}
