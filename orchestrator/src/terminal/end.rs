//! How the service of a terminal ends.

use std::time::Duration;

use tokio::sync::oneshot;

use super::held::Wish;
use crate::failure::{Code, Failure};
use crate::transport::TransportError;

/// How long the end of a shell may take that was asked to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// Why a terminal isn't served any more.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its shell has ended.
    Ended(Option<u8>),
    /// The link broke.
    Cut(TransportError),
    /// The host's tmux let us go.
    LetGo,
    /// What it says makes no sense.
    Confused(String),
    /// It was closed, and its shell ended.
    Closed(Option<oneshot::Sender<()>>),
    /// The engine ends.
    Left(Option<oneshot::Sender<()>>),
}

/// A wish to a terminal that is open.
#[derive(Debug)]
pub(super) enum Asked {
    Nothing,
    Resized,
    Close(Option<oneshot::Sender<()>>),
    End(Option<oneshot::Sender<()>>),
}

impl Asked {
    /// What it means there; that nobody can wish any more is the engine's end.
    pub(super) fn of(wish: Option<Wish>) -> Self {
        match wish {
            None => Self::End(None),
            Some(Wish::Look) => Self::Nothing,
            Some(Wish::Resized) => Self::Resized,
            Some(Wish::Reopen(_, answer)) => {
                let failure = Failure::new(Code::Conflict, "the terminal is open")
                    .hint("Open a further one, or close it first");
                answer.send(Err(failure)).ok(); // Who asked may have gone.
                Self::Nothing
            }
            Some(Wish::Close(done)) => Self::Close(Some(done)),
            Some(Wish::End(done)) => Self::End(Some(done)),
        }
    }
}
