//! Handing messages over to an agent that talks: one after the other, until the host has each.

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::back::PAUSE;
use super::trouble::Trouble;
use crate::agent::Message;
use crate::run::{RunError, Runs};
use crate::seam::RunId;

/// The message that is on its way, if any.
#[derive(Debug)]
pub struct Sending {
    state: State,
    /// What was told of failures.
    pub trouble: Trouble,
}

#[derive(Debug)]
enum State {
    Idle,
    /// That one, by its number.
    Now(u64, JoinHandle<Result<(), RunError>>),
    /// The last one wasn't taken; it is tried again then.
    Waits(Instant),
}

impl Sending {
    /// Nothing is on its way.
    pub fn new() -> Self {
        Self { state: State::Idle, trouble: Trouble::default() }
    }

    /// Hands `next` over; resolves when the host has it or it failed, with its number. Without one it never resolves.
    /// Nothing is lost when it isn't waited for to the end.
    pub async fn sent(
        &mut self,
        runs: &Runs,
        run: &RunId,
        next: Option<&Message>,
    ) -> (u64, Result<(), RunError>) {
        loop {
            match &mut self.state {
                State::Idle => {
                    let Some(Message { number, line }) = next.cloned() else {
                        return std::future::pending().await;
                    };
                    let (runs, run) = (runs.clone(), run.clone());
                    // A task of its own: what is on its way is not cut off by what else happens here.
                    let task = tokio::spawn(async move { runs.write(&run, number, &line).await });
                    self.state = State::Now(number, task);
                }
                State::Waits(until) => {
                    tokio::time::sleep_until(*until).await;
                    self.state = State::Idle;
                }
                State::Now(number, task) => {
                    let (number, result) = (*number, task.await);
                    return (number, self.taken(run, result));
                }
            }
        }
    }

    fn taken(
        &mut self,
        run: &RunId,
        result: Result<Result<(), RunError>, tokio::task::JoinError>,
    ) -> Result<(), RunError> {
        self.state = State::Waits(Instant::now() + PAUSE);
        match result {
            Ok(Ok(())) => {
                self.state = State::Idle;
                self.trouble.is_over();
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::debug!(%run, %error, "a message is still to be sent");
                Err(error)
            }
            Err(error) => {
                let what = format!("handing a message over broke off: {error}");
                Err(RunError::Usage { what })
            }
        }
    }

    /// The link is back: what waits is tried at once.
    pub fn again(&mut self) {
        if matches!(self.state, State::Waits(_)) {
            self.state = State::Idle;
        }
    }

    /// Waits for what is on its way, and for nothing else.
    pub async fn last(&mut self, run: &RunId) -> Option<(u64, Result<(), RunError>)> {
        let State::Now(number, task) = &mut self.state else { return None };
        let (number, result) = (*number, task.await);
        Some((number, self.taken(run, result)))
    }
}
