use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::fault::{Fault, Place};
use super::open::Source;
use super::read::{self, Page, Readers};
use super::writer::{self, Job, closed};
use super::{Batch, Change, Loaded, Receipt, RunRecord};
use crate::failure::Failure;
use crate::seam::{CommandId, Event, Image, MessageId, RunId, SessionId, TabId};

/// The file's name in its directory.
const FILE: &str = "baton.db";
/// Events of one answer at most.
const MOST_EVENTS: usize = 1_000;
/// JSON of one answer at most, so that it fits into a frame of the seam beside whatever else stands there.
pub(super) const MOST_BYTES: usize = 512 << 10;

/// The database of one data directory. Clones share it.
///
/// One thread writes, others read; nothing here blocks the runtime but [`Store::open`]. Several processes may have it
/// open at once: each writes short transactions. The engine alone writes events.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    epoch: String,
    jobs: mpsc::Sender<Job>,
    head: watch::Receiver<u64>,
    readers: Arc<Readers>,
}

impl Store {
    /// Opens `baton.db` in `dir`; directory (0700), file (0600) and tables are made where they are missing. Blocks.
    ///
    /// # Errors
    ///
    /// `corrupt` when it is no database, a damaged or another program's one, `unsupported` when a newer version wrote
    /// it (both are left as they are), `permission_denied` when it or the directory can't be written, `busy` when
    /// another process hangs while it makes the tables, `internal` when the disk is full.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        Self::of(Source::File(Place::new(dir.join(FILE))))
    }

    /// One in memory, gone with its last clone: for tests.
    ///
    /// # Errors
    ///
    /// When there is no memory.
    pub fn memory() -> Result<Self, Failure> {
        Self::of(Source::Memory(Place::new(format!("/baton-{}", Uuid::new_v4()).into())))
    }

    fn of(source: Source) -> Result<Self, Failure> {
        let place = source.place().clone();
        let failed = |fault: Fault| place.failure("open", fault);
        let db = source.writer()?;
        db.execute(
            "INSERT INTO meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO NOTHING",
            params![Uuid::new_v4().to_string()],
        )
        .map_err(|error| failed(error.into()))?;
        let epoch: Option<String> = db
            .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))
            .optional()
            .map_err(|error| failed(error.into()))?;
        let epoch = epoch.ok_or_else(|| place.corrupt("its event log has no name"))?;
        let (tell, head) = watch::channel(read::head(&db).map_err(failed)?);
        let readers = Arc::new(Readers::new(source).map_err(failed)?);
        let jobs = writer::start(db, place.clone(), tell)?;
        Ok(Self { inner: Arc::new(Inner { epoch, jobs, head, readers }) })
    }

    /// Where it is; `None` for one in memory.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.inner.readers.directory()
    }

    /// Names the event log: numbers of another one mean nothing here.
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// The number of the last event that this process has stored or found.
    pub fn head(&self) -> u64 {
        *self.inner.head.borrow()
    }

    /// [`Store::head`] after each commit of this process; closed when the store is.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.head.clone()
    }

    /// Stores a batch in one transaction, on the disk when this returns; its events have their numbers then.
    ///
    /// Changes are applied before events are appended. Dropping the future takes nothing back.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is stored. `conflict` when it holds the receipt of a command that has one, `not_found` when
    /// it notes progress of an unknown run, `internal` when the disk is full or the store is closed.
    pub async fn commit(&self, batch: Batch) -> Result<Vec<Event>, Failure> {
        let (answer, stored) = oneshot::channel();
        let job = Job::Commit { batch, answer };
        self.inner.jobs.send(job).await.map_err(|_| closed())?;
        stored.await.map_err(|_| closed())?
    }

    /// Stores what was brought before, and nothing afterwards: another process may take the store over then.
    pub async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.inner.jobs.send(Job::Close { done }).await.is_ok() {
            // It has ended, whether it still says so or not.
            ended.await.ok(); // Said or not, it has ended.
        }
    }

    /// All that an engine needs when it begins.
    ///
    /// # Errors
    ///
    /// `corrupt` when a row can't be read, with every such row by name: none is left out silently.
    pub async fn load(&self) -> Result<Loaded, Failure> {
        self.inner.readers.read(read::load).await
    }

    /// Events after `since`, oldest first, and whether there are more; at most `limit` and at most 1,000.
    ///
    /// Fewer come when they are large: `more` alone says where the end is. Kinds of a newer version are
    /// [`Unknown`](crate::seam::EventBody::Unknown).
    ///
    /// # Errors
    ///
    /// `corrupt` with the event's number when the first one can't be read.
    pub async fn events(
        &self,
        since: u64,
        session: Option<&SessionId>,
        tab: Option<&TabId>,
        limit: usize,
    ) -> Result<(Vec<Event>, bool), Failure> {
        self.page(since, session, tab, limit.min(MOST_EVENTS), MOST_BYTES).await
    }

    /// The same with a bound for the bytes of their JSON; one event is given whatever its size.
    pub(crate) async fn page(
        &self,
        since: u64,
        session: Option<&SessionId>,
        tab: Option<&TabId>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Event>, bool), Failure> {
        let page = Page { since, session: session.cloned(), tab: tab.cloned(), limit, bytes };
        self.inner.readers.read(move |db| read::events(db, &page)).await
    }

    /// Events of a tab before the number `before`, oldest first, and whether there are older ones: at most `limit` and at
    /// most 1,000, of too many the newest. Fewer come when they are large: `more` alone says where the beginning is.
    ///
    /// Events of the session that belong to no tab are not among them.
    ///
    /// # Errors
    ///
    /// `corrupt` with the event's number when the newest can't be read.
    pub async fn events_before(
        &self,
        before: u64,
        session: &SessionId,
        tab: &TabId,
        limit: usize,
    ) -> Result<(Vec<Event>, bool), Failure> {
        let (session, tab) = (session.clone(), tab.clone());
        let limit = limit.min(MOST_EVENTS);
        let read = move |db: &Connection| {
            read::events_before(db, before, (&session, &tab), limit, MOST_BYTES)
        };
        self.inner.readers.read(read).await
    }

    /// The images of a message of a session; none where it had none.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn images_of(
        &self,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<Vec<Image>, Failure> {
        let (session, message) = (session.clone(), message.clone());
        self.inner.readers.read(move |db| read::images_of(db, &session, &message)).await
    }

    /// The images that were stored with a message.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn images(&self, message: &MessageId) -> Result<Vec<Image>, Failure> {
        let message = message.clone();
        self.inner.readers.read(move |db| read::images(db, &message)).await
    }

    /// What became of a command.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn receipt(&self, id: &CommandId) -> Result<Option<Receipt>, Failure> {
        let id = id.clone();
        self.inner.readers.read(move |db| read::receipt(db, &id)).await
    }

    /// A run.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn run(&self, id: &RunId) -> Result<Option<RunRecord>, Failure> {
        let id = id.clone();
        self.inner.readers.read(move |db| read::run(db, &id)).await
    }

    /// The run of that id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// `not_found`, or `conflict` with the ids when there are several.
    pub async fn run_named(&self, prefix: &str) -> Result<RunRecord, Failure> {
        let prefix = prefix.to_owned();
        self.inner.readers.read(move |db| read::run_named(db, &prefix)).await
    }

    /// Runs of a host, or all; oldest first.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn runs(&self, host: Option<&str>) -> Result<Vec<RunRecord>, Failure> {
        let host = host.map(str::to_owned);
        self.inner.readers.read(move |db| read::runs(db, host.as_deref())).await
    }

    /// Runs of one host; oldest first.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn runs_of(&self, host: &str) -> Result<Vec<RunRecord>, Failure> {
        self.runs(Some(host)).await
    }

    /// Makes a run. One that is stored already stays as it is.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`].
    pub async fn add_run(&self, run: RunRecord) -> Result<(), Failure> {
        self.change(Change::AddRun(run)).await
    }

    /// Notes how far a run's output has been consumed, in bytes; for runs without a reader's state.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`].
    pub async fn progress(
        &self,
        run: &RunId,
        out_offset: u64,
        err_offset: u64,
    ) -> Result<(), Failure> {
        let reader: Option<Value> = None;
        self.change(Change::Progress { run: run.clone(), out_offset, err_offset, reader }).await
    }

    /// Asks in one read transaction, off the runtime.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Failure> {
        self.inner.readers.read(work).await
    }

    async fn change(&self, change: Change) -> Result<(), Failure> {
        self.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.map(drop)
    }
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "page_tests.rs"]
mod page_tests;

#[cfg(test)]
#[path = "opening_tests.rs"]
mod opening_tests;
