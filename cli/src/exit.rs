//! Exit statuses, as `docs/cli.md` promises them.

use orchestrator::failure::Code;

/// It is done.
pub const DONE: u8 = 0;
/// Usage or invalid configuration.
pub const USAGE: u8 = 2;

/// The host was not reached, or let nobody in.
pub const NOT_REACHED: u8 = 3;

/// The person pressed Ctrl-C: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// The exit status of a command that failed with `code`.
pub fn status(code: Code) -> u8 {
    match code {
        Code::Usage | Code::InvalidConfig => USAGE,
        Code::HostUnresolved
        | Code::ConnectionRefused
        | Code::ConnectionTimedOut
        | Code::NoRoute
        | Code::ConnectionLost
        | Code::ConnectionClosed
        | Code::AuthRefused
        | Code::TooManyAuthFailures
        | Code::PassphraseRequired
        | Code::HostKeyUnknown
        | Code::HostKeyChanged
        | Code::KexFailed
        | Code::ProxyFailed => NOT_REACHED,
        Code::HostUnknown | Code::DirMissing | Code::NotFound => 4,
        Code::HostDisabled | Code::Conflict | Code::DirtyWorktree | Code::Busy => 5,
        Code::Cancelled => 130,
        Code::ShellBroken
        | Code::AgentMissing
        | Code::AgentNotLoggedIn
        | Code::AgentFailed
        | Code::InterpreterMissing
        | Code::RateLimited
        | Code::PermissionDenied
        | Code::IsDirectory
        | Code::TooLarge
        | Code::NotARepository
        | Code::TimedOut
        | Code::Corrupt
        | Code::Unsupported
        | Code::Internal => 1,
    }
}
