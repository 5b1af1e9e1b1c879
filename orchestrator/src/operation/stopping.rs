//! Stopping a run: once it is asked for, until the host has done it.

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::away::PAUSE;
use crate::run::{RunError, Runs};
use crate::seam::RunId;

/// A stop on its way.
#[derive(Debug, Default)]
pub(super) enum Stopping {
    /// Nobody has asked for it, or it is done.
    #[default]
    Not,
    /// It is to be sent.
    Due,
    /// It is on its way.
    Now(JoinHandle<Result<(), RunError>>),
    /// It failed, and is sent again then.
    Waits(Instant),
}

impl Stopping {
    /// The way to the host is back: what is asked for is sent at once.
    pub(super) fn again(&mut self) {
        if matches!(self, Self::Waits(_)) {
            *self = Self::Due;
        }
    }

    /// Sends TERM, and KILL after 3 s; resolves when nothing of the run is left, or nothing can be done about it. Dropping
    /// the future loses nothing. Without a stop that is asked for it never resolves.
    pub(super) async fn done(&mut self, runs: &Runs, run: &RunId) {
        loop {
            match self {
                Self::Not => return std::future::pending().await,
                Self::Due => {
                    let (runs, run) = (runs.clone(), run.clone());
                    // A task of its own: what is on its way is not cut off by what else happens here.
                    *self = Self::Now(tokio::spawn(async move { runs.stop(&run).await.map(drop) }));
                }
                Self::Waits(until) => {
                    tokio::time::sleep_until(*until).await;
                    *self = Self::Due;
                }
                Self::Now(task) => match task.await {
                    Ok(Ok(()) | Err(RunError::NotFound { .. } | RunError::Never { .. })) => {
                        *self = Self::Not;
                        return;
                    }
                    Ok(Err(error @ RunError::Left { .. })) => {
                        tracing::warn!(%run, %error, "an operation can't be stopped");
                        *self = Self::Not;
                        return;
                    }
                    Ok(Err(error)) => {
                        tracing::debug!(%run, %error, "a stop was not taken");
                        *self = Self::Waits(Instant::now() + PAUSE);
                    }
                    Err(error) => {
                        tracing::warn!(%run, %error, "a stop broke off");
                        *self = Self::Waits(Instant::now() + PAUSE);
                    }
                },
            }
        }
    }
}
