//! The pieces of a transcript with their heights: which are there, which are open, which are seen.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use orchestrator::agent::Usage;
use orchestrator::seam::TurnId;

use super::derived::kept;
use super::heights::Heights;
use super::piece::{Key, Kind, Piece};
use crate::text::{Block, Progress};

/// Heights of pieces with more blocks are worked out once, when they come.
const LARGE: usize = 256;

/// A piece in its place.
#[derive(Debug)]
pub struct Entry {
    /// The piece.
    pub piece: Piece,
    /// Of its key: names its widgets.
    pub id: u64,
    /// Where its run of tool calls begins, as a number like those of [`Entries::number`].
    pub(super) run: Option<i64>,
    /// Whether a person opened or closed it.
    opened: Option<bool>,
    /// Of its rows, once it was near the view.
    pub(super) rows: Option<Heights>,
}

/// A run of tool calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    pub(super) count: usize,
    pub(super) failed: usize,
    pub(super) is_open: bool,
}

/// One row of a transcript.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// The line that stands for a run of tool calls.
    Group {
        /// How many calls.
        count: usize,
        /// How many failed.
        failed: usize,
        /// Whether they are shown.
        is_open: bool,
        /// The last one's line.
        last: &'a Block,
    },
    /// A block, and whether its piece is open.
    Block(&'a Block, bool),
}

/// Pieces in their order.
#[derive(Debug, Default)]
pub struct Entries {
    #[expect(
        clippy::vec_box,
        reason = "older entries are put before all others: pointers are moved, not pieces"
    )]
    pub(super) list: Vec<Box<Entry>>,
    pub(super) heights: Heights,
    /// By key; numbers don't change when older pieces come.
    pub(super) index: HashMap<Key, i64>,
    /// The number of the first one.
    pub(super) first: i64,
    pub(super) runs: HashMap<i64, Run>,
    pub(super) usage: HashMap<Option<TurnId>, Usage>,
    /// Tool calls of each turn.
    pub(super) calls: HashMap<Option<TurnId>, usize>,
    /// Turns in which Baton asked, and whether they are shown.
    pub(super) synopses: HashMap<TurnId, bool>,
    pub(super) width: f32,
    pub(super) show_reasoning: bool,
}

impl Entries {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<&Entry> {
        self.list.get(at).map(Box::as_ref)
    }

    /// All pieces, in order.
    pub fn pieces(&self) -> impl DoubleEndedIterator<Item = &Piece> {
        self.list.iter().map(|entry| &entry.piece)
    }

    /// Its number, which doesn't change when older pieces come.
    pub fn number(&self, at: usize) -> i64 {
        self.first + i64::try_from(at).unwrap_or(i64::MAX)
    }

    /// Where the one with that number is.
    pub fn place(&self, number: i64) -> Option<usize> {
        usize::try_from(number - self.first).ok().filter(|at| *at < self.list.len())
    }

    /// Heights of all.
    pub fn heights(&self) -> &Heights {
        &self.heights
    }

    /// What a turn has used.
    pub fn usage(&self, turn: Option<&TurnId>) -> Option<&Usage> {
        self.usage.get(&turn.cloned())
    }

    /// How many tools a turn has called.
    pub fn calls(&self, turn: &TurnId) -> usize {
        self.calls.get(&Some(turn.clone())).copied().unwrap_or_default()
    }

    /// Puts a piece at its place: where its key is already, else at the end. Gives its number when it is new and seen.
    pub fn put(&mut self, piece: Piece) -> Put {
        self.put_known(piece, None)
    }

