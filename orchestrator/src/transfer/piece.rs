//! Pieces of a file between who reads and who writes them. Their room is used again: new room costs as much as a copy, because the
//! system clears it first.

use tokio::sync::mpsc;

use super::talk::CHUNK;

/// So many pieces are read before they are written.
const AHEAD: usize = 4;

/// A piece.
#[derive(Debug)]
pub(super) struct Piece {
    room: Vec<u8>,
    filled: usize,
}

impl Piece {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[..self.filled]
    }
}

/// Who reads.
#[derive(Debug)]
pub(super) struct Giver {
    full: mpsc::Sender<Piece>,
    empty: mpsc::Receiver<Vec<u8>>,
}

/// Who writes.
#[derive(Debug)]
pub(super) struct Taker {
    full: mpsc::Receiver<Piece>,
    empty: mpsc::Sender<Vec<u8>>,
}

/// Both ends.
pub(super) fn pieces() -> (Giver, Taker) {
    let (full, to_write) = mpsc::channel(AHEAD);
    // One more is being filled, and one written.
    let (empty, to_fill) = mpsc::channel(AHEAD + 2);
    (Giver { full, empty: to_fill }, Taker { full: to_write, empty })
}

impl Giver {
    /// Room of [`CHUNK`] bytes, with anything in it.
    pub(super) fn room(&mut self) -> Vec<u8> {
        self.empty.try_recv().unwrap_or_else(|_| vec![0; CHUNK])
    }

    /// Gives the first `filled` bytes of it. `false` when nobody takes them any more.
    pub(super) async fn give(&self, room: Vec<u8>, filled: usize) -> bool {
        self.full.send(Piece { room, filled }).await.is_ok()
    }
}

impl Taker {
    /// The next one, on a thread that may block; `None` behind the last.
    pub(super) fn take_now(&mut self) -> Option<Piece> {
        self.full.blocking_recv()
    }

    /// Gives its room back.
    pub(super) fn done_with(&self, piece: Piece) {
        self.empty.try_send(piece.room).ok(); // Nobody needs it any more.
    }
}
