//! The lanes of a log: which commit stands in which, and which lines lead from a row to the next. Pure; both front ends draw it.

use std::collections::HashMap;

/// A row of the graph: a commit, and the lines that lead down from it and beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The commit's lane, from 0 at the left.
    pub lane: usize,
    /// Lines to the next row: from a lane of this one to a lane of the next one, each once; sorted.
    pub down: Vec<(usize, usize)>,
    /// Whether lines come to the commit from above.
    pub has_children: bool,
}

impl Row {
    /// How many lanes it takes, its lines included.
    pub fn width(&self) -> usize {
        let widest = self.down.iter().map(|(from, to)| *from.max(to)).max();
        widest.map_or(0, |lane| lane.max(self.lane)).max(self.lane) + 1
    }
}

/// Lays commits out, which come as ids with those of their parents, none before its children. A line to a parent that isn't
/// among them leads on to the end.
///
/// No parent is waited for in two lanes: who has it, too, joins the lane that is there, or takes its line over where that is
/// on the right. So a lane is free again as soon as its commit is drawn, and a line that goes on stays where it is.
pub fn lay_out<'a>(commits: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Vec<Row> {
    let mut lanes: Vec<Option<&'a str>> = Vec::new();
    let mut lane_of: HashMap<&'a str, usize> = HashMap::new();
    let mut rows = Vec::new();
    for (id, parents) in commits {
        let waited = lane_of.remove(id);
        let lane = waited.unwrap_or_else(|| free(&lanes));
        set(&mut lanes, lane, None);
        let passing = lanes.iter().enumerate().filter(|(_, id)| id.is_some());
        let mut down: Vec<(usize, usize)> = passing.map(|(at, _)| (at, at)).collect();
        for parent in parents {
            let is_free = lanes.get(lane).is_none_or(Option::is_none);
            let to = match lane_of.get(parent.as_str()) {
                Some(to) if *to > lane && is_free => {
                    set(&mut lanes, *to, None);
                    let joins = |line: &&mut (usize, usize)| *line == &(*to, *to);
                    if let Some(line) = down.iter_mut().find(joins) {
                        line.1 = lane;
                    }
                    lane
                }
                Some(to) => *to,
                None if is_free => lane,
                None => free(&lanes),
            };
            set(&mut lanes, to, Some(parent));
            lane_of.insert(parent, to);
            down.push((lane, to));
        }
        while lanes.last() == Some(&None) {
            lanes.pop();
        }
        down.sort_unstable();
        down.dedup();
        rows.push(Row { lane, down, has_children: waited.is_some() });
    }
    rows
}

/// The first free lane.
fn free(lanes: &[Option<&str>]) -> usize {
    lanes.iter().position(Option::is_none).unwrap_or(lanes.len())
}

fn set<'a>(lanes: &mut Vec<Option<&'a str>>, at: usize, id: Option<&'a str>) {
    if lanes.len() <= at {
        lanes.resize(at + 1, None);
    }
    if let Some(lane) = lanes.get_mut(at) {
        *lane = id;
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
