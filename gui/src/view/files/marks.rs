//! Several files that are chosen at once.

use std::collections::BTreeSet;

use orchestrator::seam::FilePath;

use super::tree::Tree;

/// What is chosen beside the row with the cursor, and from where on.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    chosen: BTreeSet<FilePath>,
    /// Where a range begins.
    anchor: Option<FilePath>,
}

impl Marks {
    /// Whether several are chosen, or one by itself.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether this one is.
    pub fn has(&self, path: &FilePath) -> bool {
        self.chosen.contains(path)
    }

    /// Nothing is chosen but what the cursor is on, and a range begins there.
    pub fn clear(&mut self, cursor: Option<FilePath>) {
        self.chosen.clear();
        self.anchor = cursor;
    }

    /// Chooses that one, too, or not any more. What the cursor was on is chosen with the first one.
    pub fn toggle(&mut self, path: &FilePath, cursor: Option<FilePath>) {
        if self.chosen.is_empty() {
            self.chosen.extend(cursor);
        }
        if !self.chosen.remove(path) {
            self.chosen.insert(path.clone());
        }
        self.anchor = Some(path.clone());
    }

    /// Chooses everything from where the range begins to that row.
    pub fn extend(&mut self, tree: &Tree, to: usize, cursor: Option<usize>) {
        let begin = self.anchor.as_ref().and_then(|path| tree.row_of(path)).or(cursor);
        let begin = begin.unwrap_or(to);
        if self.anchor.is_none() {
            self.anchor = tree.path(begin);
        }
        let rows = begin.min(to)..=begin.max(to);
        self.chosen = rows.filter_map(|row| tree.path(row)).collect();
    }

    /// Chooses every file and directory that has a row.
    pub fn all(&mut self, tree: &Tree) {
        self.chosen = (0..tree.rows().len()).filter_map(|row| tree.path(row)).collect();
    }

    /// What was chosen and is gone is chosen no more.
    pub fn keep(&mut self, tree: &Tree) {
        let chosen: Vec<FilePath> = std::mem::take(&mut self.chosen).into_iter().collect();
        self.chosen = tree.entries(&chosen).into_iter().map(|(path, _)| path).collect();
    }

    /// What is to be done with `path`: all that is chosen where it is one of them, else it alone. What lies in a directory that is
    /// chosen goes with that.
    pub fn with(&self, path: &FilePath) -> Vec<FilePath> {
        if !self.has(path) {
            return vec![path.clone()];
        }
        let mut outermost: Vec<FilePath> = Vec::new();
        for path in &self.chosen {
            let lies_in = |above: &FilePath| {
                let rest = path.bytes().strip_prefix(above.bytes());
                rest.is_some_and(|rest| rest.starts_with(b"/"))
            };
            if !outermost.iter().any(lies_in) {
                outermost.push(path.clone());
            }
        }
        outermost
    }
}
