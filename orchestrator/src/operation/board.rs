//! All operations of an engine as they stand, and who is told of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::tape::Tape;
use crate::seam::{Operation, OperationState, Progress};
use crate::store::OperationRecord;

/// Operations that are over, and are kept all the same: the last ones.
const KEPT: usize = 100;

/// What stands in memory.
#[derive(Debug, Default)]
pub(super) struct Board {
    all: Mutex<All>,
    /// Counts what changed.
    changes: watch::Sender<Changes>,
}

/// How much has changed up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Anything.
    pub(super) any: u64,
    /// What isn't progress or output alone.
    pub(super) states: u64,
}

#[derive(Debug, Default)]
struct All {
    /// In the order of their making.
    rows: Vec<Row>,
    version: u64,
}

#[derive(Debug)]
struct Row {
    record: OperationRecord,
    tape: Tape,
    /// When it was changed last.
    version: u64,
    /// Told to its driver.
    stop: watch::Sender<bool>,
    /// Whether it stands as a former engine has left it: nobody has heard yet what became of it.
    unheard: bool,
}

/// One operation, for who drives or follows it.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// As it is stored, with how far it is.
    pub(super) record: OperationRecord,
    /// What it has printed.
    pub(super) tape: Tape,
    /// Turns true when it is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

impl Board {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in one that is stored; `unheard` where it was begun by a former engine, and may be long over.
    pub(super) fn add(&self, record: OperationRecord, tape: Tape, unheard: bool) {
        let mut all = self.all();
        all.version += 1;
        let (version, stop) = (all.version, watch::Sender::new(record.stopping));
        all.rows.push(Row { record, tape, version, stop, unheard });
        drop(all);
        self.changed(true);
    }

    /// Changes one as it was changed in the store.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut OperationRecord)) {
        let mut all = self.all();
        let version = all.version + 1;
        let Some(row) = all.rows.iter_mut().find(|row| row.record.operation.id == id) else {
            return;
        };
        change(&mut row.record);
        let stopping = row.record.stopping;
        row.stop.send_if_modified(|stop| std::mem::replace(stop, stopping) != stopping);
        row.version = version;
        all.version = version;
        drop(all);
        self.changed(true);
    }

    /// Forgets one; its tape is the caller's to remove.
    pub(super) fn take(&self, id: &str) -> Option<Tape> {
        let mut all = self.all();
        let at = all.rows.iter().position(|row| row.record.operation.id == id)?;
        let row = all.rows.remove(at);
        all.version += 1;
        drop(all);
        self.changed(true);
        Some(row.tape)
    }

    /// Notes how far one is, or that its host is away or back: for as long as the engine lives. One that is over stays so.
    pub(super) fn note(&self, id: &str, change: impl FnOnce(&mut Operation)) {
        let mut all = self.all();
        let version = all.version + 1;
        let Some(row) = all.rows.iter_mut().find(|row| row.record.operation.id == id) else {
            return;
        };
        let before = row.record.operation.state.clone();
        if before.is_over() {
            return;
        }
        change(&mut row.record.operation);
        let is_state = before != row.record.operation.state;
        row.version = version;
        all.version = version;
        drop(all);
        self.changed(is_state);
    }

    /// Says that what is told of one is what its host has said, or that its host says nothing.
    pub(super) fn heard(&self, id: &str) {
        let mut all = self.all();
        let Some(row) = all.rows.iter_mut().find(|row| row.record.operation.id == id) else {
            return;
        };
        row.unheard = false;
        drop(all);
        self.changed(true);
    }

    /// Waits until all that is told was heard by this engine.
    pub(super) async fn all_heard(&self) {
        let mut changes = self.changes();
        let is_unheard = |row: &Row| row.unheard && !row.record.operation.state.is_over();
        while self.all().rows.iter().any(is_unheard) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Says how far one is.
    pub(super) fn progress(&self, id: &str, progress: Progress) {
        self.note(id, |operation| operation.progress = Some(progress));
    }

    /// Says that one has printed something.
    pub(super) fn printed(&self, id: &str) {
        self.note(id, |_| {});
    }

    fn changed(&self, is_state: bool) {
        self.changes.send_modify(|changes| {
            changes.any += 1;
            changes.states += u64::from(is_state);
        });
    }

    /// What has changed, for who waits for it.
    pub(super) fn changes(&self) -> watch::Receiver<Changes> {
        self.changes.subscribe()
    }

    /// One of them.
    pub(super) fn standing(&self, id: &str) -> Option<Standing> {
        let all = self.all();
        let row = all.rows.iter().find(|row| row.record.operation.id == id)?;
        Some(Standing {
            record: row.record.clone(),
            tape: row.tape.clone(),
            stop: row.stop.subscribe(),
        })
    }

    /// All of them as people see them, in the order of their making.
    pub(super) fn list(&self) -> Vec<Operation> {
        self.all().rows.iter().map(shown).collect()
    }

    /// Those that have changed since `version`, in the order of the changes; all ids; and the version of it all.
    pub(super) fn since(&self, version: u64) -> (Vec<Operation>, Vec<String>, u64) {
        let all = self.all();
        let mut changed: Vec<&Row> = all.rows.iter().filter(|row| row.version > version).collect();
        changed.sort_by_key(|row| row.version);
        let ids = all.rows.iter().map(|row| row.record.operation.id.clone()).collect();
        (changed.into_iter().map(shown).collect(), ids, all.version)
    }

    /// Those that are one too many when one more is over: the oldest that are.
    pub(super) fn too_many(&self) -> Vec<String> {
        let all = self.all();
        let over =
            all.rows.iter().map(|row| &row.record.operation).filter(|one| one.state.is_over());
        let mut over: Vec<(Option<Timestamp>, &String)> =
            over.map(|one| (one.ended_at, &one.id)).collect();
        over.sort();
        let many = (over.len() + 1).saturating_sub(KEPT);
        over.into_iter().take(many).map(|(_, id)| id.clone()).collect()
    }

    /// Records for which `wanted` says so.
    pub(super) fn records(
        &self,
        wanted: impl Fn(&OperationRecord) -> bool,
    ) -> Vec<OperationRecord> {
        let all = self.all();
        all.rows.iter().map(|row| &row.record).filter(|record| wanted(record)).cloned().collect()
    }
}

fn shown(row: &Row) -> Operation {
    Operation { output: row.tape.end(), ..row.record.operation.clone() }
}

/// Whether nobody here follows it just now.
pub(super) fn is_away(operation: &Operation) -> bool {
    matches!(operation.state, OperationState::Away { .. })
}
