//! What dragging, and moving by keys, makes of the order.

use orchestrator::seam::SessionId;

use super::arrange::{Heading, List, Row};

/// Where something is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Right before that session.
    Before(SessionId),
    /// Right behind that session.
    Behind(SessionId),
    /// First under that heading.
    Under(Heading),
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Up.
    Up,
    /// Down.
    Down,
}

/// What came of moving a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// All sessions in their new order.
    pub order: Vec<SessionId>,
    /// Its group, if that is another one now; an inner `None` is no group.
    pub group: Option<Option<String>>,
    /// Whether it stands on top, if that changed.
    pub bookmark: Option<bool>,
}

/// Puts a session somewhere else; `None` when it stays where it is.
pub fn moved(list: &List, session: &SessionId, target: &Target) -> Option<Moved> {
    let (_, from) = list.sessions.iter().find(|(id, _)| id == session)?;
    let mut others: Vec<&(SessionId, Heading)> =
        list.sessions.iter().filter(|(id, _)| id != session).collect();
    let (at, to) = match target {
        Target::Before(other) | Target::Behind(other) => {
            let at = others.iter().position(|(id, _)| id == other)?;
            let behind = usize::from(matches!(target, Target::Behind(_)));
            (at + behind, &others.get(at)?.1)
        }
        Target::Under(heading) => {
            let at = others.iter().position(|(_, of)| of == heading).unwrap_or(others.len());
            (at, heading)
        }
    };
    let entry = (session.clone(), to.clone());
    others.insert(at, &entry);
    let order: Vec<SessionId> = others.into_iter().map(|(id, _)| id.clone()).collect();
    let same_order = order.iter().eq(list.sessions.iter().map(|(id, _)| id));
    if same_order && from == to {
        return None;
    }
    let bookmarked = |heading: &Heading| *heading == Heading::Bookmarks;
    let group = match to {
        // On top it keeps the group that it will go back to.
        Heading::Bookmarks => None,
        Heading::Group(name) => (from != to).then(|| Some(name.clone())),
        Heading::Others => (from != to).then_some(None),
    };
    let bookmark = (bookmarked(from) != bookmarked(to)).then(|| bookmarked(to));
    Some(Moved { order, group, bookmark })
}

/// Moves a session by one row: past its neighbour, or into the group above or below. Bookmarks are neither left nor
/// entered so.
pub fn step(list: &List, session: &SessionId, step: Step) -> Option<Moved> {
    let at = list.row_of(session)?;
    let next = match step {
        Step::Up => at.checked_sub(1)?,
        Step::Down => at + 1,
    };
    let target = match (list.rows.get(next)?, step) {
        (Row::Session(other), Step::Up) => Target::Before(other.clone()),
        (Row::Session(other), Step::Down) => Target::Behind(other.clone()),
        (Row::Heading { heading, .. }, Step::Down) => Target::Under(heading.clone()),
        (Row::Heading { .. }, Step::Up) => {
            let above = list.rows[..next].iter().rev();
            let heading = above.into_iter().find_map(|row| match row {
                Row::Heading { heading, .. } => Some(heading),
                Row::Session(_) => None,
            })?;
            let last = list.sessions.iter().rev().find(|(_, of)| of == heading)?;
            Target::Behind(last.0.clone())
        }
    };
    let moved = moved(list, session, &target)?;
    moved.bookmark.is_none().then_some(moved)
}

/// Puts a group before another one, or behind all; `None` when it stays where it is.
pub fn group_moved(groups: &[String], group: &str, before: Option<&str>) -> Option<Vec<String>> {
    let mut order: Vec<String> = groups.iter().filter(|name| *name != group).cloned().collect();
    let at = match before {
        Some(before) => order.iter().position(|name| name == before)?,
        None => order.len(),
    };
    order.insert(at, group.to_owned());
    (order != groups).then_some(order)
}
