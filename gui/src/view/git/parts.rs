//! The list of changes as lines: what is staged, what isn't, what git doesn't know.

use std::collections::BTreeSet;

use orchestrator::seam::{ChangeKind, DiffOf, GitChange};

/// A part of the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Both sides of a merge changed them.
    Conflicts,
    /// What the next commit takes.
    Staged,
    /// What it doesn't.
    Unstaged,
    /// What git doesn't know.
    Untracked,
}

impl Part {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Conflicts, Self::Staged, Self::Unstaged, Self::Untracked];

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Conflicts => "Conflicts",
            Self::Staged => "Staged",
            Self::Unstaged => "Changes",
            Self::Untracked => "Untracked",
        }
    }

    /// What became of a file in this part; `None` when it isn't in it.
    pub fn kind(self, change: &GitChange) -> Option<ChangeKind> {
        let conflicted = change.unstaged == Some(ChangeKind::Conflicted)
            || change.staged == Some(ChangeKind::Conflicted);
        let untracked = change.unstaged == Some(ChangeKind::Untracked);
        match self {
            Self::Conflicts => conflicted.then_some(ChangeKind::Conflicted),
            Self::Untracked => untracked.then_some(ChangeKind::Untracked),
            Self::Staged => change.staged.filter(|_| !conflicted),
            Self::Unstaged => change.unstaged.filter(|_| !conflicted && !untracked),
        }
    }

    /// What its files' diffs are between.
    pub fn diff(self) -> DiffOf {
        match self {
            Self::Staged => DiffOf::Staged,
            Self::Conflicts | Self::Unstaged => DiffOf::Unstaged,
            Self::Untracked => DiffOf::Untracked,
        }
    }
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of a part, and how many files are in it.
    Heading(Part, usize),
    /// A file: its place among the changes.
    File(Part, usize),
}

/// The lines of a list; parts that are folded have only their heading.
pub fn lines(changes: &[GitChange], folded: &BTreeSet<Part>) -> Vec<Line> {
    let mut lines = Vec::new();
    for part in Part::ALL {
        let places: Vec<usize> = changes
            .iter()
            .enumerate()
            .filter(|(_, change)| part.kind(change).is_some())
            .map(|(at, _)| at)
            .collect();
        if places.is_empty() {
            continue;
        }
        lines.push(Line::Heading(part, places.len()));
        if !folded.contains(&part) {
            lines.extend(places.into_iter().map(|at| Line::File(part, at)));
        }
    }
    lines
}

/// The letter that git writes for it.
pub fn letter(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "A",
        ChangeKind::Modified => "M",
        ChangeKind::Deleted => "D",
        ChangeKind::Renamed => "R",
        ChangeKind::Copied => "C",
        ChangeKind::TypeChanged => "T",
        ChangeKind::Conflicted => "U",
        ChangeKind::Untracked => "?",
    }
}

/// What it is in words.
pub fn kind_words(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Modified => "modified",
        ChangeKind::Deleted => "deleted",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Copied => "copied",
        ChangeKind::TypeChanged => "another type",
        ChangeKind::Conflicted => "in conflict",
        ChangeKind::Untracked => "untracked",
    }
}

#[cfg(test)]
mod tests {
    use orchestrator::seam::FilePath;

    use super::*;

    fn change(path: &str, staged: Option<ChangeKind>, unstaged: Option<ChangeKind>) -> GitChange {
        GitChange { path: FilePath::from(path), from: None, staged, unstaged, submodule: false }
    }

    #[test]
    fn a_file_that_is_staged_and_changed_again_is_in_both_parts() {
        use ChangeKind::{Added, Conflicted, Modified, Untracked};
        let changes = [
            change("a", Some(Modified), Some(Modified)),
            change("b", Some(Added), None),
            change("c", None, Some(Untracked)),
            change("d", None, Some(Conflicted)),
        ];
        let none = BTreeSet::new();
        assert_eq!(
            lines(&changes, &none),
            [
                Line::Heading(Part::Conflicts, 1),
                Line::File(Part::Conflicts, 3),
                Line::Heading(Part::Staged, 2),
                Line::File(Part::Staged, 0),
                Line::File(Part::Staged, 1),
                Line::Heading(Part::Unstaged, 1),
                Line::File(Part::Unstaged, 0),
                Line::Heading(Part::Untracked, 1),
                Line::File(Part::Untracked, 2),
            ]
        );
        let folded = BTreeSet::from([Part::Staged]);
        assert_eq!(lines(&changes, &folded).len(), 7);
    }
}
