//! A window for tests of views: without pixels, found by role and name.

use egui::Ui;
use egui_kittest::Harness;

use crate::fonts;
use crate::theme::Theme;

/// A view with its state in a window of 1,000 by 700 points, in our fonts and colours.
pub fn harness<'a, S: 'a>(state: S, mut view: impl FnMut(&mut Ui, &mut S) + 'a) -> Harness<'a, S> {
    let mut is_set_up = false;
    Harness::builder().with_size(egui::vec2(1000.0, 700.0)).build_ui_state(
        move |ui, state| {
            if !is_set_up {
                is_set_up = true;
                ui.ctx().set_fonts(fonts::definitions());
                Theme::DARK.put(ui.ctx());
                // The fonts count from the next frame on.
                ui.ctx().request_repaint();
                return;
            }
            view(ui, state);
        },
        state,
    )
}
