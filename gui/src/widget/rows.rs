//! A list of rows of one height that the keyboard walks through: only those that are seen are drawn.

use egui::{Id, Key, Modifiers, Rect, Response, Sense, Ui, Vec2, WidgetInfo};

use super::row_menu::{self, ByKeys, RowMenu};
use super::stack::{Scroll, Stack, keep_arrows};
use crate::theme::Theme;

/// How high a row is, in points.
pub const ROW: f32 = 26.0;

/// Rows that Page Up and Page Down step over.
const PAGE: usize = 12;

/// A list's own state.
#[derive(Debug, Default)]
pub struct Rows {
    stack: Stack,
    /// The row that has the focus.
    at: Option<usize>,
    reveal: Option<usize>,
    menu: RowMenu,
}

/// A row that is being drawn.
#[derive(Debug)]
pub struct Row {
    /// It; its menu hangs on it.
    pub response: Response,
    /// Which.
    pub at: usize,
    /// Whether Enter or a click opens it.
    pub opened: bool,
    /// Whether Space was pressed on it.
    pub space: bool,
    /// Whether Delete was pressed on it.
    pub delete: bool,
    /// Whether F2 was pressed on it.
    pub rename: bool,
    /// How its menu was asked for.
    menu: ByKeys,
}

impl Row {
    /// Its menu, where one was asked for; it closes when `entries` says that something was picked.
    pub fn menu<T>(&self, name: &str, entries: impl FnOnce(&mut Ui) -> Option<T>) -> Option<T> {
        row_menu::show(&self.response, self.menu, name, entries)
    }
}

/// What rows of a list are.
pub struct RowsOf<'a> {
    /// Names the list among all.
    pub salt: &'static str,
    /// How many.
    pub count: usize,
    /// What each is known by: its focus stays on it when others come before it.
    pub id: &'a dyn Fn(usize) -> Id,
    /// What a screen reader says.
    pub name: &'a dyn Fn(usize) -> String,
    /// The one that is chosen.
    pub chosen: Option<usize>,
}

impl Rows {
    /// Gives that row the focus.
    pub fn focus(&mut self, ui: &Ui, of: &RowsOf<'_>, at: usize) {
        if at < of.count {
            ui.memory_mut(|memory| memory.request_focus((of.id)(at)));
            self.at = Some(at);
            self.reveal = Some(at);
        }
    }

    /// Draws the rows that are seen; each draws its inside into its place. Whether the end is in sight.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        of: &RowsOf<'_>,
        mut draw: impl FnMut(&mut Ui, &Row, Rect),
    ) -> bool {
        self.keys(ui, of);
        if self.stack.len() != of.count {
            self.stack = Stack::new(std::iter::repeat_n(ROW, of.count));
        }
        let reveal = self.reveal.take().map_or(Scroll::Stay, Scroll::Reveal);
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        let stack = std::mem::take(&mut self.stack);
        let end = stack.show(ui, of.salt, reveal, |ui, at, place| {
            let row = self.row(ui, of, at, place);
            draw(ui, &row, place);
        });
        self.stack = stack;
        end
    }

    fn row(&mut self, ui: &mut Ui, of: &RowsOf<'_>, at: usize, place: Rect) -> Row {
        let theme = Theme::get(ui.ctx());
        let id = (of.id)(at);
        let chosen = of.chosen == Some(at);
        let response = ui.interact(place, id, Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, (of.name)(at))
        });
        let focused = response.has_focus();
        if response.clicked() {
            response.request_focus();
        }
        let mut row = Row {
            at,
            opened: response.clicked(),
            space: false,
            delete: false,
            rename: false,
            menu: ByKeys::default(),
            response,
        };
        if focused {
            self.at = Some(at);
            keep_arrows(ui, id);
            let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
            // Enter and Space click what has the focus; Space is for a use of its own.
            if ui.input(|input| input.key_pressed(Key::Space)) {
                row.opened = false;
                row.space = true;
            }
            row.delete = pressed(Modifiers::NONE, Key::Delete);
            row.rename = pressed(Modifiers::NONE, Key::F2);
            self.menu.keys(ui, id);
        }
        row.menu = self.menu.of(&row.response);
        let fill = if chosen {
            theme.chosen
        } else if row.response.contains_pointer() {
            theme.hover
        } else {
            egui::Color32::TRANSPARENT
        };
        let corner = egui::CornerRadius::same(crate::theme::radius::SMALL);
        ui.painter().rect_filled(place, corner, fill);
        if focused {
            let stroke = egui::Stroke::new(1.0, theme.accent);
            ui.painter().rect_stroke(place, corner, stroke, egui::StrokeKind::Inside);
        }
        row
    }

    fn keys(&mut self, ui: &Ui, of: &RowsOf<'_>) {
        let Some(at) = self.at.filter(|at| *at < of.count) else {
            self.at = None;
            return;
        };
        if !ui.memory(|memory| memory.has_focus((of.id)(at))) {
            self.at = None;
            return;
        }
        let last = of.count.saturating_sub(1);
        let moves = [
            (Key::ArrowUp, at.saturating_sub(1)),
            (Key::ArrowDown, (at + 1).min(last)),
            (Key::PageUp, at.saturating_sub(PAGE)),
            (Key::PageDown, (at + PAGE).min(last)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, to) in moves {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.focus(ui, of, to);
                return;
            }
        }
    }
}
