//! Passing an interrupt on: once it is wished, until the host has got it.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::run::Runs;
use crate::seam::RunId;
use crate::transport::TransportError;

/// What a person wants of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// INT to its process group.
    Interrupt,
    /// TERM, then KILL.
    Stop,
}

/// A signal on its way.
pub struct Signal {
    wanted: Option<Wanted>,
    sending: Option<BoxFuture<'static, Result<(), TransportError>>>,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signal").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Signal {
    /// None is wanted.
    pub fn new() -> Self {
        Self { wanted: None, sending: None }
    }

    /// Wants one. A stronger one takes a weaker one's place; the same again is sent again.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = self.wanted.max(Some(wanted));
        self.sending = None;
    }

    /// Whether one is wanted that the host hasn't got yet.
    pub fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Sends it; resolves when the host has got it or it failed. Without one it never resolves.
    ///
    /// When it failed for the link it stays wanted: call [`Signal::again`] when the link is back.
    pub async fn sent(&mut self, runs: &Runs, run: &RunId) {
        let Some(wanted) = self.wanted else { return std::future::pending().await };
        let sending = match &mut self.sending {
            Some(sending) => sending,
            None => {
                let (runs, run) = (runs.clone(), run.clone());
                let send = async move {
                    match wanted {
                        Wanted::Interrupt => runs.interrupt(&run).await.map(drop),
                        Wanted::Stop => runs.stop(&run).await.map(drop),
                    }
                };
                self.sending.insert(send.boxed())
            }
        };
        match sending.await {
            Ok(()) => (self.wanted, self.sending) = (None, None),
            Err(error) => {
                tracing::debug!(%run, %error, "a signal is still to be sent");
                self.sending = Some(futures::future::pending().boxed());
            }
        }
    }

    /// The link is back: what is wanted is tried again.
    pub fn again(&mut self) {
        self.sending = None;
    }
}
