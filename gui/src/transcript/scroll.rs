//! What of a transcript is in view. The place is a row and how much of it is above the view, so nothing that changes
//! above can move what is seen.

use super::entries::Entries;

/// A row, by its piece and its number in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// Which piece, counted from the first.
    pub entry: usize,
    /// Which of its rows.
    pub row: usize,
}

/// Where a transcript is scrolled to.
#[derive(Clone, Debug)]
pub struct Scroll {
    /// The first row in view.
    pub at: At,
    /// How much of it is above the view, in points.
    pub above: f32,
    /// Whether the end is followed.
    pub sticks: bool,
    /// How far to move in the next frame.
    pending: f32,
    /// Which part of the first row is above the view, while the row's height isn't known yet.
    part: Option<f32>,
}

/// A row in view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Which.
    pub at: At,
    /// Its upper edge, from the view's.
    pub top: f32,
    /// Its height.
    pub height: f32,
}

/// All that is in view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Rows from top to bottom.
    pub rows: Vec<Seen>,
    /// The lower edge of the last one.
    pub bottom: f32,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { at: At::default(), above: 0.0, sticks: true, pending: 0.0, part: None }
    }
}

impl Scroll {
    /// Moves in the next frame; down when `by` is positive.
    pub fn by(&mut self, by: f32) {
        self.pending += by;
    }

    /// Goes to a row, which will be `below` points under the upper edge.
    pub fn go_to(&mut self, at: At, below: f32) {
        *self = Self { at, above: -below, sticks: false, pending: 0.0, part: None };
    }

    /// Goes to the end and follows it.
    pub fn go_to_end(&mut self) {
        *self = Self { at: self.at, ..Self::default() };
    }

    /// Goes to an offset from the beginning, in points, as the heights are known now.
    pub fn go_to_offset(&mut self, entries: &mut Entries, offset: f64) {
        let Some(entry) = entries.heights().at(offset) else { return };
        let within = offset - entries.heights().before(entry);
        let rows = entries.row_heights(entry);
        let row = rows.at(within).unwrap_or(0);
        let above = within - rows.before(row);
        self.go_to(At { entry, row }, -(above as f32));
    }

    /// How far the view is from the beginning, in points.
    pub fn offset(&self, entries: &mut Entries) -> f64 {
        let within = entries.row_heights(self.at.entry).before(self.at.row);
        entries.heights().before(self.at.entry) + within + f64::from(self.above)
    }

    /// The width is about to change: the same part of the first row stays above the view.
    pub fn keep_part(&mut self, entries: &mut Entries) {
        let height = entries.row_heights(self.at.entry).get(self.at.row);
        if height > 0.0 && self.above > 0.0 {
            self.part = Some(self.above / height);
        }
    }

    /// Older pieces came: all places are so many further.
    pub fn moved(&mut self, pieces: usize) {
        self.at.entry += pieces;
    }

    /// Finds what is in a view of that height, with `tail` points behind the last row. `lay` lays a row out and gives
    /// its height; it is called for rows in view and for those that are moved over.
    pub fn arrange(
        &mut self,
        entries: &mut Entries,
        view: f32,
        tail: f32,
        lay: &mut impl FnMut(&Entries, At) -> f32,
    ) -> View {
        let mut lay = |entries: &mut Entries, at: At| {
            // Its heights have to be there before one of them can be noted.
            entries.row_heights(at.entry);
            let height = lay(entries, at);
            entries.measured(at.entry, at.row, height);
            height
        };
        let pending = std::mem::take(&mut self.pending);
        if self.sticks && pending >= 0.0 {
            return self.end(entries, view, tail, &mut lay);
        }
        if self.sticks {
            self.end(entries, view, tail, &mut lay);
            self.sticks = false;
        }
        let Some(start) = seen_at_or_after(entries, self.at) else {
            return self.end(entries, view, tail, &mut lay);
        };
        if start != self.at {
            (self.at, self.above, self.part) = (start, 0.0, None);
        }
        let first = lay(entries, self.at);
        if let Some(part) = self.part.take() {
            self.above = part * first;
        }
        self.above += pending;
        // A jump over more than a few views needs no row on the way.
        if self.above.abs() > 8.0 * view.max(100.0) {
            let offset = self.offset(entries);
            self.go_to_offset(entries, offset);
            lay(entries, self.at);
        }
        while self.above < 0.0 {
            let Some(before) = previous(entries, self.at) else {
                self.above = 0.0;
                break;
            };
            self.at = before;
            self.above += lay(entries, before);
        }
        let mut height = lay(entries, self.at);
        while self.above >= height {
            let Some(behind) = next(entries, self.at) else { break };
            self.above -= height;
            self.at = behind;
            height = lay(entries, behind);
        }
        let mut shown = View { rows: Vec::new(), bottom: -self.above };
        let mut at = Some(self.at);
        while let Some(row) = at {
            let height = lay(entries, row);
            shown.rows.push(Seen { at: row, top: shown.bottom, height });
            shown.bottom += height;
            if shown.bottom >= view {
                return shown;
            }
            at = next(entries, row);
        }
        if shown.bottom + tail <= view + 0.5 {
            self.sticks = true;
            return self.end(entries, view, tail, &mut lay);
        }
        shown
    }

    fn end(
        &mut self,
        entries: &mut Entries,
        view: f32,
        tail: f32,
        lay: &mut impl FnMut(&mut Entries, At) -> f32,
    ) -> View {
        self.sticks = true;
        self.part = None;
        let mut rows = Vec::new();
        let mut top = view - tail;
        let mut at = last(entries);
        while let Some(row) = at {
            let height = lay(entries, row);
            top -= height;
            rows.push(Seen { at: row, top, height });
            if top <= 0.0 {
                break;
            }
            at = previous(entries, row);
        }
        rows.reverse();
        // What fits begins at the upper edge.
        let shift = top.max(0.0);
        rows.iter_mut().for_each(|row| row.top -= shift);
        if let Some(first) = rows.first() {
            self.at = first.at;
            self.above = -first.top;
        }
        View { rows, bottom: view - tail - shift }
    }
}

fn seen_at_or_after(entries: &mut Entries, at: At) -> Option<At> {
    if entries.row_heights(at.entry).get(at.row) > 0.0 {
        return Some(at);
    }
    // What was there is folded now: what folded it stands before.
    previous(entries, at).or_else(|| next(entries, at))
}

fn last(entries: &mut Entries) -> Option<At> {
    let entry = entries.heights().last()?;
    let row = entries.row_heights(entry).last()?;
    Some(At { entry, row })
}

fn next(entries: &mut Entries, at: At) -> Option<At> {
    if let Some(row) = entries.row_heights(at.entry).next(at.row) {
        return Some(At { row, ..at });
    }
    let entry = entries.heights().next(at.entry)?;
    let row = entries.row_heights(entry).first()?;
    Some(At { entry, row })
}

fn previous(entries: &mut Entries, at: At) -> Option<At> {
    if let Some(row) = entries.row_heights(at.entry).previous(at.row) {
        return Some(At { row, ..at });
    }
    let entry = entries.heights().previous(at.entry)?;
    let row = entries.row_heights(entry).last()?;
    Some(At { entry, row })
}

#[cfg(test)]
#[path = "scroll_tests.rs"]
mod tests;
