use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A step on the way to a host that can be used, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// The entry holds no fault.
    Validate,
    /// The ssh config is read, and the name has an address.
    Resolve,
    /// The server answers, and its key is the right one.
    Connect,
    /// It lets us in.
    Authenticate,
    /// The account's login shell runs commands.
    Shell,
    /// An agent's program is there and starts.
    Agent,
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What came of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which one.
    pub name: StageName,
    /// Whether it passed.
    pub ok: bool,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it found out, in plain words; empty when it failed.
    #[serde(skip)]
    pub found: String,
}

/// An agent's program on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFound {
    /// As it was asked for.
    pub name: String,
    /// Where the login environment finds it.
    pub path: String,
    /// The first line with a version number that `--version` prints; `None` when it prints no such line.
    pub version: Option<String>,
}

/// What a test of a host found out. Everything after the stage that failed is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionReport {
    /// Whether every stage passed.
    pub ok: bool,
    /// What the machine calls itself.
    pub hostname: Option<String>,
    /// Its system, as `uname -s` has it.
    pub os: Option<String>,
    /// The account's login shell.
    pub shell: Option<String>,
    /// One round trip through an open shell.
    pub latency_ms: Option<u64>,
    /// The agent, where one was asked for and found.
    pub agent: Option<AgentFound>,
    /// Those that were taken; only the last one can have failed.
    pub stages: Vec<StageReport>,
}

impl ConnectionReport {
    /// Why the host can't be used.
    pub fn error(&self) -> Option<&Failure> {
        self.stages.iter().find_map(|stage| stage.error.as_ref())
    }
}

/// How far a test has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// This stage has begun.
    Began(StageName),
    /// This stage is over.
    Ended(&'a StageReport),
}
