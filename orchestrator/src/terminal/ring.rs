//! The last part of what a terminal printed, from which it can be shown again.

use std::collections::VecDeque;

use super::scan::{Said, Scanner};

/// How far a replay looks for the beginning of a line; behind that it begins at the end of any sequence.
const LONGEST_LINE: usize = 64 * 1024;

/// How much a ring keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// So many bytes in any case.
    pub(super) bytes: usize,
    /// More than that, until it has so many lines …
    pub(super) lines: usize,
    /// … or so many bytes.
    pub(super) most: usize,
}

#[cfg(test)]
impl Room {
    /// Bytes alone count.
    fn of(bytes: usize) -> Self {
        Self { bytes, lines: 0, most: bytes }
    }
}

/// Bytes with their places since the terminal was opened.
#[derive(Debug)]
pub(super) struct Ring {
    bytes: VecDeque<u8>,
    /// The place of the first byte.
    start: u64,
    /// Ends of lines in it.
    lines: usize,
    room: Room,
    /// Whether nothing was dropped since it began.
    is_whole: bool,
    /// How the terminal is before the first byte, and behind the last one.
    first: Scanner,
    last: Scanner,
}

impl Ring {
    /// An empty one.
    pub(super) fn new(room: Room) -> Self {
        let (first, last) = (Scanner::default(), Scanner::default());
        Self { bytes: VecDeque::new(), start: 0, lines: 0, room, is_whole: true, first, last }
    }

    /// The place behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// How the terminal is behind the last byte.
    pub(super) fn now(&self) -> &Scanner {
        &self.last
    }

    /// Adds what was printed; `hear` gets what is said in it.
    pub(super) fn push(&mut self, bytes: &[u8], hear: impl FnMut(Said<'_>)) {
        self.last.feed(bytes, hear);
        self.bytes.extend(bytes);
        self.lines += ends_of_lines(bytes);
        self.forget(self.over());
    }

    /// How many of the first bytes there is no room for.
    fn over(&self) -> usize {
        let length = self.bytes.len();
        let too_many = length.saturating_sub(self.room.most);
        let mut spare = self.lines.saturating_sub(self.room.lines);
        let may = length.saturating_sub(self.room.bytes);
        if spare == 0 || may == 0 || self.room.lines == 0 {
            return too_many;
        }
        let (one, two) = self.bytes.as_slices();
        let mut last = 0;
        let ends = memchr::memchr_iter(b'\n', one)
            .chain(memchr::memchr_iter(b'\n', two).map(|at| one.len() + at));
        for at in ends.take_while(|at| *at < may) {
            if spare == 0 {
                break;
            }
            (spare, last) = (spare - 1, at + 1);
        }
        last.max(too_many)
    }

    /// Drops the first bytes.
    fn forget(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let (one, two) = self.bytes.as_slices();
        let gone = [
            one.get(..count).unwrap_or(one),
            two.get(..count.saturating_sub(one.len())).unwrap_or_default(),
        ];
        for part in gone {
            self.first.feed(part, |_| ());
            self.lines -= ends_of_lines(part);
        }
        self.bytes.drain(..count);
        self.start += count as u64;
        self.is_whole = false;
    }

    /// Forgets everything: what comes next is for a terminal that was just switched on.
    pub(super) fn restart(&mut self) {
        self.start = self.end();
        self.bytes.clear();
        self.lines = 0;
        self.is_whole = true;
        (self.first, self.last) = (Scanner::default(), Scanner::default());
    }

    /// Where a replay can begin (a line's beginning outside of any sequence), and what sets a fresh terminal up for it.
    pub(super) fn replay(&self) -> (u64, Vec<u8>) {
        if self.is_whole || self.bytes.is_empty() {
            return (self.start, self.first.modes.sequence());
        }
        let mut scanner = self.first.clone();
        let mut between = None;
        for (at, byte) in self.bytes.iter().enumerate().take(LONGEST_LINE) {
            scanner.feed(&[*byte], |_| ());
            if scanner.is_between() {
                let place = self.start + at as u64 + 1;
                if *byte == b'\n' {
                    return (place, scanner.modes.sequence());
                }
                // Not inside of a letter of several bytes: the next one must begin something.
                let next = self.bytes.get(at + 1).copied().unwrap_or_default();
                if between.is_none() && next & 0xc0 != 0x80 {
                    between = Some((place, scanner.modes.sequence()));
                }
            }
        }
        between.unwrap_or_else(|| (self.end(), self.last.modes.sequence()))
    }

    /// At most so many bytes from there on; `None` where they are gone already.
    pub(super) fn read(&self, from: u64, most: usize) -> Option<Vec<u8>> {
        let skip = usize::try_from(from.checked_sub(self.start)?).ok()?; // Behind any end.
        let (one, two) = self.bytes.as_slices();
        let mut out = Vec::with_capacity(most.min(self.bytes.len().saturating_sub(skip)));
        let head = one.get(skip..).unwrap_or_default();
        out.extend_from_slice(&head[..head.len().min(most)]);
        let tail = two.get(skip.saturating_sub(one.len())..).unwrap_or_default();
        let left = most - out.len();
        out.extend_from_slice(&tail[..tail.len().min(left)]);
        Some(out)
    }

    /// The last `most` bytes or fewer, such that they can be shown on a fresh terminal.
    pub(super) fn last_part(&self, most: usize) -> Vec<u8> {
        let over = self.bytes.len().saturating_sub(most);
        let (first, last) = (self.first.clone(), self.last.clone());
        let mut part = Self { first, last, ..Self::new(self.room) };
        (part.start, part.is_whole) = (self.start + over as u64, self.is_whole && over == 0);
        let (one, two) = self.bytes.as_slices();
        part.first.feed(one.get(..over).unwrap_or(one), |_| ());
        part.first.feed(two.get(..over.saturating_sub(one.len())).unwrap_or_default(), |_| ());
        part.bytes.extend(self.bytes.range(over..));
        let (from, mut out) = part.replay();
        out.extend(part.read(from, most).unwrap_or_default());
        out
    }
}

fn ends_of_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_replay_begins_at_a_line_and_sets_what_was_set_before() {
        let mut ring = Ring::new(Room::of(16));
        ring.push(b"\x1b[?1049h\x1b[?2004hone\x1b[31m two\nthree\n", |_| ());
        let (from, set_up) = ring.replay();
        assert_eq!(ring.read(from, 100).unwrap(), b"three\n");
        assert_eq!(set_up, b"\x1b[?1049h\x1b[?2004h");
        assert_eq!(ring.read(0, 1), None);
        assert_eq!(ring.last_part(100), b"\x1b[?1049h\x1b[?2004hthree\n");
    }

