//! Search in a transcript, a bounded number of bytes a frame.

use std::collections::BTreeMap;

use super::entries::Entries;
use crate::text::{Needle, find};

/// Bytes that are searched in a frame: a millisecond or two of work.
const BYTES_A_FRAME: usize = 256 << 10;
/// Pieces that are looked at in a frame, for transcripts of many small ones.
const PIECES_A_FRAME: usize = 4000;

/// One place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Which block of the piece.
    pub block: usize,
    /// Which of the block's texts.
    pub text: usize,
    /// The first byte.
    pub from: usize,
    /// The byte behind the last.
    pub to: usize,
}

/// A search that is open.
#[derive(Debug, Default)]
pub struct Search {
    /// What is typed.
    pub typed: String,
    /// Whether its field is to get the focus.
    pub wants_focus: bool,
    /// Whether the person went to a place in this frame.
    pub jumped: bool,
    needle: Needle,
    /// By the piece's number.
    hits: BTreeMap<i64, Vec<Hit>>,
    total: usize,
    /// Numbers that are searched: from, to.
    searched: Option<(i64, i64)>,
    /// Changed since they were searched.
    stale: Vec<i64>,
    /// Where the person is: a piece's number, and which of its hits.
    current: Option<(i64, usize)>,
}

impl Search {
    /// Begins again when something else is typed.
    pub fn typed(&mut self) {
        let needle = Needle::new(&self.typed);
        if needle != self.needle {
            *self = Self { needle, typed: std::mem::take(&mut self.typed), ..Self::default() };
        }
    }

    /// A piece was replaced.
    pub fn changed(&mut self, number: i64) {
        if self.searched.is_some_and(|(from, to)| (from..to).contains(&number)) {
            self.stale.push(number);
        }
    }

    /// Searches a bounded part of what isn't searched yet; gives whether there is more. Newest first.
    pub fn go_on(&mut self, entries: &Entries) -> bool {
        if self.needle.is_empty() || entries.is_empty() {
            return false;
        }
        let (first, end) = (entries.number(0), entries.number(entries.len()));
        let mut left = BYTES_A_FRAME;
        let mut pieces = PIECES_A_FRAME;
        self.stale.retain(|number| (first..end).contains(number));
        let (mut from, mut to) = self.searched.unwrap_or((end, end));
        // Pieces may have been taken away at the end.
        to = to.min(end);
        from = from.min(to);
        while left > 0 && pieces > 0 {
            let number = if let Some(stale) = self.stale.pop() {
                stale
            } else if to < end {
                to += 1;
                to - 1
            } else if from > first {
                from -= 1;
                from
            } else {
                break;
            };
            let bytes = self.look(entries, number);
            left = left.saturating_sub(bytes);
            pieces -= 1;
        }
        self.searched = Some((from, to));
        to < end || from > first || !self.stale.is_empty()
    }

    /// Searches one piece; gives how many bytes that were.
    fn look(&mut self, entries: &Entries, number: i64) -> usize {
        if let Some(old) = self.hits.remove(&number) {
            self.total -= old.len();
        }
        let Some(entry) = entries.place(number).and_then(|at| entries.get(at)) else { return 0 };
        let mut bytes = 0;
        let mut hits = Vec::new();
        for (block, of) in entry.piece.blocks.iter().enumerate() {
            let mut text = 0;
            of.body.each_text(|words| {
                bytes += words.len();
                find(words, &self.needle, |range| {
                    hits.push(Hit { block, text, from: range.start, to: range.end });
                });
                text += 1;
            });
        }
        if !hits.is_empty() {
            self.total += hits.len();
            self.hits.insert(number, hits);
        }
        bytes
    }

    /// How many were found so far.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Whether nothing is looked for.
    pub fn is_idle(&self) -> bool {
        self.needle.is_empty()
    }

    /// Which one the person is at, counted from 1.
    pub fn position(&self) -> Option<usize> {
        let (number, at) = self.current?;
        let before: usize = self.hits.range(..number).map(|(_, hits)| hits.len()).sum();
        self.hits.get(&number).filter(|hits| at < hits.len()).map(|_| before + at + 1)
    }

    /// Hits of a piece's block.
    pub fn of_block(&self, number: i64, block: usize) -> impl Iterator<Item = (Hit, bool)> + '_ {
        let current = self.current.filter(|(at, _)| *at == number).map(|(_, hit)| hit);
        let hits = self.hits.get(&number).map(Vec::as_slice).unwrap_or_default();
        let hits = hits.iter().enumerate().filter(move |(_, hit)| hit.block == block);
        hits.map(move |(at, hit)| (*hit, current == Some(at)))
    }

    /// Goes to the next one, or back; round and round. `near` is the number of the first piece in view. Gives the
    /// piece's number and the hit.
    pub fn go(&mut self, back: bool, near: i64) -> Option<(i64, Hit)> {
        let (number, at) =
            self.current.filter(|(number, _)| self.hits.contains_key(number)).map_or_else(
                || if back { (near + 1, None) } else { (near, None) },
                |(number, at)| (number, Some(at)),
            );
        let last_of = |hits: &Vec<Hit>| hits.len() - 1;
        let found = match (back, at) {
            (false, Some(at)) if self.hits.get(&number).is_some_and(|hits| at + 1 < hits.len()) => {
                Some((number, at + 1))
            }
            (true, Some(at)) if at > 0 => Some((number, at - 1)),
            (false, at) => {
                let from = if at.is_some() { number + 1 } else { number };
                let next = self.hits.range(from..).next().or_else(|| self.hits.iter().next());
                next.map(|(number, _)| (*number, 0))
            }
            (true, _) => {
                let before = self.hits.range(..number).next_back();
                let before = before.or_else(|| self.hits.iter().next_back());
                before.map(|(number, hits)| (*number, last_of(hits)))
            }
        };
        let (number, at) = found?;
        self.current = Some((number, at));
        self.jumped = true;
        self.hits.get(&number).and_then(|hits| hits.get(at)).map(|hit| (number, *hit))
    }
}
