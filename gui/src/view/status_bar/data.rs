//! What the status bar shows and what a person wants of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::host::HostConfig;
use orchestrator::seam::HostConnection;

/// How the engine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineState {
    /// It is being opened.
    #[default]
    Opening,
    /// It runs in this process.
    Here,
    /// It runs in another process.
    Elsewhere {
        /// Which.
        pid: u32,
    },
    /// It ended, and a new one took over; nothing was lost.
    Restarted,
    /// There is none.
    Failed(Failure),
}

/// What the status bar shows.
#[derive(Clone, Copy, Debug)]
pub struct StatusBarData<'a> {
    /// Now.
    pub now: Timestamp,
    /// All connections that were made.
    pub connections: &'a [HostConnection],
    /// Since when a connection is in the state that it is in, by its host.
    pub since: &'a BTreeMap<String, Timestamp>,
    /// Hosts, for their names; one that isn't here can't be edited.
    pub hosts: &'a [HostConfig],
    /// How the engine stands.
    pub engine: &'a EngineState,
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
}

/// What a person wants of the status bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusBarAct {
    /// Try that host again: [`orchestrator::seam::Command::RetryHost`].
    Retry(String),
    /// Open that host's dialog.
    EditHost(String),
    /// Test the connection to that host.
    Test(String),
    /// Put this on the clipboard and say so.
    Copy(String),
    /// Write what waits to where it is shared.
    SyncHistory,
    /// Open the palette.
    Palette,
}