    #[test]
    fn what_was_never_cut_is_replayed_whole() {
        let mut ring = Ring::new(Room::of(1000));
        ring.push(b"no newline", |_| ());
        assert_eq!(ring.replay(), (0, vec![]));
        assert_eq!(ring.last_part(1000), b"no newline");
    }

    #[test]
    fn after_a_restart_places_go_on() {
        let mut ring = Ring::new(Room::of(1000));
        ring.push(b"\x1b[?25lbefore", |_| ());
        ring.restart();
        ring.push(b"new", |_| ());
        assert_eq!((ring.replay(), ring.end()), ((12, vec![]), 15));
    }

    #[test]
    fn long_lines_are_kept_until_there_are_enough_or_too_many_bytes() {
        let mut ring = Ring::new(Room { bytes: 10, lines: 3, most: 40 });
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            ring.push(line.as_bytes(), |_| ());
        }
        assert_eq!(ring.read(4, 100).unwrap(), b"two\nthree\nfour\n");
        assert_eq!(ring.read(3, 1), None);
        ring.push(&[b'x'; 60], |_| ());
        assert_eq!((ring.bytes.len(), ring.lines), (40, 0));
        ring.push(b"\n\n\n\n\n\n\n\n", |_| ());
        assert_eq!(ring.read(ring.end() - 10, 100).unwrap(), b"xx\n\n\n\n\n\n\n\n");
    }

    proptest! {
        #[test]
        fn a_ring_holds_what_there_is_room_for(
            pieces in prop::collection::vec("[a-z\n]{0,12}", 0..40),
            bytes in 0_usize..30, lines in 1_usize..8, more in 0_usize..60,
        ) {
            let room = Room { bytes, lines, most: bytes + more };
            let mut ring = Ring::new(room);
            let mut all = Vec::new();
            for piece in &pieces {
                ring.push(piece.as_bytes(), |_| ());
                all.extend_from_slice(piece.as_bytes());
                let kept = ring.read(ring.start, usize::MAX >> 1).unwrap();
                prop_assert!(all.ends_with(&kept) && kept.len() <= room.most.max(bytes));
                prop_assert_eq!(ends_of_lines(&kept), ring.lines);
                let is_all = kept.len() == all.len();
                prop_assert!(is_all || kept.len() >= bytes.min(all.len()));
                prop_assert!(is_all || kept.len() == room.most || ring.lines >= lines);
                // No more than a line longer than it must be.
                let rest = memchr::memchr(b'\n', &kept).map(|at| &kept[at + 1..]);
                prop_assert!(rest.is_none_or(|rest| rest.len() < bytes || ends_of_lines(rest) < lines));
            }
        }

        #[test]
        fn a_replay_never_begins_inside_of_a_sequence(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    &b"\x1b[31m"[..], b"\x1b]7;file:///tmp\x07", b"text", b"\r\n", "é".as_bytes(), b"\x1b[?1049h",
                    b"\x1bP1;2q~~\x1b\\",
                ]),
                1..60,
            ),
            most in 8_usize..120,
        ) {
            let all = pieces.concat();
            let mut ring = Ring::new(Room::of(most));
            for piece in &pieces {
                ring.push(piece, |_| ());
            }
            let (from, _) = ring.replay();
            let mut scanner = Scanner::default();
            scanner.feed(&all[..usize::try_from(from).unwrap()], |_| ());
            prop_assert!(scanner.is_between() || from == ring.end());
            let rest = ring.read(from, usize::MAX >> 1).unwrap();
            prop_assert_eq!(&all[usize::try_from(from).unwrap()..], rest.as_slice());
            prop_assert!(from == ring.end() || std::str::from_utf8(&rest).is_ok());
        }
    }
}
