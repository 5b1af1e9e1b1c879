//! The graph of commits: which lane each stands in, and which lines lead from one row to the next.

use crate::seam::GitCommit;

/// A commit's row of the graph. Lanes are counted from the left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphRow {
    /// The commit's own lane.
    pub at: usize,
    /// Lines that come from the row above: the lane there, and the lane that they leave this row in. One that leads to this
    /// commit ends in its lane.
    pub above: Vec<(usize, usize)>,
    /// Lines from the commit to its parents: the lanes that they leave this row in.
    pub below: Vec<usize>,
}

/// The rows of commits, newest first and none before its children, as [`crate::seam::GitLog`] has them.
///
/// A line keeps its lane for as long as it runs; one that ends makes room for the next that begins. Lines to commits that
/// aren't among these run on to the last row.
pub fn graph(commits: &[GitCommit]) -> Vec<GraphRow> {
    // The commit that each lane leads to.
    let mut lanes: Vec<Option<&str>> = Vec::new();
    commits.iter().map(|commit| row(&mut lanes, commit)).collect()
}

fn row<'a>(lanes: &mut Vec<Option<&'a str>>, commit: &'a GitCommit) -> GraphRow {
    let leads_here = |lane: &Option<&str>| *lane == Some(commit.id.as_str());
    let at = lanes.iter().position(leads_here).unwrap_or_else(|| free(lanes));
    let above = lanes
        .iter()
        .enumerate()
        .filter_map(|(lane, to)| {
            let to = (*to)?;
            Some((lane, if to == commit.id { at } else { lane }))
        })
        .collect();
    for lane in lanes.iter_mut().filter(|lane| leads_here(lane)) {
        *lane = None;
    }
    let mut below = Vec::new();
    for (number, parent) in commit.parents.iter().enumerate() {
        // The first parent goes on in the commit's lane; a line that leads there already takes the others in.
        let lane = match lanes.iter().position(|lane| *lane == Some(parent.as_str())) {
            Some(lane) => lane,
            None if number == 0 => at,
            None => free(lanes),
        };
        put(lanes, lane, parent);
        if !below.contains(&lane) {
            below.push(lane);
        }
    }
    while lanes.last().is_some_and(Option::is_none) {
        lanes.pop();
    }
    GraphRow { at, above, below }
}

/// The first lane that leads nowhere.
fn free(lanes: &[Option<&str>]) -> usize {
    lanes.iter().position(Option::is_none).unwrap_or(lanes.len())
}

fn put<'a>(lanes: &mut Vec<Option<&'a str>>, at: usize, to: &'a str) {
    if lanes.len() <= at {
        lanes.resize(at + 1, None);
    }
    if let Some(lane) = lanes.get_mut(at) {
        *lane = Some(to);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn commit(id: usize, parents: &[usize]) -> GitCommit {
        GitCommit {
            id: id.to_string(),
            parents: parents.iter().map(ToString::to_string).collect(),
            author: String::new(),
            email: String::new(),
            at: Timestamp::UNIX_EPOCH,
            subject: String::new(),
            body: String::new(),
            refs: Vec::new(),
            head: false,
        }
    }

    fn rows(commits: &[(usize, &[usize])]) -> Vec<GraphRow> {
        graph(&commits.iter().map(|(id, parents)| commit(*id, parents)).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_of_commits_is_one_lane() {
        let rows = rows(&[(3, &[2]), (2, &[1]), (1, &[])]);
        assert!(rows.iter().all(|row| row.at == 0));
        assert_eq!(rows[0].above, []);
        assert_eq!(rows[2].above, [(0, 0)]);
        assert!(rows[2].below.is_empty());
    }

    #[test]
    fn a_merge_has_two_lines_that_meet_again() {
        let rows = rows(&[(4, &[3, 2]), (3, &[1]), (2, &[1]), (1, &[])]);
        assert_eq!(rows[0].below, [0, 1]);
        assert_eq!((rows[1].at, &*rows[1].above), (0, &[(0, 0), (1, 1)][..]));
        // The second one's parent is waited for in the first lane already.
        assert_eq!((rows[2].at, &*rows[2].below), (1, &[0][..]));
        assert_eq!((rows[3].at, &*rows[3].above), (0, &[(0, 0)][..]));
    }

    #[test]
    fn two_branches_end_in_their_common_commit() {
        let rows = rows(&[(3, &[1]), (2, &[1]), (1, &[])]);
        assert_eq!((rows[1].at, &*rows[1].above), (1, &[(0, 0)][..]));
        assert_eq!(rows[1].below, [0]);
    }

    proptest! {
        #[test]
        fn every_line_leads_from_a_commit_to_its_parent(
            parents in prop::collection::vec(prop::collection::btree_set(1..8_usize, 0..4), 1..40)
        ) {
            // Commit n has parents behind it, at most seven further on; some aren't among these.
            let commits: Vec<GitCommit> = parents
                .iter()
                .enumerate()
                .map(|(at, behind)| {
                    commit(at, &behind.iter().map(|behind| at + behind).collect::<Vec<_>>())
                })
                .collect();
            let rows = graph(&commits);
            // What each lane leads to, followed by the rows alone.
            let mut open: Vec<(usize, usize)> = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                let mut before: Vec<usize> = open.iter().map(|(lane, _)| *lane).collect();
                before.sort_unstable();
                before.dedup();
                let mut drawn: Vec<usize> = row.above.iter().map(|(from, _)| *from).collect();
                drawn.sort_unstable();
                prop_assert_eq!(&drawn, &before, "each line that is open is drawn once");
                open = open
                    .into_iter()
                    .filter_map(|(lane, to)| {
                        let (_, leaves) = row.above.iter().find(|(from, _)| *from == lane).unwrap();
                        let ends = *leaves == row.at;
                        assert_eq!(ends, to == at, "a line ends in the commit that it leads to");
                        (!ends).then_some((*leaves, to))
                    })
                    .collect();
                let behind: Vec<usize> = commits[at].parents.iter().map(|id| id.parse().unwrap()).collect();
                prop_assert!(row.below.len() <= behind.len());
                for parent in behind {
                    let known = open.iter().find(|(_, to)| *to == parent).map(|(lane, _)| *lane);
                    let lane = known.or_else(|| {
                        let taken = |lane: &&usize| !open.iter().any(|(other, _)| other == *lane);
                        row.below.iter().find(taken).copied()
                    });
                    let lane = lane.unwrap();
                    prop_assert!(row.below.contains(&lane));
                    open.push((lane, parent));
                }
                for (lane, to) in &open {
                    prop_assert!(open.iter().all(|(other, of)| other != lane || of == to), "no lane is taken twice");
                }
            }
        }
    }
}
