//! All connections, watched while somebody follows them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::row::{Row, all, shown};
use crate::host::{HostDirectory, Place};
use crate::seam::HostConnection;
use crate::transport::{Connection, State};

/// Between two measures of a round trip.
const MEASURE_EVERY: Duration = Duration::from_secs(30);

/// How many turns are under way where.
pub(crate) type Turns = Vec<(Place, u32)>;

/// How all connections of an engine stand; cheap to clone. Nothing is watched while nobody follows.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    pub(super) hosts: HostDirectory,
    turns: watch::Receiver<Turns>,
    watching: Arc<Mutex<Weak<Watching>>>,
}

/// Those who follow share one watch; it ends with the last of them.
#[derive(Debug)]
pub(super) struct Watching {
    /// All connections, whenever one of them changes; `None` until the first look at them.
    pub(super) told: watch::Receiver<Option<Vec<HostConnection>>>,
    task: AbortHandle,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Board {
    /// Of the connections of `hosts`, with the turns that are under way there.
    pub(crate) fn new(hosts: HostDirectory, turns: watch::Receiver<Turns>) -> Self {
        Self { hosts, turns, watching: Arc::default() }
    }

    /// Watches until it is dropped. Must be called within a tokio runtime.
    pub(super) fn watch(&self) -> Arc<Watching> {
        let mut kept = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watching) = kept.upgrade() {
            return watching;
        }
        let watch = Watch {
            hosts: self.hosts.clone(),
            turns: self.turns.clone(),
            made: self.hosts.made(),
            rows: watch::Sender::default(),
            watched: Vec::new(),
            tasks: JoinSet::new(),
        };
        let (tell, told) = watch::channel(None);
        let task = tokio::spawn(watch.run(tell)).abort_handle();
        let watching = Arc::new(Watching { told, task });
        *kept = Arc::downgrade(&watching);
        watching
    }
}

/// Rows by the place of their connection in the order of making.
type Rows = BTreeMap<usize, Row>;

struct Watch {
    hosts: HostDirectory,
    turns: watch::Receiver<Turns>,
    made: watch::Receiver<usize>,
    rows: watch::Sender<Rows>,
    /// Where the watched connections go, in the order of making; `local` is among them, and has no row.
    watched: Vec<Place>,
    /// Ends with us.
    tasks: JoinSet<()>,
}

impl Watch {
    async fn run(mut self, tell: watch::Sender<Option<Vec<HostConnection>>>) {
        let mut changed = self.rows.subscribe();
        loop {
            self.made.borrow_and_update();
            self.take_in();
            let told = Some(self.told(&changed.borrow_and_update().clone()));
            tell.send_if_modified(|before| {
                let is_new = *before != told;
                *before = told;
                is_new
            });
            let goes_on = tokio::select! {
                goes_on = changed.changed() => goes_on,
                goes_on = self.turns.changed() => goes_on,
                goes_on = self.made.changed() => goes_on,
            };
            if goes_on.is_err() {
                return;
            }
        }
    }

    /// Watches what was made since.
    fn take_in(&mut self) {
        for (place, connection) in self.hosts.reached().split_off(self.watched.len()) {
            if place.way.is_some() {
                let at = self.watched.len();
                let state = shown(&connection.state().borrow(), connection.next_try());
                let row = Row { host: place.id.to_string(), state, round_trip_us: None };
                self.rows.send_modify(|rows| drop(rows.insert(at, row)));
                self.tasks.spawn(one(at, connection, self.rows.clone()));
            }
            self.watched.push(place);
        }
    }

    fn told(&mut self, rows: &Rows) -> Vec<HostConnection> {
        let turns = self.turns.borrow_and_update();
        let turns_at = |place: &Place| {
            turns.iter().find(|(other, _)| other == place).map_or(0, |(_, count)| *count)
        };
        let rows: Vec<(Row, u32)> = rows
            .iter()
            .filter_map(|(at, row)| Some((row.clone(), turns_at(self.watched.get(*at)?))))
            .collect();
        all(&rows)
    }
}

/// Keeps one row up to date.
async fn one(at: usize, connection: Connection, rows: watch::Sender<Rows>) {
    let mut states = connection.state();
    loop {
        let state = states.borrow_and_update().clone();
        let now = shown(&state, connection.next_try());
        change(&rows, at, |row| {
            let is_new = row.state != now;
            row.state = now;
            is_new
        });
        let measuring = async {
            if state != State::Connected {
                return std::future::pending().await;
            }
            loop {
                // One that is lost meanwhile shows in its state.
                if let Ok(round_trip) = connection.measure().await {
                    change(&rows, at, |row| row.measured(round_trip));
                }
                // wait: until the next measure is due.
                tokio::time::sleep(MEASURE_EVERY).await;
            }
        };
        tokio::select! {
            changed = states.changed() => if changed.is_err() {
                return;
            },
            () = measuring => {}
        }
    }
}

fn change(rows: &watch::Sender<Rows>, at: usize, change: impl FnOnce(&mut Row) -> bool) {
    rows.send_if_modified(|rows| rows.get_mut(&at).is_some_and(change));
}
