//! Passing an interrupt on: once it is wished, until the host has got it.

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::back::PAUSE;
use super::trouble::Trouble;
use crate::run::{RunError, Runs};
use crate::seam::RunId;

/// What a person wants of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// INT to its process group.
    Interrupt,
    /// TERM, then KILL.
    Stop,
}

/// How far a signal is.
#[derive(Debug)]
enum Sending {
    /// It is to be sent.
    Due,
    /// It is on its way.
    Now(JoinHandle<Result<(), RunError>>),
    /// It failed, and is tried again then.
    Waits(Instant),
}

/// A signal on its way.
#[derive(Debug)]
pub struct Signal {
    wanted: Option<Wanted>,
    sending: Sending,
    /// What was told of failures.
    pub trouble: Trouble,
}

impl Signal {
    /// None is wanted.
    pub fn new() -> Self {
        Self { wanted: None, sending: Sending::Due, trouble: Trouble::default() }
    }

    /// Wants one. A stronger one takes a weaker one's place; the same again is sent again.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = self.wanted.max(Some(wanted));
        self.sending = Sending::Due;
        self.trouble.is_over();
    }

    /// Whether one is wanted that nothing holds up.
    pub fn is_under_way(&self) -> bool {
        self.wanted.is_some() && !matches!(self.sending, Sending::Waits(_))
    }

    /// Sends it; resolves when the host has got it or it failed. Without one it never resolves.
    ///
    /// When it failed it stays wanted, and is sent again after a pause.
    ///
    /// # Errors
    ///
    /// Why it failed. After [`RunError::Left`], and where there is no such run, it isn't wanted any more.
    pub async fn sent(&mut self, runs: &Runs, run: &RunId) -> Result<(), RunError> {
        let send = |wanted| {
            let (runs, run) = (runs.clone(), run.clone());
            // A task of its own: what is on its way is not cut off by what else happens here.
            tokio::spawn(async move {
                match wanted {
                    Wanted::Interrupt => runs.interrupt(&run).await.map(drop),
                    Wanted::Stop => runs.stop(&run).await.map(drop),
                }
            })
        };
        let sent = self.sent_by(send).await;
        if let Err(error) = &sent {
            tracing::debug!(%run, %error, "a signal was not taken");
        }
        sent
    }

    async fn sent_by(
        &mut self,
        send: impl Fn(Wanted) -> JoinHandle<Result<(), RunError>>,
    ) -> Result<(), RunError> {
        let Some(wanted) = self.wanted else { return std::future::pending().await };
        loop {
            match &mut self.sending {
                Sending::Due => self.sending = Sending::Now(send(wanted)),
                Sending::Waits(until) => {
                    tokio::time::sleep_until(*until).await;
                    self.sending = Sending::Due;
                }
                Sending::Now(task) => {
                    let result = task.await.unwrap_or_else(|error| {
                        Err(RunError::Usage {
                            what: format!("sending a signal broke off: {error}"),
                        })
                    });
                    return self.taken(result);
                }
            }
        }
    }

    fn taken(&mut self, result: Result<(), RunError>) -> Result<(), RunError> {
        let is_over = match &result {
            Ok(()) => true,
            Err(RunError::Left { .. } | RunError::NotFound { .. } | RunError::Never { .. }) => true,
            Err(
                RunError::Transport(_)
                | RunError::InDoubt { .. }
                | RunError::Usage { .. }
                | RunError::NoRoom { .. }
                | RunError::Exists { .. }
                | RunError::Corrupt { .. }
                | RunError::Over { .. }
                | RunError::Odd { .. },
            ) => false,
        };
        if is_over {
            (self.wanted, self.sending) = (None, Sending::Due);
        } else {
            self.sending = Sending::Waits(Instant::now() + PAUSE);
        }
        result
    }

    /// The link is back: what is wanted is tried at once.
    pub fn again(&mut self) {
        if matches!(self.sending, Sending::Waits(_)) {
            self.sending = Sending::Due;
        }
    }
}

#[cfg(test)]
#[path = "signal_tests.rs"]
mod tests;
