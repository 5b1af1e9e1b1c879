//! Where the focus is when a dialog opens, and where its × stands.

use egui::{Align, Context, Id, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, vec2};
use lucide_icons::Icon;

use super::icon_button;
use crate::theme::{size, strong};

/// A dialog whose parts are being drawn.
pub(super) struct Opening {
    /// What remembers it.
    key: Id,
    known: Known,
}

/// What is remembered of a dialog from one pass to the next.
#[derive(Clone, Copy)]
struct Known {
    /// When it was drawn last.
    pass: u64,
    /// While none of its parts has got the focus: what had it when the dialog opened.
    waits: Option<Option<Id>>,
}

impl Opening {
    /// To be called before anything of the dialog is drawn; `id` is the dialog's.
    pub(super) fn begin(ctx: &Context, id: Id) -> Self {
        let (key, pass) = (id.with("opening"), ctx.cumulative_pass_nr());
        let known = ctx.data(|data| data.get_temp::<Known>(key));
        let waits = match known {
            Some(known) if known.pass + 1 >= pass => known.waits,
            Some(_) | None => Some(ctx.memory(egui::Memory::focused)),
        };
        Self { key, known: Known { pass, waits } }
    }

    /// Gives the focus to the dialog's first part, unless a part has asked for it; to be called when all are drawn.
    pub(super) fn end(mut self, ui: &Ui) {
        if let Some(before) = self.known.waits {
            let now = ui.memory(egui::Memory::focused);
            // Nothing can have it while the dialog's size is being found out.
            let first = ui.ctx().viewport(|viewport| {
                let mut parts = viewport.this_pass.widgets.get_layer(ui.layer_id());
                let first = parts.find(|part| part.enabled && part.sense.is_focusable());
                first.map(|part| part.id)
            });
            let is_taken = now.is_some() && now != before;
            if is_taken || first.is_some() {
                self.known.waits = None;
            }
            if let (Some(first), false) = (first, is_taken) {
                ui.memory_mut(|memory| memory.request_focus(first));
            }
        }
        ui.data_mut(|data| data.insert_temp(self.key, self.known));
    }
}

/// Draws a dialog's heading, and gives the room for its ×: that is drawn last, so that Tab comes to it last.
pub(super) fn heading(ui: &mut Ui, words: &str) -> Rect {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let room = vec2(size::ICON_BUTTON, size::CONTROL);
            let (room, _) = ui.allocate_exact_size(room, Sense::hover());
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(words).font(strong(size::HEADING));
                ui.add(Label::new(text).selectable(false).truncate());
            });
            room
        })
        .inner
    })
    .inner
}

/// Draws the × in its room; `true` when it was pressed.
pub(super) fn cross(ui: &mut Ui, rect: Rect) -> bool {
    let layout = Layout::right_to_left(Align::Center);
    let mut corner = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    icon_button(&mut corner, Icon::X, "Close").clicked()
}
