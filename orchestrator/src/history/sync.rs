//! Bringing one project up to date: what waits is written there, what is new there is stored here.

use std::collections::HashSet;
use std::path::Path;

use shared_history::{
    Entry, FileChange, FileIndex, FilesError, Indexes, Line, Malformed, Odd, OddKind, Prepared,
    Refreshed, Settings, file_name, host_of, needs_trim,
};

use super::account::entry_words;
use super::fault::failure;
use super::reach::Reach;
use super::{HistorySettings, Ignored, ShellFiles};
use crate::failure::{Code, Failure};
use crate::host::{HostDirectory, HostId, Site};
use crate::seam::{HistoryIgnored, LeftAlone};
use crate::store::{Batch, Change, OutboxJob, OutboxScope, Project, ProjectId, SharedEntry, Store};

/// Entries that are stored in one transaction: few enough that no event waits for long behind them.
const BATCH: usize = 250;

/// Bytes that are written to a project at once; a larger entry goes alone.
const WRITE_BYTES: usize = 128 * 1024;

/// Our file may need to be cut when it has grown by so much: some 400 entries.
const TRIM_BYTES: u64 = 256 * 1024;

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

/// What a flush came to.
#[derive(Debug, Default)]
pub(super) struct Flushed {
    /// Entries that are written.
    pub(super) sent: u64,
    /// Entries that still wait.
    pub(super) pending: u64,
    /// Why.
    pub(super) failure: Option<Failure>,
}

