//! A terminal as all parts of the engine hold it: what is known of it, what it shows, what was typed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use super::shown::Shown;
use super::typed::Typed;
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::{FilePath, Terminal, TerminalState};
use crate::store::TerminalRecord;
use crate::transport::TerminalSize;

/// What is wanted of a terminal's life.
#[derive(Debug)]
pub(super) enum Wish {
    /// Somebody looks or types: one that waits on its host is taken up.
    Look,
    /// It has another size, which [`Held`] knows already.
    Resized,
    /// A new shell below what was there.
    Reopen(Box<Reached>, oneshot::Sender<Result<(), Failure>>),
    /// End the shell, and forget all.
    Close(oneshot::Sender<()>),
    /// The engine ends.
    End(oneshot::Sender<()>),
}

/// What all terminals of an engine tell.
#[derive(Debug)]
pub(super) struct Told {
    /// Changes with each of them.
    pub(super) any: watch::Sender<u64>,
    /// True when the engine ends.
    pub(super) ended: watch::Sender<bool>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) shown: Shown,
    pub(super) typed: Typed,
    record: Mutex<TerminalRecord>,
    /// `None` once it is closed.
    standing: watch::Sender<Option<Terminal>>,
    wishes: mpsc::Sender<Wish>,
    told: Arc<Told>,
}

impl Held {
    /// One that stands so; its wishes go to the receiver.
    pub(super) fn new(
        record: TerminalRecord,
        state: TerminalState,
        told: Arc<Told>,
    ) -> (Arc<Self>, mpsc::Receiver<Wish>) {
        // Who wishes more waits for those before.
        let (wishes, inbox) = mpsc::channel(16);
        let standing = watch::channel(Some(terminal(&record, state))).0;
        let held = Self {
            shown: Shown::new(),
            typed: Typed::default(),
            record: Mutex::new(record),
            standing,
            wishes,
            told,
        };
        (Arc::new(held), inbox)
    }

    /// What is stored of it.
    pub(super) fn record(&self) -> TerminalRecord {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is stored of it, and says so.
    pub(super) fn change(&self, change: impl FnOnce(&mut TerminalRecord)) {
        let record = {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut record);
            record.clone()
        };
        let changed = self.standing.send_if_modified(|standing| {
            let Some(now) = standing else { return false };
            let next = terminal(&record, now.state.clone());
            let changed = *now != next;
            *now = next;
            changed
        });
        self.tell_all(changed);
    }

    /// How it stands now.
    pub(super) fn set_state(&self, state: TerminalState) {
        {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            record.over = state.is_over().then(|| state.clone());
        }
        let changed = self.standing.send_if_modified(|standing| match standing {
            Some(now) if now.state != state => {
                now.state = state;
                true
            }
            Some(_) | None => false,
        });
        self.tell_all(changed);
    }

    /// It is closed.
    pub(super) fn set_closed(&self) {
        self.standing.send_replace(None);
        self.tell_all(true);
    }

    fn tell_all(&self, changed: bool) {
        if changed {
            self.told.any.send_modify(|count| *count += 1);
        }
    }

    /// Where its shell is.
    pub(super) fn set_directory(&self, directory: Vec<u8>) {
        self.change(|record| record.directory = Some(FilePath(directory)));
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).id == id
    }

    pub(super) fn size(&self) -> TerminalSize {
        let record = self.record();
        TerminalSize { columns: record.columns, rows: record.rows }
    }

    /// How it stands, and every change of that.
    pub(super) fn standing(&self) -> watch::Receiver<Option<Terminal>> {
        self.standing.subscribe()
    }

    /// As front ends see it; `None` once it is closed.
    pub(super) fn terminal(&self) -> Option<Terminal> {
        self.standing.borrow().clone()
    }

    /// Tells its life; that it has ended needs no more words.
    pub(super) async fn wish(&self, wish: Wish) {
        self.wishes.send(wish).await.ok(); // Its life is over.
    }

    /// Says that somebody looks; that others wait to be heard says so, too.
    pub(super) fn look(&self) {
        match self.wishes.try_send(Wish::Look) {
            Ok(())
            | Err(mpsc::error::TrySendError::Full(_) | mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    /// Waits until the engine ends.
    pub(super) async fn engine_ended(&self) {
        let mut ended = self.told.ended.subscribe();
        ended.wait_for(|ended| *ended).await.ok(); // Nobody is left who could say so.
    }
}

fn terminal(record: &TerminalRecord, state: TerminalState) -> Terminal {
    Terminal {
        id: record.id.clone(),
        session: record.session.clone(),
        host: record.place.id.to_string(),
        name: record.name.clone().unwrap_or_else(|| record.number.to_string()),
        directory: record.directory.clone(),
        columns: record.columns,
        rows: record.rows,
        state,
        unkept: record.unkept.clone(),
        opened_at: record.opened_at,
    }
}
