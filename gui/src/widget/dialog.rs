//! Dialogs.

use egui::{Frame, Id, Margin, Modal, ScrollArea, Ui};

use super::opening::{Opening, cross, heading as put_heading};
use crate::theme::{Theme, space};

/// What came of showing a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialog<R> {
    /// What its contents gave.
    pub inner: R,
    /// Whether the person wants it gone: ×, Escape, or a click beside it.
    pub close: bool,
}

/// A dialog over everything else, with a heading and ×; what doesn't fit is scrolled.
pub fn dialog<R>(
    ctx: &egui::Context,
    id: impl std::hash::Hash,
    heading: &str,
    width: f32,
    contents: impl FnOnce(&mut Ui) -> R,
) -> Dialog<R> {
    let theme = Theme::get(ctx);
    let screen = ctx.content_rect();
    let width = width.min(screen.width() - 2.0 * space::XL);
    let id = Id::unique(("dialog", egui::util::hash(id)));
    let opening = Opening::begin(ctx, id);
    let modal = Modal::new(id)
        .backdrop_color(theme.scrim)
        .frame(Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(Margin::same(16)));
    let shown = modal.show(ctx, |ui| {
        ui.set_width(width);
        let room = put_heading(ui, heading);
        ui.add_space(space::S);
        let most = screen.height() - 160.0;
        let inner = ScrollArea::vertical()
            .max_height(most)
            // Areas begin small: what fits on the screen isn't scrolled.
            .min_scrolled_height(most)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                // The scroll bar lies beside the contents.
                ui.set_max_width(ui.available_width() - space::M);
                contents(ui)
            })
            .inner;
        let close = cross(ui, room);
        opening.end(ui);
        (inner, close)
    });
    settle(ctx, "dialog", shown.response.rect);
    let wants_out = shown.should_close();
    let (inner, close) = shown.inner;
    Dialog { inner, close: close || wants_out }
}

/// Draws once more when something that is anchored has changed its size: it stands where its last size put it, and a
/// window at rest would leave it there.
pub fn settle(ctx: &egui::Context, what: &'static str, rect: egui::Rect) {
    let id = Id::unique(("settled", what));
    let before: Option<egui::Rect> = ctx.data(|data| data.get_temp(id));
    if before != Some(rect) {
        ctx.data_mut(|data| data.insert_temp(id, rect));
        ctx.request_repaint();
    }
}
