//! A window for tests of views: without pixels, found by role and name.

use egui::{Key, Role, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

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

/// Clicks the button of that name.
pub fn press<S>(window: &mut Harness<'_, S>, button: &str) {
    window.get_by_role_and_label(Role::Button, button).click();
    window.run();
}

/// Types into the field of that name.
pub fn type_into<S>(window: &mut Harness<'_, S>, label: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, label).focus();
    window.run();
    window.get_by_role_and_label(Role::TextInput, label).type_text(text);
    window.run();
}

/// What has the focus, by its name.
pub fn focused<S>(window: &Harness<'_, S>) -> Option<String> {
    let found = window.root().children_recursive().find(|node| node.is_focused());
    found.and_then(|node| node.accesskit_node().label())
}

/// What gets the focus with each press of Tab, by names: from what has it now until that has it again.
pub fn focus_order<S>(window: &mut Harness<'_, S>) -> Vec<String> {
    /// More than any dialog has.
    const MOST: usize = 100;
    let mut names = vec![focused(window).unwrap_or_else(|| "nothing".to_owned())];
    while names.len() < MOST {
        window.key_press(Key::Tab);
        window.run();
        match focused(window) {
            Some(name) if names.first() != Some(&name) => names.push(name),
            Some(_) | None => break,
        }
    }
    names
}
