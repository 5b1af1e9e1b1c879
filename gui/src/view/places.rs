//! Hosts and agents in the words of the window's bars.

use orchestrator::host::HostConfig;
use orchestrator::seam::{ConnectionState, HostConnection};

/// Whether a session's host is this machine.
pub fn is_local(host: &str) -> bool {
    host == "local"
}

/// What a person calls a host: `this machine`, its name in `hosts.toml`, or else what was typed.
pub fn host_name<'a>(hosts: &'a [HostConfig], host: &'a str) -> &'a str {
    if is_local(host) {
        return "this machine";
    }
    let known = hosts.iter().find(|known| known.id.as_str() == host);
    known.map_or(host, |known| known.name.as_str())
}

/// An agent, and whether it is reached by ssh: `codex (SSH)`.
pub fn agent_words(agent: &str, host: &str) -> String {
    if is_local(host) { agent.to_owned() } else { format!("{agent} (SSH)") }
}

/// How the way to a host stands, as a row shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nothing is wrong with it.
    Fine,
    /// The first attempt is under way.
    Connecting,
    /// It was lost, or an attempt failed, and it is tried again.
    Trouble,
    /// A person has to act.
    Blocked,
}

impl Way {
    /// What a person reads; nothing where all is well.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Fine => None,
            Self::Connecting => Some("connecting"),
            Self::Trouble => Some("connection lost, trying again"),
            Self::Blocked => Some("connection blocked"),
        }
    }
}

/// How the way to a host stands.
pub fn way(connections: &[HostConnection], host: &str) -> Way {
    let connection = connections.iter().find(|connection| connection.host == host);
    match connection.map(|connection| &connection.state) {
        None | Some(ConnectionState::Closed | ConnectionState::Connected) => Way::Fine,
        Some(ConnectionState::Connecting { failed: 0 }) => Way::Connecting,
        Some(
            ConnectionState::Connecting { .. }
            | ConnectionState::Degraded
            | ConnectionState::Reconnecting { .. },
        ) => Way::Trouble,
        Some(ConnectionState::Blocked { .. }) => Way::Blocked,
    }
}
