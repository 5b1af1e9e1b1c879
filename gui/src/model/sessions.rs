//! All sessions; and what of them was not seen yet.

use std::collections::{BTreeMap, BTreeSet};

use orchestrator::seam::{Session, SessionId, Tab, TabId, TurnId};

/// All sessions. Its version counts up with each change, so that lists made of it know when they are old.
#[derive(Debug, Default)]
pub struct Sessions {
    all: BTreeMap<SessionId, Session>,
    version: u64,
}

impl Sessions {
    /// Puts these in place of all others.
    pub fn replace(&mut self, all: Vec<Session>) {
        self.version += 1;
        self.all = all.into_iter().map(|session| (session.id.clone(), session)).collect();
    }

    /// Puts in a session that was made or has changed.
    pub fn put(&mut self, session: Session) {
        self.version += 1;
        self.all.insert(session.id.clone(), session);
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &SessionId) -> Option<Session> {
        self.version += 1;
        self.all.remove(id)
    }

    /// One of them.
    pub fn get(&self, id: &SessionId) -> Option<&Session> {
        self.all.get(id)
    }

    /// All of them, by their ids.
    pub fn all(&self) -> &BTreeMap<SessionId, Session> {
        &self.all
    }

    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Session> + Clone {
        self.all.values()
    }

    /// Counts up with each change.
    pub fn version(&self) -> u64 {
        self.version
    }
}

/// Whether a tab's last turn has ended and nobody has seen that.
pub fn tab_unread(tab: &Tab, seen: &BTreeMap<TabId, TurnId>) -> bool {
    tab.turn
        .as_ref()
        .is_some_and(|turn| turn.status.is_some() && seen.get(&tab.id) != Some(&turn.id))
}

/// Whether something of a session was not seen, tabs that were closed left out.
pub fn session_unread(
    session: &Session,
    seen: &BTreeMap<TabId, TurnId>,
    closed: &BTreeSet<TabId>,
) -> bool {
    session.tabs.iter().any(|tab| !closed.contains(&tab.id) && tab_unread(tab, seen))
}

/// Money as a person reads it: cents, and more digits of what is less.
pub fn cost_words(usd: f64) -> String {
    if usd <= 0.0 {
        "$0".to_owned()
    } else if usd < 0.01 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}
