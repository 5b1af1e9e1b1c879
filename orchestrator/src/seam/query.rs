//! Queries and answers: what a front end wants to know, and what the engine says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Approval, CommandId, DirectoryLook, Event, FileQuery, FileReply, GitGlance, GitQuery, GitReply,
    HistoryActivity, HistoryFilter, HistoryIgnored, HistoryItem, HistoryPage, HistoryQuery,
    HistoryScope, HistorySync, Image, KnownAgents, MessageId, OperationQuery, OperationReply,
    OutboxEntry, Session, SessionId, Snapshot, TabId, TerminalReply,
};
use crate::failure::Failure;

/// What a front end wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Query {
    /// Everything but the transcripts. Answer: [`Reply::Snapshot`].
    Snapshot,
    /// A session by id, unique prefix of an id, or name. Answer: [`Reply::Session`].
    Session {
        /// As a person typed it.
        named: String,
    },
    /// Stored events after `since`, oldest first. Answer: [`Reply::Events`].
    Events {
        /// The last number that is known already; 0 for all.
        since: u64,
        /// Only of that session.
        session: Option<SessionId>,
        /// Only of that tab.
        tab: Option<TabId>,
        /// At most so many, at most 1,000.
        limit: u32,
    },
    /// Stored events of a tab right before a number, for who reads a transcript from its end. Answer: [`Reply::Events`],
    /// oldest first; `more` says whether there are older ones. Fewer come when they are large. Those of the session that are
    /// about no tab are not among them: a [`Query::Snapshot`] says how it stands.
    EventsBefore {
        /// Those with smaller numbers.
        before: u64,
        /// Of that session.
        session: SessionId,
        /// Of that tab.
        tab: TabId,
        /// At most so many, at most 1,000.
        limit: u32,
    },
    /// The agents that are known, and what a host has of them: looked for less than a day ago, or now. Answer: [`Reply::Agents`].
    /// Refused with why a host may not be used, or can't be asked.
    Agents {
        /// As a HOST argument of the command line; none is asked when `None`.
        host: Option<String>,
        /// Look now.
        refresh: bool,
    },
    /// What a directory that is being typed may become, asked of the host in one round trip. Answer: [`Reply::Directory`].
    Directory {
        /// As a HOST argument of the command line.
        host: String,
        /// As it was typed so far; `~` is the account's home, nothing the host's `remote_dir` or home.
        typed: String,
    },
    /// What git says of a session's directory, asked of its host in one round trip. Answer: [`Reply::Git`].
    Git {
        /// Whose.
        session: SessionId,
    },
    /// The images of a message, also when its turn is long over. Answer: [`Reply::Images`], empty where it had none.
    Images {
        /// Whose.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// What waits for a person. Answer: [`Reply::Approvals`].
    Approvals {
        /// Only of that session.
        session: Option<SessionId>,
    },
    /// The whole prompt of a message that waits, or that an agent may not have yet. Answer: [`Reply::Prompt`].
    Prompt {
        /// Whose.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// What was done, as far as it is known here: no machine is asked. Answer: [`Reply::History`].
    History(HistoryQuery),
    /// One entry by its id, or the only one whose id begins so. Answer: [`Reply::HistoryEntry`].
    HistoryEntry {
        /// As a person typed it.
        id: String,
    },
    /// How much was done when. Answer: [`Reply::HistoryActivity`].
    HistoryActivity {
        /// Of which history.
        scope: HistoryScope,
        /// Which of its entries; its `since` counts for nothing.
        filter: HistoryFilter,
        /// Where the first bucket begins.
        from: Timestamp,
        /// Where the last one ends.
        to: Timestamp,
        /// How many, 1 to 1,000.
        buckets: u32,
    },
    /// Entries that wait to be written to where they are shared, oldest first. Answer: [`Reply::Outbox`].
    Outbox,
    /// Files of a host. Answer: [`Reply::File`].
    File(FileQuery),
    /// A repository on a host. Answer: [`Reply::Repository`].
    Repository(GitQuery),
    /// What takes long. Answer: [`Reply::Operation`].
    Operation(OperationQuery),
    /// All terminals, in the order of their opening. Answer: [`Reply::Terminal`].
    Terminals,
    /// What became of a command. Answer: [`Reply::Status`].
    CommandStatus {
        /// Which.
        id: CommandId,
    },
}

/// What the engine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "payload", rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// The session as it is now.
    Session(Box<Session>),
    /// The message waits or was sent; events of its turn name it.
    Sent {
        /// Where.
        tab: TabId,
        /// Under that id.
        message: MessageId,
        /// Its queue begins after this event.
        seq: u64,
    },
    /// How things stand.
    Snapshot(Box<Snapshot>),
    /// Stored events.
    Events {
        /// Oldest first.
        events: Vec<Event>,
        /// Whether there are more.
        more: bool,
    },
    /// The agents that are known.
    Agents(Box<KnownAgents>),
    /// What a host has under a path.
    Directory(DirectoryLook),
    /// What git says of a session's directory.
    Git(GitGlance),
    /// Images of a message.
    Images(Vec<Image>),
    /// What waits for a person.
    Approvals(Vec<Approval>),
    /// A whole prompt.
    Prompt {
        /// As the person wrote it.
        prompt: String,
    },
    /// What was done.
    History(Box<HistoryPage>),
    /// One entry.
    HistoryEntry(Box<HistoryItem>),
    /// How much was done when.
    HistoryActivity(HistoryActivity),
    /// What waits to be written to where it is shared.
    Outbox(Vec<OutboxEntry>),
    /// What came of bringing a history up to date.
    Synced(Box<HistorySync>),
    /// What a project's git makes of its history now.
    Ignored(HistoryIgnored),
    /// Of files.
    File(FileReply),
    /// Of a repository.
    Repository(GitReply),
    /// Of what takes long.
    Operation(OperationReply),
    /// Of terminals.
    Terminal(TerminalReply),
    /// What became of a command: `None` when it never came.
    Status(Option<Result<Box<Reply>, Failure>>),
}
