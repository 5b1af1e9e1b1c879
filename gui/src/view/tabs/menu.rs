//! What can be done with a tab, from the tab.

use egui::Response;
use orchestrator::seam::TabId;

use super::{TabsAct, stepped};
use crate::widget::{ByKeys, show_menu};

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
    by_keys: ByKeys,
    tab: &TabId,
    open: &[TabId],
    named: bool,
) -> Option<Picked> {
    show_menu(response, by_keys, "Tab", |ui| {
        let mut picked = None;
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
        picked
    })
}
