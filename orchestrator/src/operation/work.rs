//! What all drivers of operations share: where they are stored and shown, and what stands around them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::board::Board;
use super::queues::Queues;
use super::sessions::Sessions;
use super::tape::Tape;
use crate::failure::Failure;
use crate::host::{Place, Reach};
use crate::run::Runs;
use crate::seam::{Operation, OperationState};
use crate::store::{Batch, Change, OperationRecord, Store};

/// The directory of outputs, beside the database.
const OUTPUTS: &str = "operations";

/// The engine's side of operations.
#[derive(Debug)]
pub(super) struct Workshop {
    pub(super) reach: Arc<dyn Reach>,
    pub(super) sessions: Arc<dyn Sessions>,
    pub(super) store: Store,
    pub(super) board: Board,
    pub(super) queues: Queues,
    /// A way to launch for each place: it keeps what it learned of its host.
    runs: Mutex<Vec<(Place, Runs)>>,
    /// One writer at a time: what is stored is what was shown, changed.
    writing: tokio::sync::Mutex<()>,
    ending: watch::Sender<bool>,
}

impl Workshop {
    pub(super) fn new(store: Store, reach: Arc<dyn Reach>, sessions: Arc<dyn Sessions>) -> Self {
        Self {
            reach,
            sessions,
            store,
            board: Board::default(),
            queues: Queues::default(),
            runs: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            ending: watch::Sender::new(false),
        }
    }

    /// The runs at a place. Must be called within a tokio runtime.
    pub(super) fn runs(&self, place: &Place) -> Runs {
        let mut all = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, runs)) = all.iter().find(|(known, _)| known == place) {
            return runs.clone();
        }
        let runs = Runs::new(self.reach.connection(place));
        all.push((place.clone(), runs.clone()));
        runs
    }

    /// Says that the engine is to end.
    pub(super) fn end(&self) {
        self.ending.send_replace(true);
    }

    pub(super) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits until the engine is to end.
    pub(super) async fn ended(&self) {
        self.ending.subscribe().wait_for(|is_ending| *is_ending).await.ok(); // Its sender is ours.
    }

    /// Where outputs are; `None` where the database is in memory.
    pub(super) fn outputs(&self) -> Option<PathBuf> {
        self.store.directory().map(|directory| directory.join(OUTPUTS))
    }

    /// The output of an operation.
    pub(super) async fn tape(&self, id: &str) -> Tape {
        let path = self.outputs().map(|directory| directory.join(id));
        let opened = tokio::task::spawn_blocking(move || Tape::open(path));
        opened.await.unwrap_or_else(|_| Tape::open(None))
    }

    /// Stores one that is new together with `also`, and shows it.
    pub(super) async fn add(
        &self,
        record: OperationRecord,
        also: Vec<Change>,
    ) -> Result<(), Failure> {
        let _writing = self.writing.lock().await;
        let mut changes = vec![Change::PutOperation(Box::new(record.clone()))];
        changes.extend(also);
        self.store.commit(Batch { changes, drafts: Vec::new() }).await?;
        let tape = self.tape(&record.operation.id).await;
        self.board.add(record, tape, false);
        Ok(())
    }

    /// Stores a change of one, and shows it; nothing where it is gone.
    pub(super) async fn change(
        &self,
        id: &str,
        change: impl Fn(&mut OperationRecord),
    ) -> Result<(), Failure> {
        self.change_with(id, Vec::new(), change).await
    }

    async fn change_with(
        &self,
        id: &str,
        also: Vec<Change>,
        change: impl Fn(&mut OperationRecord),
    ) -> Result<(), Failure> {
        let _writing = self.writing.lock().await;
        let Some(standing) = self.board.standing(id) else { return Ok(()) };
        let mut record = standing.record;
        change(&mut record);
        record.operation.output = standing.tape.end();
        let mut changes = vec![Change::PutOperation(Box::new(record))];
        changes.extend(also);
        self.store.commit(Batch { changes, drafts: Vec::new() }).await?;
        // As it stands now: its driver may have noted something meanwhile.
        self.board.change(id, change);
        Ok(())
    }

    /// Ends one in one transaction, with those that are too many now.
    pub(super) async fn finish(&self, id: &str, state: &OperationState) -> Result<(), Failure> {
        let now = Timestamp::now();
        let too_many = self.board.too_many();
        let also = too_many.iter().cloned().map(Change::ForgetOperation).collect();
        let over = |record: &mut OperationRecord| {
            record.operation.state = state.clone();
            record.operation.ended_at = Some(now);
            // A session that was to be made has what it needs.
            record.env.clear();
        };
        self.change_with(id, also, over).await?;
        for old in too_many {
            self.drop_from_board(&old).await;
        }
        Ok(())
    }

    /// Forgets one with its output.
    pub(super) async fn forget(&self, id: &str) -> Result<(), Failure> {
        let _writing = self.writing.lock().await;
        let changes = vec![Change::ForgetOperation(id.to_owned())];
        self.store.commit(Batch { changes, drafts: Vec::new() }).await?;
        self.drop_from_board(id).await;
        Ok(())
    }

    async fn drop_from_board(&self, id: &str) {
        if let Some(tape) = self.board.take(id) {
            tape.remove().await;
        }
    }

    /// Says that the host of one can't be reached.
    pub(super) fn away(&self, id: &str, why: &Failure) {
        self.board.note(id, |operation| {
            operation.state = OperationState::Away { why: why.clone() };
        });
        self.board.heard(id);
    }

    /// Says that the host of one is back.
    pub(super) fn back(&self, id: &str) {
        self.board.note(id, |operation: &mut Operation| {
            operation.state = OperationState::Running;
        });
    }
}
