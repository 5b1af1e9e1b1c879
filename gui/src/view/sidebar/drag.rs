//! Dragging sessions and groups.

use egui::Ui;
use orchestrator::seam::SessionId;

use super::arrange::{Heading, List};
use super::data::SidebarAct;
use super::order::{Moved, Target, group_moved, moved};
use super::row::SESSION;
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
        // What stands below it stays there only in the same group.
        for session in std::iter::once(session).chain(&moved.below) {
            acts.push(SidebarAct::Group { session: session.clone(), group: group.clone() });
        }
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
    let target = if behind { Target::Behind(id.clone()) } else { Target::Before(id.clone()) };
    let Some(moved) = moved(list, session, &target) else { return };
    let theme = Theme::get(ui.ctx());
    let stroke = egui::Stroke::new(2.0, theme.accent);
    let y = landing(list, session, id, &moved, row.rect);
    ui.painter().hline(row.rect.x_range().shrink(space::XS), y, stroke);
    if row.dnd_release_payload::<Dragged>().is_some() {
        place(session, moved, acts);
    }
}

/// Where a session would come to stand, seen from the row of `id`: above it, or below the last row of what is beneath it.
fn landing(
    list: &List,
    session: &SessionId,
    id: &SessionId,
    moved: &Moved,
    row: egui::Rect,
) -> f32 {
    let here = list.row_of(id).unwrap_or_default();
    let at = moved.order.iter().position(|known| known == session);
    let before = at.and_then(|at| moved.order.get(at.checked_sub(1)?));
    let mut place = before.and_then(|before| list.place_of(before));
    // What is folded stands in the row above it.
    while let Some(at) = place {
        let last = list.sessions.get(at).and_then(|last| list.row_of(&last.session));
        match last {
            Some(last) if last >= here => {
                let rows = u16::try_from(last - here).unwrap_or(u16::MAX);
                return row.bottom() + f32::from(rows) * SESSION;
            }
            Some(_) => break,
            None => place = list.above(at),
        }
    }
    row.top()
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
