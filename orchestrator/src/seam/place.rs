//! What a front end asks of a place: its agents, its directories, its files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::{AgentOnHost, Protocol};
use crate::failure::Failure;

/// The agents that are known, and what a host has of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownAgents {
    /// In the order of their definitions.
    pub agents: Vec<KnownAgent>,
    /// When the host was looked at; `None` where none was asked.
    pub looked_at: Option<Timestamp>,
    /// Definitions of the person's own that can't be used.
    pub problems: Vec<Failure>,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownAgent {
    /// Its definition's id.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// Its program.
    pub program: String,
    /// The line that installs it.
    pub install: Option<String>,
    /// What to do to log in.
    pub login_hint: String,
    /// Whether it can work one process a turn.
    pub batch: bool,
    /// What it speaks, where it can talk.
    pub talks: Option<Protocol>,
    /// Whether it can be kept from changing anything, one process a turn.
    pub read_only: bool,
    /// Whether it takes images.
    pub images: bool,
    /// What was found on the host, where one was asked.
    pub there: Option<AgentOnHost>,
}

/// What a host has under a path that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryLook {
    /// The path as the host calls it, where it is a directory.
    pub directory: Option<String>,
    /// Whether it is there and is no directory.
    #[serde(default)]
    pub file: bool,
    /// Whether it lies in a git repository.
    pub repository: bool,
    /// Directories that the path may become, as they would be typed on: sorted, hidden ones only when asked for by a dot.
    pub completions: Vec<String>,
    /// Whether there are more.
    pub more: bool,
}

/// What git says of a session's directory, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitGlance {
    /// Whether it lies in a repository.
    pub repository: bool,
    /// The branch, or the beginning of the commit where none is checked out.
    pub branch: Option<String>,
    /// Files that differ from the last commit, those that git doesn't know included.
    pub changed: u32,
}
