//! Reading what is new where it is shared, and storing it.

use shared_history::{
    FileChange, FileIndex, Indexes, Line, Odd, OddKind, Refreshed, Settings, file_name, host_of,
    needs_trim,
};

use super::{Syncing, count};
use crate::failure::{Code, Failure};
use crate::history::account::entry_words;
use crate::seam::LeftAlone;
use crate::store::{Change, Project, SharedEntry};

/// Entries that are stored in one transaction: few enough that no event waits for long behind them.
const BATCH: usize = 250;

/// What a refresh came to.
#[derive(Debug, Default)]
pub(in crate::history) struct Read {
    /// Entries that came.
    pub(in crate::history) received: u64,
    /// Whether it is worth looking again soon.
    pub(in crate::history) is_unsettled: bool,
    /// What is named like a file of history, and isn't read.
    pub(in crate::history) left_alone: Vec<LeftAlone>,
    /// Whether there is any shared history.
    pub(in crate::history) has_files: bool,
    /// Why nothing could be read.
    pub(in crate::history) offline: Option<Failure>,
}

impl Syncing {
    /// Reads what is new, and stores it; `stored` is called when something that is shown was stored.
    pub(in crate::history) async fn refresh(
        &mut self,
        stored: &(impl Fn() + Sync),
    ) -> Result<Read, Failure> {
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
