//! A diff as rows: in one column, or its sides beside one another.

use orchestrator::seam::{FileDiff, GitDiff, Hunk, LineKind};

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffRow {
    /// A file's heading.
    File(usize),
    /// What stands in place of its lines: it has none that can be shown.
    Note(usize),
    /// A hunk's heading.
    Hunk(usize, usize),
    /// A line: file, hunk and its place there.
    Line(Place),
    /// Sides: what was and what is; one of them may be missing.
    Pair(Option<Place>, Option<Place>),
}

/// Where a line is: file, hunk and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Its file in the diff.
    pub file: usize,
    /// Its hunk in the file.
    pub hunk: usize,
    /// Its place in the hunk.
    pub line: usize,
}

/// All rows of a diff; files that are folded have only their heading.
pub fn rows(
    diff: &GitDiff,
    is_folded: impl Fn(&FileDiff) -> bool,
    side_by_side: bool,
) -> Vec<DiffRow> {
    let mut rows = Vec::new();
    for (at, file) in diff.files.iter().enumerate() {
        rows.push(DiffRow::File(at));
        if is_folded(file) {
            continue;
        }
        if file.hunks.is_empty() || file.cut {
            rows.push(DiffRow::Note(at));
        }
        for (number, hunk) in file.hunks.iter().enumerate() {
            rows.push(DiffRow::Hunk(at, number));
            let place = |line| Place { file: at, hunk: number, line };
            if side_by_side {
                rows.extend(
                    pairs(hunk)
                        .into_iter()
                        .map(|(old, new)| DiffRow::Pair(old.map(place), new.map(place))),
                );
            } else {
                rows.extend((0..hunk.lines.len()).map(|line| DiffRow::Line(place(line))));
            }
        }
    }
    rows
}

/// A hunk's lines beside one another: what was taken away stands beside what came for it.
pub fn pairs(hunk: &Hunk) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs = Vec::new();
    let (mut removed, mut added): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (at, line) in hunk.lines.iter().enumerate() {
        match line.kind {
            LineKind::Removed if added.is_empty() => removed.push(at),
            LineKind::Removed => {
                beside(&mut pairs, &mut removed, &mut added);
                removed.push(at);
            }
            LineKind::Added => added.push(at),
            LineKind::Context => {
                beside(&mut pairs, &mut removed, &mut added);
                pairs.push((Some(at), Some(at)));
            }
        }
    }
    beside(&mut pairs, &mut removed, &mut added);
    pairs
}

fn beside(
    pairs: &mut Vec<(Option<usize>, Option<usize>)>,
    removed: &mut Vec<usize>,
    added: &mut Vec<usize>,
) {
    for at in 0..removed.len().max(added.len()) {
        pairs.push((removed.get(at).copied(), added.get(at).copied()));
    }
    removed.clear();
    added.clear();
}

/// The line that stands beside a changed one, where both sides have one.
pub fn partner(hunk: &Hunk, line: usize) -> Option<usize> {
    pairs(hunk).into_iter().find_map(|(old, new)| match (old, new) {
        (Some(old), Some(new)) if old != new && old == line => Some(new),
        (Some(old), Some(new)) if old != new && new == line => Some(old),
        (_, _) => None,
    })
}

/// A line's numbers before and after, from 1; none where a side doesn't have it.
pub type Numbers = (Option<u32>, Option<u32>);

/// The numbers of a hunk's lines.
pub fn numbers(hunk: &Hunk) -> Vec<Numbers> {
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    let count = |number: &mut u32| {
        let now = *number;
        *number = number.saturating_add(1);
        Some(now)
    };
    hunk.lines
        .iter()
        .map(|line| match line.kind {
            LineKind::Context => (count(&mut old), count(&mut new)),
            LineKind::Removed => (count(&mut old), None),
            LineKind::Added => (None, count(&mut new)),
        })
        .collect()
}

/// Why a file has no lines to show.
pub fn note(file: &FileDiff) -> String {
    if file.cut {
        return "More was changed than is shown here. The whole of it: `baton git diff`."
            .to_owned();
    }
    if file.binary {
        return "A binary file.".to_owned();
    }
    match file.modes {
        Some((old, new)) => format!("Its mode was changed from {old:o} to {new:o}."),
        None => "Nothing in it was changed.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use orchestrator::seam::DiffLine;
    use proptest::prelude::*;

    use super::*;

    fn hunk(kinds: &str) -> Hunk {
        let line = |letter| {
            let kind = match letter {
                '+' => LineKind::Added,
                '-' => LineKind::Removed,
                _ => LineKind::Context,
            };
            DiffLine { kind, text: String::new(), no_newline: false }
        };
        Hunk {
            old_start: 10,
            old_lines: 0,
            new_start: 20,
            new_lines: 0,
            heading: String::new(),
            lines: kinds.chars().map(line).collect(),
        }
    }

    #[test]
    fn what_was_taken_away_stands_beside_what_came_for_it() {
        assert_eq!(
            pairs(&hunk(" --+ +-")),
            [
                (Some(0), Some(0)),
                (Some(1), Some(3)),
                (Some(2), None),
                (Some(4), Some(4)),
                (None, Some(5)),
                (Some(6), None),
            ]
        );
        assert_eq!(partner(&hunk("--+"), 0), Some(2));
        assert_eq!(partner(&hunk("--+"), 2), Some(0));
        assert_eq!(partner(&hunk("--+"), 1), None);
        assert_eq!(partner(&hunk(" + "), 0), None);
    }

    #[test]
    fn lines_have_the_numbers_of_their_side() {
        assert_eq!(
            numbers(&hunk(" -+ ")),
            [(Some(10), Some(20)), (Some(11), None), (None, Some(21)), (Some(12), Some(22))]
        );
    }

    proptest! {
        #[test]
        fn every_line_stands_on_its_side_once_and_in_order(kinds in "[ +-]{0,40}") {
            let hunk = hunk(&kinds);
            let pairs = pairs(&hunk);
            let old: Vec<usize> = pairs.iter().filter_map(|(old, _)| *old).collect();
            let new: Vec<usize> = pairs.iter().filter_map(|(_, new)| *new).collect();
            let of = |not: LineKind| -> Vec<usize> {
                (0..hunk.lines.len()).filter(|at| hunk.lines[*at].kind != not).collect()
            };
            prop_assert_eq!(old, of(LineKind::Added));
            prop_assert_eq!(new, of(LineKind::Removed));
        }
    }
}
