//! Requests: what a front end wants done or wants to know, and the seam that takes them.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::path::base64_bytes;
use super::{
    ApprovalId, CommandId, Decision, FileCommand, GitCommand, HistoryScope, MessageId,
    NewHistoryEntry, NewSession, OperationCommand, Query, QuestionId, Reply, Secret, SessionChange,
    SessionId, Subscribe, Subscription, TabId, TerminalCommand, TurnId,
};
use crate::failure::Failure;

/// The engine, as front ends see it: in this process, or in another one behind a socket.
#[async_trait]
pub trait Seam: fmt::Debug + Send + Sync {
    /// Does something, or answers something.
    ///
    /// # Errors
    ///
    /// What failed, and what to do; nothing has changed then.
    async fn call(&self, request: Request) -> Result<Reply, Failure>;

    /// Follows what happens, from a sequence number on.
    ///
    /// # Errors
    ///
    /// When the engine is gone.
    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure>;
}

/// A wish with its id, or a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Changes something. Sent again under the same id, it runs once and gets the same answer.
    Command {
        /// Made by the sender.
        id: CommandId,
        /// What to do.
        command: Command,
    },
    /// Changes nothing.
    Query {
        /// What to know.
        query: Query,
    },
}

impl Request {
    /// A command under a new id.
    pub fn command(command: Command) -> Self {
        Self::Command { id: CommandId::random(), command }
    }

    /// A query.
    pub fn query(query: Query) -> Self {
        Self::Query { query }
    }
}

