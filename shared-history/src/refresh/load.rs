//! Reading a file that isn't known: all of it, or as much of its end as is wanted.

use super::FileChange;
use super::Settings;
use super::growth::head_sample;
use super::kept::Kept;
use crate::index::{FileIndex, Sample};
use crate::splitter::{End, Splitter};
use crate::{FileLook, SAMPLE_BYTES, Span};

/// What is read of a large file for each line that is wanted: 4 KiB. Most entries have less.
const BYTES_PER_LINE: u64 = 4096;

/// A file that is read window by window, from its end backwards, until there are enough lines.
#[derive(Debug)]
pub(super) struct Load {
    name: String,
    identity: u64,
    size: u64,
    limit: usize,
    /// Whether lines of that name were read before, which are others.
    is_known: bool,
    /// The window that is being read: from its start, or from inside a line, to the start of what is done.
    from: u64,
    to: u64,
    /// How large the next window is.
    window: u64,
    head: Vec<u8>,
    read: u64,
    splitter: Splitter,
    /// Where the first whole line of the window begins.
    begin: Option<u64>,
    kept: Kept,
    /// What is done: everything behind `to`.
    done: Option<(Kept, End)>,
}

/// What came of a window.
#[derive(Debug)]
pub(super) enum Loaded {
    /// These are its lines.
    Change(Box<FileChange>),
    /// The window before it is to be read.
    Again(Box<Load>),
    /// The file lost bytes meanwhile.
    Unsteady,
}

impl Load {
    pub fn new(file: &FileLook, is_known: bool, settings: &Settings) -> Self {
        let window = (settings.limit() as u64).saturating_mul(BYTES_PER_LINE);
        Self {
            name: file.name.clone(),
            identity: file.identity,
            size: file.size,
            limit: settings.limit(),
            is_known,
            from: 0,
            to: file.size,
            window,
            head: Vec::new(),
            read: 0,
            splitter: Splitter::new(),
            begin: None,
            kept: Kept::new(settings.limit()),
            done: None,
        }
        .before(file.size)
    }

    /// Turns to the window that ends at `to`, which is the start of a line, or the file's end.
    fn before(mut self, to: u64) -> Self {
        let start = to.saturating_sub(self.window);
        self.window = self.window.saturating_mul(2);
        self.to = to;
        self.read = 0;
        self.kept = Kept::new(self.limit);
        if start == 0 {
            (self.from, self.begin, self.splitter) = (0, Some(0), Splitter::new());
        } else {
            // The byte before tells whether a line begins right there.
            (self.from, self.begin) = (start - 1, None);
            self.splitter = Splitter::inside(start - 1);
        }
        self
    }

    pub fn spans(&self) -> Vec<Span> {
        let span = |from, to: u64| Span { name: self.name.clone(), from, bytes: to - from };
        let mut spans = vec![span(self.from, self.to)];
        if self.from > 0 && self.head.is_empty() {
            spans.push(span(0, self.size.min(SAMPLE_BYTES as u64)));
        }
        spans
    }

    pub fn take(&mut self, span: usize, bytes: &[u8]) {
        if span == 1 || self.from == 0 && self.head.len() < SAMPLE_BYTES && self.done.is_none() {
            let missing = SAMPLE_BYTES.saturating_sub(self.head.len());
            self.head.extend(bytes.iter().take(missing));
        }
        if span == 1 {
            return;
        }
        if self.begin.is_none() {
            let end = memchr::memchr(b'\n', bytes);
            self.begin = end.map(|end| self.from + self.read + end as u64 + 1);
        }
        self.read += bytes.len() as u64;
        let kept = &mut self.kept;
        self.splitter.feed(bytes, &mut |found| kept.take(found));
    }

    pub fn finish(mut self) -> Loaded {
        if self.read < self.to - self.from {
            return Loaded::Unsteady;
        }
        // One long line: what is before it is read with it.
        let Some(begin) = self.begin.filter(|begin| *begin < self.to || self.from == 0) else {
            let to = self.to;
            return Loaded::Again(Box::new(self.before(to)));
        };
        let splitter = std::mem::take(&mut self.splitter);
        let mut kept = std::mem::replace(&mut self.kept, Kept::new(self.limit));
        let mut end = splitter.finish(&mut |found| kept.take(found));
        if let Some((later, last)) = self.done.take() {
            kept.join(later);
            end = End { lines: end.lines + last.lines, ..last };
        }
        if begin > 0 && !kept.is_full() {
            self.done = Some((kept, end));
            return Loaded::Again(Box::new(self.before(begin)));
        }
        let index = FileIndex {
            name: self.name.clone(),
            identity: self.identity,
            size: self.size,
            offset: end.offset,
            start: begin,
            lines: end.lines,
            skipped: kept.skipped,
            first_skipped: kept.first_skipped,
            head: head_sample(&self.head, end.offset),
            seam: Sample::of(end.tail.bytes()),
            open: end.open,
            doubt: None,
        };
        let lines = kept.lines.into();
        let change = FileChange { name: self.name, reset: self.is_known, lines, index };
        Loaded::Change(Box::new(change))
    }
}
