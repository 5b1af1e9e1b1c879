//! What all terminals of an engine share: the store, the hosts, the files of what they showed, and who is known.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::held::{Held, Told};
use super::kept::{self, Ending, Server};
use super::spool;
use crate::failure::Failure;
use crate::host::{Place, Reach};
use crate::store::{Store, TerminalRecord};
use crate::transport::{Connection, State};

/// How often what terminals showed is kept: a megabyte each at most, where something new was shown.
const KEEP_EVERY: Duration = Duration::from_secs(10);
/// How long the end of a server may take.
const END_PATIENCE: Duration = Duration::from_secs(10);
/// The pause before it is tried again on a host that is reached, and doesn't do it.
const END_AGAIN: Duration = Duration::from_secs(30);

/// How often it is looked whether a host that isn't reached has another address now: somebody who has just edited it waits.
const MOVED_EVERY: Duration = Duration::from_secs(2);

/// What they share.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) reach: Arc<dyn Reach>,
    store: Store,
    /// Names of sockets begin so: `baton-` and the first letters of what names this data directory.
    prefix: String,
    pub(super) told: Arc<Told>,
    known: Mutex<BTreeMap<String, Arc<Held>>>,
    /// Nothing that is typed from here on would be sent.
    ending: AtomicBool,
    /// Held while one is stored or forgotten: none that is forgotten is stored again.
    storing: tokio::sync::Mutex<()>,
}

