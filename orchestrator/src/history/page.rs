//! What is asked of the history, answered from the store.

use shared_history::{FileIndex, Query as Words};

use super::ledger::Ledger;
use super::outbox::waiting;
use crate::failure::{Code, Failure};
use crate::host::Site;
use crate::seam::{
    HistoryActivity, HistoryBucket, HistoryCount, HistoryFilter, HistoryItem, HistoryKind,
    HistoryPage, HistoryQuery, HistoryScope, HistorySource, OutboxEntry, SessionId, SkippedLine,
    SkippedLines,
};
use crate::store::{
    Activity, HistoryQuery as RowQuery, HistoryRow, HistoryScope as RowScope,
    HistorySource as RowSource, OutboxJob, OutboxScope, ProjectId,
};
use jiff::Timestamp;

/// Buckets of one answer at most.
const MOST_BUCKETS: u32 = 1_000;

/// A scope, with what it means today.
#[derive(Clone, Debug)]
pub struct Scoped {
    /// As it was asked for.
    pub scope: HistoryScope,
    /// The directory of its project, where it has one and its host may be used.
    pub site: Option<Site>,
    /// Why its host may not be used.
    pub why: Option<Failure>,
}

impl Ledger {
    /// Answers a question about entries.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn page(
        &self,
        scoped: &Scoped,
        query: &HistoryQuery,
    ) -> Result<HistoryPage, Failure> {
        let project = self.project(scoped).await?;
        let scope = rows_of(scoped, project);
        let mut filter = row_filter(&query.filter, scope.clone());
        filter.limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        filter.offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let found = self.store().history(&filter).await?;
        let sources = self.store().history_sources(&scope).await?;
        let skipped = self.skipped(project).await?;
        let left_alone = scoped.site.as_ref().map(|site| self.keeper(site).left_alone());
        let hostname = self.hostname();
        Ok(HistoryPage {
            entries: found.rows.into_iter().map(item).collect(),
            total: found.total,
            sources: sources.into_iter().map(|source| counted(source, hostname)).collect(),
            skipped,
            left_alone: left_alone.unwrap_or_default(),
            pending: self.waiting(scoped).await?,
        })
    }

    /// One entry.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], or [`Code::Conflict`] where several ids begin so.
    pub async fn entry(&self, id: &str) -> Result<HistoryItem, Failure> {
        self.store().history_entry(id).await.map(item)
    }

    /// Counts entries in buckets of equal length.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] for a time that ends before it begins, or too many buckets.
    pub async fn activity(
        &self,
        scoped: &Scoped,
        filter: &HistoryFilter,
        (from, to): (Timestamp, Timestamp),
        buckets: u32,
    ) -> Result<HistoryActivity, Failure> {
        if from >= to || buckets == 0 || buckets > MOST_BUCKETS {
            let message = format!("activity has 1 to {MOST_BUCKETS} buckets between two times");
            return Err(Failure::new(Code::Usage, message));
        }
        let project = self.project(scoped).await?;
        let filter = RowQuery { since_ms: None, ..row_filter(filter, rows_of(scoped, project)) };
        let (from_ms, to_ms) = (from.as_millisecond(), to.as_millisecond());
        let count = usize::try_from(buckets).unwrap_or(usize::MAX);
        let counted = self.store().history_activity(&filter, from_ms, to_ms, count).await?;
        let bucket = |Activity { user, auto, cue, other }| HistoryBucket { user, auto, cue, other };
        Ok(HistoryActivity { from, to, buckets: counted.into_iter().map(bucket).collect() })
    }

    /// Entries that wait to be written to where they are shared.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn outbox(&self) -> Result<Vec<OutboxEntry>, Failure> {
        Ok(waiting(self.store()).await?.into_iter().map(outbox_entry).collect())
    }

    /// The project of a scope; of a session whose host may not be used, that in which it worked last.
    async fn project(&self, scoped: &Scoped) -> Result<Option<ProjectId>, Failure> {
        match (&scoped.site, &scoped.scope) {
            (Some(site), _) => {
                let project = self.store().project(&site.place, site.cwd.as_deref()).await?;
                Ok(project.map(|project| project.id))
            }
            (None, HistoryScope::Session { session }) => {
                let scope = RowScope::Session { session: session.clone(), project: None };
                let last = RowQuery { scope, limit: 1, ..RowQuery::default() };
                let rows = self.store().history(&last).await?.rows;
                Ok(rows.into_iter().find_map(|row| row.project))
            }
            (None, HistoryScope::All | HistoryScope::Project { .. }) => Ok(None),
        }
    }

    async fn waiting(&self, scoped: &Scoped) -> Result<u64, Failure> {
        let scope = match (&scoped.scope, &scoped.site) {
            (HistoryScope::All, _) => OutboxScope::All,
            (HistoryScope::Session { session }, _) => OutboxScope::Session(session.clone()),
            (HistoryScope::Project { .. }, Some(site)) => OutboxScope::Site(site.clone()),
            (HistoryScope::Project { .. }, None) => return Ok(0),
        };
        self.store().outbox_len(&scope).await
    }

    async fn skipped(&self, project: Option<ProjectId>) -> Result<Vec<SkippedLines>, Failure> {
        let Some(project) = project else { return Ok(Vec::new()) };
        let files = self.store().history_files(project).await?;
        // One that was not stored to its end has no index yet.
        let indexes = files.iter().filter_map(|(_, index)| serde_json::from_str(index).ok());
        Ok(indexes.filter_map(skipped_lines).collect())
    }
}

