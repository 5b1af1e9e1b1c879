//! What follows from the pieces: runs of tool calls, what is hidden, how high everything is.

use super::entries::{Entries, Entry, Run, is_failed};
use super::estimate::{self, HEAD};
use super::heights::Heights;
use super::piece::{Kind, Piece};

/// Blocks at the end of an unfinished piece that are compared with those of its next telling.
const GROWS: usize = 64;
/// Longer runs of tool calls fold into one line.
const RUN: usize = 6;

impl Entries {
    /// Puts entries before all others. What is known of the others stays, but for a run that goes on over the joint.
    pub(super) fn prepend(&mut self, older: Vec<Entry>) {
        let count = older.len();
        let more = i64::try_from(count).unwrap_or(i64::MAX);
        let rest = std::mem::replace(&mut self.list, older.into_iter().map(Box::new).collect());
        self.first -= more;
        let heights = std::mem::take(&mut self.heights);
        let mut before = None;
        for at in 0..count {
            let Some(entry) = self.list.get(at) else { break };
            let (key, number) = (entry.piece.key.clone(), self.number(at));
            self.index.insert(key, number);
            let Some(entry) = self.list.get(at) else { break };
            let is_tool = matches!(entry.piece.kind, Kind::Tool { .. });
            let (is_failed, turn) = (is_failed(&entry.piece), entry.piece.turn.clone());
            let is_synopsis = entry.piece.is_synopsis();
            let run = is_tool.then(|| before.unwrap_or(number));
            if let Some(start) = run {
                let run = self.runs.entry(start).or_default();
                run.count += 1;
                run.failed += usize::from(is_failed);
                *self.calls.entry(turn.clone()).or_default() += 1;
            }
            if let Some(turn) = turn.filter(|_| is_synopsis) {
                self.synopses.entry(turn).or_insert(false);
            }
            before = run;
            if let Some(entry) = self.list.get_mut(at) {
                entry.run = run;
            }
        }
        self.list.extend(rest);
        let merged = self.merge_runs(count, before);
        let new: Vec<f32> = (0..count).map(|at| self.height_of(at)).collect();
        let known = (0..heights.len()).map(|at| heights.get(at));
        self.heights = Heights::new(new.into_iter().chain(known));
        (count..count + merged).for_each(|at| self.refresh(at));
        // What came of a turn may be hidden now that its question is known.
        let turn = self.list.get(count).and_then(|entry| entry.piece.turn.clone());
        if let Some(turn) = turn.filter(|turn| self.synopses.contains_key(turn)) {
            let mut at = count;
            while self.list.get(at).is_some_and(|entry| entry.piece.turn.as_ref() == Some(&turn)) {
                self.refresh(at);
                at += 1;
            }
        }
    }

    /// Makes one run of one that ends before a place and one that begins there; gives how many entries changed.
    fn merge_runs(&mut self, at: usize, before: Option<i64>) -> usize {
        let behind = self.list.get(at).and_then(|entry| entry.run);
        let (Some(start), Some(old)) = (before, behind) else { return 0 };
        let Some(run) = self.runs.remove(&old) else { return 0 };
        let whole = self.runs.entry(start).or_default();
        whole.count += run.count;
        whole.failed += run.failed;
        whole.is_open |= run.is_open;
        for entry in self.list.iter_mut().skip(at).take(run.count) {
            entry.run = Some(start);
            entry.rows = None;
        }
        run.count
    }

    /// Estimates everything again.
    pub(super) fn estimate_all(&mut self) {
        self.list.iter_mut().for_each(|entry| entry.rows = None);
        self.heights = Heights::new((0..self.list.len()).map(|at| self.height_of(at)));
    }

    pub(super) fn note(&mut self, piece: &Piece, at: usize) {
        self.index.insert(piece.key.clone(), self.number(at));
        if matches!(piece.kind, Kind::Tool { .. }) {
            *self.calls.entry(piece.turn.clone()).or_default() += 1;
        }
        if let Some(turn) = piece.turn.clone().filter(|_| piece.is_synopsis()) {
            self.synopses.entry(turn).or_insert(false);
        }
    }

