//! What can go wrong with a run.

use thiserror::Error;

use crate::failure::{Code, Failure};
use crate::host::HostId;
use crate::seam::RunId;
use crate::transport::TransportError;

/// Why a run couldn't be launched, followed, looked at or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "a variant's line speaks of its fields, too")]
pub enum RunError {
    /// The way to the host, or what it says of the directory to run in. Nothing was launched.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The link broke while the run was being launched: [`super::Runs::settle`] tells whether it was.
    #[error("nobody knows yet whether run {run} was launched on {host}: {why}")]
    InDoubt { host: HostId, run: RunId, why: Box<TransportError> },
    /// A job that can't be delivered.
    #[error("{what}")]
    Usage { what: String },
    /// The host has no place for the run's files. Nothing was launched. `said` is what a program there said.
    #[error("can't keep the files of a run on {host}: {why}{}", in_brackets(said))]
    NoRoom { host: HostId, why: Refusal, said: String },
    /// A run of that id was launched before, or was settled never to be.
    #[error("run {run} is already there on {host}")]
    Exists { host: HostId, run: RunId },
    /// No directory of that name.
    #[error("{host} has no run {run}")]
    NotFound { host: HostId, run: RunId },
    /// It was given up before it began.
    #[error("run {run} on {host} never began")]
    Never { host: HostId, run: RunId },
    /// Its files don't hold what they did.
    #[error("the files of run {run} on {host} are damaged: {what}")]
    Corrupt { host: HostId, run: RunId, what: String },
    /// Nobody reads what is written to it.
    #[error("run {run} on {host} takes no more messages")]
    Over { host: HostId, run: RunId },
    /// These processes outlived a KILL.
    #[error("run {run} on {host} can't be stopped: {pids} would not end")]
    Left { host: HostId, run: RunId, pids: String },
    /// A script of ours was answered with something else.
    #[error("{host} answered a script of Baton's with {said:?}")]
    Odd { host: HostId, said: String },
}

/// Why a host has no place for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No space left.
    Full,
    /// The account's quota is used up.
    Quota,
    /// The file system can't be written.
    ReadOnly,
    /// It belongs to somebody else.
    Denied,
    /// A program that every system has isn't there.
    Tool,
    /// Something else.
    Other,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Full => "the disk is full",
            Self::Quota => "the disk quota is used up",
            Self::ReadOnly => "the file system is read-only",
            Self::Denied => "permission denied",
            Self::Tool => "a program is missing",
            Self::Other => "it was refused",
        })
    }
}

impl RunError {
    /// The name under which scripts know it.
    pub fn code(&self) -> Code {
        match self {
            Self::Transport(error) => error.code(),
            Self::InDoubt { why, .. } => why.code(),
            Self::Usage { .. } => Code::Usage,
            Self::NoRoom { why: Refusal::Full | Refusal::Quota, .. } => Code::TooLarge,
            Self::NoRoom { why: Refusal::ReadOnly | Refusal::Denied, .. } => Code::PermissionDenied,
            Self::NoRoom { why: Refusal::Tool, .. } => Code::Unsupported,
            Self::NoRoom { why: Refusal::Other, .. } | Self::Left { .. } | Self::Odd { .. } => {
                Code::Internal
            }
            Self::Exists { .. } | Self::Over { .. } => Code::Conflict,
            Self::NotFound { .. } | Self::Never { .. } => Code::NotFound,
            Self::Corrupt { .. } => Code::Corrupt,
        }
    }

    /// What to do about it; `None` where nobody can do anything.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Transport(error) => return error.hint(),
            Self::InDoubt { run, .. } => {
                return Some(format!("`baton attach {run}` tells, once the host can be reached"));
            }
            Self::Usage { .. } => return None,
            Self::NoRoom { why: Refusal::Full | Refusal::Quota, .. } => {
                "Make room there (`baton runs clean` removes old runs), or set XDG_STATE_HOME in the login profile to another disk"
            }
            Self::NoRoom { why: Refusal::ReadOnly | Refusal::Denied | Refusal::Other, .. } => {
                "Check ~/.local/state there, or set XDG_STATE_HOME in the login profile to a directory that can be written"
            }
            Self::NoRoom { why: Refusal::Tool, .. } => "Install it there",
            Self::Exists { .. } => "Launch it under a new id",
            Self::NotFound { .. } => "`baton runs HOST` lists those that are there",
            Self::Never { .. } => "Start it again",
            Self::Corrupt { .. } => {
                "Something else has changed them; `baton runs clean` removes them when the run is over"
            }
            Self::Over { .. } => "It has ended; start another one",
            Self::Left { .. } => "They may belong to another account, or hang in the kernel",
            Self::Odd { .. } => "Another program may print between ours: look at the login profile",
        };
        Some(hint.into())
    }

    /// The host that it happened on, where it is about one.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::Transport(error) => error.host(),
            Self::Usage { .. } => None,
            Self::InDoubt { host, .. }
            | Self::NoRoom { host, .. }
            | Self::Exists { host, .. }
            | Self::NotFound { host, .. }
            | Self::Never { host, .. }
            | Self::Corrupt { host, .. }
            | Self::Over { host, .. }
            | Self::Left { host, .. }
            | Self::Odd { host, .. } => Some(host),
        }
    }
}

impl From<&RunError> for Failure {
    fn from(error: &RunError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            host: error.host().map(ToString::to_string),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::from(&error)
    }
}

fn in_brackets(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" ({said})") }
}
