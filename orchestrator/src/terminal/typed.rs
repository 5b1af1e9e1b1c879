//! What was typed and isn't on its way yet.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::failure::{Code, Failure};

/// Bytes that may wait: more than anybody pastes by hand, and little enough to hold for a link that is away.
const MOST: usize = 4 << 20;

/// Bytes that wait to be sent, in their order.
#[derive(Debug, Default)]
pub(super) struct Typed {
    waiting: Mutex<VecDeque<u8>>,
    arrived: Notify,
}

impl Typed {
    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds some, all or none.
    ///
    /// # Errors
    ///
    /// `busy` when too much waits already, `cancelled` when the engine `is_ending`.
    pub(super) fn push(&self, bytes: &[u8], is_ending: impl Fn() -> bool) -> Result<(), Failure> {
        let mut waiting = self.waiting();
        // Asked while nobody looks: what is let in is found by whoever looks once the end was said.
        if is_ending() {
            let message = "Baton's engine is ending: what was typed wasn't sent";
            return Err(Failure::new(Code::Cancelled, message).hint("Type it again"));
        }
        if waiting.len() + bytes.len() > MOST {
            let message =
                format!("{} bytes wait to be read by the terminal's program", waiting.len());
            return Err(Failure::new(Code::Busy, message)
                .hint("Wait until it has read them, or paste less at once"));
        }
        waiting.extend(bytes);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes the first ones, at most so many; none when none wait.
    pub(super) fn take(&self, most: usize) -> Vec<u8> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }

    /// Whether some wait.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting().is_empty()
    }

    /// Waits until some do.
    pub(super) async fn arrived(&self) {
        while !self.is_waiting() {
            self.arrived.notified().await;
        }
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.waiting().clear();
    }
}
