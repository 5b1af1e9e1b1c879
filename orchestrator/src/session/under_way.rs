//! How many turns are under way at which place, for who follows connections.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::{Entry, queue};
use crate::connections::Turns;
use crate::host::Place;
use crate::seam::{RunId, SessionId};

/// The turns under way, by where they are.
#[derive(Debug, Default)]
pub struct UnderWay {
    sessions: Mutex<HashMap<SessionId, Vec<(RunId, Place)>>>,
    told: watch::Sender<Turns>,
}

impl UnderWay {
    /// Takes in how a session stands now.
    pub fn put(&self, entry: &Entry) {
        let working = || entry.session.tabs.iter().filter(|tab| queue::is_working(tab));
        // One whose host wasn't there is nowhere.
        let runs = || working().filter_map(|tab| Some(&tab.turn.as_ref()?.run));
        let placed = || runs().filter_map(|run| Some((run, &entry.sites.get(run)?.place)));
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let id = &entry.session.id;
        let before = sessions.get(id).map(Vec::as_slice).unwrap_or_default();
        if before.iter().map(|(run, place)| (run, place)).eq(placed()) {
            return;
        }
        let now: Vec<_> = placed().map(|(run, place)| (run.clone(), place.clone())).collect();
        if now.is_empty() {
            sessions.remove(id);
        } else {
            sessions.insert(id.clone(), now);
        }
        self.tell(&sessions);
    }

    /// A session is gone.
    pub fn remove(&self, id: &SessionId) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.remove(id).is_some() {
            self.tell(&sessions);
        }
    }

    /// How many there are where, and every change of it.
    pub fn watch(&self) -> watch::Receiver<Turns> {
        self.told.subscribe()
    }

    /// Under the lock, so that nobody hears of an older state last.
    fn tell(&self, sessions: &HashMap<SessionId, Vec<(RunId, Place)>>) {
        let mut turns: Turns = Vec::new();
        for (_, place) in sessions.values().flatten() {
            match turns.iter_mut().find(|(other, _)| other == place) {
                Some((_, count)) => *count += 1,
                None => turns.push((place.clone(), 1)),
            }
        }
        self.told.send_replace(turns);
    }
}
