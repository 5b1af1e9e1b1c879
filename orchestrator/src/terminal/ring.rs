//! The last part of what a terminal printed, from which it can be shown again.

use std::collections::VecDeque;

use super::scan::Scanner;

/// How far a replay looks for the beginning of a line; behind that it begins at the end of any sequence.
const LONGEST_LINE: usize = 64 * 1024;

/// Bytes with their places since the terminal was opened.
#[derive(Debug)]
pub(super) struct Ring {
    bytes: VecDeque<u8>,
    /// The place of the first byte.
    start: u64,
    most: usize,
    /// Whether nothing was dropped since it began.
    is_whole: bool,
    /// How the terminal is before the first byte, and behind the last one.
    first: Scanner,
    last: Scanner,
}

impl Ring {
    /// One of at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        let (first, last) = (Scanner::default(), Scanner::default());
        Self { bytes: VecDeque::new(), start: 0, most, is_whole: true, first, last }
    }

    /// The place behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// How the terminal is behind the last byte.
    pub(super) fn now(&self) -> &Scanner {
        &self.last
    }

    /// Adds what was printed; `directory` gets what OSC 7 says.
    pub(super) fn push(&mut self, bytes: &[u8], directory: impl FnMut(&[u8])) {
        self.last.feed(bytes, directory);
        self.bytes.extend(bytes);
        let over = self.bytes.len().saturating_sub(self.most);
        if over > 0 {
            let gone: Vec<u8> = self.bytes.drain(..over).collect();
            self.first.feed(&gone, |_| ());
            self.start += over as u64;
            self.is_whole = false;
        }
    }

    /// Forgets everything: what comes next is for a terminal that was just switched on.
    pub(super) fn restart(&mut self) {
        self.start = self.end();
        self.bytes.clear();
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
        let mut part = Self { first: self.first.clone(), ..Self::new(usize::MAX) };
        part.last = self.first.clone();
        (part.start, part.is_whole) = (self.start, self.is_whole);
        part.bytes.extend(self.bytes.iter());
        part.most = self.bytes.len() - over;
        part.push(&[], |_| ());
        let (from, mut out) = part.replay();
        out.extend(part.read(from, most).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_replay_begins_at_a_line_and_sets_what_was_set_before() {
        let mut ring = Ring::new(16);
        ring.push(b"\x1b[?1049h\x1b[?2004hone\x1b[31m two\nthree\n", |_| ());
        let (from, set_up) = ring.replay();
        assert_eq!(ring.read(from, 100).unwrap(), b"three\n");
        assert_eq!(set_up, b"\x1b[?1049h\x1b[?2004h");
        assert_eq!(ring.read(0, 1), None);
        assert_eq!(ring.last_part(100), b"\x1b[?1049h\x1b[?2004hthree\n");
    }

    #[test]
    fn what_was_never_cut_is_replayed_whole() {
        let mut ring = Ring::new(1000);
        ring.push(b"no newline", |_| ());
        assert_eq!(ring.replay(), (0, vec![]));
        assert_eq!(ring.last_part(1000), b"no newline");
    }

    #[test]
    fn after_a_restart_places_go_on() {
        let mut ring = Ring::new(1000);
        ring.push(b"\x1b[?25lbefore", |_| ());
        ring.restart();
        ring.push(b"new", |_| ());
        assert_eq!((ring.replay(), ring.end()), ((12, vec![]), 15));
    }

    proptest! {
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
            let mut ring = Ring::new(most);
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
