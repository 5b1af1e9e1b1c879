//! A file's bytes, as they come, into its lines.

use serde::{Deserialize, Serialize};

use crate::index::Tail;
use crate::{Line, Malformed};

/// The longest line that is read: 16 MiB. An entry holds an agent's answer; a line beyond that is no such thing.
pub const LONGEST_LINE: usize = 16 << 20;

/// How many bytes of a line that is skipped are told.
const TOLD: usize = 60;

/// What some editors put at a file's start.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A line that is no entry, and was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where it begins in its file, in bytes.
    pub position: u64,
    /// Its number, from 1 on; `None` where the file wasn't read from its start.
    pub number: Option<u64>,
    /// What is wrong with it.
    pub reason: Malformed,
    /// Its first 60 bytes, lossily decoded.
    pub start: String,
}

/// What the bytes of a file hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An entry.
    Line(Line),
    /// Something else.
    Skipped(Skipped),
}

/// How the last line of a file stood when it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Open {
    /// What is behind the offset is the start of a line.
    #[default]
    No,
    /// The line before the offset has no end yet, but it is an entry and was taken.
    Taken,
    /// The line before the offset has no end yet, and is too long already.
    Overlong,
}

/// Where a splitter has come to.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// So much of the file is done with.
    pub offset: u64,
    /// Lines before the offset that have an end.
    pub lines: u64,
    pub tail: Tail,
    pub open: Open,
}

/// Splits a file's bytes, handed over in pieces of any size, into lines; blank ones are nothing.
#[derive(Debug)]
pub struct Splitter {
    /// Where the line begins that is being read.
    offset: u64,
    lines: u64,
    /// Whether `lines` counts from the file's start.
    is_numbered: bool,
    /// The last bytes before `offset`.
    tail: Tail,
    /// What has come of the line that is being read.
    partial: Partial,
}

#[derive(Debug)]
enum Partial {
    Held(Vec<u8>),
    /// The line isn't wanted: it is too long, or its start is missing.
    Passing {
        /// So many bytes have passed.
        length: u64,
        /// Its last ones.
        tail: Tail,
        /// Its first ones; `None` when nobody needs to be told of it.
        start: Option<Vec<u8>>,
    },
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// Begins at a file's start.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offset: 0,
            lines: 0,
            is_numbered: true,
            tail: Tail::default(),
            partial: Partial::Held(Vec::new()),
        }
    }

    /// Begins inside of a line, at `offset`: what comes before its end is passed over.
    pub(crate) fn inside(offset: u64) -> Self {
        let partial = Partial::Passing { length: 0, tail: Tail::default(), start: None };
        Self { offset, is_numbered: false, partial, ..Self::new() }
    }

    /// Goes on where another one has ended.
    pub(crate) fn resume(end: End, is_numbered: bool) -> Self {
        let partial = match end.open {
            Open::No | Open::Taken => Partial::Held(Vec::new()),
            Open::Overlong => Partial::Passing { length: 0, tail: Tail::default(), start: None },
        };
        Self { offset: end.offset, lines: end.lines, is_numbered, tail: end.tail, partial }
    }

    /// Takes the next bytes, and hands over what is complete with them.
    pub fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Found)) {
        let Some(last) = memchr::memrchr(b'\n', bytes) else { return self.hold(bytes) };
        let (complete, rest) = bytes.split_at(last + 1);
        let mut from = 0;
        let mut tail = std::mem::take(&mut self.tail);
        for end in memchr::memchr_iter(b'\n', complete) {
            let piece = &complete[from..end];
            from = end + 1;
            match std::mem::replace(&mut self.partial, Partial::Held(Vec::new())) {
                Partial::Held(held) if held.is_empty() => self.line(piece, take),
                Partial::Held(mut held) => {
                    tail.push(&held);
                    held.extend_from_slice(piece);
                    self.line(&held, take);
                }
                Partial::Passing { length, tail: passed, start } => {
                    tail.push(passed.bytes());
                    if let Some(start) = start {
                        take(self.skipped(&start, Malformed::TooLong));
                    }
                    self.offset += length + piece.len() as u64;
                }
            }
            self.offset += 1;
            self.lines += 1;
        }
        tail.push(complete);
        self.tail = tail;
        self.hold(rest);
    }

    /// Ends where the file ends. A last line without an end is taken if it is an entry; else it waits to be completed.
    pub(crate) fn finish(mut self, take: &mut impl FnMut(Found)) -> End {
        let mut open = Open::No;
        match std::mem::replace(&mut self.partial, Partial::Held(Vec::new())) {
            Partial::Held(held) => {
                if let Ok(line) = Line::parse(self.without_mark(&held), self.offset) {
                    take(Found::Line(line));
                    self.offset += held.len() as u64;
                    self.tail.push(&held);
                    open = Open::Taken;
                }
            }
            Partial::Passing { length, tail, start } => {
                if let Some(start) = start {
                    take(self.skipped(&start, Malformed::TooLong));
                }
                self.offset += length;
                self.tail.push(tail.bytes());
                open = Open::Overlong;
            }
        }
        End { offset: self.offset, lines: self.lines, tail: self.tail, open }
    }

    /// Takes one line without its newline, and moves to its end.
    fn line(&mut self, whole: &[u8], take: &mut impl FnMut(Found)) {
        let text = whole.strip_suffix(b"\r").unwrap_or(whole);
        let text = self.without_mark(text);
        if text.len() > LONGEST_LINE {
            take(self.skipped(text, Malformed::TooLong));
        } else if !text.trim_ascii().is_empty() {
            take(match Line::parse(text, self.offset) {
                Ok(line) => Found::Line(line),
                Err(reason) => self.skipped(text, reason),
            });
        }
        self.offset += whole.len() as u64;
    }

    fn hold(&mut self, bytes: &[u8]) {
        match &mut self.partial {
            Partial::Held(held) => {
                held.extend_from_slice(bytes);
                if held.len() > LONGEST_LINE {
                    let mut tail = Tail::default();
                    tail.push(held);
                    let start = Some(held[..TOLD].to_vec());
                    self.partial = Partial::Passing { length: held.len() as u64, tail, start };
                }
            }
            Partial::Passing { length, tail, start: _ } => {
                *length += bytes.len() as u64;
                tail.push(bytes);
            }
        }
    }

    fn without_mark<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        if self.offset > 0 {
            return text;
        }
        text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
    }

    fn skipped(&self, text: &[u8], reason: Malformed) -> Found {
        let start = &text[..text.len().min(TOLD)];
        Found::Skipped(Skipped {
            position: self.offset,
            number: self.is_numbered.then_some(self.lines + 1),
            reason,
            start: String::from_utf8_lossy(start).into_owned(),
        })
    }
}

#[cfg(test)]
#[path = "splitter_tests.rs"]
mod tests;
