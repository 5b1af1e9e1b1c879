//! What can be done with a tab, from the tab.

use egui::{Popup, Response, SetOpenCommand};
use orchestrator::seam::TabId;

use super::{TabsAct, stepped};

/// What was picked.
pub(super) enum Picked {
    /// For the one who uses the view.
    Act(TabsAct),
    /// Let the name be edited.
    Rename,
    /// Give it its number back.
    Unname,
}

/// The menu of a tab: on a right click, or below the tab by keys (and whether just now).
pub(super) fn tab_menu(
    response: &Response,
    by_keys: Option<bool>,
    tab: &TabId,
    open: &[TabId],
    named: bool,
) -> Option<Picked> {
    let command = if response.secondary_clicked() || by_keys == Some(true) {
        Some(SetOpenCommand::Bool(true))
    } else if response.clicked() {
        Some(SetOpenCommand::Bool(false))
    } else {
        None
    };
    let mut popup = Popup::menu(response).open_memory(command).accessible_name("Tab");
    if by_keys.is_none() {
        popup = popup.at_pointer_fixed();
    }
    let mut picked = None;
    popup.show(|ui| {
        ui.set_min_width(160.0);
        if ui.button("Rename…").clicked() {
            picked = Some(Picked::Rename);
        }
        if named && ui.button("Remove name").clicked() {
            picked = Some(Picked::Unname);
        }
        for (words, right) in [("Move left", false), ("Move right", true)] {
            let place = stepped(open, tab, right);
            if ui.add_enabled(place.is_some(), egui::Button::new(words)).clicked()
                && let Some(before) = place
            {
                picked = Some(Picked::Act(TabsAct::Move { tab: tab.clone(), before }));
            }
        }
        ui.separator();
        if ui.button("Close").clicked() {
            picked = Some(Picked::Act(TabsAct::Close(tab.clone())));
        }
    });
    picked
}
