//! Icons.

use egui::{Color32, Response, RichText, Sense, Ui};
use lucide_icons::Icon;

use crate::theme::{icons, size};

/// An icon as text, for where text goes.
pub fn glyph(icon: Icon, points: f32) -> RichText {
    RichText::new(char::from(icon)).font(icons(points))
}

/// An icon that only decorates: who hears the window doesn't hear of it, and words stand beside it.
pub fn icon(ui: &mut Ui, icon: Icon, colour: Color32) {
    icon_sized(ui, icon, size::ICON, colour);
}

/// The same in a size of its own.
pub fn icon_sized(ui: &mut Ui, icon: Icon, points: f32, colour: Color32) -> Response {
    // Drawn, and not a label: its letter means nothing.
    let letter = char::from(icon).to_string();
    let galley = ui.painter().layout_no_wrap(letter, icons(points), colour);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
    response
}
