//! What a session is to be like, and what is to change about it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::SessionId;

/// A session to be made.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSession {
    /// What a person calls it; made from the directory and the agent when `None`.
    pub name: Option<String>,
    /// The group that it is shown in.
    pub group: Option<String>,
    /// Id of an agent's definition.
    pub agent: String,
    /// As a HOST argument of the command line.
    pub host: String,
    /// The directory on the host; the host's `remote_dir` or home when `None`.
    pub cwd: Option<String>,
    /// Environment to add.
    pub env: BTreeMap<String, String>,
    /// The model.
    pub model: Option<String>,
    /// More arguments for the agent.
    pub arguments: Vec<String>,
    /// Whether every turn changes nothing.
    pub read_only: bool,
    /// Whether the agent talks, where its definition offers both.
    pub talks: bool,
    /// Whether its turns go into the project's shared history.
    pub sync_history: bool,
    /// Whether the agent is asked after each turn to say what it did, for the history; that costs tokens.
    #[serde(default)]
    pub synopsis: bool,
    /// The agent's own id of a conversation that it knows on that host: the first tab goes on with it. A fresh one
    /// when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    /// The session that it belongs below, such as the one from which its worktree was made. On the same host it has that
    /// one's environment, where `env` says nothing else: front ends don't know the values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SessionId>,
}

/// Leaves the values of the environment out, since they may be secrets.
impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("name", &self.name)
            .field("agent", &self.agent)
            .field("host", &self.host)
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys())
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

/// A change of a session; what is `None` stays. An inner `None` clears.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionChange {
    /// See [`super::Session`].
    pub name: Option<String>,
    /// See [`super::Session`].
    #[serde(with = "double_option", skip_serializing_if = "Option::is_none")]
    pub group: Option<Option<String>>,
    /// See [`super::Session`].
    pub host: Option<String>,
    /// See [`super::Session`].
    #[serde(with = "double_option", skip_serializing_if = "Option::is_none")]
    pub cwd: Option<Option<String>>,
    /// Sets a variable, or takes it away.
    pub env: BTreeMap<String, Option<String>>,
    /// See [`super::Session`].
    #[serde(with = "double_option", skip_serializing_if = "Option::is_none")]
    pub model: Option<Option<String>>,
    /// See [`super::Session`].
    pub arguments: Option<Vec<String>>,
    /// See [`super::Session`].
    pub read_only: Option<bool>,
    /// See [`super::Session`].
    pub sync_history: Option<bool>,
    /// See [`super::Session`].
    pub synopsis: Option<bool>,
}

impl fmt::Debug for SessionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionChange")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys())
            .finish_non_exhaustive()
    }
}

/// `null` clears and a missing key leaves alone: serde alone reads both as the outer `None`.
mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::option_option, reason = "one for whether to change, one for to what")]
    pub fn serialize<S: Serializer>(
        value: &Option<Option<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    #[expect(clippy::option_option, reason = "one for whether to change, one for to what")]
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::<String>::deserialize(deserializer).map(Some)
    }
}
