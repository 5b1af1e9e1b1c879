//! The graph of a log in letters. Pure.

use orchestrator::git::GraphRow;

/// The lanes of a commit's own line, and of the line below it where lines begin or join there.
pub fn draw(row: &GraphRow) -> (String, Option<String>) {
    let passing: Vec<usize> =
        row.above.iter().map(|(_, to)| *to).filter(|to| *to != row.at).collect();
    let mut line = Cells::default();
    for lane in &passing {
        line.put(*lane, '│');
    }
    line.put(row.at, '●');
    let others: Vec<usize> = row.below.iter().copied().filter(|lane| *lane != row.at).collect();
    if others.is_empty() {
        return (line.text(), None);
    }
    let mut below = Cells::default();
    for lane in &passing {
        below.put(*lane, '│');
    }
    let (left, right) = (others.iter().min(), others.iter().max());
    let left = left.copied().unwrap_or(row.at).min(row.at);
    let right = right.copied().unwrap_or(row.at).max(row.at);
    for cell in 2 * left + 1..2 * right {
        below.bar(cell);
    }
    for lane in &others {
        let goes_on = if *lane < row.at { *lane > left } else { *lane < right };
        let letter = match (passing.contains(lane), goes_on, *lane < row.at) {
            (true, true, _) => '┼',
            (true, false, true) => '├',
            (true, false, false) => '┤',
            (false, true, _) => '┬',
            (false, false, true) => '╭',
            (false, false, false) => '╮',
        };
        below.put(*lane, letter);
    }
    let own = match (row.below.contains(&row.at), left < row.at, right > row.at) {
        (true, true, true) => '┼',
        (true, true, false) => '┤',
        (true, false, _) => '├',
        (false, true, true) => '┴',
        (false, true, false) => '╯',
        (false, false, _) => '╰',
    };
    below.put(row.at, own);
    (line.text(), Some(below.text()))
}

/// Two cells for each lane.
#[derive(Debug, Default)]
struct Cells(Vec<char>);

impl Cells {
    fn put(&mut self, lane: usize, letter: char) {
        self.set(2 * lane, letter);
    }

    /// A line across, over what is there.
    fn bar(&mut self, cell: usize) {
        let letter = if self.0.get(cell) == Some(&'│') { '┼' } else { '─' };
        self.set(cell, letter);
    }

    fn set(&mut self, cell: usize, letter: char) {
        if self.0.len() <= cell {
            self.0.resize(cell + 1, ' ');
        }
        if let Some(there) = self.0.get_mut(cell) {
            *there = letter;
        }
    }

    fn text(&self) -> String {
        self.0.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_opens_a_lane_that_joins_again() {
        let merge = GraphRow { at: 0, above: vec![], below: vec![0, 1] };
        assert_eq!(draw(&merge), ("●".into(), Some("├─╮".into())));
        let passes = GraphRow { at: 1, above: vec![(0, 0), (1, 1)], below: vec![1] };
        assert_eq!(draw(&passes), ("│ ●".into(), None));
        let joins = GraphRow { at: 2, above: vec![(0, 0), (1, 1), (2, 2)], below: vec![0] };
        assert_eq!(draw(&joins), ("│ │ ●".into(), Some("├─┼─╯".into())));
        let last = GraphRow { at: 0, above: vec![(0, 0)], below: vec![] };
        assert_eq!(draw(&last), ("●".into(), None));
    }
}
