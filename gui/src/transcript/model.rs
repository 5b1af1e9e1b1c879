//! A transcript: its pieces, and where a person is in it.

use egui::Rect;
use orchestrator::seam::MessageId;

use super::entries::{Entries, Put};
use super::layout::Layouts;
use super::piece::{Key, Kind, Piece};
use super::scroll::{At, Scroll, View};
use super::search::Search;
use super::selecting::Presses;
use super::selection::Selection;
use super::unfinished::Taken;

/// A transcript with its state: what is open, where it is scrolled to, what is searched.
#[derive(Debug, Default)]
pub struct Transcript {
    pub(super) entries: Entries,
    pub(super) scroll: Scroll,
    pub(super) layouts: Layouts,
    pub(super) search: Option<Search>,
    /// What was in view in the last frame.
    pub(super) view: View,
    /// How high the view was in the last frame.
    pub(super) height: f32,
    /// Pieces that came at the end while the person was elsewhere.
    pub(super) fresh: usize,
    /// Whether older pieces were wished for.
    pub(super) asked_older: bool,
    /// Messages whose images were wished for.
    pub(super) asked_images: Vec<MessageId>,
    /// The image that is shown large: whose, and which.
    pub(super) large: Option<(MessageId, usize)>,
    /// What is selected.
    pub(super) selection: Option<Selection>,
    /// What the mouse did last.
    pub(super) presses: Presses,
    /// Boxes with a wheel of their own.
    pub(super) boxes: Vec<Rect>,
}

impl Transcript {
    /// Puts pieces at the end, in the order of their numbers; one with a key that is there replaces that one.
    ///
    /// A finished piece of the answer takes the place of the unfinished one of its turn, which is given back to be
    /// dropped on a worker's thread.
    pub fn put(&mut self, mut pieces: Vec<Piece>) -> Option<Piece> {
        if !pieces.is_sorted_by_key(|piece| piece.seq) {
            pieces.sort_by_key(|piece| piece.seq);
        }
        let mut unfinished = self.entries.take_unfinished();
        let mut finished = None;
        for piece in pieces {
            let is_seen = !matches!(piece.kind, Kind::Usage(_));
            let is_answer = matches!(piece.kind, Kind::Answer | Kind::Reasoning | Kind::Ended);
            let ends = |open: &mut Taken| is_answer && open.piece.turn == piece.turn;
            let put = match unfinished.take_if(ends) {
                Some(open) => {
                    let (put, before) = self.entries.put_finished(piece, open);
                    finished = Some(before);
                    put
                }
                None => self.entries.put(piece),
            };
            self.note(put, is_seen);
        }
        if let Some(open) = unfinished {
            self.entries.put_back(open);
        }
        finished
    }

    fn note(&mut self, put: Put, is_seen: bool) {
        match put {
            Put::New(_) if !self.scroll.sticks && is_seen => self.fresh += 1,
            Put::Replaced(at, _) => {
                let number = self.entries.number(at);
                if let Some(search) = &mut self.search {
                    search.changed(number);
                }
            }
            Put::New(_) | Put::Nothing => {}
        }
    }

    /// Puts older pieces before all others; what is seen doesn't move.
    pub fn put_older(&mut self, mut pieces: Vec<Piece>) {
        if !pieces.is_sorted_by_key(|piece| piece.seq) {
            pieces.sort_by_key(|piece| piece.seq);
        }
        let was_empty = self.entries.is_empty();
        let count = self.entries.put_older(pieces);
        if !was_empty {
            self.scroll.moved(count);
        }
        self.asked_older = false;
    }

    /// Shows what is still being written, or nothing any more. Equal beginnings keep what was laid out.
    ///
    /// Gives back what was there before: to drop ten megabytes takes a moment, which is better spent on a worker's thread.
    pub fn set_unfinished(&mut self, piece: Option<Piece>) -> Option<Piece> {
        let taken = |entries: &mut Entries| entries.take_unfinished().map(|taken| taken.piece);
        let Some(piece) = piece else { return taken(&mut self.entries) };
        let is_same = self.entries.pieces().next_back().is_some_and(|last| last.key == piece.key);
        let before = if is_same { None } else { taken(&mut self.entries) };
        match self.entries.put(piece) {
            Put::Replaced(at, old) => {
                if let Some(search) = &mut self.search {
                    search.changed(self.entries.number(at));
                }
                old
            }
            Put::New(_) | Put::Nothing => before,
        }
    }

