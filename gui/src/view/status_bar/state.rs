//! What a connection does, in words, and what mends it.

use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{ConnectionState, HostConnection};

use crate::words::{clean_line, round_trip};

/// What mends a connection that waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Changing the host's entry.
    Edit,
    /// Something outside of Baton, said by the hint; then trying again.
    Outside,
    /// Trying again.
    Retry,
}

/// What mends a failure of a connection.
pub fn mend(code: Code) -> Mend {
    match code {
        Code::InvalidConfig
        | Code::HostUnknown
        | Code::HostDisabled
        | Code::HostUnresolved
        | Code::Unsupported => Mend::Edit,
        Code::HostKeyChanged
        | Code::HostKeyUnknown
        | Code::AuthRefused
        | Code::TooManyAuthFailures
        | Code::PassphraseRequired
        | Code::KexFailed
        | Code::ProxyFailed
        | Code::ShellBroken
        | Code::PermissionDenied => Mend::Outside,
        Code::Usage
        | Code::ConnectionRefused
        | Code::ConnectionTimedOut
        | Code::NoRoute
        | Code::ConnectionLost
        | Code::ConnectionClosed
        | Code::AgentMissing
        | Code::AgentNotLoggedIn
        | Code::AgentFailed
        | Code::InterpreterMissing
        | Code::RateLimited
        | Code::DirMissing
        | Code::NotFound
        | Code::IsDirectory
        | Code::Conflict
        | Code::TooLarge
        | Code::NotARepository
        | Code::DirtyWorktree
        | Code::Busy
        | Code::TimedOut
        | Code::Cancelled
        | Code::Corrupt
        | Code::Internal => Mend::Retry,
    }
}

/// How loud a connection is: what needs a person stands first.
pub(super) fn rank(state: &ConnectionState) -> u8 {
    match state {
        ConnectionState::Blocked { .. } => 0,
        ConnectionState::Reconnecting { .. } | ConnectionState::Degraded => 1,
        ConnectionState::Connecting { .. } => 2,
        ConnectionState::Connected => 3,
        ConnectionState::Closed => 4,
    }
}

/// What a connection does, in a few words.
pub fn state_words(connection: &HostConnection, now: Timestamp) -> String {
    match &connection.state {
        ConnectionState::Closed => "not connected".to_owned(),
        ConnectionState::Connecting { .. } => "connecting…".to_owned(),
        ConnectionState::Connected => {
            connection.round_trip_us.map_or_else(|| "connected".to_owned(), round_trip)
        }
        ConnectionState::Degraded => "not answering".to_owned(),
        ConnectionState::Reconnecting { at, .. } => {
            // Up, so that it never says 0 s while it waits.
            let left = at.as_millisecond().saturating_sub(now.as_millisecond());
            if left <= 0 {
                "reconnecting…".to_owned()
            } else {
                format!("reconnecting in {} s", (left + 999) / 1000)
            }
        }
        ConnectionState::Blocked { why } => format!("blocked: {}", clean_line(&why.message)),
    }
}

/// Why it is as it is, where something is wrong.
pub(super) fn why(state: &ConnectionState) -> Option<&Failure> {
    match state {
        ConnectionState::Reconnecting { why, .. } | ConnectionState::Blocked { why } => Some(why),
        ConnectionState::Closed
        | ConnectionState::Connecting { .. }
        | ConnectionState::Connected
        | ConnectionState::Degraded => None,
    }
}
