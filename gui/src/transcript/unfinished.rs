//! The piece that is still being written: taken out while others are put before it, and told to its end.

use super::derived::kept;
use super::entries::{Entries, Put};
use super::heights::Heights;
use super::piece::{Key, Kind, Piece};

/// A piece that was taken out, and how high its rows were.
#[derive(Debug)]
pub struct Taken {
    /// The piece.
    pub piece: Piece,
    rows: Option<Heights>,
}

impl Entries {
    /// Takes the unfinished piece out, if one is last.
    pub fn take_unfinished(&mut self) -> Option<Taken> {
        let last = self.list.last()?;
        if !matches!(last.piece.key, Key::Unfinished(_)) {
            return None;
        }
        self.index.remove(&last.piece.key);
        self.heights.pop();
        self.list.pop().map(|entry| Taken { piece: entry.piece, rows: entry.rows })
    }

    /// Puts it back at the end.
    pub fn put_back(&mut self, taken: Taken) {
        self.put_known(taken.piece, taken.rows);
    }

    /// Puts in its place what it has become, and gives it back.
    ///
    /// What was measured of its beginning stays: to work the heights of ten megabytes out again takes a good part of a
    /// frame.
    pub fn put_finished(&mut self, piece: Piece, taken: Taken) -> (Put, Piece) {
        let Taken { piece: before, rows } = taken;
        // Of what is folded no heights are known.
        let rows = rows.filter(|_| matches!(before.kind, Kind::Answer));
        let known = rows.and_then(|rows| kept(&before, &piece, rows, self.width));
        (self.put_known(piece, known), before)
    }
}
