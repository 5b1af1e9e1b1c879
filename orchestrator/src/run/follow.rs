//! Following a run: every byte of its output, in order, exactly once, from the offsets given, over any cut.

mod driver;

use tokio::sync::mpsc;

use super::channel::Parked;
use super::error::RunError;
use super::runs::Runs;
use crate::failure::Failure;
use crate::seam::{LinkState, RunId};
use driver::Driver;

/// Events that wait for a reader who is slow; each has at most 64 KiB. Each stream keeps a place while it waits for bytes.
const QUEUE: usize = 4;

/// How many bytes of a run's output have been consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// Of `out`.
    pub out: u64,
    /// Of `err`.
    pub err: u64,
}

/// Which of a run's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Its stdout.
    Out,
    /// Its stderr.
    Err,
}

/// What a follower is told.
#[derive(Clone, Debug, PartialEq)]
pub enum FollowEvent {
    /// What the run printed.
    Output {
        /// Where.
        stream: Stream,
        /// How many bytes of that stream came before.
        offset: u64,
        /// The bytes; at most 64 KiB.
        bytes: Vec<u8>,
    },
    /// The link was lost, came back, or needs a person.
    Link {
        /// Which.
        state: LinkState,
        /// Why.
        why: Option<Failure>,
    },
    /// The run is over, and all it printed was told. The last event.
    Exited {
        /// 128 + n after signal n; `None` where nobody knows: the machine was restarted.
        status: Option<u8>,
    },
    /// It can't be followed. The last event.
    Failed(RunError),
}

/// A run that is being followed. Dropping it leaves the run alone.
#[derive(Debug)]
pub struct Follow {
    run: RunId,
    events: mpsc::Receiver<FollowEvent>,
    driver: tokio::task::AbortHandle,
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Follow {
    pub(super) fn from(runs: Runs, run: RunId, offsets: Offsets) -> Self {
        Self::with(runs, run, offsets, None)
    }

    pub(super) fn from_the_start(runs: Runs, run: RunId, channel: Parked) -> Self {
        Self::with(runs, run, Offsets::default(), Some(channel))
    }

    fn with(runs: Runs, run: RunId, offsets: Offsets, channel: Option<Parked>) -> Self {
        let (sender, events) = mpsc::channel(QUEUE);
        let driver = Driver::new(runs, run.clone(), offsets, sender);
        let driver = tokio::spawn(driver.run(channel)).abort_handle();
        Self { run, events, driver }
    }

    /// The run's id.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The next event; `None` after the last one. Dropping the future loses nothing.
    ///
    /// Nothing is read ahead but a few events: who doesn't ask stops the reading, and nothing else.
    pub async fn next(&mut self) -> Option<FollowEvent> {
        self.events.recv().await
    }
}
