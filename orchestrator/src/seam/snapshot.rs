//! Snapshots: how things stand at one sequence number.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::yes;
use super::{ApprovalId, LinkState, MessageId, RunId, SessionId, TabId, TurnId, TurnStatus};
use crate::agent::{ApprovalChoice, Carry, ToolCall, Usage};
use crate::history::Account;

/// Everything but the transcripts, which are read as events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The last event that is in it.
    pub seq: u64,
    /// Names the event log: sequence numbers of another one mean nothing here.
    pub epoch: String,
    /// All sessions, in the order of their making.
    pub sessions: Vec<Session>,
    /// What waits for a person.
    pub approvals: Vec<Approval>,
}

/// An agent at work in one directory on one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What a person calls it.
    pub name: String,
    /// The group that it is shown in.
    pub group: Option<String>,
    /// Id of the agent's definition.
    pub agent: String,
    /// A host's id, an ssh destination as it was typed, or `local`.
    pub host: String,
    /// The directory; `~` is the host's to expand; the account's home when `None`.
    pub cwd: Option<String>,
    /// Names of the environment that the session adds. Values are secrets and stay in the store.
    pub env_names: BTreeSet<String>,
    /// The model, where one was chosen.
    pub model: Option<String>,
    /// More arguments for the agent.
    pub arguments: Vec<String>,
    /// Whether every turn is told to change nothing.
    pub read_only: bool,
    /// Whether the agent talks (one long run, approvals) instead of one run for each turn.
    pub talks: bool,
    /// Whether its turns go into the project's shared history.
    pub sync_history: bool,
    /// Whether the agent is asked after each turn to say what it did, for the history.
    #[serde(default)]
    pub synopsis: bool,
    /// The session that it belongs below; it may be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SessionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its conversations, in their order: that of their making, until a person moves one; at least one.
    pub tabs: Vec<Tab>,
    /// What all its turns have used.
    pub totals: Totals,
}

/// One conversation of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tab {
    /// Its id.
    pub id: TabId,
    /// What a person calls it; a number while nobody has named it.
    pub name: String,
    /// The agent's own id of the conversation, once it has said it, or as the session was made with it.
    pub agent_session: Option<String>,
    /// The long run of an agent that talks, while it lives.
    #[serde(default)]
    pub talk: Option<RunId>,
    /// What the reader of the next turn has to know of those before.
    #[serde(default)]
    pub carry: Carry,
    /// What happens in it.
    pub state: TabState,
    /// The turn under way, or the last one.
    pub turn: Option<Turn>,
    /// What waits, in the order of sending.
    pub queue: Vec<QueuedMessage>,
    /// Whether the queue is held back.
    pub paused: bool,
    /// What its turns have used.
    pub totals: Totals,
    /// What goes into the history about the turn before, while the agent is asked to say what it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Box<Account>>,
}

/// What happens in a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TabState {
    /// Nothing; the next message starts at once.
    Idle,
    /// A turn is under way.
    Working,
    /// A turn waits for a person's approval.
    Waiting,
}

/// One message and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// The run that carries it.
    pub run: RunId,
    /// Where it runs, as [`Session::host`] was when it began.
    pub host: String,
    /// When it was launched.
    pub started_at: Timestamp,
    /// Whether the agent was told to change nothing.
    pub read_only: bool,
    /// How it ended; `None` while it is under way.
    pub status: Option<TurnStatus>,
    /// How the way to the host stands, while it is under way.
    pub link: LinkState,
    /// Whether a person has asked it to stop.
    #[serde(default)]
    pub interrupting: bool,
    /// Whether its processes are to be ended, whatever the agent says.
    #[serde(default)]
    pub stopping: bool,
    /// What it has used.
    pub usage: Usage,
    /// Whether it is Baton that asks the agent to say what it did in the turn before.
    #[serde(default)]
    pub synopsis: bool,
    /// Whether it goes into the history.
    #[serde(default = "yes")]
    pub save_to_history: bool,
    /// The message, until it is certain that the agent got it.
    #[serde(default)]
    pub message: Option<Box<QueuedMessage>>,
}

/// A message that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// Its id.
    pub id: MessageId,
    /// What the person wrote. Front ends get its beginning: the whole is asked for with [`super::Query::Prompt`].
    pub prompt: String,
    /// How many bytes the whole has.
    pub prompt_bytes: u64,
    /// How many images go along.
    pub images: u32,
    /// Whether the agent is to change nothing.
    pub read_only: bool,
    /// Whether its turn goes into the history.
    #[serde(default = "yes")]
    pub save_to_history: bool,
    /// Held back: those behind it go first.
    pub paused: bool,
    /// When it was sent.
    pub at: Timestamp,
}

/// Characters of a prompt that stand in events and answers: a queue of any length fits into a frame, and is told of with
/// each of its changes.
const SHOWN: usize = 200;

impl QueuedMessage {
    /// As front ends get it.
    pub fn shown(&self) -> Self {
        let Self { id, prompt, prompt_bytes, images, read_only, save_to_history, paused, at } =
            self;
        Self {
            id: id.clone(),
            prompt: prompt.chars().take(SHOWN).collect(),
            prompt_bytes: *prompt_bytes,
            images: *images,
            read_only: *read_only,
            save_to_history: *save_to_history,
            paused: *paused,
            at: *at,
        }
    }

    /// Whether the whole prompt is here.
    pub fn is_whole(&self) -> bool {
        u64::try_from(self.prompt.len()) == Ok(self.prompt_bytes)
    }
}

impl Tab {
    /// As front ends get it.
    pub fn shown(&self) -> Self {
        let mut shown = Self { account: None, ..self.clone() };
        shown.queue = self.queue.iter().map(QueuedMessage::shown).collect();
        if let Some(message) = shown.turn.as_mut().and_then(|turn| turn.message.as_mut()) {
            **message = message.shown();
        }
        shown
    }
}

impl Session {
    /// As front ends get it.
    pub fn shown(&self) -> Self {
        Self { tabs: self.tabs.iter().map(Tab::shown).collect(), ..self.clone() }
    }
}

/// What many turns have used together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// How many turns have ended.
    pub turns: u64,
    /// Sums; window and context are those of the last turn that told them.
    pub usage: Usage,
    /// From launch to end, added up.
    pub elapsed_ms: u64,
}

/// A question of an agent that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Where.
    pub session: SessionId,
    /// In which tab.
    pub tab: TabId,
    /// In which turn.
    pub turn: TurnId,
    /// What it is about, in a line.
    pub title: String,
    /// The tool call that waits, where it is one.
    pub tool_call: Option<ToolCall>,
    /// What may be answered.
    pub options: Vec<ApprovalOption>,
    /// The agent's id of the request.
    pub request: Value,
    /// When it was asked.
    pub at: Timestamp,
}

/// One possible answer.
pub type ApprovalOption = ApprovalChoice;
