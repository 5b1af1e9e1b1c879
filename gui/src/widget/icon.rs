//! Icons.

use egui::{Color32, Label, RichText, Ui};
use lucide_icons::Icon;

use crate::theme::{icons, size};

/// An icon as text, for where text goes.
pub fn glyph(icon: Icon, points: f32) -> RichText {
    RichText::new(char::from(icon)).font(icons(points))
}

/// An icon that only decorates: it has no name, and words stand beside it.
pub fn icon(ui: &mut Ui, icon: Icon, colour: Color32) {
    let text = glyph(icon, size::ICON).color(colour);
    ui.add(Label::new(text).selectable(false));
}
