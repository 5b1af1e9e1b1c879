//! What dragging, and moving by keys, makes of the order.

use orchestrator::seam::SessionId;

use super::arrange::{Heading, List, Place, Row};

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
    /// What stands below it, and goes into the group with it.
    pub below: Vec<SessionId>,
    /// Whether it stands on top, if that changed.
    pub bookmark: Option<bool>,
}

/// Puts a session somewhere else, with what stands below it; `None` when it stays where it is.
///
/// One that stands below another one moves among those beside it. It leaves them only for another part.
pub fn moved(list: &List, session: &SessionId, target: &Target) -> Option<Moved> {
    let first = list.place_of(session)?;
    let from = list.sessions.get(first)?;
    let behind = first + 1 + from.below;
    let (at, to) = match target {
        Target::Before(other) | Target::Behind(other) => {
            let other = list.place_of(other)?;
            if (first..behind).contains(&other) {
                return None;
            }
            let to = &list.sessions.get(other)?.heading;
            let stays_below = from.depth > 0 && *to == from.heading;
            let (beside, is_it) = beside(list, other, if stays_below { from.depth } else { 0 })?;
            if stays_below && list.above(beside) != list.above(first) {
                return None;
            }
            // What is beneath a session comes before what is put behind it.
            let before = is_it && matches!(target, Target::Before(_));
            let at = if before { beside } else { beside + 1 + list.sessions.get(beside)?.below };
            (at, to)
        }
        Target::Under(heading) if from.depth > 0 && *heading == from.heading => return None,
        Target::Under(heading) => {
            let at = list.sessions.iter().position(|place| place.heading == *heading);
            (at.unwrap_or(list.sessions.len()), heading)
        }
    };
    let block = list.sessions.get(first..behind)?;
    let outside = |range: std::ops::Range<usize>| {
        range.filter(|at| !(first..behind).contains(at)).filter_map(|at| list.sessions.get(at))
    };
    let id = |place: &Place| place.session.clone();
    let order: Vec<SessionId> =
        outside(0..at).chain(block).chain(outside(at..list.sessions.len())).map(id).collect();
    let same_order = order.iter().eq(list.sessions.iter().map(|place| &place.session));
    if same_order && from.heading == *to {
        return None;
    }
    let bookmarked = |heading: &Heading| *heading == Heading::Bookmarks;
    let group = match to {
        // On top it keeps the group that it will go back to.
        Heading::Bookmarks => None,
        Heading::Group(name) => (from.heading != *to).then(|| Some(name.clone())),
        Heading::Others => (from.heading != *to).then_some(None),
    };
    let bookmark = (bookmarked(&from.heading) != bookmarked(to)).then(|| bookmarked(to));
    let below = block.iter().skip(1).map(id).collect();
    Some(Moved { order, group, below, bookmark })
}

/// The place at that depth that the one at `at` is, or is below; and whether it is that one itself.
fn beside(list: &List, at: usize, depth: usize) -> Option<(usize, bool)> {
    let mut beside = at;
    while list.sessions.get(beside)?.depth > depth {
        beside = list.above(beside)?;
    }
    (list.sessions.get(beside)?.depth == depth).then_some((beside, beside == at))
}

/// Moves a session by one: past its neighbour, or into the group above or below. Bookmarks are neither left nor
/// entered so, and what stands below a session stays there.
pub fn step(list: &List, session: &SessionId, step: Step) -> Option<Moved> {
    let at = list.place_of(session)?;
    let place = list.sessions.get(at)?;
    let beside = |other: &usize| {
        list.sessions
            .get(*other)
            .is_some_and(|other| (other.depth, &other.heading) == (place.depth, &place.heading))
            && list.above(*other) == list.above(at)
    };
    let neighbour = match step {
        Step::Up => (0..at).rev().find(beside),
        Step::Down => Some(at + 1 + place.below).filter(beside),
    };
    let target = match (neighbour.and_then(|other| list.sessions.get(other)), step) {
        (Some(other), Step::Up) => Target::Before(other.session.clone()),
        (Some(other), Step::Down) => Target::Behind(other.session.clone()),
        (None, _) if place.depth > 0 => return None,
        (None, step) => next_part(list, &place.heading, step)?,
    };
    let moved = moved(list, session, &target)?;
    moved.bookmark.is_none().then_some(moved)
}

/// The end of the part above, or the begin of the one below.
fn next_part(list: &List, heading: &Heading, step: Step) -> Option<Target> {
    let headings: Vec<&Heading> = list
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Heading { heading, .. } => Some(heading),
            Row::Session(_) => None,
        })
        .collect();
    let at = headings.iter().position(|known| *known == heading)?;
    match step {
        Step::Up => {
            let above = headings.get(at.checked_sub(1)?)?;
            let last = list.sessions.iter().rev().find(|place| place.heading == **above)?;
            Some(Target::Behind(last.session.clone()))
        }
        Step::Down => headings.get(at + 1).map(|below| Target::Under((*below).clone())),
    }
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
