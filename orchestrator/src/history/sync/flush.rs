//! Writing what waits to where it is shared.

use shared_history::{Entry, Malformed, Prepared, file_name};

use super::{Syncing, count};
use crate::failure::{Code, Failure};
use crate::history::account::entry_words;
use crate::store::{Change, OutboxJob, Project};

/// Bytes that are written to a project at once; a larger entry goes alone.
const WRITE_BYTES: usize = 128 * 1024;

/// Our file may need to be cut when it has grown by so much: some 400 entries.
const TRIM_BYTES: u64 = 256 * 1024;

/// What a flush came to.
#[derive(Debug, Default)]
pub(in crate::history) struct Flushed {
    /// Entries that are written.
    pub(in crate::history) sent: u64,
    /// Entries that still wait.
    pub(in crate::history) pending: u64,
    /// Why.
    pub(in crate::history) failure: Option<Failure>,
}

impl Syncing {
    /// Writes what waits, oldest first.
    pub(in crate::history) async fn flush(&mut self) -> Result<Flushed, Failure> {
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
