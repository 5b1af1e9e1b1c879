//! Which message goes next.

use crate::seam::{Session, Tab, TabId, TabState};

/// The tab whose first message may be sent now, and the place of that message in its queue.
///
/// Within a tab one turn follows the other. Over all tabs of a session only one turn at a time may change things:
/// a message that may waits for the others that may, the oldest first. A read-only message waits for its own tab alone.
/// An agent that asks between two turns is answered first: what it is told next waits until then.
pub fn next(session: &Session) -> Option<(TabId, usize)> {
    let is_writing = session
        .tabs
        .iter()
        .any(|tab| tab.turn.as_ref().is_some_and(|turn| turn.status.is_none() && !turn.read_only));
    let first_in = |tab: &Tab| {
        if tab.paused || is_working(tab) || tab.state == TabState::Waiting {
            return None;
        }
        tab.queue.iter().position(|message| !message.paused)
    };
    let waiting = session.tabs.iter().filter_map(|tab| {
        let place = first_in(tab)?;
        let message = tab.queue.get(place)?;
        let may_go = message.read_only || session.read_only || !is_writing;
        may_go.then_some((message.at, tab, place))
    });
    waiting.min_by_key(|(at, ..)| *at).map(|(_, tab, place)| (tab.id.clone(), place))
}

/// Whether a turn is under way in the tab.
pub fn is_working(tab: &Tab) -> bool {
    tab.turn.as_ref().is_some_and(|turn| turn.status.is_none())
}

/// How a tab stands whose agent waits for a person, or doesn't.
pub fn state(tab: &Tab, waits: bool) -> TabState {
    if waits {
        TabState::Waiting
    } else if is_working(tab) {
        TabState::Working
    } else {
        TabState::Idle
    }
}
