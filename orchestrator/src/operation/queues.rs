//! Repositories, of which one operation at a time has each to itself, in the order of coming.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// What an operation has while a repository is its own.
pub(super) type Turn = OwnedMutexGuard<()>;

/// The repositories of one engine.
#[derive(Debug, Default)]
pub(super) struct Queues {
    all: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Queues {
    /// Waits until it is our turn.
    pub(super) async fn turn(&self, repository: &str) -> Turn {
        self.queue(repository).lock_owned().await
    }

    /// Takes the turn, where it is nobody's.
    pub(super) fn at_once(&self, repository: &str) -> Option<Turn> {
        self.queue(repository).try_lock_owned().ok()
    }

    fn queue(&self, repository: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody has or waits for are of no more use.
        all.retain(|name, queue| name == repository || Arc::strong_count(queue) > 1);
        Arc::clone(all.entry(repository.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_has_a_repository_and_others_do_not_wait_for_it() {
        let queues = Queues::default();
        let first = queues.turn("a").await;
        assert!(queues.at_once("a").is_none());
        drop(queues.at_once("b").unwrap());
        drop(first);
        assert!(queues.at_once("a").is_some());
        assert_eq!(queues.all.lock().unwrap().len(), 1);
    }
}