/// What a refresh came to.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Entries that came.
    pub(super) received: u64,
    /// Whether it is worth looking again soon.
    pub(super) is_unsettled: bool,
    /// What is named like a file of history, and isn't read.
    pub(super) left_alone: Vec<LeftAlone>,
    /// Whether there is any shared history.
    pub(super) has_files: bool,
    /// Why nothing could be read.
    pub(super) offline: Option<Failure>,
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

    /// Writes what waits, oldest first.
    pub(super) async fn flush(&mut self) -> Result<Flushed, Failure> {
        let mut flushed = Flushed::default();
        loop {
            let jobs = self.store.outbox(&self.outbox(), 0).await?;
            if jobs.is_empty() {
                flushed.pending = 0;
                return Ok(flushed);
            }
            flushed.pending = self.pending().await?;
            let known = match self.allowed() {
                Ok(()) => self.known().await?,
                Err(failure) => Err(failure),
            };
            let project = match known {
                Ok(project) => project,
                Err(failure) => {
                    self.not_sent(&jobs, &failure).await?;
                    flushed.failure = Some(failure);
                    return Ok(flushed);
                }
            };
            let batch = first(jobs);
            let in_doubt = batch.iter().any(|job| self.is_doubtful(job));
            let lines = self.lines(&batch, &project).await?;
            let bytes: u64 = batch.iter().map(|job| count(job.line.len())).sum();
            let name = file_name(&self.settings.hostname);
            // Until the store has taken them out, whatever comes next may find them written.
            self.doubtful.extend(batch.iter().map(|job| job.position));
            match self.reach.write(&name, lines, in_doubt).await {
                Ok(written) => {
                    let positions: Vec<i64> = batch.iter().map(|job| job.position).collect();
                    self.commit(Change::Sent(positions.clone())).await?;
                    for position in &positions {
                        self.doubtful.remove(position);
                    }
                    flushed.sent += count(positions.len());
                    self.has_written = true;
                    self.grown(&name, written.size, bytes).await;
                }
                Err(error) => {
                    let failure = self.failure(&error);
                    self.not_sent(&batch, &failure).await?;
                    flushed.failure = Some(failure);
                    return Ok(flushed);
                }
            }
        }
    }

    fn is_doubtful(&self, job: &OutboxJob) -> bool {
        job.position <= self.doubtful_to || self.doubtful.contains(&job.position)
    }

    /// Our file has grown. Who only writes doesn't know how many lines it has: from time to time it is cut.
    async fn grown(&self, name: &str, size: u64, bytes: u64) {
        if size / TRIM_BYTES == size.saturating_sub(bytes) / TRIM_BYTES {
            return;
        }
        self.trim(name).await;
    }

    async fn trim(&self, name: &str) {
        if let Err(error) = self.reach.trim(name, self.settings.limit).await {
            // It is tried again with a later entry.
            tracing::warn!(host = %self.host(), %error, "our file of shared history stays longer than it should be");
        }
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

    /// The lines of jobs, with the project's path as its machine calls it where the session has none that says that.
    async fn lines(&self, jobs: &[OutboxJob], project: &Project) -> Result<Vec<Prepared>, Failure> {
        let mut lines = Vec::with_capacity(jobs.len());
        for job in jobs {
            let faulty = |error: Malformed| {
                let message = format!("entry {} is stored as what is none: {error}", job.id);
                Failure::new(Code::Corrupt, message)
            };
            let mut entry = Entry::parse(&job.line).map_err(faulty)?;
            if !entry.project_path.starts_with('/') {
                entry.project_path.clone_from(&project.root);
                let (row, line, words) = (job.row, entry.to_line(), entry_words(&entry));
                self.commit(Change::RewriteEntry { row, line, words }).await?;
            }
            lines.push(Prepared::new(&entry).map_err(faulty)?);
        }
        Ok(lines)
    }

    async fn not_sent(&self, jobs: &[OutboxJob], failure: &Failure) -> Result<(), Failure> {
        let positions = jobs.iter().map(|job| job.position).collect();
        self.commit(Change::NotSent { positions, failure: failure.clone() }).await
    }

    /// Reads what is new, and stores it; `stored` is called when something that is shown was stored.
    pub(super) async fn refresh(&mut self, stored: &(impl Fn() + Sync)) -> Result<Read, Failure> {
        let mut read = Read::default();
        if let Err(failure) = self.allowed() {
            read.offline = Some(failure);
            return Ok(read);
        }
        let known = match self.known().await? {
            Ok(project) => project,
            Err(failure) => {
                read.offline = Some(failure);
                return Ok(read);
            }
        };
        let mut before = self.indexes_of(&known).await?;
        let (mut after, mut done) = self.reach.refresh(before.clone(), self.limits()).await;
        let mut project = known;
        if let Ok(refreshed) = &done {
            let named = self.named(&refreshed.root).await?;
            if named.id != project.id {
                // A symlink leads elsewhere by now: what is known of it is another project's.
                before = self.indexes_of(&named).await?;
                (after, done) = self.reach.refresh(before.clone(), self.limits()).await;
                project = named;
            }
        }
        let refreshed = match done {
            Ok(refreshed) => refreshed,
            Err(error) => {
                read.offline = Some(self.failure(&error));
                return Ok(read);
            }
        };
        let Refreshed { changes, gone, odd, is_unsettled, .. } = refreshed;
        read.is_unsettled = is_unsettled;
        read.left_alone = odd.iter().map(left_alone).collect();
        for file in gone {
            self.commit(Change::DropShared { project: project.id, file }).await?;
            stored();
        }
        let own = file_name(&self.settings.hostname);
        let mut trim = false;
        for change in changes {
            // What comes back of our own is nothing new, but to who lost it: that is shown, and not counted.
            if change.name != own {
                read.received += count(change.lines.len());
            }
            trim |= change.name == own && needs_trim(change.index.lines, self.settings.limit);
            let was = before.get(&change.name);
            self.store_file(&project, change, was, stored).await?;
        }
        read.has_files = after.iter().next().is_some();
        // Only now: what could not be stored is read again.
        self.indexes = Some((project.id, after));
        if trim {
            self.trim(&own).await;
        }
        Ok(read)
    }

    fn limits(&self) -> Settings {
        let limit = usize::try_from(self.settings.limit).unwrap_or(usize::MAX);
        Settings { limit, ..Settings::default() }
    }

    /// How far the files of a project were read.
    async fn indexes_of(&self, project: &Project) -> Result<Indexes, Failure> {
        if let Some((_, indexes)) = self.indexes.as_ref().filter(|(of, _)| *of == project.id) {
            return Ok(indexes.clone());
        }
        let stored = self.store.history_files(project.id).await?;
        // One that was not stored to its end is read anew.
        Ok(stored.iter().filter_map(|(_, index)| serde_json::from_str(index).ok()).collect())
    }

    /// Stores what came of a file, the newest first; its index last, so that what is left out is read again.
    async fn store_file(
        &self,
        project: &Project,
        change: FileChange,
        was: Option<&FileIndex>,
        stored: &(impl Fn() + Sync),
    ) -> Result<(), Failure> {
        let FileChange { name, reset, lines, index } = change;
        let mut reset = reset || was.is_none();
        let interim = match was.filter(|_| !reset) {
            Some(was) => json(was)?,
            None => String::new(),
        };
        let last = json(&index)?;
        let hostname = host_of(&name);
        let mut chunks: Vec<&[Line]> = lines.rchunks(BATCH).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let number_of_chunks = chunks.len();
        for (number, chunk) in chunks.into_iter().enumerate() {
            let is_last = number + 1 == number_of_chunks;
            self.commit(Change::PutShared {
                project: project.id,
                file: name.clone(),
                index: if is_last { last.clone() } else { interim.clone() },
                reset: std::mem::take(&mut reset),
                entries: chunk.iter().filter_map(|line| shared_entry(line, hostname)).collect(),
                keep: self.settings.limit,
            })
            .await?;
            stored();
        }
        Ok(())
    }

    /// What the project's git makes of the directory; asked once.
    pub(super) async fn ignored(
        &self,
        project: &Project,
    ) -> Result<Option<HistoryIgnored>, Failure> {
        if let Some(known) = project.ignored.as_deref().and_then(from_word) {
            return Ok(Some(known));
        }
        match self.shell.ignored().await {
            Ok(ignored) => {
                let ignored = told(ignored);
                self.set_ignored(project, ignored).await?;
                Ok(Some(ignored))
            }
            Err(error) => {
                tracing::debug!(host = %self.host(), %error, "git was not asked");
                Ok(None)
            }
        }
    }

    /// Keeps the directory out of the project's git.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(super) async fn ignore(&self) -> Result<HistoryIgnored, Failure> {
        self.allowed()?;
        self.shell.ignore().await.map_err(|error| self.failure(&error))?;
        let ignored = told(self.shell.ignored().await.map_err(|error| self.failure(&error))?);
        if let Some(project) = self.project().await? {
            self.set_ignored(&project, ignored).await?;
        }
        Ok(ignored)
    }

    async fn set_ignored(&self, project: &Project, ignored: HistoryIgnored) -> Result<(), Failure> {
        let ignored = word(ignored).to_owned();
        self.commit(Change::SetIgnored { project: project.id, ignored }).await
    }

    /// Whether there is anything there that git could take.
    pub(super) fn has_shared(&self, read: &Read) -> bool {
        read.has_files || self.has_written
    }

    /// Whether it is to be said that the directory isn't ignored: once.
    pub(super) async fn hint(&self, project: &Project) -> Result<bool, Failure> {
        let is_due = self.ignored(project).await? == Some(HistoryIgnored::No) && !project.hinted;
        if is_due {
            self.commit(Change::SetHinted(project.id)).await?;
        }
        Ok(is_due)
    }

    async fn commit(&self, change: Change) -> Result<(), Failure> {
        self.store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.map(drop)
    }
}

