//! The channel that is kept ready for the next launch: it saves two round trips, and is never counted on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::channel::Parked;
use super::scripts;
use crate::transport::{Connection, State};

/// How long it is kept: a session on the server that nobody uses.
const IDLE: Duration = Duration::from_secs(60);

/// How long the making of one waits, so that a program that was launched just now begins with the host's cores to itself.
const DELAY: Duration = Duration::from_millis(200);

/// At most one channel with the script that launches.
#[derive(Debug, Default)]
pub(super) struct Spare {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    parked: Option<Parked>,
    /// Counts up with each one, so that who drops an old one doesn't drop its successor.
    number: u64,
    is_opening: bool,
}

impl Spare {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is ready, if there is one and the connection still stands.
    pub(super) fn take(&self, connection: &Connection) -> Option<Parked> {
        let parked = self.kept().parked.take();
        parked.filter(|_| matches!(*connection.state().borrow(), State::Connected))
    }

    /// Makes one ready in the background, unless there is one.
    pub(super) fn prepare(self: &Arc<Self>, connection: &Connection) {
        {
            let mut kept = self.kept();
            if kept.is_opening || kept.parked.is_some() {
                return;
            }
            kept.is_opening = true;
        }
        let (spare, connection) = (Arc::downgrade(self), connection.clone());
        tokio::spawn(async move {
            tokio::time::sleep(DELAY).await; // wait: see DELAY
            if spare.strong_count() == 0 {
                return; // Nobody is left who could launch.
            }
            let opened = match scripts::launch() {
                Ok(script) => Parked::start(&connection, &script).await,
                Err(error) => Err(error),
            };
            let Some(this) = spare.upgrade() else { return };
            let number = {
                let mut kept = this.kept();
                kept.is_opening = false;
                kept.number += 1;
                match opened {
                    Ok(parked) => kept.parked = Some(parked),
                    Err(error) => {
                        tracing::debug!(host = %connection.host(), %error, "no spare channel");
                        return;
                    }
                }
                kept.number
            };
            drop(this);
            let mut state = connection.state();
            // The connection itself must not live on for its spare.
            drop(connection);
            let broken = state.wait_for(|state| !matches!(state, State::Connected));
            match tokio::time::timeout(IDLE, broken).await {
                Ok(_) | Err(_) => {}
            }
            if let Some(this) = spare.upgrade() {
                let mut kept = this.kept();
                if kept.number == number {
                    kept.parked = None;
                }
            }
        });
    }
}
