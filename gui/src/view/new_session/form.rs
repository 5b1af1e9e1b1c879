//! What is typed of a session, and what is wrong with it. Pure.

use orchestrator::host::{HostConfig, HostId, Hosts};
use orchestrator::seam::{KnownAgent, NewSession, Session, SessionChange};

use crate::widget::EnvRows;

/// This machine, as a host.
pub(super) const LOCAL: &str = "local";

/// The longest name, in characters, as the engine has it.
const LONGEST_NAME: usize = 100;

/// The fields of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionForm {
    /// Id of an agent.
    pub agent: Option<String>,
    /// Id of a host, or `local`.
    pub host: String,
    /// The directory, as typed.
    pub cwd: String,
    /// The name; empty for one that the engine makes.
    pub name: String,
    /// The group.
    pub group: String,
    /// The model.
    pub model: String,
    /// The environment.
    pub env: EnvRows,
    /// More arguments, one a line.
    pub arguments: String,
    /// Whether every turn changes nothing.
    pub read_only: bool,
    /// Whether the agent can ask, where it can work both ways.
    pub talks: bool,
    /// Whether history is shared in the project.
    pub sync_history: bool,
    /// Whether the agent is asked what it did.
    pub synopsis: bool,
    /// The agent's own id of the conversation that a new session goes on with.
    pub resume: Option<String>,
}

impl Default for SessionForm {
    fn default() -> Self {
        Self {
            agent: None,
            host: LOCAL.to_owned(),
            cwd: String::new(),
            name: String::new(),
            group: String::new(),
            model: String::new(),
            env: EnvRows::default(),
            arguments: String::new(),
            read_only: false,
            talks: false,
            sync_history: false,
            synopsis: false,
            resume: None,
        }
    }
}

/// Something that is wrong, with the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl SessionForm {
    /// A session that is there.
    pub fn of(session: &Session) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            agent: Some(session.agent.clone()),
            host: session.host.clone(),
            cwd: text(&session.cwd),
            name: session.name.clone(),
            group: text(&session.group),
            model: text(&session.model),
            env: EnvRows::of_names(&session.env_names),
            arguments: session.arguments.join("\n"),
            read_only: session.read_only,
            talks: session.talks,
            sync_history: session.sync_history,
            synopsis: session.synopsis,
            resume: None,
        }
    }

    /// The session that would be made; none without an agent. `talks` is what the agent can do.
    pub fn session(&self, agent: Option<&KnownAgent>) -> Option<NewSession> {
        Some(NewSession {
            name: set(&self.name),
            group: set(&self.group),
            agent: self.agent.clone()?,
            host: self.host.clone(),
            cwd: set(&self.cwd),
            env: self.env.values(),
            model: set(&self.model),
            arguments: lines(&self.arguments),
            read_only: self.read_only,
            talks: agent.map_or(self.talks, |agent| talks(agent, self.talks)),
            sync_history: self.sync_history,
            synopsis: self.synopsis,
            resume: self.resume.clone(),
            parent: None,
        })
    }

    /// What is to be changed; what nobody touched isn't in it.
    pub fn change(&self, session: &Session) -> SessionChange {
        let before = Self::of(session);
        let text = |now: &String, then: &String| (now.trim() != then.trim()).then(|| set(now));
        SessionChange {
            name: (self.name.trim() != before.name).then(|| self.name.trim().to_owned()),
            group: text(&self.group, &before.group),
            host: (self.host != before.host).then(|| self.host.clone()),
            cwd: text(&self.cwd, &before.cwd),
            env: self.env.changes(),
            model: text(&self.model, &before.model),
            // An argument with a line end in it stays whole as long as nobody types here.
            arguments: (self.arguments != before.arguments).then(|| lines(&self.arguments)),
            read_only: (self.read_only != before.read_only).then_some(self.read_only),
            sync_history: (self.sync_history != before.sync_history).then_some(self.sync_history),
            synopsis: (self.synopsis != before.synopsis).then_some(self.synopsis),
        }
    }

    /// Everything that is wrong but for the agent and the directory on the host. A `session` is one that is edited.
    pub(super) fn wrong(
        &self,
        hosts: &Hosts,
        session: Option<&Session>,
        is_name_taken: &dyn Fn(&str) -> bool,
    ) -> Vec<Wrong> {
        let mut all = Vec::new();
        let mut add = |field, message: &str| all.push(Wrong { field, message: message.to_owned() });
        match host_of(&self.host, hosts) {
            // A session that was made with an address keeps it.
            Chosen::Unknown if session.is_some_and(|session| session.host == self.host) => {}
            Chosen::Unknown => add("host", "this host isn't in the settings any more"),
            Chosen::Saved(host) if !host.enabled => {
                add("host", "this host is disabled in settings")
            }
            Chosen::Local | Chosen::Saved(_) => {}
        }
        let cwd = self.cwd.trim();
        if cwd.chars().any(char::is_control) {
            add("cwd", "the directory holds a control character");
        } else if self.host == LOCAL && !(cwd.is_empty() || is_rooted(cwd)) {
            add("cwd", "begin with / or ~/");
        }
        let name = self.name.trim();
        let is_own = session.is_some_and(|session| session.name == name);
        if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
            add("name", "at most 100 characters, and no control characters");
        } else if !name.is_empty() && !is_own && is_name_taken(name) {
            add("name", "another session is called so already");
        } else if name.is_empty() && session.is_some() {
            add("name", "a session's name can't be empty");
        }
        if let Some(message) = self.env.fault() {
            add("env", &message);
        }
        all
    }
}

/// What the host of a form is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Chosen<'a> {
    Local,
    Saved(&'a HostConfig),
    Unknown,
}

pub(super) fn host_of<'a>(host: &str, hosts: &'a Hosts) -> Chosen<'a> {
    if host == LOCAL {
        return Chosen::Local;
    }
    hosts.get(&HostId::new(host)).map_or(Chosen::Unknown, Chosen::Saved)
}

/// The name that the engine would make: of the directory (or the host) and the agent, with a number where it is taken.
pub(super) fn free_name(
    cwd: &str,
    host: &str,
    agent: &str,
    is_taken: &dyn Fn(&str) -> bool,
) -> String {
    let last = cwd.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let place = if matches!(last, "" | "~") { host } else { last };
    let base: String = format!("{place} {agent}")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_NAME - 8)
        .collect();
    if !is_taken(&base) {
        return base;
    }
    (2_u64..).map(|n| format!("{base} {n}")).find(|name| !is_taken(name)).unwrap_or(base)
}

/// Whether a session with that agent talks, when a person wants that.
pub(super) fn talks(agent: &KnownAgent, wanted: bool) -> bool {
    match (agent.batch, agent.talks.is_some()) {
        (true, true) => wanted,
        (false, talks) => talks,
        (true, false) => false,
    }
}

fn is_rooted(cwd: &str) -> bool {
    cwd.starts_with('/') || cwd == "~" || cwd.starts_with("~/")
}

fn set(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
#[path = "form_tests.rs"]
pub(super) mod tests;