    /// The run that a new piece belongs to, if it is a tool call.
    pub(super) fn run_for(&mut self, piece: &Piece, at: usize) -> Option<i64> {
        if !matches!(piece.kind, Kind::Tool { .. }) {
            return None;
        }
        let before = at.checked_sub(1).and_then(|at| self.list.get(at)?.run);
        let start = before.unwrap_or_else(|| self.number(at));
        let run = self.runs.entry(start).or_default();
        run.count += 1;
        run.failed += usize::from(is_failed(piece));
        Some(start)
    }

    /// The run of a tool call, where it is long enough to be folded.
    pub(super) fn group_of(&self, entry: &Entry) -> Option<(i64, Run)> {
        let start = entry.run?;
        self.runs.get(&start).filter(|run| run.count > RUN).map(|run| (start, *run))
    }

    pub(super) fn is_hidden_synopsis(&self, entry: &Entry) -> bool {
        let Some(turn) = entry.piece.turn.as_ref().filter(|_| !self.synopses.is_empty()) else {
            return false;
        };
        !matches!(entry.piece.kind, Kind::Question(_)) && self.synopses.get(turn) == Some(&false)
    }

    /// Estimates a piece again.
    pub(super) fn refresh(&mut self, at: usize) {
        let rows = self.rows(at);
        let known = self.list.get_mut(at).and_then(|entry| entry.rows.take());
        // Rows that were unfolded are estimated, the others keep what was measured.
        let new = known.filter(|known| known.len() == rows).map(|known| {
            let estimates = self.estimates(at).enumerate();
            Heights::new(estimates.map(|(row, estimate)| match known.get(row) {
                height if height > 0.0 && estimate > 0.0 => height,
                _ => estimate,
            }))
        });
        let height = new.as_ref().map_or_else(|| self.height_of(at), |rows| rows.total() as f32);
        if let Some(entry) = self.list.get_mut(at) {
            entry.rows = new;
        }
        self.heights.set(at, height);
    }

    pub(super) fn refresh_run(&mut self, start: i64) {
        let Some(run) = self.runs.get(&start).copied().filter(|run| run.count > RUN) else {
            return;
        };
        let Some(from) = self.place(start) else { return };
        // A folded run changes where it begins and ends only; once it becomes one, all of it.
        let members = if run.is_open || run.count == RUN + 1 || self.heights.get(from + 1) > 0.0 {
            from..from + run.count
        } else {
            from + run.count - 1..from + run.count
        };
        for at in std::iter::once(from).chain(members) {
            if let Some(entry) = self.list.get_mut(at) {
                entry.rows = None;
            }
            self.refresh(at);
        }
    }

    pub(super) fn height_of(&self, at: usize) -> f32 {
        self.estimates(at).sum()
    }

    /// Heights of a piece's rows, as far as they are known without laying them out.
    pub(super) fn estimates(&self, at: usize) -> impl Iterator<Item = f32> + '_ {
        let entry = self.list.get(at);
        let group = entry.and_then(|entry| self.group_of(entry));
        let is_start = group.is_some_and(|(start, _)| start == self.number(at));
        let is_hidden = entry.is_none_or(|entry| self.is_hidden_synopsis(entry));
        let is_folded = is_hidden || group.is_some_and(|(_, run)| !run.is_open);
        let is_open = self.is_open(at);
        let head = is_start.then_some(if is_hidden { 0.0 } else { HEAD });
        let blocks = entry.map(|entry| entry.piece.blocks.as_slice()).unwrap_or_default();
        let of_blocks = blocks.iter().map(move |block| {
            let is_seen = !is_folded && (is_open || !block.folded);
            if is_seen { estimate::height(block, self.width) } else { 0.0 }
        });
        head.into_iter().chain(of_blocks)
    }
}

/// Measured heights of the blocks that a piece begins with like an older telling of it.
pub(super) fn kept(old: &Piece, new: &Piece, rows: Heights, width: f32) -> Option<Heights> {
    if rows.len() != old.blocks.len() || new.blocks.len() < old.blocks.len() {
        return None;
    }
    // What grows grows at its end. A difference further up would leave a height that is near enough until it is seen.
    let from = old.blocks.len().saturating_sub(GROWS);
    let pairs = old.blocks.iter().zip(&new.blocks).skip(from);
    let same = from + pairs.take_while(|(old, new)| old.hash == new.hash).count();
    let mut kept = rows;
    while kept.len() > same {
        kept.pop();
    }
    new.blocks.iter().skip(same).for_each(|block| {
        kept.push(if block.folded { 0.0 } else { estimate::height(block, width) });
    });
    Some(kept)
}
