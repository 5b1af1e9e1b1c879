#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn rows(commits: &[(&str, &[&str])]) -> Vec<Row> {
    let commits: Vec<(&str, Vec<String>)> = commits
        .iter()
        .map(|(id, parents)| (*id, parents.iter().map(|id| (*id).to_owned()).collect()))
        .collect();
    lay_out(commits.iter().map(|(id, parents)| (*id, parents.as_slice())))
}

#[test]
fn a_line_of_commits_is_one_lane() {
    let rows = rows(&[("c", &["b"]), ("b", &["a"]), ("a", &[])]);
    assert!(rows.iter().all(|row| row.lane == 0 && row.width() == 1));
    assert_eq!(rows[0].down, [(0, 0)]);
    assert_eq!(rows[2].down, []);
    assert_eq!(rows.iter().map(|row| row.has_children).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn a_merge_opens_a_lane_that_ends_where_it_began() {
    let rows = rows(&[("m", &["a", "b"]), ("b", &["r"]), ("a", &["r"]), ("r", &[])]);
    assert_eq!(rows.iter().map(|row| row.lane).collect::<Vec<_>>(), [0, 1, 0, 0]);
    assert_eq!(rows[0].down, [(0, 0), (0, 1)]);
    assert_eq!(rows[1].down, [(0, 0), (1, 1)]);
    assert_eq!(rows[2].down, [(0, 0), (1, 0)]);
}

#[test]
fn a_parent_that_is_not_among_them_keeps_its_lane_to_the_end() {
    let rows = rows(&[("b", &["far"]), ("x", &[])]);
    assert_eq!((rows[0].lane, rows[1].lane), (0, 1));
    assert_eq!(rows[1].down, [(0, 0)]);
}

/// Some history: each commit has up to three parents among those that come after it, or beyond the end.
fn history() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    prop::collection::vec(prop::collection::vec(1_usize..8, 0..4), 0..40).prop_map(|all| {
        let commit = |(at, steps): (usize, Vec<usize>)| {
            let mut parents: Vec<String> =
                steps.into_iter().map(|step| (at + step).to_string()).collect();
            let mut seen = HashSet::new();
            parents.retain(|id| seen.insert(id.clone()));
            (at.to_string(), parents)
        };
        all.into_iter().enumerate().map(commit).collect()
    })
}

proptest! {
    #[test]
    fn every_line_leads_from_a_commit_to_its_parent_and_none_is_lost(commits in history()) {
        let rows = lay_out(commits.iter().map(|(id, parents)| (id.as_str(), parents.as_slice())));
        prop_assert_eq!(rows.len(), commits.len());
        // Who comes down in each lane, as the lines say.
        let mut lanes: HashMap<usize, String> = HashMap::new();
        for (at, (id, parents)) in commits.iter().enumerate() {
            let row = &rows[at];
            let came: Vec<usize> = lanes.iter().filter(|(_, waits)| *waits == id).map(|(lane, _)| *lane).collect();
            prop_assert!(came.len() <= 1, "no commit is waited for in two lanes");
            prop_assert_eq!(came.first().copied().unwrap_or(row.lane), row.lane);
            prop_assert_eq!(!came.is_empty(), row.has_children);
            prop_assert!(!lanes.contains_key(&row.lane) || lanes[&row.lane] == *id, "nobody else stands there");
            lanes.remove(&row.lane);
            // Each line that passes goes on as one, and keeps who waits for it.
            let mut next: HashMap<usize, String> = HashMap::new();
            for (lane, waits) in &lanes {
                let to: Vec<usize> = row.down.iter().filter(|(from, _)| from == lane).map(|(_, to)| *to).collect();
                prop_assert_eq!(to.len(), 1);
                prop_assert!(to[0] == *lane || (to[0] == row.lane && parents.contains(waits)));
                prop_assert!(next.insert(to[0], waits.clone()).is_none(), "two lines in one lane");
            }
            // And each parent is led to by one line of the commit's own: in the lane that is there, or in a free one.
            let own: Vec<usize> = row.down.iter().filter(|(from, _)| *from == row.lane).map(|(_, to)| *to).collect();
            prop_assert_eq!(own.len(), parents.len());
            let mut fresh: Vec<usize> = own.iter().copied().filter(|to| !next.contains_key(to)).collect();
            fresh.sort_by_key(|to| (*to != row.lane, *to));
            let mut fresh = fresh.into_iter();
            for parent in parents {
                match next.iter().find(|(_, waits)| *waits == parent) {
                    Some((lane, _)) => prop_assert!(own.contains(lane)),
                    None => {
                        next.insert(fresh.next().unwrap(), parent.clone());
                    }
                }
            }
            prop_assert!(fresh.next().is_none());
            prop_assert_eq!(row.down.len(), lanes.len() + own.len());
            lanes = next;
        }
    }
}
