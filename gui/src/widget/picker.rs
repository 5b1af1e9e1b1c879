//! A field over everything else, with what fits below it: one of it is picked.

use egui::{
    Align2, Context, FontId, Id, Modal, Rect, Response, RichText, Sense, TextEdit, Ui, vec2,
};

use super::dialog::settle;
use super::stack::{Scroll, Stack};
use crate::theme::{Theme, size, space};

/// What is typed and chosen in it.
#[derive(Debug, Default)]
pub struct Picker {
    /// What is typed.
    pub typed: String,
    /// The row that is chosen.
    pub at: usize,
    revealed: Option<usize>,
    open: bool,
    begins: bool,
    /// What had the focus before; it gets it back.
    before: Option<Id>,
    give_back: Option<Id>,
}

/// What a picker is.
#[derive(Clone, Copy, Debug)]
pub struct PickerOf {
    /// Names it among all.
    pub name: &'static str,
    /// How wide it is, in points.
    pub width: f32,
    /// How high a row is, in points.
    pub row: f32,
    /// How many rows are seen.
    pub rows: f32,
}

impl PickerOf {
    fn field(&self) -> Id {
        Id::unique((self.name, "field"))
    }
}

impl Picker {
    /// One that is open, with nothing typed.
    pub fn opened() -> Self {
        Self { open: true, begins: true, ..Self::default() }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether it is to be drawn. To be asked in every frame: in the one after its end it gives the focus back.
    pub fn begin(&mut self, ctx: &Context, of: &PickerOf) -> bool {
        if !self.open {
            if let Some(before) = self.give_back.take() {
                ctx.memory_mut(|memory| {
                    // What was opened by it may have begun in a part of its own.
                    if memory.focused().is_none_or(|now| now == of.field()) {
                        memory.request_focus(before);
                    }
                });
            }
            return false;
        }
        if self.begins {
            self.before = ctx.memory(egui::Memory::focused);
        }
        true
    }

    /// Draws it, with that in it. Beside what came of it: whether a click beside it or Escape leaves it.
    pub fn show<R>(
        &mut self,
        ctx: &Context,
        of: &PickerOf,
        contents: impl FnOnce(&mut Self, &mut Ui) -> R,
    ) -> (R, bool) {
        let screen = ctx.content_rect();
        let width = of.width.min(screen.width() - 2.0 * space::XL);
        let id = Id::unique(of.name);
        let area = Modal::default_area(id)
            .anchor(Align2::CENTER_TOP, vec2(0.0, (screen.height() * 0.12).min(110.0)));
        let modal = Modal::new(id).backdrop_color(Theme::get(ctx).scrim).area(area);
        let shown = modal.show(ctx, |ui| {
            ui.set_width(width);
            contents(self, ui)
        });
        settle(ctx, of.name, shown.response.rect);
        let left = shown.should_close();
        (shown.inner, left)
    }

    /// Draws the field. Whether something else is typed now.
    pub fn field(&mut self, ui: &mut Ui, of: &PickerOf, label: &str, hint: &str) -> bool {
        let id = of.field();
        let edit = TextEdit::singleline(&mut self.typed)
            .id(id)
            .hint_text(RichText::new(hint))
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(10, 9))
            .font(FontId::proportional(size::PROSE));
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(id, |node| node.set_label(label));
        if std::mem::take(&mut self.begins) || !ui.memory(|memory| memory.has_focus(id)) {
            response.request_focus();
        }
        ui.add_space(space::XS);
        response.changed()
    }

    /// Chooses the first row, and shows it.
    pub fn choose_first(&mut self) {
        self.at = 0;
        self.revealed = None;
    }

    /// Draws that many rows; `draw` is told which, where, and whether it is chosen. The one that was clicked. Where the pointer
    /// `chooses`, it does so when it moves.
    pub fn rows(
        &mut self,
        ui: &mut Ui,
        of: &PickerOf,
        count: usize,
        chooses: bool,
        mut draw: impl FnMut(&Ui, Rect, usize, bool, &Response),
    ) -> Option<usize> {
        // A list that scrolls under a pointer at rest chooses nothing.
        let pointed = chooses && ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO);
        #[expect(clippy::cast_precision_loss, reason = "it is cut off at a few rows")]
        let high = (count as f32).min(of.rows) * of.row;
        let mut clicked = None;
        let place = ui.available_rect_before_wrap();
        let place = Rect::from_min_size(place.min, vec2(place.width(), high));
        ui.allocate_rect(place, Sense::hover());
        ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
            let stack = Stack::new(std::iter::repeat_n(of.row, count));
            let at = self.at;
            // Only when it changes: the wheel looks around.
            let changed = self.revealed.replace(at) != Some(at);
            let scroll = if changed { Scroll::Reveal(at) } else { Scroll::Stay };
            stack.show(ui, of.name, scroll, |ui, row, rect| {
                let id = Id::unique((of.name, "row", row));
                let response = ui.interact(rect, id, Sense::click());
                // The focus stays where one types.
                if response.hovered() && pointed {
                    self.at = row;
                }
                if response.clicked() {
                    clicked = Some(row);
                }
                draw(ui, rect, row, row == at, &response);
            });
        });
        clicked
    }

    /// Closes it. What had the focus gets it back in the next frame, where that is wished: until then nothing below a dialog
    /// can have it.
    pub fn close(&mut self, ctx: &Context, give_back: bool) {
        self.open = false;
        self.give_back = self.before.take().filter(|_| give_back);
        ctx.request_repaint();
    }
}
