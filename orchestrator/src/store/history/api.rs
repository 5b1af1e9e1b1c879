//! The store's questions about the history.

use super::types::{
    Activity, HistoryQuery, HistoryRow, HistoryRows, HistoryScope, HistorySource, OutboxJob,
    OutboxScope, Project, ProjectId,
};
use super::{outbox, projects, read, shared};
use crate::failure::Failure;
use crate::host::{Place, Site};
use crate::store::Store;
use crate::store::database::MOST_BYTES;

impl Store {
    /// The project that a directory is known to be in; `cwd` as a session has it, `None` for the home directory.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn project(
        &self,
        place: &Place,
        cwd: Option<&str>,
    ) -> Result<Option<Project>, Failure> {
        let (place, cwd) = (place.clone(), cwd.map(str::to_owned));
        self.read(move |db| projects::project(db, &place, cwd.as_deref())).await
    }

    /// All projects, in the order in which they became known.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn projects(&self) -> Result<Vec<Project>, Failure> {
        self.read(projects::projects).await
    }

    /// The shared files of a project that are stored, by name, each with what was noted of it.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn history_files(
        &self,
        project: ProjectId,
    ) -> Result<Vec<(String, String)>, Failure> {
        self.read(move |db| shared::files(db, project)).await
    }

    /// Entries, newest first. Page, total and lines are of one moment.
    ///
    /// Fewer than the limit come when their lines are large (512 KiB together, but always one): go on behind them.
    ///
    /// # Errors
    ///
    /// `too_large` when the search has more than 200 words.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryRows, Failure> {
        let query = query.clone();
        self.read(move |db| read::history(db, &query, MOST_BYTES)).await
    }

    /// Where the entries come from, and how many from each.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn history_sources(
        &self,
        scope: &HistoryScope,
    ) -> Result<Vec<(HistorySource, u64)>, Failure> {
        let query = HistoryQuery { scope: scope.clone(), ..HistoryQuery::default() };
        let counts = self.read(move |db| read::counted(db, &query)).await?;
        Ok(counts.into_iter().collect())
    }

    /// How many entries of which kind there are in each of `buckets` equal spans from `from_ms` to before `to_ms`, both
    /// in milliseconds since 1970-01-01 UTC. The query's limit and offset don't matter.
    ///
    /// # Errors
    ///
    /// `too_large` with more than 10,000 buckets, or as [`Store::history`].
    pub async fn history_activity(
        &self,
        query: &HistoryQuery,
        from_ms: i64,
        to_ms: i64,
        buckets: usize,
    ) -> Result<Vec<Activity>, Failure> {
        let query = query.clone();
        self.read(move |db| read::activity(db, &query, from_ms, to_ms, buckets)).await
    }

    /// The entry of that id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// `not_found`, or `conflict` with the ids when there are several.
    pub async fn history_entry(&self, prefix: &str) -> Result<HistoryRow, Failure> {
        let prefix = prefix.to_owned();
        self.read(move |db| read::entry(db, &prefix)).await
    }

    /// Jobs behind the position `after` (0 for the first), in the order of sending.
    ///
    /// They come in pages of 512 KiB of lines, or of one job: an empty page is the end.
    ///
    /// # Errors
    ///
    /// `corrupt` when a row can't be read.
    pub async fn outbox(&self, scope: &OutboxScope, after: i64) -> Result<Vec<OutboxJob>, Failure> {
        let scope = scope.clone();
        self.read(move |db| outbox::jobs(db, &scope, after, MOST_BYTES)).await
    }

    /// How many jobs wait.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn outbox_len(&self, scope: &OutboxScope) -> Result<u64, Failure> {
        let scope = scope.clone();
        self.read(move |db| outbox::waiting(db, &scope)).await
    }

    /// Where something waits for, each once, in the order of sending.
    ///
    /// # Errors
    ///
    /// `corrupt` when a row can't be read.
    pub async fn outbox_sites(&self) -> Result<Vec<Site>, Failure> {
        self.read(outbox::sites).await
    }

    /// The last position that waits; 0 where nothing does.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn outbox_end(&self) -> Result<i64, Failure> {
        self.read(outbox::end).await
    }
}
