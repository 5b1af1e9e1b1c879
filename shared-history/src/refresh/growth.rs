//! Reading what is new in a file that is known.

use super::kept::Kept;
use super::{FileChange, Settings};
use crate::index::{FileIndex, Fit, SKIPPED_REMEMBERED, Sample};
use crate::splitter::Splitter;
use crate::{FileLook, Fresh, SAMPLE_BYTES, Span};

/// What is known of a file, and the bytes behind it as they come.
#[derive(Debug)]
pub(super) struct Growth {
    index: FileIndex,
    size: u64,
    head: Vec<u8>,
    seam: Vec<u8>,
    /// The first two bytes behind the offset: they tell whether the line before them ends there.
    next: Vec<u8>,
    /// How many bytes came from behind the offset.
    fresh: u64,
    splitter: Option<Splitter>,
    kept: Kept,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Grown {
    /// These lines are new.
    Change(FileChange),
    /// Nothing is, but a line may have begun.
    Nothing(FileIndex),
    /// The file is another one.
    Other,
    /// The file lost bytes meanwhile.
    Unsteady,
}

impl Growth {
    pub fn new(index: &FileIndex, file: &FileLook, settings: &Settings) -> Self {
        Self {
            index: index.clone(),
            size: file.size,
            head: Vec::new(),
            seam: Vec::new(),
            next: Vec::new(),
            fresh: 0,
            splitter: None,
            kept: Kept::new(settings.limit()),
        }
    }

    /// What is to be read: the samples, and what is new.
    pub fn spans(&self) -> Vec<Span> {
        let from = self.index.offset - self.index.seam.bytes as u64;
        let span = |from, to: u64| Span { name: self.index.name.clone(), from, bytes: to - from };
        vec![span(0, self.size.min(SAMPLE_BYTES as u64)), span(from, self.size)]
    }

    /// Takes bytes of one of these spans.
    pub fn take(&mut self, span: usize, bytes: &[u8]) {
        if span == 0 {
            self.head.extend_from_slice(bytes);
            return;
        }
        let missing = self.index.seam.bytes - self.seam.len();
        let (seam, fresh) = bytes.split_at(missing.min(bytes.len()));
        self.seam.extend_from_slice(seam);
        self.take_fresh(fresh);
    }

    /// Takes what came along with a look.
    pub fn take_whole(&mut self, fresh: &Fresh) {
        self.head.clone_from(&fresh.head);
        self.seam.clone_from(&fresh.seam);
        self.size = self.index.offset + fresh.bytes.len() as u64;
        self.take_fresh(&fresh.bytes);
    }

    fn take_fresh(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.fresh += bytes.len() as u64;
        let missing = 2_usize.saturating_sub(self.next.len());
        self.next.extend(bytes.iter().take(missing));
        let (index, seam, kept) = (&self.index, &self.seam, &mut self.kept);
        self.splitter
            .get_or_insert_with(|| Splitter::resume(index.end(seam), index.start == 0))
            .feed(bytes, &mut |found| kept.take(found));
    }

    pub fn finish(mut self) -> Grown {
        match self.index.fit(&self.head, &self.seam, &self.next) {
            Fit::Same => {}
            Fit::Shorter => return Grown::Unsteady,
            Fit::Other => return Grown::Other,
        }
        if self.index.offset + self.fresh < self.size {
            return Grown::Unsteady;
        }
        let Some(splitter) = self.splitter else {
            return Grown::Nothing(FileIndex { size: self.size, doubt: None, ..self.index });
        };
        let end = splitter.finish(&mut |found| self.kept.take(found));
        let has_moved = end.offset != self.index.offset;
        let skipped = self.index.skipped + self.kept.skipped;
        let mut first_skipped = self.index.first_skipped;
        first_skipped.extend(self.kept.first_skipped);
        first_skipped.truncate(SKIPPED_REMEMBERED);
        let lines = self.kept.lines.into();
        let index = FileIndex {
            size: self.size,
            offset: end.offset,
            lines: end.lines,
            skipped,
            first_skipped,
            head: head_sample(&self.head, end.offset),
            seam: Sample::of(end.tail.bytes()),
            open: end.open,
            doubt: None,
            ..self.index
        };
        if !has_moved {
            return Grown::Nothing(index);
        }
        Grown::Change(FileChange { name: index.name.clone(), reset: false, lines, index })
    }
}

/// A file's first bytes, as far as they are done with.
pub(super) fn head_sample(head: &[u8], offset: u64) -> Sample {
    let done = usize::try_from(offset).map_or(SAMPLE_BYTES, |offset| offset.min(SAMPLE_BYTES));
    Sample::of(&head[..head.len().min(done)])
}