fn rows_of(scoped: &Scoped, project: Option<ProjectId>) -> RowScope {
    match (&scoped.scope, project) {
        (HistoryScope::All, _) => RowScope::All,
        (HistoryScope::Session { session }, project) => {
            RowScope::Session { session: session.clone(), project }
        }
        (HistoryScope::Project { .. }, Some(project)) => RowScope::Project(project),
        // Nobody has read it yet, so there is nothing but what no session has.
        (HistoryScope::Project { .. }, None) => {
            RowScope::Session { session: SessionId::new(""), project: None }
        }
    }
}

fn row_filter(filter: &HistoryFilter, scope: RowScope) -> RowQuery {
    let kind = |kind: &HistoryKind| match kind {
        HistoryKind::User => "USER".to_owned(),
        HistoryKind::Auto => "AUTO".to_owned(),
        HistoryKind::Cue => "CUE".to_owned(),
    };
    let source = |source: &HistorySource| match source {
        HistorySource::Local => RowSource::Local,
        HistorySource::Hostname(name) => RowSource::Hostname(name.clone()),
    };
    RowQuery {
        scope,
        kinds: filter.kinds.iter().map(kind).collect(),
        source: filter.source.as_ref().map(source),
        since_ms: filter.since.map(Timestamp::as_millisecond),
        until_ms: None,
        search: filter
            .search
            .as_deref()
            .map(|text| Words::parse(text).phrases().to_vec())
            .unwrap_or_default(),
        limit: usize::MAX,
        offset: 0,
    }
}

/// A job as front ends see it.
pub(super) fn outbox_entry(job: OutboxJob) -> OutboxEntry {
    let summary = shared_history::Entry::parse(&job.line).map(|entry| entry.summary);
    OutboxEntry {
        id: job.id,
        // It was an entry when it was stored.
        summary: summary.unwrap_or_default(),
        host: job.site.place.id.to_string(),
        cwd: job.site.cwd,
        at: job.at,
        failure: job.failure,
    }
}

fn item(row: HistoryRow) -> HistoryItem {
    HistoryItem {
        line: String::from_utf8_lossy(&row.line).into_owned(),
        hostname: row.hostname,
        local: row.local,
        session: row.session,
    }
}

fn counted((source, entries): (RowSource, u64), hostname: &str) -> HistoryCount {
    match source {
        RowSource::Local => HistoryCount { hostname: hostname.to_owned(), local: true, entries },
        RowSource::Hostname(hostname) => HistoryCount { hostname, local: false, entries },
    }
}

fn skipped_lines(index: FileIndex) -> Option<SkippedLines> {
    if index.skipped == 0 {
        return None;
    }
    let first = index.first_skipped.into_iter().map(|line| SkippedLine {
        number: line.number,
        position: line.position,
        reason: line.reason.to_string(),
        beginning: line.start,
    });
    Some(SkippedLines { file: index.name, lines: index.skipped, first: first.collect() })
}
