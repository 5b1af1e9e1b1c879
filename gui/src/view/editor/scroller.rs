//! Rows without end: where they are scrolled to, and the bar beside them.

use std::ops::Range;

use egui::{CornerRadius, Id, Rect, Sense, Ui, pos2};

use crate::theme::Theme;

/// How wide the bar is.
const BAR: f32 = 10.0;
/// How high the bar's handle is at least.
const HANDLE: f32 = 24.0;

/// Where rows of one height are scrolled to. Rows are counted exactly, however many there are: points are too coarse for
/// millions of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroller {
    /// The first row that is seen, and how much of it is above.
    top: f64,
    /// By how many points it is scrolled sideways.
    pub left: f32,
    /// How many rows were seen last.
    page: f64,
}

fn rows(count: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row's number")]
    {
        count.max(0.0) as usize
    }
}

fn number(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 rows")]
    {
        count as f64
    }
}

impl Scroller {
    /// The first row that is seen.
    pub fn first(&self) -> usize {
        rows(self.top)
    }

    /// How many whole rows are seen.
    pub fn page(&self) -> usize {
        rows(self.page).max(1)
    }

    /// Puts that row on top.
    pub fn put_first(&mut self, row: usize) {
        self.top = number(row);
    }

    /// Rows came in front of the others, or went there.
    pub fn shift(&mut self, rows: isize) {
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        {
            self.top = (self.top + rows as f64).max(0.0);
        }
    }

    /// Scrolls as little as it takes to see a row, with `around` rows above and below it.
    pub fn reveal(&mut self, row: usize, around: usize) {
        let (row, around) = (number(row), number(around).min((self.page / 2.0 - 1.0).max(0.0)));
        if row < self.top + around {
            self.top = (row - around).max(0.0);
        } else if row + 1.0 + around > self.top + self.page {
            self.top = (row + 1.0 + around - self.page).max(0.0);
        }
    }

    /// Puts a row in the middle unless it is in sight.
    pub fn centre(&mut self, row: usize) {
        let at = number(row);
        if at < self.top || at + 1.0 > self.top + self.page {
            self.top = (at - self.page / 2.0).max(0.0);
        }
    }

    /// Where a row stands in `rect`.
    pub fn y(&self, rect: Rect, row: usize, height: f32) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "it is about what is in sight")]
        let above = ((number(row) - self.top) * f64::from(height)) as f32;
        rect.top() + above
    }

    /// The row at a height.
    pub fn row_at(&self, rect: Rect, y: f32, height: f32) -> usize {
        rows(self.top + f64::from((y - rect.top()) / height))
    }

    /// Scrolls by wheel and bar, and gives the rows that are seen. `behind` rows of nothing may follow the last one.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        id: Id,
        rect: Rect,
        count: usize,
        height: f32,
        widest: f32,
    ) -> Range<usize> {
        self.page = f64::from(rect.height() / height);
        if ui.rect_contains_pointer(rect) {
            let delta = ui.input(egui::InputState::smooth_scroll_delta);
            if delta != egui::Vec2::ZERO {
                let sideways = ui.input(|input| input.modifiers.shift);
                let (x, y) = if sideways { (delta.x + delta.y, 0.0) } else { (delta.x, delta.y) };
                self.top -= f64::from(y / height);
                self.left -= x;
                ui.input_mut(|input| input.smooth_scroll_delta = egui::Vec2::ZERO);
            }
        }
        let most = (number(count) - self.page).max(0.0);
        self.bar(ui, id, rect, count, most);
        self.top = self.top.clamp(0.0, most);
        self.left = self.left.clamp(0.0, (widest - rect.width() + 4.0 * BAR).max(0.0));
        let first = rows(self.top);
        let last = rows((self.top + self.page).ceil()).min(count);
        first..last
    }

    fn bar(&mut self, ui: &Ui, id: Id, rect: Rect, count: usize, most: f64) {
        if most <= 0.0 {
            return;
        }
        let lane = Rect::from_min_max(pos2(rect.right() - BAR, rect.top()), rect.max);
        let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
        let response = ui.interact(lane, id.with("bar"), sense);
        #[expect(clippy::cast_possible_truncation, reason = "a part of a few hundred points")]
        let part = (self.page / number(count)) as f32;
        let handle = (lane.height() * part).clamp(HANDLE.min(lane.height()), lane.height());
        let room = lane.height() - handle;
        if let Some(at) = response.interact_pointer_pos()
            && room > 0.0
        {
            // The handle's middle comes to where the pointer is.
            let share = ((at.y - lane.top() - handle / 2.0) / room).clamp(0.0, 1.0);
            self.top = f64::from(share) * most;
        }
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        let share = (self.top.clamp(0.0, most) / most) as f32;
        let top = lane.top() + room * share;
        let theme = Theme::get(ui.ctx());
        let is_used = response.hovered() || response.dragged();
        let width = if is_used { BAR - 2.0 } else { 4.0 };
        let shown = Rect::from_min_max(
            pos2(lane.right() - width - 1.0, top),
            pos2(lane.right() - 1.0, top + handle),
        );
        let colour = if is_used { theme.muted } else { theme.line_strong };
        ui.painter().rect_filled(shown, CornerRadius::same(2), colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_brought_into_sight_with_as_little_as_it_takes() {
        let mut scroller = Scroller { top: 10.0, left: 0.0, page: 20.0 };
        scroller.reveal(15, 0);
        assert_eq!(scroller.first(), 10);
        scroller.reveal(5, 0);
        assert_eq!(scroller.first(), 5);
        scroller.reveal(30, 0);
        assert_eq!(scroller.first(), 11);
        scroller.centre(1_000_000_000);
        assert_eq!(scroller.first(), 999_999_990);
        scroller.shift(-999_999_995);
        assert_eq!(scroller.first(), 0);
    }
}
