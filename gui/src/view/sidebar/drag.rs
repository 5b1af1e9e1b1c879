//! Dragging sessions and groups.

use egui::Ui;
use orchestrator::seam::SessionId;

use super::arrange::{Heading, List};
use super::data::SidebarAct;
use super::order::{Moved, Target, group_moved, moved};
use crate::theme::{Theme, space};

/// What is dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dragged {
    Session(SessionId),
    Group(String),
}

/// Tells of a session that was moved.
pub(super) fn place(session: &SessionId, moved: Moved, acts: &mut Vec<SidebarAct>) {
    if let Some(on) = moved.bookmark {
        acts.push(SidebarAct::Bookmark { session: session.clone(), on });
    }
    if let Some(group) = moved.group {
        acts.push(SidebarAct::Group { session: session.clone(), group });
    }
    acts.push(SidebarAct::Order(moved.order));
}

/// Shows where a session would go, and puts it there.
pub(super) fn drop_on_session(
    ui: &Ui,
    row: &egui::Response,
    id: &SessionId,
    list: &List,
    acts: &mut Vec<SidebarAct>,
) {
    let Some(dragged) = row.dnd_hover_payload::<Dragged>() else { return };
    let Dragged::Session(session) = dragged.as_ref() else { return };
    if session == id {
        return;
    }
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let behind = pointer.is_some_and(|at| at.y > row.rect.center().y);
    let theme = Theme::get(ui.ctx());
    let y = if behind { row.rect.bottom() } else { row.rect.top() };
    let stroke = egui::Stroke::new(2.0, theme.accent);
    ui.painter().hline(row.rect.x_range().shrink(space::XS), y, stroke);
    if let Some(dropped) = row.dnd_release_payload::<Dragged>()
        && let Dragged::Session(session) = dropped.as_ref()
    {
        let target = if behind { Target::Behind(id.clone()) } else { Target::Before(id.clone()) };
        if let Some(moved) = moved(list, session, &target) {
            place(session, moved, acts);
        }
    }
}

/// The same on a heading, for groups, too.
pub(super) fn drop_on_heading(
    ui: &Ui,
    row: &egui::Response,
    heading: &Heading,
    list: &List,
    acts: &mut Vec<SidebarAct>,
) {
    let Some(dragged) = row.dnd_hover_payload::<Dragged>() else { return };
    let theme = Theme::get(ui.ctx());
    let stroke = egui::Stroke::new(2.0, theme.accent);
    match dragged.as_ref() {
        Dragged::Session(_) => {
            ui.painter().rect_stroke(row.rect, 6.0, stroke, egui::StrokeKind::Inside);
        }
        Dragged::Group(_) => {
            ui.painter().hline(row.rect.x_range(), row.rect.top(), stroke);
        }
    }
    let Some(dropped) = row.dnd_release_payload::<Dragged>() else { return };
    match dropped.as_ref() {
        Dragged::Session(session) => {
            if let Some(moved) = moved(list, session, &Target::Under(heading.clone())) {
                place(session, moved, acts);
            }
        }
        Dragged::Group(group) => {
            let before = match heading {
                Heading::Group(name) => Some(name.as_str()),
                Heading::Bookmarks => list.groups.first().map(String::as_str),
                Heading::Others => None,
            };
            if before != Some(group) {
                let order = group_moved(&list.groups, group, before);
                acts.extend(order.map(SidebarAct::GroupOrder));
            }
        }
    }
}

/// How far to scroll while something is held near the list's upper or lower edge.
pub(super) fn scroll_at_edges(ui: &Ui) -> Option<f32> {
    const NEAR: f32 = 28.0;
    const STEP: f32 = 7.0;
    if !egui::DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx()) {
        return None;
    }
    let at = ui.input(|input| input.pointer.latest_pos())?;
    let list = ui.available_rect_before_wrap();
    if !list.x_range().contains(at.x) {
        None
    } else if at.y < list.top() + NEAR {
        Some(-STEP)
    } else if at.y > list.bottom() - NEAR {
        Some(STEP)
    } else {
        None
    }
}
