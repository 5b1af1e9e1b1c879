//! Icons.

use egui::{Color32, Label, Response, RichText, Role, Ui, WidgetInfo};
use lucide_icons::Icon;

use crate::theme::{icons, size};

/// An icon as text, for where text goes.
pub fn glyph(icon: Icon, points: f32) -> RichText {
    RichText::new(char::from(icon)).font(icons(points))
}

/// An icon that only decorates: it has no name, and words stand beside it.
pub fn icon(ui: &mut Ui, icon: Icon, colour: Color32) {
    icon_sized(ui, icon, size::ICON, colour);
}

/// The same in a size of its own.
pub fn icon_sized(ui: &mut Ui, icon: Icon, points: f32, colour: Color32) -> Response {
    let text = glyph(icon, points).color(colour);
    let response = ui.add(Label::new(text).selectable(false));
    // Its letter means nothing to who hears it.
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, ""));
    response
}
