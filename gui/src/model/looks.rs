//! What was looked up on hosts: agents, directories, git.

use std::collections::{BTreeMap, HashMap};

use orchestrator::failure::Failure;
use orchestrator::seam::{DirectoryLook, GitGlance, KnownAgent, KnownAgents, SessionId};

use crate::fetched::Fetched;
use crate::view::places::is_local;

/// A directory that is being typed, and what the host says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// As a HOST argument.
    pub host: String,
    /// As it was typed.
    pub typed: String,
    /// What came of exactly that.
    pub look: Fetched<DirectoryLook>,
}

/// What was looked up.
#[derive(Debug, Default)]
pub struct Looks {
    agents: HashMap<Option<String>, Fetched<KnownAgents>>,
    /// The directory that is being typed.
    pub directory: Typed,
    /// What git says, where it was asked and has answered.
    pub git: BTreeMap<SessionId, GitGlance>,
    missing_agents: Fetched<KnownAgents>,
}

impl Looks {
    /// A host may be another machine now: what was found is asked for anew. This machine stays what it is.
    pub fn forget_agents(&mut self) {
        self.agents.retain(|host, _| host.as_deref().is_none_or(is_local));
    }

    /// What is known of a host's agents.
    pub fn agents(&self, host: Option<&str>) -> &Fetched<KnownAgents> {
        self.agents.get(&host.map(ToOwned::to_owned)).unwrap_or(&self.missing_agents)
    }

    /// An agent, as far as it is known without a host.
    pub fn agent(&self, id: &str) -> Option<&KnownAgent> {
        self.agents(None).ready()?.agents.iter().find(|agent| agent.id == id)
    }

    /// Says that a host is being asked; what is known of it stays until it answers.
    pub fn ask_agents(&mut self, host: Option<String>) {
        let known = self.agents.entry(host).or_default();
        if known.ready().is_none() {
            *known = Fetched::Pending;
        }
    }

    /// What a host said of its agents.
    pub fn put_agents(&mut self, host: Option<String>, answer: Result<Box<KnownAgents>, Failure>) {
        self.agents.insert(host, answer.map(|agents| *agents).into());
    }

    /// What was said of exactly this directory.
    pub fn directory(&self, host: &str, typed: &str) -> &Fetched<DirectoryLook> {
        static MISSING: Fetched<DirectoryLook> = Fetched::Missing;
        let is_it = self.directory.host == host && self.directory.typed == typed;
        if is_it { &self.directory.look } else { &MISSING }
    }

    /// Forgets what belongs to a session that is gone.
    pub fn forget(&mut self, session: &SessionId) {
        self.git.remove(session);
    }
}
