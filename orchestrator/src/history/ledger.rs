//! All history of one data directory: what is asked of it, and the keepers of its projects.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::watch;

use super::keeper::Keeper;
use super::outbox::waiting;
use super::page::outbox_entry;
use super::sync::Syncing;
use crate::failure::{Code, Failure};
use crate::host::{HostDirectory, ResolvedHost, Site};
use crate::seam::{HistoryIgnored, HistorySync, OutboxEntry};
use crate::store::{Batch, Change, Store};

/// How long keepers may take to write what waits when the engine ends.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// How history is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// What this machine is called in what it shares.
    pub hostname: String,
    /// How many entries of each file count, and how many our own file holds.
    pub limit: u64,
    /// What `~` means on this machine.
    pub home: PathBuf,
}

/// All history of one data directory; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    hosts: HostDirectory,
    settings: HistorySettings,
    /// Entries with outbox numbers up to here were left by a former engine.
    doubtful_to: i64,
    keepers: Mutex<Vec<(Site, Keeper)>>,
    /// Counts up with everything that is stored.
    changes: Arc<watch::Sender<u64>>,
}

impl Ledger {
    /// Over a store.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub async fn open(
        store: Store,
        hosts: HostDirectory,
        settings: HistorySettings,
    ) -> Result<Self, Failure> {
        let doubtful_to = store.outbox_end().await?;
        let inner = Inner {
            store,
            hosts,
            settings,
            doubtful_to,
            keepers: Mutex::default(),
            changes: Arc::new(watch::channel(0).0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What this machine is called in what it shares.
    pub fn hostname(&self) -> &str {
        &self.inner.settings.hostname
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Counts up with everything that is stored.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The keeper of a project. Must be called within a tokio runtime.
    pub(super) fn keeper(&self, site: &Site) -> Keeper {
        let inner = &self.inner;
        let mut keepers = inner.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, keeper)) = keepers.iter().find(|(known, _)| known == site) {
            return keeper.clone();
        }
        let connection = inner.hosts.connection(&site.place);
        let syncing = Syncing::new(
            inner.store.clone(),
            inner.hosts.clone(),
            inner.settings.clone(),
            site.clone(),
            inner.doubtful_to,
        );
        let keeper = Keeper::start(syncing, connection, Arc::clone(&inner.changes));
        keepers.push((site.clone(), keeper.clone()));
        keeper
    }

    /// An entry was stored; one that is shared goes to its project.
    pub fn made(&self, shared_at: Option<&Site>) {
        self.inner.changes.send_modify(|count| *count += 1);
        if let Some(site) = shared_at {
            let keeper = self.keeper(site);
            tokio::spawn(async move { keeper.flush().await });
        }
    }

    /// Takes up what a former engine has left to be written: each when the way to its machine stands. Nobody waits for it.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn take_up(&self) -> Result<(), Failure> {
        for site in self.inner.store.outbox_sites().await? {
            let keeper = self.keeper(&site);
            tokio::spawn(async move { keeper.flush().await });
        }
        Ok(())
    }

    /// Gives up writing an entry to where it is shared; it stays here. Returns what waited.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], and [`Code::Usage`] where several ids begin so.
    pub async fn keep_here(&self, id: &str) -> Result<OutboxEntry, Failure> {
        let jobs = waiting(&self.inner.store).await?;
        let mut named = jobs.into_iter().filter(|job| !id.is_empty() && job.id.starts_with(id));
        let job = match (named.next(), named.next()) {
            (Some(job), None) => job,
            (Some(_), Some(_)) => {
                return Err(Failure::new(Code::Usage, format!("several ids begin with {id:?}"))
                    .hint("Type more letters of the entry's id"));
            }
            (None, _) => {
                return Err(Failure::new(Code::NotFound, format!("no entry {id:?} waits"))
                    .hint("`baton history outbox` lists those that do"));
            }
        };
        let change = Change::Sent(vec![job.position]);
        self.inner.store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await?;
        Ok(outbox_entry(job))
    }

    /// Brings projects up to date, all at once; `write_only`: what is there is left unread.
    ///
    /// # Errors
    ///
    /// When what was read can't be stored. A machine that can't be reached is no error.
    pub async fn sync(&self, sites: Vec<Site>, write_only: bool) -> Result<HistorySync, Failure> {
        let synced = sites.iter().map(|site| {
            let keeper = self.keeper(site);
            async move { keeper.sync(write_only).await }
        });
        let projects = join_all(synced).await.into_iter().collect::<Result<_, _>>()?;
        Ok(HistorySync { projects })
    }

    /// Keeps a project's history out of its git.
    ///
    /// # Errors
    ///
    /// Why not.
    pub async fn ignore(&self, site: &Site) -> Result<HistoryIgnored, Failure> {
        self.keeper(site).ignore().await
    }

    /// Every project that is known, and every one that something waits for.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn sites(&self) -> Result<Vec<Site>, Failure> {
        let store = &self.inner.store;
        let mut sites = store.outbox_sites().await?;
        let mut covered = Vec::new();
        for site in &sites {
            covered.extend(store.project(&site.place, site.cwd.as_deref()).await?);
        }
        for project in store.projects().await? {
            let is_there = |host: &ResolvedHost| host.place() == project.place;
            // One whose host has gone, or is switched off, is not asked.
            let host = self.inner.hosts.recall(project.place.id.as_str());
            let is_covered = covered.iter().any(|other| other.id == project.id);
            if !is_covered && host.is_ok_and(|host| is_there(&host)) {
                sites.push(Site { place: project.place, cwd: Some(project.root) });
            }
        }
        Ok(sites)
    }

    /// Writes what waits for machines that can be reached, and lets the keepers end.
    pub async fn end(&self) {
        let keepers = {
            let mut keepers = self.inner.keepers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *keepers)
        };
        let all = join_all(keepers.iter().map(|(_, keeper)| keeper.end()));
        if tokio::time::timeout(LAST_MOMENT, all).await.is_err() {
            tracing::warn!("entries of the history were still being written when the engine ended");
        }
    }
}

/// The name of this machine in what it shares, where the settings don't give it another one.
///
/// # Errors
///
/// [`Code::InvalidConfig`] for one that can't name anything.
pub fn checked_hostname(name: &str) -> Result<String, Failure> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(Failure::new(
            Code::InvalidConfig,
            format!("{name:?} can't be the name of this machine in shared history"),
        )
        .hint("Set host_name in [history] of config.toml"));
    }
    Ok(name.to_owned())
}
