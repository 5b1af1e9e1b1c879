//! What follows from the pieces: runs of tool calls, what is hidden, how high everything is.

use std::collections::HashSet;

use super::entries::{Entries, Entry, Row, Run, is_failed};
use super::estimate::{self, HEAD};
use super::heights::Heights;
use super::piece::{Kind, Piece};

/// Longer runs of tool calls fold into one line.
const RUN: usize = 6;

impl Entries {
    /// Everything that is derived, from the pieces alone.
    pub(super) fn rebuild(&mut self) {
        let open: HashSet<i64> =
            self.runs.iter().filter(|(_, run)| run.is_open).map(|(at, _)| *at).collect();
        let open_members: HashSet<u64> = self
            .list
            .iter()
            .filter(|entry| entry.run.is_some_and(|run| open.contains(&run)))
            .map(|entry| entry.id)
            .collect();
        self.index.clear();
        self.runs.clear();
        self.calls.clear();
        let list = std::mem::take(&mut self.list);
        self.list.reserve(list.len());
        for mut entry in list {
            let at = self.list.len();
            self.note(&entry.piece, at);
            entry.run = self.run_for(&entry.piece, at);
            if let Some(run) = entry.run.filter(|_| open_members.contains(&entry.id))
                && let Some(run) = self.runs.get_mut(&run)
            {
                run.is_open = true;
            }
            self.list.push(entry);
        }
        for at in 0..self.list.len() {
            let rows = self.rows(at);
            let entry = &mut self.list[at];
            entry.rows =
                entry.rows.take().filter(|known| known.len() == rows && entry.run.is_none());
        }
        self.heights = Heights::new((0..self.list.len()).map(|at| match &self.list[at].rows {
            Some(rows) if !self.is_hidden_synopsis(&self.list[at]) => rows.total() as f32,
            Some(_) | None => self.height_of(at),
        }));
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
        let Some(turn) = &entry.piece.turn else { return false };
        !matches!(entry.piece.kind, Kind::Question(_)) && self.synopses.get(turn) == Some(&false)
    }

    /// Estimates a piece again.
    pub(super) fn refresh(&mut self, at: usize) {
        let rows = self.rows(at);
        let known = self.list.get_mut(at).and_then(|entry| entry.rows.take());
        // Rows that were unfolded are estimated, the others keep what was measured.
        let new = known.filter(|known| known.len() == rows).map(|known| {
            Heights::new((0..rows).map(|row| match (self.row(at, row), known.get(row)) {
                (None, _) => 0.0,
                (Some(_), height) if height > 0.0 => height,
                (Some(_), _) => self.estimate(at, row),
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
        (0..self.rows(at)).map(|row| self.estimate(at, row)).sum()
    }

    pub(super) fn estimate(&self, at: usize, row: usize) -> f32 {
        match self.row(at, row) {
            None => 0.0,
            Some(Row::Group { .. }) => HEAD,
            Some(Row::Block(block, _)) => estimate::height(block, self.width),
        }
    }
}
