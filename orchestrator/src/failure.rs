//! The shape in which every error reaches a person: a code, a message and a hint.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, as scripts and front ends tell it apart.
///
/// The list is closed and only grows: scripts match on these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The command line is off.
    Usage,
    /// `hosts.toml`, the ssh config or an agent definition holds a fault.
    InvalidConfig,
    /// No host has that id, name or alias.
    HostUnknown,
    /// The host is switched off in `hosts.toml`.
    HostDisabled,
    /// The host's name has no address.
    HostUnresolved,
    /// The machine answered that nothing listens on the port.
    ConnectionRefused,
    /// The machine didn't answer in time.
    ConnectionTimedOut,
    /// The network knows no way to the machine.
    NoRoute,
    /// An open connection broke.
    ConnectionLost,
    /// The server hung up before anybody was let in.
    ConnectionClosed,
    /// None of our keys or answers was accepted.
    AuthRefused,
    /// The server gave up before the right key was tried.
    TooManyAuthFailures,
    /// A key is locked and nobody was there to unlock it.
    PassphraseRequired,
    /// Nobody has vouched for the host's key yet.
    HostKeyUnknown,
    /// The host shows another key than the one on record.
    HostKeyChanged,
    /// Client and server share no algorithm.
    KexFailed,
    /// A ProxyJump or ProxyCommand failed.
    ProxyFailed,
    /// The account's login shell or its profile doesn't run commands.
    ShellBroken,
    /// The agent's program isn't on the host.
    AgentMissing,
    /// The agent wants a login first.
    AgentNotLoggedIn,
    /// The agent said that it failed, crashed, or ended without a word.
    AgentFailed,
    /// The agent's interpreter (node, python …) isn't on the host.
    InterpreterMissing,
    /// The model's provider asks to wait.
    RateLimited,
    /// The working directory doesn't exist.
    DirMissing,
    /// No such file, run, session or entry.
    NotFound,
    /// The file system refuses.
    PermissionDenied,
    /// A file was wanted, and it is a directory.
    IsDirectory,
    /// Somebody changed it in between.
    Conflict,
    /// More than the limit.
    TooLarge,
    /// The directory is in no git repository.
    NotARepository,
    /// The worktree holds changes that would be lost.
    DirtyWorktree,
    /// Somebody else holds it.
    Busy,
    /// It took longer than allowed.
    TimedOut,
    /// A person stopped it.
    Cancelled,
    /// A file of ours can't be read.
    Corrupt,
    /// This transport or machine can't do it.
    Unsupported,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 37] = [
        Self::Usage,
        Self::InvalidConfig,
        Self::HostUnknown,
        Self::HostDisabled,
        Self::HostUnresolved,
        Self::ConnectionRefused,
        Self::ConnectionTimedOut,
        Self::NoRoute,
        Self::ConnectionLost,
        Self::ConnectionClosed,
        Self::AuthRefused,
        Self::TooManyAuthFailures,
        Self::PassphraseRequired,
        Self::HostKeyUnknown,
        Self::HostKeyChanged,
        Self::KexFailed,
        Self::ProxyFailed,
        Self::ShellBroken,
        Self::AgentMissing,
        Self::AgentNotLoggedIn,
        Self::AgentFailed,
        Self::InterpreterMissing,
        Self::RateLimited,
        Self::DirMissing,
        Self::NotFound,
        Self::PermissionDenied,
        Self::IsDirectory,
        Self::Conflict,
        Self::TooLarge,
        Self::NotARepository,
        Self::DirtyWorktree,
        Self::Busy,
        Self::TimedOut,
        Self::Cancelled,
        Self::Corrupt,
        Self::Unsupported,
        Self::Internal,
    ];
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// An error as front ends show it; plain data, so it may cross the seam.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub code: Code,
    /// What failed, in a sentence without a full stop.
    pub message: String,
    /// What to do about it; absent where nobody can do anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// The host that it happened on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<String>,
}

impl Failure {
    /// A failure without a hint or a host; add them with [`Failure::hint`] and [`Failure::on`].
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, host: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the host that it happened on.
    #[must_use]
    pub fn on(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_list_of_codes_is_complete() {
        // serde's refusal names every variant that there is.
        let refusal = serde_json::from_str::<Code>("\"?\"").unwrap_err().to_string();
        let all: Vec<String> = Code::ALL.iter().map(|code| format!("`{code}`")).collect();
        assert!(refusal.contains(&format!("one of {} at", all.join(", "))), "{refusal}");
    }
}
