//! One project's directory, and what is common to writing there (`flush`), reading there (`refresh`) and asking its git
//! (`ignoring`).

mod flush;
mod ignoring;
mod refresh;

use std::collections::HashSet;
use std::path::Path;

use shared_history::{FilesError, Indexes};

use super::fault::failure;
use super::reach::Reach;
use super::{HistorySettings, ShellFiles};
use crate::failure::{Code, Failure};
use crate::host::{HostDirectory, HostId, Site};
use crate::store::{Batch, Change, OutboxScope, Project, ProjectId, Store};
pub(super) use flush::Flushed;
pub(super) use refresh::Read;

/// One project's directory as a session names it, and how it is reached.
#[derive(Debug)]
pub(super) struct Syncing {
    store: Store,
    settings: HistorySettings,
    site: Site,
    reach: Reach,
    /// Whether its host may be used at all.
    hosts: HostDirectory,
    /// Over which git is asked, also on this machine.
    shell: ShellFiles,
    /// Jobs with numbers up to here were left by a former engine: it may have written them.
    doubtful_to: i64,
    /// Jobs whose answer got lost.
    doubtful: HashSet<i64>,
    /// Whether an entry of ours was written there since this process began.
    has_written: bool,
    /// How far each file was read, with what only this process knows of it.
    indexes: Option<(ProjectId, Indexes)>,
}

impl Syncing {
    /// Of a site; `doubtful_to` is the last outbox number that a former engine gave.
    pub(super) fn new(
        store: Store,
        hosts: HostDirectory,
        settings: HistorySettings,
        site: Site,
        doubtful_to: i64,
    ) -> Self {
        let connection = &hosts.connection(&site.place);
        let home = &settings.home;
        let reach = Reach::new(&site, connection, home);
        let shell = ShellFiles::new(connection.clone(), site.cwd.clone());
        let doubtful = HashSet::new();
        Self {
            store,
            settings,
            site,
            reach,
            hosts,
            shell,
            doubtful_to,
            doubtful,
            has_written: false,
            indexes: None,
        }
    }

    pub(super) fn here(&self) -> Option<&Path> {
        self.reach.here()
    }

    /// The host's name for people.
    pub(super) fn host(&self) -> &HostId {
        &self.site.place.id
    }

    /// The directory, as it was named.
    pub(super) fn directory(&self) -> &str {
        self.site.cwd.as_deref().unwrap_or("~")
    }

    fn failure(&self, error: &FilesError) -> Failure {
        failure(self.host(), self.directory(), error)
    }

    /// The project, where its machine has said which one it is.
    pub(super) async fn project(&self) -> Result<Option<Project>, Failure> {
        self.store.project(&self.site.place, self.site.cwd.as_deref()).await
    }

    fn outbox(&self) -> OutboxScope {
        OutboxScope::Site(self.site.clone())
    }

    /// How many entries wait.
    pub(super) async fn pending(&self) -> Result<u64, Failure> {
        self.store.outbox_len(&self.outbox()).await
    }

    /// Whether the host may be used: one that is switched off may not, nor any while `hosts.toml` is broken. One that is
    /// no longer saved is still where its entries belong.
    fn allowed(&self) -> Result<(), Failure> {
        match self.hosts.recall(self.host().as_str()) {
            Err(failure) if failure.code != Code::HostUnknown => Err(failure),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The project; its machine is asked where it never was. An inner `Err` is why it couldn't be.
    async fn known(&self) -> Result<Result<Project, Failure>, Failure> {
        if let Some(project) = self.project().await? {
            return Ok(Ok(project));
        }
        match self.reach.root().await {
            Ok(root) => Ok(Ok(self.named(&root).await?)),
            Err(error) => Ok(Err(self.failure(&error))),
        }
    }

    /// The project that the machine calls so; noted where that is new.
    async fn named(&self, root: &[u8]) -> Result<Project, Failure> {
        let root = String::from_utf8_lossy(root).into_owned();
        if let Some(known) = self.project().await?.filter(|known| known.root == root) {
            return Ok(known);
        }
        let (place, cwd) = (self.site.place.clone(), self.site.cwd.clone());
        self.commit(Change::PutProject { place, cwd, root }).await?;
        let missing = || Failure::new(Code::Internal, "a project that was stored just now is gone");
        self.project().await?.ok_or_else(missing)
    }

    /// Cuts our file.
    async fn trim(&self, name: &str) {
        if let Err(error) = self.reach.trim(name, self.settings.limit).await {
            // It is tried again with a later entry.
            tracing::warn!(host = %self.host(), %error, "our file of shared history stays longer than it should be");
        }
    }

    async fn commit(&self, change: Change) -> Result<(), Failure> {
        self.store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.map(drop)
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
