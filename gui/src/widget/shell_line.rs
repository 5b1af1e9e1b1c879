//! Lines for a terminal, to be copied.

use egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Response, RichText, Stroke, Ui, vec2,
};
use lucide_icons::Icon;

use super::icon_button;
use crate::theme::{Theme, radius, size};

/// The command lines that stand between backquotes in a hint.
pub fn shell_lines(hint: &str) -> impl Iterator<Item = &str> {
    // Every second part is inside; the last one is inside only where a quote was never closed.
    let closed = hint.matches('`').count() / 2;
    hint.split('`').skip(1).step_by(2).take(closed).filter(|line| line.contains(' '))
}

/// A line for a terminal with a button that copies it; says whether it was copied.
pub fn shell_line(ui: &mut Ui, line: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    let font = egui::FontId::monospace(size::CODE);
    let galley = ui.painter().layout_no_wrap(line.to_owned(), font, theme.text);
    // Its own width where there is room; the padding and the space before the button are 20.
    let wanted = galley.size().x + size::ICON_BUTTON + 20.0;
    let width = wanted.min(ui.available_width());
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, size::CONTROL), layout, |ui| {
        Frame::new()
            .fill(theme.sunken)
            .stroke(Stroke::new(1.0, theme.line))
            .corner_radius(CornerRadius::same(radius::SMALL))
            .inner_margin(Margin { left: 8, right: 2, top: 1, bottom: 1 })
            .show(ui, |ui| {
                // From the right: a line that is cut short ends before its room does.
                let inside = vec2((width - 12.0).max(0.0), size::CONTROL - 4.0);
                let layout = Layout::right_to_left(Align::Center);
                ui.allocate_ui_with_layout(inside, layout, |ui| {
                    let copy = icon_button(ui, Icon::Copy, &format!("Copy {line}"));
                    if copy.clicked() {
                        ui.ctx().copy_text(line.to_owned());
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let text = RichText::new(line).monospace().size(size::CODE);
                        let text = text.color(theme.text);
                        ui.add(Label::new(text).truncate()).on_hover_text(line);
                    });
                    copy
                })
                .inner
            })
            .inner
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::shell_lines;

    #[test]
    fn the_lines_of_a_hint_are_what_stands_between_backquotes() {
        let of = |hint| shell_lines(hint).collect::<Vec<&str>>();
        assert_eq!(of("Remove the old key: `ssh-keygen -R box`"), ["ssh-keygen -R box"]);
        assert_eq!(of("Run `a b`, then `c d`."), ["a b", "c d"]);
        assert_eq!(of("leave `host` out"), Vec::<&str>::new());
        assert_eq!(of("a ` b c"), Vec::<&str>::new());
        assert_eq!(of(""), Vec::<&str>::new());
    }
}
