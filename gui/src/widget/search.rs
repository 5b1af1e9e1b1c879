//! A field to find things by.

use egui::{Id, Key, Modifiers, Response, RichText, TextEdit, Ui, UiBuilder};
use lucide_icons::Icon;

use super::small_icon_button;
use crate::theme::{Theme, size, space};

/// What a person did in a search field.
#[derive(Debug)]
pub struct Searched {
    /// The field.
    pub response: Response,
    /// ↓ or Enter: on to what was found.
    pub go_on: bool,
    /// Whether it was Enter.
    pub entered: bool,
}

/// The id of a search field, to give it the focus.
pub fn search_id(id: &str) -> Id {
    Id::unique(("search", id))
}

/// A line of text with a magnifying glass and ×; `name` is what it does. Escape clears it first and leaves it then.
pub fn search_field(ui: &mut Ui, id: &str, name: &str, text: &mut String) -> Searched {
    let theme = Theme::get(ui.ctx());
    let field = search_id(id);
    let focused = ui.memory(|memory| memory.has_focus(field));
    let down = focused && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, size::CONTROL), egui::Sense::hover());
    let edit = TextEdit::singleline(text)
        .id(field)
        .hint_text(RichText::new(name).color(theme.muted))
        .desired_width(width)
        .margin(egui::Margin { left: 28, right: 28, top: 6, bottom: 6 });
    let mut response = ui.put(rect, edit);
    let node = response.id;
    ui.ctx().accesskit_node_builder(node, |node| node.set_label(name));
    let at = rect.left_center() + egui::vec2(space::S, 0.0);
    ui.painter().text(
        at,
        egui::Align2::LEFT_CENTER,
        char::from(Icon::Search),
        crate::theme::icons(size::ICON - 1.0),
        theme.muted,
    );
    if !text.is_empty() {
        let place = egui::Rect::from_center_size(
            rect.right_center() - egui::vec2(14.0, 0.0),
            egui::vec2(26.0, 26.0),
        );
        let mut place = ui.new_child(UiBuilder::new().max_rect(place));
        let clear = small_icon_button(&mut place, Icon::X, "Clear");
        if clear.clicked() {
            text.clear();
            response.mark_changed();
            response.request_focus();
        }
    }
    let key = |key| ui.input(|input| input.key_pressed(key));
    if response.lost_focus() && key(Key::Escape) && !text.is_empty() {
        text.clear();
        response.mark_changed();
        response.request_focus();
    }
    // Used up: what gets the focus now isn't clicked by it.
    let entered = response.lost_focus()
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    Searched { response, go_on: down || entered, entered }
}
