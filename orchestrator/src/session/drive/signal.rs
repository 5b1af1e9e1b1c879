//! Passing an interrupt on: once it is wished, until the host has got it.

use tokio::task::JoinHandle;

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
    /// It failed, and waits for the link.
    Waits,
}

/// A signal on its way.
#[derive(Debug)]
pub struct Signal {
    wanted: Option<Wanted>,
    sending: Sending,
}

impl Signal {
    /// None is wanted.
    pub fn new() -> Self {
        Self { wanted: None, sending: Sending::Due }
    }

    /// Wants one. A stronger one takes a weaker one's place; the same again is sent again.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = self.wanted.max(Some(wanted));
        self.sending = Sending::Due;
    }

    /// Whether one is wanted that nothing holds up.
    pub fn is_under_way(&self) -> bool {
        self.wanted.is_some() && !matches!(self.sending, Sending::Waits)
    }

    /// Sends it; resolves when the host has got it or it failed. Without one it never resolves.
    ///
    /// When it failed for the link it stays wanted: call [`Signal::again`] when the link is back.
    pub async fn sent(&mut self, runs: &Runs, run: &RunId) {
        let Some(wanted) = self.wanted else { return std::future::pending().await };
        let sending = match &mut self.sending {
            Sending::Waits => return std::future::pending().await,
            Sending::Now(sending) => sending,
            due @ Sending::Due => {
                let (runs, run) = (runs.clone(), run.clone());
                // A task of its own: what is on its way is not cut off by what else happens here.
                *due = Sending::Now(tokio::spawn(async move {
                    match wanted {
                        Wanted::Interrupt => runs.interrupt(&run).await.map(drop),
                        Wanted::Stop => runs.stop(&run).await.map(drop),
                    }
                }));
                match due {
                    Sending::Now(sending) => sending,
                    Sending::Due | Sending::Waits => return,
                }
            }
        };
        match sending.await {
            Ok(Ok(())) => (self.wanted, self.sending) = (None, Sending::Due),
            Ok(Err(error)) => {
                tracing::debug!(%run, %error, "a signal is still to be sent");
                self.sending = Sending::Waits;
            }
            Err(error) => {
                tracing::error!(%run, %error, "sending a signal broke off");
                self.sending = Sending::Waits;
            }
        }
    }

    /// The link is back: what is wanted is tried again.
    pub fn again(&mut self) {
        if matches!(self.sending, Sending::Waits) {
            self.sending = Sending::Due;
        }
    }
}