    /// Forgets everything: another tab is shown.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The smallest event number that is here: older ones come before it.
    pub fn oldest(&self) -> Option<u64> {
        self.entries.pieces().next().map(|piece| piece.seq)
    }

    /// Whether the end is followed.
    pub fn is_at_end(&self) -> bool {
        self.scroll.sticks
    }

    /// How many blocks were laid out so far: what a frame costs.
    pub fn blocks_laid_out(&self) -> u64 {
        self.layouts.laid_out
    }

    /// How many laid out blocks are kept.
    pub fn blocks_kept(&self) -> usize {
        self.layouts.len()
    }

    /// Goes to the end and follows it.
    pub fn jump_to_end(&mut self) {
        self.scroll.go_to_end();
        self.fresh = 0;
    }

    /// Moves in the next frame, in points; down when `by` is positive.
    pub fn scroll_by(&mut self, by: f32) {
        self.scroll.by(by);
    }

    /// Goes to the question before what is in view.
    pub fn question_before(&mut self) {
        let first = self.scroll.at;
        let above = self.scroll.above;
        let from = first.entry;
        let is_at_its_beginning = first.row == 0 && above <= 1.0;
        let end = if is_at_its_beginning { from } else { from + 1 };
        let is_asked =
            |at: &usize| self.entries.get(*at).is_some_and(|entry| is_question(&entry.piece));
        if let Some(entry) = (0..end.min(self.entries.len())).rev().find(is_asked) {
            self.scroll.go_to(At { entry, row: 0 }, 0.0);
        }
    }

    /// Goes to the question behind the one that is at the top; to the end when there is none.
    pub fn question_behind(&mut self) {
        let from = self.scroll.at.entry;
        let is_asked =
            |at: &usize| self.entries.get(*at).is_some_and(|entry| is_question(&entry.piece));
        let next = (from + 1..self.entries.len()).find(is_asked);
        match next {
            Some(entry) => self.scroll.go_to(At { entry, row: 0 }, 0.0),
            None => self.jump_to_end(),
        }
    }

    /// Opens the search, or puts the focus into its field.
    pub fn open_search(&mut self) {
        self.search.get_or_insert_default().wants_focus = true;
    }

    /// Goes to the next place where it was found, or back.
    pub(super) fn go_to_hit(&mut self, back: bool) {
        let near = self.entries.number(self.scroll.at.entry);
        let Some((number, hit)) = self.search.as_mut().and_then(|search| search.go(back, near))
        else {
            return;
        };
        let Some(entry) = self.entries.place(number) else { return };
        self.entries.reveal(entry, hit.block);
        let row = self.entries.row_of_block(entry, hit.block);
        self.scroll.go_to(At { entry, row }, self.height / 3.0);
    }

    /// All text of a turn's answer, as Markdown.
    pub(super) fn answer_of(&self, at: usize) -> String {
        let Some(turn) = self.entries.get(at).map(|entry| &entry.piece.turn) else {
            return String::new();
        };
        let mut parts: Vec<&str> = Vec::new();
        for at in (0..=at).rev() {
            let Some(entry) = self.entries.get(at) else { break };
            if entry.piece.turn != *turn || matches!(entry.piece.kind, Kind::Question(_)) {
                break;
            }
            if matches!(entry.piece.kind, Kind::Answer) {
                parts.push(&entry.piece.source);
            }
        }
        parts.reverse();
        parts.join("\n\n")
    }
}

fn is_question(piece: &Piece) -> bool {
    matches!(&piece.kind, Kind::Question(question) if !question.synopsis)
        && !matches!(piece.key, Key::Unfinished(_))
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