    /// The same. `known` are the heights of its rows, where that is an answer at the end.
    pub(super) fn put_known(&mut self, mut piece: Piece, known: Option<Heights>) -> Put {
        if let Kind::Usage(usage) = piece.kind {
            self.usage.insert(piece.turn, *usage);
            return Put::Nothing;
        }
        if let Some(at) = self.index.get(&piece.key).and_then(|number| self.place(*number)) {
            if let Some(entry) = self.list.get_mut(at) {
                let old = std::mem::replace(&mut entry.piece, empty(&piece));
                if let Some(run) = entry.run.and_then(|run| self.runs.get_mut(&run)) {
                    run.failed =
                        run.failed + usize::from(is_failed(&piece)) - usize::from(is_failed(&old));
                }
                if matches!(piece.key, Key::Unfinished(_)) {
                    piece.at = old.at;
                    let rows = entry.rows.take();
                    entry.rows = rows.and_then(|rows| kept(&old, &piece, rows, self.width));
                    entry.piece = piece;
                    let is_plain = matches!(entry.piece.kind, Kind::Answer);
                    if let Some(rows) = entry.rows.as_ref().filter(|_| is_plain) {
                        self.heights.set(at, rows.total() as f32);
                    } else {
                        self.refresh(at);
                    }
                    return Put::Replaced(at, Some(old));
                }
                piece.follow(old);
                entry.rows = None;
                entry.piece = piece;
            }
            self.refresh(at);
            return Put::Replaced(at, None);
        }
        let (at, blocks) = (self.list.len(), piece.blocks.len());
        self.note(&piece, at);
        let run = self.run_for(&piece, at);
        let id = hash(&piece.key);
        let mut entry = Box::new(Entry { id, piece, run, opened: None, rows: None });
        if matches!(entry.piece.kind, Kind::Answer) && !self.is_hidden_synopsis(&entry) {
            entry.rows = known.filter(|rows| rows.len() == blocks);
        }
        let is_known = entry.rows.is_some();
        self.list.push(entry);
        let height = if is_known || blocks > LARGE {
            // What takes a moment is done once.
            self.row_heights(at).total() as f32
        } else {
            self.height_of(at)
        };
        self.heights.push(height);
        if let Some(run) = run {
            self.refresh_run(run);
        }
        Put::New(at)
    }

    /// Puts older pieces before all others; gives how many there are more now.
    pub fn put_older(&mut self, pieces: Vec<Piece>) -> usize {
        let mut older: Vec<Entry> = Vec::with_capacity(pieces.len());
        let mut followed = Vec::new();
        let mut seen: HashMap<Key, usize> = HashMap::new();
        for mut piece in pieces {
            if let Kind::Usage(usage) = piece.kind {
                self.usage.entry(piece.turn).or_insert(*usage);
            } else if let Some(at) =
                self.index.get(&piece.key).and_then(|number| self.place(*number))
            {
                if let Some(entry) = self.list.get_mut(at) {
                    let seq = entry.piece.seq;
                    entry.piece.follow(piece);
                    entry.piece.seq = seq;
                    entry.rows = None;
                    followed.push(at);
                }
            } else if let Some(known) =
                seen.get(&piece.key).and_then(|at: &usize| older.get_mut(*at))
            {
                let old = std::mem::replace(&mut known.piece, empty(&piece));
                piece.follow(old);
                known.piece = piece;
            } else {
                seen.insert(piece.key.clone(), older.len());
                let id = hash(&piece.key);
                older.push(Entry { piece, id, run: None, opened: None, rows: None });
            }
        }
        let count = older.len();
        self.prepend(older);
        followed.into_iter().for_each(|at| self.refresh(at + count));
        count
    }