/// What a front end wants done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Command {
    /// Makes a session with one tab. Answer: [`Reply::Session`].
    NewSession(NewSession),
    /// Changes a session; what the host reads counts from the next turn. Answer: [`Reply::Session`].
    EditSession {
        /// Which.
        session: SessionId,
        /// What.
        change: SessionChange,
    },
    /// Removes a session and its transcript. Answer: [`Reply::Session`], as it was. Refused (`busy`) while a turn is under way.
    RemoveSession {
        /// Which.
        session: SessionId,
        /// Also while a turn is under way: it fails here, and what is left of it on its host is left alone.
        #[serde(default)]
        force: bool,
    },
    /// Puts a message into a tab's queue; it is sent at once where nothing is before it. Answer: [`Reply::Sent`].
    Send {
        /// Which.
        session: SessionId,
        /// Where.
        tab: TabChoice,
        /// What.
        message: NewMessage,
    },
    /// Interrupts the turns under way in a session, or in one tab.
    Interrupt {
        /// Which.
        session: SessionId,
        /// Only there.
        tab: Option<TabId>,
        /// Only that turn: `not_found` when it is no longer under way, though another one is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<TurnId>,
        /// Kill instead of asking: TERM, then KILL after 3 s.
        stop: bool,
    },
    /// Changes a message that waits.
    EditMessage {
        /// Which.
        session: SessionId,
        /// Which.
        message: MessageId,
        /// What.
        change: MessageChange,
    },
    /// Moves a message that waits.
    MoveMessage {
        /// Which.
        session: SessionId,
        /// Which.
        message: MessageId,
        /// Where.
        to: Place,
    },
    /// Removes a message that waits.
    RemoveMessage {
        /// Which.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// Puts a message back that was removed, with its images and where it was. `not_found` when it isn't among the last
    /// ones of its session.
    RestoreMessage {
        /// Which.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// Gives a tab a name, or its number back.
    RenameTab {
        /// Which.
        session: SessionId,
        /// Which.
        tab: TabId,
        /// What a person calls it, no number alone; `None` for its number.
        name: Option<String>,
    },
    /// Moves a tab among the tabs of its session.
    MoveTab {
        /// Which.
        session: SessionId,
        /// Which.
        tab: TabId,
        /// Right before that one; behind all others when `None`.
        before: Option<TabId>,
    },
    /// Holds a tab's queue back, or lets it go; all tabs without one.
    PauseQueue {
        /// Which.
        session: SessionId,
        /// Only there.
        tab: Option<TabId>,
        /// Back, or go.
        paused: bool,
    },
    /// Forgets the agent's own id of a conversation: the next turn begins a fresh one; the transcript stays.
    FreshConversation {
        /// Which.
        session: SessionId,
        /// Which.
        tab: TabId,
    },
    /// Answers an approval.
    ResolveApproval {
        /// Which.
        approval: ApprovalId,
        /// How.
        decision: Decision,
    },
    /// The person has mended a host (a key, a config): what is blocked there is tried again.
    RetryHost {
        /// Its id.
        host: String,
    },
    /// Answers what reaching a host takes a person for; never kept anywhere. `not_found` when nobody waits for it any more.
    AnswerQuestion {
        /// Which.
        question: QuestionId,
        /// What the person said; `None` when they declined.
        answer: Option<Secret>,
    },
    /// Puts an entry into the history by hand. Answer: [`Reply::HistoryEntry`].
    AddHistory(NewHistoryEntry),
    /// Writes what waits to where it is shared, and reads what is new there; of [`HistoryScope::All`] every project that
    /// is known. Sent again, it does so again. Answer: [`Reply::Synced`].
    SyncHistory {
        /// Which.
        scope: HistoryScope,
        /// Whether what is there is left unread.
        #[serde(default)]
        write_only: bool,
    },
    /// Keeps `.maestro/history/` out of a project's git: a line of its `.gitignore`. Sent again, it changes nothing more.
    /// Answer: [`Reply::Ignored`].
    IgnoreHistory {
        /// A session's project, or a directory.
        scope: HistoryScope,
    },
    /// Changes files of a host. Answer: [`Reply::File`].
    File(FileCommand),
    /// Changes a repository on a host. Answer: [`Reply::Repository`].
    Repository(GitCommand),
    /// Begins or stops what takes long. Answer: [`Reply::Operation`].
    Operation(OperationCommand),
    /// Terminals on hosts. Sent again, it is done again; so an [`EngineHandle`](super::EngineHandle) never sends what is typed
    /// a second time. Answer: [`Reply::Terminal`].
    Terminal(TerminalCommand),
    /// Gives up writing an entry to where it is to be shared; it stays here. Answer: [`Reply::Outbox`] with it alone.
    KeepHistoryHere {
        /// Its id, or the beginning of it.
        id: String,
    },
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    /// What the person wrote; bytes that are no UTF-8 can't be typed, so text it is.
    pub prompt: String,
    /// Images that go along.
    pub images: Vec<Image>,
    /// Whether the agent is to change nothing.
    pub read_only: bool,
    /// Whether the turn goes into the history.
    #[serde(default = "yes")]
    pub save_to_history: bool,
}

/// What older lines and front ends that don't say it mean.
pub(super) fn yes() -> bool {
    true
}

impl fmt::Debug for NewMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMessage")
            .field("prompt_bytes", &self.prompt.len())
            .field("images", &self.images.len())
            .field("read_only", &self.read_only)
            .finish()
    }
}

/// An image.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its file's name here, for people.
    pub name: String,
    /// Its bytes; base64 in JSON.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("name", &self.name).field("bytes", &self.bytes.len()).finish()
    }
}

/// In which tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tab", content = "id", rename_all = "snake_case")]
pub enum TabChoice {
    /// The one that was used last.
    Last,
    /// A new one.
    New,
    /// That one.
    Id(TabId),
}

/// A change of a message that waits; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageChange {
    /// Another prompt.
    pub prompt: Option<String>,
    /// Hold it back, or let it go.
    pub paused: Option<bool>,
    /// Whether the agent is to change nothing.
    pub read_only: Option<bool>,
}

/// Where a message is moved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Next in turn.
    First,
    /// Behind all others.
    Last,
    /// Right before that one.
    Before(MessageId),
}
