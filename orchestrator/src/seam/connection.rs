//! Connections and what they ask, as front ends see them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::QuestionId;
use crate::failure::Failure;

/// How the connection to a host stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostConnection {
    /// The host's id, or what was typed.
    pub host: String,
    /// How it stands.
    pub state: ConnectionState,
    /// How long the host took to answer when it was measured last, in microseconds.
    pub round_trip_us: Option<u64>,
    /// How many turns are under way there.
    pub turns: u32,
}

/// Where a connection stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConnectionState {
    /// Nobody needs it.
    Closed,
    /// An attempt is under way.
    Connecting {
        /// How many attempts failed before it.
        failed: u32,
    },
    /// It can be used.
    Connected,
    /// It is open, but the host has stopped answering.
    Degraded,
    /// It was lost and is tried again.
    Reconnecting {
        /// How many attempts failed.
        failed: u32,
        /// When it is tried next.
        at: Timestamp,
        /// Why it was lost, or why the last attempt failed.
        why: Failure,
    },
    /// Trying again is useless until the person has acted; then [`super::Command::RetryHost`].
    Blocked {
        /// What they have to mend.
        why: Failure,
    },
}

/// Something that reaching a host takes a person for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostQuestion {
    /// Its id.
    pub id: QuestionId,
    /// The host that it is about.
    pub host: String,
    /// What is asked for.
    pub kind: HostQuestionKind,
    /// The words, as ssh or the server said them; they may hold anything.
    pub text: String,
    /// Whether the answer must not be shown while it is typed.
    pub secret: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HostQuestionKind {
    /// Whether an unknown host key is the right one; `yes` accepts it.
    HostKey {
        /// The key's fingerprint, such as `SHA256:…`.
        fingerprint: String,
    },
    /// The passphrase of a private key.
    Passphrase {
        /// The key's file.
        key: String,
    },
    /// The account's password.
    Password,
    /// A one-time code.
    Code,
    /// A security key waits to be touched: to be shown; an answer is not waited for.
    Touch,
    /// What a server asks in words of its own.
    Other,
}

/// A text that is shown nowhere and stored nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
