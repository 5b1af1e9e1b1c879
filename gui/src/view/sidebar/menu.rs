//! What can be done with a session, from its row.

use egui::{Response, Ui};
use orchestrator::seam::{Session, SessionId};

use super::arrange::Place;
use super::data::SidebarAct;
use super::view::fold_below;
use crate::widget::{ByKeys, show_menu};
use crate::words::clean_line;

/// What a menu was asked for that the view itself has to do.
pub(super) enum Picked {
    /// For the one who uses the view.
    Act(SidebarAct),
    /// Let the name be edited.
    Rename,
    /// Ask for a new group's name.
    NewGroup(SessionId),
}

/// The menu of a session's row: on a right click, or below the row by keys (and whether just now).
pub(super) fn session_menu(
    row: &Response,
    by_keys: ByKeys,
    session: &Session,
    place: Option<&Place>,
    groups: &[String],
    bookmarked: bool,
) -> Option<Picked> {
    show_menu(row, by_keys, "Session", |ui| entries(ui, session, place, groups, bookmarked))
}

/// The menu of a group's heading, asked for in the same ways.
pub(super) fn group_menu(row: &Response, by_keys: ByKeys, name: &str) -> Option<Picked> {
    show_menu(row, by_keys, "Group", |ui| {
        let mut picked = None;
        if ui.button("Rename group…").clicked() {
            picked = Some(Picked::Rename);
        }
        if ui.button("Take the group away").clicked() {
            let from = name.to_owned();
            picked = Some(Picked::Act(SidebarAct::RenameGroup { from, to: None }));
        }
        picked
    })
}

fn entries(
    ui: &mut Ui,
    session: &Session,
    place: Option<&Place>,
    groups: &[String],
    bookmarked: bool,
) -> Option<Picked> {
    let id = &session.id;
    let mut picked = None;
    if ui.button("Rename…").clicked() {
        picked = Some(Picked::Rename);
    }
    ui.menu_button("Move to group", |ui| {
        for group in groups.iter().filter(|name| Some(*name) != session.group.as_ref()) {
            if ui.button(clean_line(group)).clicked() {
                let group = Some(group.clone());
                picked = Some(Picked::Act(SidebarAct::Group { session: id.clone(), group }));
            }
        }
        if session.group.is_some() && ui.button("No group").clicked() {
            picked = Some(Picked::Act(SidebarAct::Group { session: id.clone(), group: None }));
        }
        if ui.button("New group…").clicked() {
            picked = Some(Picked::NewGroup(id.clone()));
        }
    });
    let words = if bookmarked { "Remove bookmark" } else { "Bookmark" };
    if ui.button(words).clicked() {
        picked = Some(Picked::Act(SidebarAct::Bookmark { session: id.clone(), on: !bookmarked }));
    }
    if let Some(place) = place.filter(|place| place.below > 0) {
        let words = if place.folded { "Unfold what is below" } else { "Fold what is below" };
        if ui.button(words).clicked() {
            picked = Some(Picked::Act(fold_below(id, !place.folded)));
        }
    }
    ui.separator();
    let acts = [
        ("Edit…", SidebarAct::Edit(id.clone())),
        ("Fresh conversation", SidebarAct::Fresh(id.clone())),
        ("Duplicate…", SidebarAct::Duplicate(id.clone())),
    ];
    for (words, act) in acts {
        if ui.button(words).clicked() {
            picked = Some(Picked::Act(act));
        }
    }
    ui.separator();
    if ui.button("Remove…").clicked() {
        picked = Some(Picked::Act(SidebarAct::Remove(id.clone())));
    }
    picked
}
