//! What is kept of the lines of a file while it is read.

use std::collections::VecDeque;

use crate::Line;
use crate::index::SKIPPED_REMEMBERED;
use crate::splitter::{Found, Skipped};

/// The entries that are kept of a file have so many bytes together: 64 MiB. Ten machines' files, and each of their entries
/// as long as it may be, would otherwise take what a machine has.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The last entries, and what was skipped.
#[derive(Debug)]
pub(super) struct Kept {
    limit: usize,
    most: usize,
    /// What the texts of `lines` have.
    bytes: usize,
    /// Whether some had to go for their bytes.
    is_cut: bool,
    pub lines: VecDeque<Line>,
    pub skipped: u64,
    pub first_skipped: Vec<Skipped>,
}

impl Kept {
    pub fn new(limit: usize) -> Self {
        Self::with(limit, MOST_BYTES)
    }

    fn with(limit: usize, most: usize) -> Self {
        Self {
            limit,
            most,
            bytes: 0,
            is_cut: false,
            lines: VecDeque::new(),
            skipped: 0,
            first_skipped: Vec::new(),
        }
    }

    pub fn take(&mut self, found: Found) {
        match found {
            Found::Line(line) => {
                self.bytes += line.text.len();
                self.lines.push_back(line);
                self.fit();
            }
            Found::Skipped(skipped) => {
                self.skipped += 1;
                if self.first_skipped.len() < SKIPPED_REMEMBERED {
                    self.first_skipped.push(skipped);
                }
            }
        }
    }

    pub fn is_full(&self) -> bool {
        self.is_cut || self.lines.len() >= self.limit
    }

    /// Lets go of the oldest ones until the others fit. The last one stays.
    fn fit(&mut self) {
        while self.lines.len() > 1 {
            let is_long = self.bytes > self.most;
            if self.lines.len() <= self.limit && !is_long {
                return;
            }
            self.is_cut |= is_long;
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.text.len());
        }
    }

    /// Puts what `later` has behind it.
    pub fn join(&mut self, later: Self) {
        self.lines.extend(later.lines);
        self.bytes += later.bytes;
        self.is_cut |= later.is_cut;
        self.fit();
        self.skipped += later.skipped;
        self.first_skipped.extend(later.first_skipped);
        self.first_skipped.truncate(SKIPPED_REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(position: u64, bytes: usize) -> Found {
        let text = vec![b'x'; bytes];
        Found::Line(Line { id: position.to_string(), timestamp: 1, position, text })
    }

    fn positions(kept: &Kept) -> Vec<u64> {
        kept.lines.iter().map(|line| line.position).collect()
    }

    #[test]
    fn long_entries_are_kept_as_far_as_their_bytes_go() {
        let mut kept = Kept::with(5000, 100);
        for position in 0..3 {
            kept.take(line(position, 30));
        }
        assert!(!kept.is_full());
        kept.take(line(3, 30));
        assert!(kept.is_full());
        assert_eq!(positions(&kept), [1, 2, 3]);
        // The last one comes, however long it is.
        kept.take(line(4, 200));
        assert_eq!(positions(&kept), [4]);
        kept.take(line(5, 10));
        assert_eq!((positions(&kept), kept.bytes), (vec![5], 10));
    }

    #[test]
    fn what_is_read_before_it_fits_together_with_what_is_kept() {
        let (mut earlier, mut later) = (Kept::with(5000, 100), Kept::with(5000, 100));
        for position in 0..3 {
            earlier.take(line(position, 30));
            later.take(line(position + 3, 20));
        }
        earlier.join(later);
        assert_eq!((positions(&earlier), earlier.bytes), (vec![2, 3, 4, 5], 90));
        assert!(earlier.is_full());
    }
}
