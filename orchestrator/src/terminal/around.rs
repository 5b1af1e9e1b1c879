//! What all terminals of an engine share: the store, the hosts, the files of what they showed, and who is known.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::held::{Held, Told};
use super::scripts;
use super::spool;
use crate::failure::Failure;
use crate::host::{Place, Reach};
use crate::store::Store;
use crate::transport::Connection;

/// How long looking for what is left over may take.
const SWEEP_PATIENCE: Duration = Duration::from_secs(10);

/// What they share.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) reach: Arc<dyn Reach>,
    store: Store,
    /// Names of sockets begin so: `baton-` and the first letters of what names this data directory.
    prefix: String,
    pub(super) told: Arc<Told>,
    known: Mutex<BTreeMap<String, Arc<Held>>>,
    /// Hosts where what is left over was looked for.
    swept: tokio::sync::Mutex<HashSet<String>>,
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
            swept: tokio::sync::Mutex::default(),
        }
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

    pub(super) async fn records(&self) -> Result<Vec<crate::store::TerminalRecord>, Failure> {
        self.store.terminals().await
    }

    /// Stores one that is to be opened.
    pub(super) async fn put(&self, record: crate::store::TerminalRecord) -> Result<(), Failure> {
        self.store.put_terminal(record).await
    }

    /// Stores it; a store that can't costs a restart its terminals, and no terminal now.
    pub(super) async fn store(&self, held: &Held) {
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
        self.known().remove(&id);
        if let Err(failure) = self.store.drop_terminal(&id).await {
            tracing::warn!(%failure, "a terminal that was closed is still stored");
        }
        if let Some(path) = self.spool_of(&id) {
            spool::remove(path).await;
        }
        held.set_closed();
    }

    fn spool_of(&self, id: &str) -> Option<PathBuf> {
        Some(self.store.directory()?.join("terminals").join(id))
    }

    /// Writes what it showed last to where the next engine finds it.
    pub(super) async fn spool(&self, held: &Held) {
        let id = held.record().id;
        if let Some(path) = self.spool_of(&id)
            && self.known().contains_key(&id)
        {
            spool::write(path, held.shown.last_part(spool::MOST)).await;
        }
    }

    /// Shows again what it showed last.
    pub(super) async fn unspool(&self, held: &Held) {
        if let Some(path) = self.spool_of(&held.record().id)
            && let Some(bytes) = spool::read(path).await
        {
            held.shown.redraw(&[], &bytes);
        }
    }

    /// Ends what this data directory has left on a host and nobody knows any more; once for each host.
    pub(super) async fn sweep(&self, connection: &Connection) {
        let host = connection.host().to_string();
        {
            // Two that are opened at once sweep once.
            let mut swept = self.swept.lock().await;
            if !swept.insert(host.clone()) {
                return;
            }
        }
        let sweeping = async {
            let found = connection.call(scripts::sockets(&self.prefix)?).await?;
            let names = String::from_utf8_lossy(&found.stdout).into_owned();
            // Whoever was opened meanwhile is known by now.
            let left: Vec<String> = {
                let known = self.known();
                let ours = |name: &str| {
                    name.strip_prefix(&self.prefix).is_some_and(|id| !known.contains_key(id))
                };
                names.lines().filter(|name| ours(name)).map(str::to_owned).collect()
            };
            if !left.is_empty() {
                tracing::info!(%host, count = left.len(), "terminals that nobody knows any more are ended");
                connection.call(scripts::end_kept(&left)?).await?;
            }
            Ok::<(), crate::transport::TransportError>(())
        };
        let swept = tokio::time::timeout(SWEEP_PATIENCE, sweeping).await;
        if !matches!(swept, Ok(Ok(()))) {
            tracing::debug!(%host, ?swept, "what is left of terminals is looked for the next time");
            self.sweep_again(&host).await;
        }
    }

    /// Ends servers, as far as the host can be reached.
    pub(super) async fn end_kept(&self, connection: &Connection, sockets: Vec<String>) {
        let ending = async { connection.call(scripts::end_kept(&sockets)?).await };
        match tokio::time::timeout(SWEEP_PATIENCE, ending).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "a terminal ends when its host is reached next")
            }
            Err(_) => tracing::debug!("a terminal ends when its host is reached next"),
        }
    }

    /// A closed terminal's host may have it still: it is looked for when that is reached next.
    pub(super) async fn sweep_again(&self, host: &str) {
        self.swept.lock().await.remove(host);
    }
}