    /// What a row shows; `None` where it isn't seen.
    pub fn row(&self, at: usize, row: usize) -> Option<Row<'_>> {
        let entry = self.list.get(at)?;
        if self.is_hidden_synopsis(entry) {
            return None;
        }
        let run = self.group_of(entry);
        let is_start = run.is_some() && entry.run == Some(self.number(at));
        if is_start && row == 0 {
            let (_, run) = run?;
            let last = self.list.get(at + run.count - 1)?.piece.blocks.first()?;
            return Some(Row::Group {
                count: run.count,
                failed: run.failed,
                is_open: run.is_open,
                last,
            });
        }
        if run.is_some_and(|(_, run)| !run.is_open) {
            return None;
        }
        let block = entry.piece.blocks.get(row - usize::from(is_start))?;
        let is_open = self.is_open(at);
        (is_open || !block.folded).then_some(Row::Block(block, is_open))
    }

    /// How many rows a piece has, seen or not.
    pub fn rows(&self, at: usize) -> usize {
        self.list.get(at).map_or(0, |entry| {
            let is_start = entry.run == Some(self.number(at)) && self.group_of(entry).is_some();
            entry.piece.blocks.len() + usize::from(is_start)
        })
    }

    /// The row that a block of a piece is.
    pub fn row_of_block(&self, at: usize, block: usize) -> usize {
        self.rows(at) - self.list.get(at).map_or(0, |entry| entry.piece.blocks.len()) + block
    }

    /// Heights of a piece's rows.
    pub fn row_heights(&mut self, at: usize) -> &Heights {
        static NONE: Heights = Heights::none();
        if self.list.get(at).is_some_and(|entry| entry.rows.is_none()) {
            let rows = Heights::new(self.estimates(at));
            if let Some(entry) = self.list.get_mut(at) {
                entry.rows = Some(rows);
            }
        }
        self.list.get(at).and_then(|entry| entry.rows.as_ref()).unwrap_or(&NONE)
    }

    /// Notes how high a row turned out to be.
    pub fn measured(&mut self, at: usize, row: usize, height: f32) {
        let Some(rows) = self.list.get_mut(at).and_then(|entry| entry.rows.as_mut()) else {
            return;
        };
        if (rows.get(row) - height).abs() < 0.01 {
            return;
        }
        rows.set(row, height);
        let total = rows.total();
        self.heights.set(at, total as f32);
    }

    /// Whether what is folded in a piece is seen.
    pub fn is_open(&self, at: usize) -> bool {
        let Some(entry) = self.list.get(at) else { return false };
        if let Some(turn) = entry.piece.turn.as_ref().filter(|_| entry.piece.is_synopsis()) {
            return self.synopses.get(turn).copied().unwrap_or(false);
        }
        let by_itself = self.show_reasoning && matches!(entry.piece.kind, Kind::Reasoning);
        entry.opened.unwrap_or(by_itself)
    }

    /// Opens or closes a piece.
    pub fn open(&mut self, at: usize, is_open: bool) {
        let Some(entry) = self.list.get_mut(at) else { return };
        entry.opened = Some(is_open);
        let Some(turn) = entry.piece.turn.clone().filter(|_| entry.piece.is_synopsis()) else {
            return self.refresh(at);
        };
        self.synopses.insert(turn.clone(), is_open);
        let members: Vec<usize> = (at..self.list.len())
            .take_while(|at| self.list[*at].piece.turn.as_ref() == Some(&turn))
            .collect();
        members.into_iter().for_each(|at| self.refresh(at));
    }

    /// Opens or closes the run that a tool call is in.
    pub fn open_group(&mut self, at: usize, is_open: bool) {
        let Some(start) = self.list.get(at).and_then(|entry| entry.run) else { return };
        if let Some(run) = self.runs.get_mut(&start) {
            run.is_open = is_open;
            self.refresh_run(start);
        }
    }

    /// Opens all that hides a block.
    pub fn reveal(&mut self, at: usize, block: usize) {
        self.open_group(at, true);
        let turn = self.list.get(at).and_then(|entry| entry.piece.turn.clone());
        if let Some(turn) = turn.filter(|turn| self.synopses.get(turn) == Some(&false)) {
            let asked = (0..=at).rev().find(|at| {
                let piece = &self.list[*at].piece;
                piece.turn.as_ref() == Some(&turn) && matches!(piece.kind, Kind::Question(_))
            });
            if let Some(asked) = asked {
                self.open(asked, true);
            }
        }
        let hides = self.list.get(at).and_then(|entry| entry.piece.blocks.get(block));
        if hides.is_some_and(|block| block.folded) {
            self.open(at, true);
        }
    }

    /// Whether this is another width or another wish for reasoning than the heights are for.
    pub fn is_other(&self, width: f32, show_reasoning: bool) -> bool {
        (self.width - width).abs() >= 0.5 || self.show_reasoning != show_reasoning
    }

    /// Takes another width or another wish for reasoning over.
    pub fn adapt(&mut self, width: f32, show_reasoning: bool) {
        (self.width, self.show_reasoning) = (width, show_reasoning);
        self.estimate_all();
    }
}

/// What came of putting a piece.
#[derive(Clone, Debug, PartialEq)]
pub enum Put {
    /// It is at the end.
    New(usize),
    /// It stands where an older telling of it stood, which is given back when nothing of it is used.
    Replaced(usize, Option<Piece>),
    /// It is nothing that is seen by itself.
    Nothing,
}

pub(super) fn is_failed(piece: &Piece) -> bool {
    matches!(piece.kind, Kind::Tool { progress: Progress::Failed, .. })
}

fn empty(like: &Piece) -> Piece {
    Piece {
        key: like.key.clone(),
        seq: like.seq,
        at: like.at,
        until: like.until,
        turn: None,
        kind: Kind::Mark,
        blocks: Vec::new(),
        source: "".into(),
    }
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
