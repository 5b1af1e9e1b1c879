//! Long lists of rows of different heights: only those that are seen are drawn.

use std::ops::Range;

use egui::scroll_area::ScrollBarVisibility::{AlwaysHidden, AlwaysVisible};
use egui::{EventFilter, Id, Rect, ScrollArea, Ui, UiBuilder, vec2};

/// Where a list is scrolled to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scroll {
    /// Where it is.
    Stay,
    /// So that this row is in sight.
    Reveal(usize),
    /// By so many points, downwards when positive, as far as there are rows.
    By(f32),
}

/// Where each row of a list stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// The upper edge of each row, and the lower edge of the last.
    edges: Vec<f32>,
}

impl Stack {
    /// Rows of these heights, in points, one below the other.
    pub fn new(heights: impl Iterator<Item = f32>) -> Self {
        let mut edges = vec![0.0];
        let mut at = 0.0;
        edges.extend(heights.map(|height| {
            at += height;
            at
        }));
        Self { edges }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How high all of them are together.
    pub fn height(&self) -> f32 {
        self.edges.last().copied().unwrap_or(0.0)
    }

    /// The rows that are seen between two heights.
    pub fn seen(&self, from: f32, to: f32) -> Range<usize> {
        let first = self.edges.partition_point(|edge| *edge <= from).saturating_sub(1);
        let last = self.edges.partition_point(|edge| *edge < to).min(self.len());
        first.min(last)..last
    }

    fn edge(&self, at: usize) -> f32 {
        self.edges.get(at).copied().unwrap_or_else(|| self.height())
    }

    /// What is above the upper edge then; `None` when that changes nothing.
    fn scrolled(&self, scroll: Scroll, offset: f32, height: f32) -> Option<f32> {
        let then = match scroll {
            Scroll::Stay => offset,
            Scroll::Reveal(at) if at >= self.len() => offset,
            Scroll::Reveal(at) => {
                let (top, bottom) = (self.edge(at), self.edge(at + 1));
                if top < offset {
                    top
                } else if bottom > offset + height {
                    (bottom - height).max(0.0)
                } else {
                    offset
                }
            }
            Scroll::By(points) => (offset + points).min(self.height() - height).max(0.0),
        };
        ((then - offset).abs() > 0.1).then_some(then)
    }

    /// Draws the rows that are seen, and scrolls before that: at once, since a row that isn't
    /// drawn can't have the focus. Each row gets its index and its place. Returns whether the list's end is in sight.
    pub fn show(
        &self,
        ui: &mut Ui,
        salt: &'static str,
        scroll: Scroll,
        mut row: impl FnMut(&mut Ui, usize, Rect),
    ) -> bool {
        // The bar of a list that is too long is there at once, since that area is another one: fading in would take ten pictures of
        // the whole window, which its rows would wait for.
        let is_long = self.height() > ui.available_height();
        let memory = Id::unique(("where a stack was", salt, is_long));
        let mut area = ScrollArea::vertical()
            .id_salt((salt, is_long))
            .auto_shrink([false, false])
            .scroll_bar_visibility(if is_long { AlwaysVisible } else { AlwaysHidden });
        let at: Option<(f32, f32)> = ui.data(|data| data.get_temp(memory));
        let (offset, height) = at.unwrap_or((0.0, ui.available_height()));
        if let Some(offset) = self.scrolled(scroll, offset, height) {
            area = area.vertical_scroll_offset(offset);
            // What is held at an edge scrolls on.
            ui.ctx().request_repaint();
        }
        let shown = area.show_viewport(ui, |ui, viewport| {
            ui.set_height(self.height());
            let left_top = ui.max_rect().left_top();
            let width = ui.max_rect().width();
            for at in self.seen(viewport.min.y, viewport.max.y) {
                let size = vec2(width, self.edge(at + 1) - self.edge(at));
                let rect = Rect::from_min_size(left_top + vec2(0.0, self.edge(at)), size);
                ui.scope_builder(UiBuilder::new().id_salt(at).max_rect(rect), |ui| {
                    row(ui, at, rect);
                });
            }
            viewport.max.y + 1.0 >= self.height()
        });
        let place = (shown.state.clamped_offset().y, shown.inner_rect.height());
        ui.data_mut(|data| data.insert_temp(memory, place));
        shown.inner
    }
}

/// Keeps ↑ and ↓ for a list while one of its rows has the focus; else they look for anything above or below.
pub fn keep_arrows(ui: &Ui, row: Id) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(row, filter));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_seen_is_drawn() {
        let stack = Stack::new([10.0, 20.0, 30.0].into_iter());
        assert_eq!(stack.seen(0.0, 5.0), 0..1);
        assert_eq!(stack.seen(0.0, 10.0), 0..1);
        assert_eq!(stack.seen(10.0, 31.0), 1..3);
        assert_eq!(stack.seen(59.0, 900.0), 2..3);
        assert_eq!(stack.seen(60.0, 900.0), 3..3);
        assert_eq!(Stack::new(std::iter::empty()).seen(0.0, 100.0), 0..0);
        assert_eq!(Stack::default().seen(0.0, 100.0), 0..0);
        assert!((stack.height() - 60.0).abs() < 0.01);
    }

    #[test]
    fn a_list_scrolls_no_further_than_its_ends() {
        let stack = Stack::new(std::iter::repeat_n(10.0, 10));
        assert_eq!(stack.scrolled(Scroll::Stay, 30.0, 40.0), None);
        assert_eq!(stack.scrolled(Scroll::Reveal(4), 30.0, 40.0), None);
        assert_eq!(stack.scrolled(Scroll::Reveal(0), 30.0, 40.0), Some(0.0));
        assert_eq!(stack.scrolled(Scroll::Reveal(9), 30.0, 40.0), Some(60.0));
        assert_eq!(stack.scrolled(Scroll::Reveal(99), 30.0, 40.0), None);
        assert_eq!(stack.scrolled(Scroll::By(-7.0), 30.0, 40.0), Some(23.0));
        assert_eq!(stack.scrolled(Scroll::By(-7.0), 0.0, 40.0), None);
        assert_eq!(stack.scrolled(Scroll::By(7.0), 58.0, 40.0), Some(60.0));
        assert_eq!(stack.scrolled(Scroll::By(7.0), 60.0, 40.0), None);
    }
}
