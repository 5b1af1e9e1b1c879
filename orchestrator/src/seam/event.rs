//! Events: what has happened, each stored before anybody is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Approval, ApprovalId, MessageId, QueuedMessage, RunId, Session, SessionId, TabId, TurnId,
};
use crate::agent::{ToolCall, Usage};
use crate::failure::Failure;

/// A fact in the history of one data directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up over all sessions and never comes twice.
    pub seq: u64,
    /// When it was stored, by this machine's clock.
    pub at: Timestamp,
    /// The session that it belongs to.
    pub session: SessionId,
    /// The tab, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tab: Option<TabId>,
    /// The turn, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub turn: Option<TurnId>,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The session was made, or something about it or its tabs changed; the queue and the turns are told apart.
    SessionChanged {
        /// As it is now, with all its tabs.
        of: Box<Session>,
    },
    /// The session and all that belonged to it was removed.
    SessionRemoved,
    /// A tab's queue changed.
    QueueChanged {
        /// As it is now, in the order of sending; of prompts the beginning.
        queue: Vec<QueuedMessage>,
        /// Whether it is held back.
        paused: bool,
    },
    /// A message left the queue and became a turn.
    TurnStarted {
        /// The message that it was.
        message: MessageId,
        /// What the person wrote.
        prompt: String,
        /// How many images went along.
        images: u32,
        /// Whether the agent was told to change nothing.
        read_only: bool,
        /// The run that carries it.
        run: RunId,
        /// Whether it is Baton that asks the agent to say what it did in the turn before.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        synopsis: bool,
    },
    /// It is certain that the agent got the message: it is at work, whatever happens here.
    TurnLaunched,
    /// The agent's own id of the conversation became known, or another one. Of no turn where the session was made with it.
    AgentSession {
        /// As the agent calls it.
        id: String,
    },
    /// A finished piece of the answer. Parts of an unfinished one are [`super::Partial`]s.
    Text {
        /// Markdown, unless it is plain.
        text: String,
        /// Whether it is text that was printed for people: each space counts, and nothing in it is markup.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        plain: bool,
    },
    /// What the agent thought aloud.
    Reasoning {
        /// Markdown.
        text: String,
    },
    /// A tool call began or changed its status.
    ToolCall(ToolCall),
    /// An agent waits for a person.
    ApprovalRequested {
        /// What it asks.
        approval: Box<Approval>,
    },
    /// Somebody answered it, or it fell away with its turn.
    ApprovalResolved {
        /// Which.
        approval: ApprovalId,
        /// What was answered; `None` when it fell away.
        decision: Option<Decision>,
    },
    /// What the turn has used so far: replaces what was told before.
    Usage(Usage),
    /// The way to the host broke or is back; the turn goes on meanwhile.
    Link {
        /// Which.
        state: LinkState,
        /// Why it was lost, or why a person is needed.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        why: Option<Failure>,
    },
    /// The agent has printed nothing for a while.
    Quiet {
        /// How long, in seconds.
        seconds: u64,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// Something went wrong.
    Error {
        /// What, and what to do.
        #[serde(flatten)]
        failure: Failure,
        /// Whether sending again may help.
        recoverable: bool,
        /// When a rate limit ends, where the agent says it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        resets_at: Option<Timestamp>,
    },
    /// A line of the agent that nobody here understands.
    Raw {
        /// What it calls itself.
        kind: String,
        /// The line.
        line: String,
    },
    /// The turn is over. What an agent that talks says after that still belongs to it, until the next turn begins.
    TurnEnded {
        /// How.
        status: TurnStatus,
        /// Of the agent's process, 128 + n for signal n; `None` where there is none or nobody knows.
        exit_status: Option<u8>,
        /// From launch to end.
        elapsed_ms: u64,
        /// The last piece of the answer.
        text: String,
    },
    /// From a newer version: shown as such, never an error.
    #[serde(other)]
    Unknown,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStatus {
    /// The agent did what it wanted to.
    Done,
    /// It didn't; an error event says why.
    Failed,
    /// A person interrupted it.
    Interrupted,
}

/// The way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It broke; it is tried again.
    Lost,
    /// It is back.
    Restored,
    /// Trying again is useless until the person has acted.
    Blocked,
}

/// What a person decided about an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Yes: the option of that id, or the first that allows once.
    Approve {
        /// One of the approval's options.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        option: Option<String>,
    },
    /// No: the option of that id, or the first that rejects once.
    Deny {
        /// One of the approval's options.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        option: Option<String>,
    },
}

/// A piece of an answer that is still being written. It is not stored and has no number: the latest replaces the ones before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// Where.
    pub session: SessionId,
    /// In which tab.
    pub tab: TabId,
    /// In which turn.
    pub turn: TurnId,
    /// Of what.
    pub kind: PartialKind,
    /// All of the piece so far.
    pub text: String,
}

/// What a partial piece will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialKind {
    /// A piece of the answer.
    Text,
    /// A piece of the answer that is no Markdown.
    Plain,
    /// Reasoning.
    Reasoning,
}
