//! The sessions that were used last.

use std::cmp::Reverse;

use jiff::Timestamp;
use orchestrator::seam::{Session, SessionId};

use super::Sessions;

/// How many are offered: a handful is seen at a glance.
pub const MOST_RECENT: usize = 6;

/// When something happened last in a session: its last turn's beginning, or its making.
fn used(session: &Session) -> Timestamp {
    let turns = session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
    turns.map(|turn| turn.started_at).max().unwrap_or(session.created_at).max(session.created_at)
}

/// The sessions that were used last, at most so many, the newest first, and when.
pub fn recent<'a>(
    sessions: impl Iterator<Item = &'a Session>,
    most: usize,
) -> Vec<(SessionId, Timestamp)> {
    let mut all: Vec<(Reverse<Timestamp>, &SessionId)> =
        sessions.map(|session| (Reverse(used(session)), &session.id)).collect();
    // Of ten thousand only these are put in order.
    if most < all.len() {
        all.select_nth_unstable(most);
        all.truncate(most);
    }
    all.sort_unstable();
    all.into_iter().map(|(Reverse(at), id)| (id.clone(), at)).collect()
}

/// The same, found again only when sessions have changed.
#[derive(Debug, Default)]
pub struct Recent {
    of: Option<u64>,
    found: Vec<(SessionId, Timestamp)>,
}

impl Recent {
    /// Those of these sessions.
    pub fn of(&mut self, sessions: &Sessions) -> &[(SessionId, Timestamp)] {
        if self.of != Some(sessions.version()) {
            self.of = Some(sessions.version());
            self.found = recent(sessions.iter(), MOST_RECENT);
        }
        &self.found
    }
}
