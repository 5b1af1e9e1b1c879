//! Parts of a page that keep their identity.

use std::hash::Hash;

use egui::{Id, InnerResponse, Ui, UiBuilder};

/// A part of a page, below what was drawn before it. Its widgets are the same ones whatever comes and goes above: a click that is
/// under way while a line of news appears there is not lost. Only one part of that name may be drawn in a frame.
pub fn part<R>(
    ui: &mut Ui,
    name: impl Hash + std::fmt::Debug,
    content: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    ui.scope_builder(UiBuilder::new().scope_id(Id::unique(("part", name))), content)
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;

    #[test]
    fn a_click_counts_also_in_the_frame_in_which_something_appears_above() {
        let mut clicked = 0;
        let draw = |ui: &mut Ui, (above, clicked): &mut (bool, u32)| {
            if *above {
                // In the same place as the button was, but for its identity: nothing moves.
                ui.place(egui::Rect::ZERO, egui::Label::new(""));
            }
            part(ui, "below", |ui| {
                if ui.button("Go").clicked() {
                    *clicked += 1;
                }
            });
        };
        let mut harness = Harness::new_ui_state(draw, (false, clicked));
        harness.step();
        let pos = egui_kittest::kittest::Queryable::get_by_label(&harness, "Go").rect().center();
        let button = |pressed| egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        };
        harness.input_mut().events.extend([egui::Event::PointerMoved(pos), button(true)]);
        harness.step();
        harness.state_mut().0 = true;
        harness.input_mut().events.push(button(false));
        harness.step();
        clicked += harness.state().1;
        assert_eq!(clicked, 1);
    }
}
