//! The one thread that writes: what waits together is committed together.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::warn;

use super::fault::{Fault, Place};
use super::{Batch, apply};
use crate::failure::{Code, Failure};
use crate::seam::Event;

/// Batches that may wait: who brings more waits himself.
const QUEUE: usize = 256;
/// Batches of one transaction: enough to share a sync of the disk, few enough that nobody waits for long.
const GROUP: usize = 64;
/// How long a command's receipt is kept: who sends a command again does so within seconds.
const RECEIPTS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often old receipts are looked for.
const PRUNED_EVERY: Duration = Duration::from_secs(60 * 60);

type Answer = oneshot::Sender<Result<Vec<Event>, Failure>>;

#[derive(Debug)]
pub(super) enum Job {
    /// Stores a batch.
    Commit { batch: Batch, answer: Answer },
    /// Stores what came before, and ends.
    Close { done: oneshot::Sender<()> },
}

/// What is said to those who come after the end.
pub(super) fn closed() -> Failure {
    Failure::new(Code::Internal, "the store is closed")
}

struct Writer {
    db: Connection,
    place: Place,
    head: watch::Sender<u64>,
    /// The clock of this machine when we began: with the time that has passed since, a clock that jumps changes nothing.
    began: (Timestamp, Instant),
    pruned: Option<Instant>,
}

/// Starts the thread. It ends, and its connection closes, with the last sender or a [`Job::Close`].
pub(super) fn start(
    db: Connection,
    place: Place,
    head: watch::Sender<u64>,
) -> Result<mpsc::Sender<Job>, Failure> {
    let (jobs, waiting) = mpsc::channel(QUEUE);
    let writer =
        Writer { db, place, head, began: (Timestamp::now(), Instant::now()), pruned: None };
    thread::Builder::new().name("store".into()).spawn(move || writer.work(waiting)).map_err(
        |error| Failure::new(Code::Internal, format!("could not start a thread: {error}")),
    )?;
    Ok(jobs)
}

impl Writer {
    fn work(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = Vec::new();
            let mut close = None;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Commit { batch, answer } => group.push((batch, answer)),
                    Job::Close { done } => {
                        close = Some(done);
                        break;
                    }
                }
                next = if group.len() < GROUP { waiting.try_recv().ok() } else { None };
            }
            self.commit(group);
            self.prune();
            if let Some(done) = close {
                waiting.close();
                drop(self);
                // Who waits for the end may have gone.
                done.send(()).ok(); // Who asked may have gone.
                break;
            }
        }
    }

    /// Commits a group in one transaction; where that fails as a whole, each batch in one of its own.
    fn commit(&mut self, group: Vec<(Batch, Answer)>) {
        if group.is_empty() {
            return;
        }
        let batches: Vec<&Batch> = group.iter().map(|(batch, _)| batch).collect();
        let outcomes = match self.transaction(&batches) {
            Ok(outcomes) => outcomes,
            Err(failure) if batches.len() == 1 => vec![Err(failure)],
            Err(_) => batches
                .iter()
                .map(|batch| {
                    self.transaction(&[batch])
                        .and_then(|mut one| one.pop().unwrap_or(Err(closed())))
                })
                .collect(),
        };
        let last = outcomes.iter().flatten().flatten().map(|event| event.seq).max();
        if let Some(last) = last {
            self.head.send_replace(last);
        }
        for ((_, answer), outcome) in group.into_iter().zip(outcomes) {
            // Who asked may have gone; it is stored all the same.
            answer.send(outcome).ok(); // Who asked may have gone.
        }
    }

    /// One transaction with a savepoint for each batch: a batch that can't be applied leaves the others alone.
    ///
    /// `Err` when nothing of all was stored.
    fn transaction(
        &mut self,
        batches: &[&Batch],
    ) -> Result<Vec<Result<Vec<Event>, Failure>>, Failure> {
        let failed = |place: &Place, fault: Fault| place.failure("write", fault);
        let place = self.place.clone();
        let mut transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(&place, error.into()))?;
        let mut outcomes = Vec::with_capacity(batches.len());
        for batch in batches {
            let savepoint =
                transaction.savepoint().map_err(|error| failed(&place, error.into()))?;
            // What is stored has milliseconds, and what is told is what is stored.
            let now = Timestamp::now();
            let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
            match apply::batch(&savepoint, batch, at) {
                Ok(events) => {
                    savepoint.commit().map_err(|error| failed(&place, error.into()))?;
                    outcomes.push(Ok(events));
                }
                Err(fault) => {
                    let failure = failed(&place, fault);
                    // After some errors (a full disk) SQLite has taken the whole transaction back.
                    if savepoint.is_autocommit() {
                        return Err(failure);
                    }
                    savepoint.finish().map_err(|error| failed(&place, error.into()))?;
                    outcomes.push(Err(failure));
                }
            }
        }
        transaction.commit().map_err(|error| failed(&place, error.into()))?;
        Ok(outcomes)
    }

    fn prune(&mut self) {
        if self.pruned.is_some_and(|at| at.elapsed() < PRUNED_EVERY) {
            return;
        }
        self.pruned = Some(Instant::now());
        let (clock, since) = self.began;
        let now = clock.saturating_add(since.elapsed()).unwrap_or(clock);
        let oldest = now.saturating_sub(RECEIPTS_KEPT).unwrap_or(clock).as_millisecond();
        // They are tried again in an hour; nothing is wrong with having more of them.
        if let Err(error) = self.db.execute("DELETE FROM receipts WHERE at < ?1", params![oldest]) {
            warn!(%error, "old receipts stay");
        }
    }
}
