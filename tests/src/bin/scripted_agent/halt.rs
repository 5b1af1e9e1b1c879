//! Waiting that a cancel or an answer can end.

use std::{
    collections::HashMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

/// What a turn waits for besides time: to be cancelled, and the answers to its questions.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_cancelled: bool,
    is_over: bool,
    /// By the id of the question.
    answers: HashMap<u64, Value>,
}

impl Halt {
    pub(crate) fn cancel(&self) {
        self.state().is_cancelled = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// The turn says its last words: another one may begin as soon as they are heard.
    pub(crate) fn finish(&self) {
        self.state().is_over = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Hands over the answer to a question.
    pub(crate) fn answer(&self, id: u64, answer: Value) {
        self.state().answers.insert(id, answer);
        self.changed.notify_all();
    }

    /// Waits for the answer to a question; none when the turn is cancelled first.
    pub(crate) fn wait_for_answer(&self, id: u64) -> Option<Value> {
        let mut state = self.state();
        loop {
            if let Some(answer) = state.answers.remove(&id) {
                return Some(answer);
            }
            if state.is_cancelled {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits so long, or until the turn is cancelled.
    pub(crate) fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut state = self.state();
        while !state.is_cancelled {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the turn is cancelled.
    pub(crate) fn pause_for_ever(&self) {
        let mut state = self.state();
        while !state.is_cancelled {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
