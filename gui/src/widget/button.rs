//! Buttons.

use egui::{Button, Color32, Response, RichText, Role, Stroke, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::glyph;
use crate::theme::{Theme, size};

/// What a button is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What most people want here: one a dialog.
    Primary,
    /// Anything else.
    Plain,
    /// Takes something away.
    Danger,
    /// Without a frame until the pointer is on it.
    Quiet,
}

/// A button with words on it.
pub fn button(ui: &mut Ui, kind: Kind, words: &str) -> Response {
    button_enabled(ui, true, kind, words)
}

/// The same, greyed when it can't be used; say why with `on_disabled_hover_text`.
pub fn button_enabled(ui: &mut Ui, enabled: bool, kind: Kind, words: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    let text = RichText::new(words).size(size::BODY);
    let button = match kind {
        Kind::Primary => {
            Button::new(text.color(theme.on_accent)).fill(theme.accent).stroke(Stroke::NONE)
        }
        Kind::Plain => Button::new(text),
        Kind::Danger => {
            Button::new(text.color(theme.bad)).stroke(Stroke::new(1.0, theme.rim(theme.bad)))
        }
        Kind::Quiet => Button::new(text.color(theme.muted)).frame_when_inactive(false),
    };
    ui.add_enabled(enabled, button)
}

/// A button that is an icon; `name` is what it does, for the pointer and for screen readers.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_button_enabled(ui, true, icon, name, None)
}

/// The same, greyed when it can't be used, or in a colour of its own.
pub fn icon_button_enabled(
    ui: &mut Ui,
    enabled: bool,
    icon: Icon,
    name: &str,
    colour: Option<Color32>,
) -> Response {
    let theme = Theme::get(ui.ctx());
    let text = glyph(icon, size::ICON).color(colour.unwrap_or(theme.muted));
    let button = Button::new(text)
        .frame_when_inactive(false)
        .min_size(egui::vec2(size::CONTROL - 4.0, size::CONTROL - 4.0));
    let response = ui.add_enabled(enabled, button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    response.on_hover_text(name).on_disabled_hover_text(name)
}

/// An icon in a small space: inside of a field, a tab, a row.
pub fn small_icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    ui.spacing_mut().button_padding = egui::vec2(4.0, 3.0);
    let theme = Theme::get(ui.ctx());
    let text = glyph(icon, size::SMALL + 1.5).color(theme.muted);
    let response = ui.add(Button::new(text).frame_when_inactive(false).min_size(egui::Vec2::ZERO));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response.on_hover_text(name)
}

/// Words in a line of small letters, to be pressed.
pub fn small_button(ui: &mut Ui, words: &str, colour: Color32) -> Response {
    let text = RichText::new(words).size(size::SMALL).color(colour);
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::vec2(6.0, 3.0));
    let response = ui.add(Button::new(text).frame_when_inactive(false).min_size(egui::Vec2::ZERO));
    ui.spacing_mut().button_padding = padding;
    response
}

/// An icon that is on or off.
pub fn toggle(ui: &mut Ui, on: &mut bool, icon: Icon, name: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    let colour = if *on { theme.accent } else { theme.muted };
    let fill = if *on { theme.tint(theme.accent) } else { Color32::TRANSPARENT };
    let button = Button::new(glyph(icon, size::ICON).color(colour))
        .fill(fill)
        .stroke(Stroke::NONE)
        .min_size(egui::vec2(size::CONTROL - 4.0, size::CONTROL - 4.0));
    let mut response = ui.add(button);
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let is_on = *on;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
    response.on_hover_text(name)
}
