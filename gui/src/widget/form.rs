//! Dialogs that something is typed into.

use egui::{CornerRadius, Id, Label, Modal, Response, RichText, ScrollArea, Sense, Shape, Stroke};
use egui::{Ui, vec2};
use lucide_icons::Icon;

use super::opening::{Opening, cross, heading};
use crate::theme::{Theme, icons, radius, size, space};

/// How a [`form`] is laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormShape<'a> {
    /// What stands on top.
    pub heading: &'a str,
    /// In points; less where the window is smaller.
    pub width: f32,
    /// Of the contents; as high as they are when `None`. A form that grows while it is used has a height, so that
    /// nothing jumps.
    pub height: Option<f32>,
    /// Whether contents that don't fit are scrolled; else they see to that themselves.
    pub scroll: bool,
}

/// What came of showing a [`form`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form<R, F> {
    /// What its contents gave.
    pub inner: R,
    /// What its buttons gave.
    pub buttons: F,
    /// Whether the person wants it gone: × or Escape. A click beside it is none: something may be typed in it.
    pub close: bool,
}

/// A dialog with a heading and ×, contents, and buttons that stay where they are while the contents are scrolled.
/// Buttons are laid out from the right; both get `state`.
pub fn form<S: ?Sized, R, F>(
    ctx: &egui::Context,
    id: impl std::hash::Hash,
    shape: FormShape<'_>,
    state: &mut S,
    contents: impl FnOnce(&mut S, &mut Ui) -> R,
    buttons: impl FnOnce(&mut S, &mut Ui) -> F,
) -> Form<R, F> {
    let theme = Theme::get(ctx);
    let screen = ctx.content_rect();
    let width = shape.width.min(screen.width() - 3.0 * space::XL);
    let most = (screen.height() - 192.0).max(80.0);
    let id = Id::unique(("form", egui::util::hash(id)));
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(egui::Margin::same(16));
    let opening = Opening::begin(ctx, id);
    let modal = Modal::new(id).backdrop_color(theme.scrim).frame(frame);
    let shown = modal.show(ctx, |ui| {
        ui.set_width(width);
        let room = heading(ui, shape.heading);
        ui.add_space(space::S);
        let height = shape.height.map(|height| height.min(most));
        let contents = |ui: &mut Ui, state: &mut S| {
            if !shape.scroll {
                return contents(state, ui);
            }
            let area = ScrollArea::vertical().auto_shrink([false, height.is_none()]);
            let area = match height {
                Some(height) => area.max_height(height).min_scrolled_height(height),
                None => area.max_height(most),
            };
            area.show(ui, |ui| {
                // Room for the scroll bar, and for the frames of what has the focus.
                egui::Frame::new()
                    .inner_margin(egui::Margin { left: 0, right: 10, top: 2, bottom: 2 })
                    .show(ui, |ui| {
                        let inner = contents(state, ui);
                        follow_focus(ui);
                        inner
                    })
                    .inner
            })
            .inner
        };
        let inner = match height {
            // What is too wide for it is cut off, and pushes no button out of the window.
            Some(height) => {
                let (_, rect) = ui.allocate_space(vec2(width, height));
                let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect));
                inside.shrink_clip_rect(rect.expand(2.0));
                contents(&mut inside, state)
            }
            None => contents(ui, state),
        };
        ui.add_space(space::S);
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let size = vec2(width, 0.0);
        let buttons = ui.allocate_ui_with_layout(size, layout, |ui| buttons(state, ui)).inner;
        let close = cross(ui, room);
        opening.end(ui);
        (inner, buttons, close)
    });
    // Where it stands follows from how large it was in the frame before.
    let size = shown.response.rect.size();
    if ctx.data(|data| data.get_temp(id)) != Some(size) {
        ctx.data_mut(|data| data.insert_temp(id, size));
        ctx.request_repaint();
    }
    let escaped = shown.is_top_modal
        && !shown.any_popup_open
        && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    let (inner, buttons, crossed) = shown.inner;
    Form { inner, buttons, close: crossed || escaped }
}

/// Brings what has just got the focus into view, when a key moved it out of what is seen. Called at the end of what is
/// scrolled.
pub fn follow_focus(ui: &Ui) {
    let key = Id::unique("followed focus");
    let Some(focus) = ui.memory(egui::Memory::focused) else { return };
    if ui.data(|data| data.get_temp::<Id>(key)) == Some(focus) {
        return;
    }
    // Not `read_response`, which may take the focus away.
    let found = ui.ctx().viewport(|viewport| viewport.this_pass.widgets.get(focus).copied());
    let Some(found) = found else { return };
    if found.layer_id != ui.layer_id() {
        return;
    }
    let clip = ui.clip_rect();
    // What stands beside the scrolled part is seen outside of it.
    let is_beside = found.interact_rect.is_positive() && !found.interact_rect.intersects(clip);
    if is_beside || !ui.min_rect().contains(found.rect.center()) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(key, focus));
    if found.rect.top() < clip.top() || found.rect.bottom() > clip.bottom() {
        ui.scroll_to_rect(found.rect.expand(space::XL), None);
    }
}

/// Small words that explain what stands above them.
pub fn note(ui: &mut Ui, words: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.muted)).wrap())
}

/// A box to tick, with small words below it that say what that does.
pub fn switch(ui: &mut Ui, on: &mut bool, words: &str, explained: &str) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = 24.0;
        let response = ui.checkbox(on, words);
        ui.horizontal_top(|ui| {
            // Below the words, not below the box.
            ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
            note(ui, explained);
        });
        response
    })
    .inner
}

/// What is wrong, below what it is wrong with.
pub fn fault(ui: &mut Ui, words: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.bad)).wrap())
}

/// A button with a dashed frame as wide as there is room: adds one more of what stands above.
pub fn dashed_button(ui: &mut Ui, mark: Icon, words: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    let wanted = vec2(ui.available_width(), size::CONTROL + space::S);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
    if ui.is_rect_visible(rect) {
        let lit = response.hovered() || response.has_focus();
        let colour = if lit { theme.accent } else { theme.muted };
        let line = if lit { theme.accent } else { theme.line_strong };
        let painter = ui.painter();
        if lit {
            painter.rect_filled(rect, CornerRadius::same(radius::LARGE), theme.hover);
        }
        let inner = rect.shrink(1.0);
        let corners = [
            inner.left_top(),
            inner.right_top(),
            inner.right_bottom(),
            inner.left_bottom(),
            inner.left_top(),
        ];
        painter.extend(Shape::dashed_line(&corners, Stroke::new(1.0, line), 5.0, 4.0));
        let mark = char::from(mark).to_string();
        let mark = painter.layout_no_wrap(mark, icons(size::ICON), colour);
        let text = egui::FontId::proportional(size::BODY);
        let text = painter.layout_no_wrap(words.to_owned(), text, colour);
        let left = rect.center().x - (mark.size().x + space::XS + text.size().x) / 2.0;
        let middle = rect.center().y;
        let text_left = left + mark.size().x + space::XS;
        painter.galley(egui::pos2(left, middle - mark.size().y / 2.0), mark, colour);
        painter.galley(egui::pos2(text_left, middle - text.size().y / 2.0), text, colour);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