/// As many of the first jobs as go in one write.
fn first(jobs: Vec<OutboxJob>) -> Vec<OutboxJob> {
    let mut bytes = 0;
    let mut fit = 0;
    for job in &jobs {
        bytes += job.line.len();
        if fit > 0 && bytes > WRITE_BYTES {
            break;
        }
        fit += 1;
    }
    jobs.into_iter().take(fit).collect()
}

fn shared_entry(line: &Line, hostname: Option<&str>) -> Option<SharedEntry> {
    // Every line was made out of an entry.
    let entry = line.entry().ok()?;
    let words = entry_words(&entry);
    Some(SharedEntry {
        position: line.position,
        id: entry.id,
        at_ms: entry.timestamp,
        kind: entry.kind.as_str().to_owned(),
        hostname: entry.hostname.or_else(|| hostname.map(str::to_owned)),
        line: line.text.clone(),
        words,
    })
}

fn left_alone(odd: &Odd) -> LeftAlone {
    let reason = match odd.kind {
        OddKind::Directory => "it is a directory",
        OddKind::Symlink => "it is a symlink, which is not followed",
        OddKind::Special => "it is no file",
        OddKind::Unreadable => "it may not be read",
        OddKind::Name => "no program of ours gives such a name",
    };
    LeftAlone { name: odd.name.clone(), reason: reason.into() }
}

fn json(index: &FileIndex) -> Result<String, Failure> {
    serde_json::to_string(index).map_err(|error| {
        let message = format!("how far a shared file was read can't be stored: {error}");
        Failure::new(Code::Internal, message)
    })
}

fn told(ignored: Ignored) -> HistoryIgnored {
    match ignored {
        Ignored::Yes => HistoryIgnored::Yes,
        Ignored::No => HistoryIgnored::No,
        Ignored::NoRepository => HistoryIgnored::NoRepository,
        Ignored::NoGit => HistoryIgnored::NoGit,
    }
}

/// As the store has it.
fn word(ignored: HistoryIgnored) -> &'static str {
    match ignored {
        HistoryIgnored::Yes => "yes",
        HistoryIgnored::No => "no",
        HistoryIgnored::NoRepository => "no_repository",
        HistoryIgnored::NoGit => "no_git",
    }
}

/// What the store has; what may have changed since is asked again.
fn from_word(word: &str) -> Option<HistoryIgnored> {
    [HistoryIgnored::Yes, HistoryIgnored::No]
        .into_iter()
        .find(|ignored| word == self::word(*ignored))
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
