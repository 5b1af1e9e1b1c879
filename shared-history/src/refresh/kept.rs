//! What is kept of the lines of a file while it is read.

use std::collections::VecDeque;

use crate::Line;
use crate::index::SKIPPED_REMEMBERED;
use crate::splitter::{Found, Skipped};

/// The last entries, and what was skipped.
#[derive(Debug)]
pub(super) struct Kept {
    limit: usize,
    pub lines: VecDeque<Line>,
    pub skipped: u64,
    pub first_skipped: Vec<Skipped>,
}

impl Kept {
    pub fn new(limit: usize) -> Self {
        Self { limit, lines: VecDeque::new(), skipped: 0, first_skipped: Vec::new() }
    }

    pub fn take(&mut self, found: Found) {
        match found {
            Found::Line(line) => {
                if self.lines.len() == self.limit {
                    self.lines.pop_front();
                }
                self.lines.push_back(line);
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
        self.lines.len() >= self.limit
    }

    /// Puts what `later` has behind it.
    pub fn join(&mut self, later: Self) {
        self.lines.extend(later.lines);
        let excess = self.lines.len().saturating_sub(self.limit);
        self.lines.drain(..excess);
        self.skipped += later.skipped;
        self.first_skipped.extend(later.first_skipped);
        self.first_skipped.truncate(SKIPPED_REMEMBERED);
    }
}
