//! All sessions, found by id, in the order of their making; and what of them was not seen yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use orchestrator::seam::{Session, SessionId, Tab, TabId, TurnId};

/// All sessions. Its version counts up with each change, so that lists made of it know when they are old.
#[derive(Debug, Default)]
pub struct Sessions {
    all: Vec<Arc<Session>>,
    by_id: HashMap<SessionId, usize>,
    version: u64,
}

impl Sessions {
    /// Puts these in place of all others.
    pub fn replace(&mut self, all: Vec<Arc<Session>>) {
        self.all = all;
        self.index();
    }

    /// Puts in a session that was made or has changed.
    pub fn put(&mut self, session: Arc<Session>) {
        self.version += 1;
        match self.by_id.get(&session.id).and_then(|at| self.all.get_mut(*at)) {
            Some(place) => *place = session,
            None => {
                self.by_id.insert(session.id.clone(), self.all.len());
                self.all.push(session);
            }
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &SessionId) -> Option<Arc<Session>> {
        let at = self.by_id.get(id).copied()?;
        let gone = self.all.remove(at);
        self.index();
        Some(gone)
    }

    /// One of them.
    pub fn get(&self, id: &SessionId) -> Option<&Arc<Session>> {
        self.by_id.get(id).and_then(|at| self.all.get(*at))
    }

    /// In the order of their making.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Session>> + Clone {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Counts up with each change.
    pub fn version(&self) -> u64 {
        self.version
    }

    fn index(&mut self) {
        self.version += 1;
        self.by_id =
            self.all.iter().enumerate().map(|(at, session)| (session.id.clone(), at)).collect();
    }
}

/// Whether a tab's last turn has ended and nobody has seen that.
pub fn tab_unread(tab: &Tab, seen: &BTreeMap<TabId, TurnId>) -> bool {
    tab.turn.as_ref().is_some_and(|turn| {
        turn.status.is_some() && !turn.synopsis && seen.get(&tab.id) != Some(&turn.id)
    })
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