impl Around {
    pub(super) fn new(store: Store, reach: Arc<dyn Reach>) -> Self {
        let name: String =
            store.epoch().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let told = Told {
            any: tokio::sync::watch::channel(0).0,
            ended: tokio::sync::watch::channel(false).0,
        };
        Self {
            reach,
            store,
            prefix: format!("baton-{name}-"),
            told: Arc::new(told),
            known: Mutex::default(),
            ending: AtomicBool::new(false),
            storing: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    pub(super) fn set_ending(&self) {
        self.ending.store(true, Ordering::Release);
    }

    pub(super) fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Held>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the socket of the tmux that keeps a terminal.
    pub(super) fn socket(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// What the servers of this data directory are marked with.
    pub(super) fn mark(&self) -> &str {
        self.store.epoch()
    }

    pub(super) fn connection(&self, place: &Place) -> Connection {
        self.reach.connection(place)
    }

    pub(super) async fn records(&self) -> Result<Vec<TerminalRecord>, Failure> {
        self.store.terminals().await
    }

    /// Stores one that is to be opened.
    pub(super) async fn put(&self, record: TerminalRecord) -> Result<(), Failure> {
        self.store.put_terminal(record).await
    }

    /// Stores it; a store that can't costs a restart its terminals, and no terminal now.
    pub(super) async fn store(&self, held: &Held) {
        let _storing = self.storing.lock().await;
        if !self.known().contains_key(&held.record().id) {
            return;
        }
        if let Err(failure) = self.store.put_terminal(held.record()).await {
            tracing::warn!(%failure, "a terminal could not be stored");
        }
    }

    /// Forgets one, and tells that it is closed.
    pub(super) async fn forget(&self, held: &Held) {
        let id = held.record().id;
        let storing = self.storing.lock().await;
        self.remove(&id).await;
        if let Err(failure) = self.store.drop_terminal(&id).await {
            tracing::warn!(%failure, "a terminal that was closed is still stored");
        }
        drop(storing);
        held.set_closed();
    }

    async fn remove(&self, id: &str) {
        self.known().remove(id);
        for path in [self.spool_of(id), self.spool_of(&above(id))].into_iter().flatten() {
            spool::remove(path).await;
        }
    }

    /// Keeps what they showed and where they are, now and then: an engine that is killed loses no more than that.
    pub(super) async fn keep_up(self: Arc<Self>) {
        let mut ended = self.told.ended.subscribe();
        let mut kept: HashMap<String, (u64, TerminalRecord)> = HashMap::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(KEEP_EVERY) => {}
                _ = ended.wait_for(|ended| *ended) => return,
            }
            let all: Vec<_> = self.known().values().map(Arc::clone).collect();
            kept.retain(|id, _| all.iter().any(|held| held.is(id)));
            for held in all {
                let (end, record) = (held.shown.end(), held.record());
                let before = kept.get(&record.id);
                if before.is_none_or(|(before, _)| *before != end) {
                    self.spool(&held).await;
                }
                if before.is_none_or(|(_, before)| *before != record) {
                    self.store(&held).await;
                }
                kept.insert(record.id.clone(), (end, record));
            }
        }
    }

    /// Removes what was kept of terminals that aren't there any more.
    pub(super) async fn clear_up(&self) {
        if let Some(directory) = self.store.directory() {
            let known: Vec<String> =
                self.known().keys().flat_map(|id| [id.clone(), above(id)]).collect();
            spool::clear(directory.join("terminals"), known).await;
        }
    }

    fn spool_of(&self, id: &str) -> Option<PathBuf> {
        Some(self.store.directory()?.join("terminals").join(id))
    }

    /// Writes what it showed last to where the next engine finds it.
    pub(super) async fn spool(&self, held: &Held) {
        let id = held.record().id;
        self.write(&id, &id, held.shown.last_part(spool::MOST)).await;
    }

    /// Writes what its former shells showed beside it: a tmux knows nothing of that when it tells all that it shows.
    pub(super) async fn spool_above(&self, held: &Held) {
        let id = held.record().id;
        self.write(&id, &above(&id), held.shown.above()).await;
    }

    async fn write(&self, id: &str, name: &str, bytes: Vec<u8>) {
        let _storing = self.storing.lock().await;
        if let Some(path) = self.spool_of(name)
            && self.known().contains_key(id)
        {
            spool::write(path, bytes).await;
        }
    }

    /// Shows again what it showed last, that of former shells included.
    pub(super) async fn unspool(&self, held: &Held) {
        let id = held.record().id;
        let read = async |name: &str| spool::read(self.spool_of(name)?).await;
        if let Some(bytes) = read(&id).await {
            held.shown.redraw(&[], &bytes);
        }
        if let Some(former) = read(&above(&id)).await {
            held.shown.set_above(former);
        }
    }

    /// Where a terminal's host is today: its address may have been edited since. Whether that is where the terminal was, nobody
    /// knows before its server is found there.
    pub(super) async fn place(&self, record: &TerminalRecord) -> Place {
        let reached = self.reach.reach(&record.at).await.ok(); // Gone, or disabled: it stays where it was.
        let place = reached.map(|reached| reached.place);
        place.filter(|place| place.id == record.place.id).unwrap_or_else(|| record.place.clone())
    }

    /// Waits until a terminal's host is elsewhere than at that place, and so much longer.
    pub(super) async fn moved(&self, record: &TerminalRecord, place: &Place, pause: Duration) {
        tokio::time::sleep(pause).await;
        while self.place(record).await == *place {
            tokio::time::sleep(MOVED_EVERY).await;
        }
    }

    /// How the server is found that keeps a terminal.
    pub(super) async fn server(&self, record: &TerminalRecord) -> Server {
        let reached = self.reach.reach(&record.at).await;
        // A session or host that is gone or another one now has no environment for it.
        let env = reached.ok().filter(|reached| reached.place.id == record.place.id);
        Server {
            name: self.socket(&record.id),
            path: record.socket.clone(),
            env: env.map(|reached| reached.env).unwrap_or_default(),
        }
    }

    /// Forgets one whose host may still have it; that ends as soon as the host is reached.
    pub(super) async fn bury(self: &Arc<Self>, held: &Held) {
        let record = TerminalRecord { closed: true, ..held.record() };
        let storing = self.storing.lock().await;
        if let Err(failure) = self.store.put_terminal(record.clone()).await {
            tracing::warn!(%failure, "a terminal that was closed is still stored");
        }
        self.remove(&record.id).await;
        drop(storing);
        held.set_closed();
        let connection = self.connection(&self.place(&record).await);
        let is_reached =
            record.place.way.is_none() || matches!(*connection.state().borrow(), State::Connected);
        self.end_on_host(record, is_reached);
    }

    /// Ends the server of one that was closed, and forgets it then. Nobody dials for it: it waits until its host is
    /// reached for something else, unless it is to be tried at once.
    pub(super) fn end_on_host(self: &Arc<Self>, record: TerminalRecord, at_once: bool) {
        let around = Arc::clone(self);
        tokio::spawn(async move {
            let mut ended = around.told.ended.subscribe();
            tokio::select! {
                () = around.until_ended(&record, at_once) => {}
                _ = ended.wait_for(|ended| *ended) => return,
            }
            if let Err(failure) = around.store.drop_terminal(&record.id).await {
                tracing::warn!(%failure, "a terminal that has ended is still stored");
            }
        });
    }

    async fn until_ended(&self, record: &TerminalRecord, mut at_once: bool) {
        let mut place = self.place(record).await;
        loop {
            let mut state = self.connection(&place).state();
            if !std::mem::take(&mut at_once)
                && state.wait_for(|state| matches!(state, State::Connected)).await.is_err()
            {
                // The connection was given up with its engine.
                return std::future::pending().await;
            }
            match self.end_at(&place, record).await {
                Ending::Ended => return,
                Ending::Absent if place == record.place => return,
                // Another machine has that address now, most likely.
                Ending::Absent => place = record.place.clone(),
                Ending::Unknown => tokio::time::sleep(END_AGAIN).await,
            }
        }
    }

    /// Ends the server that keeps a terminal; whether it is gone.
    pub(super) async fn end_now(&self, record: &TerminalRecord) -> bool {
        let place = self.place(record).await;
        match self.end_at(&place, record).await {
            Ending::Ended => true,
            // Elsewhere that says nothing.
            Ending::Absent => place == record.place,
            Ending::Unknown => false,
        }
    }

    async fn end_at(&self, place: &Place, record: &TerminalRecord) -> Ending {
        let connection = self.connection(place);
        let server = self.server(record).await;
        match tokio::time::timeout(END_PATIENCE, kept::end(&connection, &server)).await {
            Ok(Ok(ending)) => ending,
            ended => {
                tracing::debug!(?ended, "a terminal ends when its host is reached next");
                Ending::Unknown
            }
        }
    }
}

/// The file of what former shells of a terminal showed.
fn above(id: &str) -> String {
    format!("{id}-above")
}
