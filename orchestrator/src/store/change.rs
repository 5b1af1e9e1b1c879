//! What is written to the store: changes and events that belong together, in one transaction.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LineScope, NewEntry, OperationRecord, ProjectId, SharedEntry, TerminalRecord};
use crate::failure::Failure;
use crate::host::Place;
use crate::seam::{
    Approval, ApprovalId, CommandId, EventBody, Image, MessageId, QueuedMessage, Reply, RunId,
    Session, SessionId, Tab, TabId, TurnId,
};
use jiff::Timestamp;

/// Changes and events of one transaction: all of them are stored, or none.
#[derive(Debug, Default)]
pub struct Batch {
    /// What changes.
    pub changes: Vec<Change>,
    /// What is said about it; numbers and times are given when they are stored.
    pub drafts: Vec<Draft>,
}

/// An event that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The session that it belongs to.
    pub session: SessionId,
    /// The tab, where it is about one.
    pub tab: Option<TabId>,
    /// The turn, where it is about one.
    pub turn: Option<TurnId>,
    /// What happened.
    pub body: EventBody,
}

/// One change.
#[derive(Debug)]
pub enum Change {
    /// Makes a session or replaces what is stored of it. Its tabs and their queues are told apart.
    PutSession {
        /// As it is now.
        session: Session,
        /// Its environment, values included; `None` leaves what is stored.
        env: Option<Environment>,
    },
    /// Removes a session with its tabs, messages, images, approvals and events, and what the readers of its runs knew.
    RemoveSession(SessionId),
    /// Makes a tab or replaces what is stored of it. Its queue is told apart.
    PutTab {
        /// Whose.
        session: SessionId,
        /// As it is now.
        tab: Tab,
    },
    /// Replaces a tab's queue.
    PutQueue {
        /// Whose.
        session: SessionId,
        /// Which.
        tab: TabId,
        /// In the order of sending.
        queue: Vec<QueuedMessage>,
    },
    /// Puts a session's tabs into this order. It names them all.
    OrderTabs {
        /// Whose.
        session: SessionId,
        /// From the first to the last.
        order: Vec<TabId>,
    },
    /// Keeps a message that was taken out of its queue, with its images, so that it can be put back.
    PutRemoved {
        /// Whose.
        session: SessionId,
        /// The message.
        removed: RemovedMessage,
    },
    /// Forgets one that was kept so; its images are told apart.
    ForgetRemoved(MessageId),
    /// Keeps the images of a message as long as its session.
    PutImages {
        /// Whose.
        session: SessionId,
        /// Which.
        message: MessageId,
        /// In their order.
        images: Vec<Image>,
    },
    /// Forgets the images of a message that is never sent.
    DropImages(MessageId),
    /// Makes a run. One that is stored already stays as it is, whoever knows it.
    AddRun(RunRecord),
    /// Notes how far a run is. A status that is known already stays; of one that is over its reader's state is forgotten.
    SetRun {
        /// Which.
        run: RunId,
        /// As far as it is now.
        state: RunState,
        /// See [`RunRecord::status`].
        status: Option<u8>,
    },
    /// Notes that a run's directory on the host is gone. One that carried turns is forgotten when it is over.
    Swept(RunId),
    /// Notes how far the output of a run has been consumed, with the state of its reader.
    Progress {
        /// Which.
        run: RunId,
        /// Bytes of `out` consumed.
        out_offset: u64,
        /// Bytes of `err` consumed.
        err_offset: u64,
        /// See [`RunRecord::reader`].
        reader: Option<Value>,
    },
    /// Stores a question that waits for a person.
    PutApproval(Approval),
    /// Forgets one.
    RemoveApproval(ApprovalId),
    /// Notes that a command was carried out, and with what answer.
    PutReceipt(Receipt),
    /// Stores an entry that was made here, and puts it into the outbox where it is to be shared.
    AddEntry(NewEntry),
    /// Replaces what is stored of an entry that was made here, before it was sent.
    RewriteEntry {
        /// Its row.
        row: i64,
        /// See [`NewEntry::line`].
        line: Vec<u8>,
        /// See [`NewEntry::words`].
        words: String,
    },
    /// Makes a project where it isn't known, notes that a directory is in it, and gives it the entries that were made
    /// there and had none.
    PutProject {
        /// The machine.
        place: Place,
        /// The directory as a session has it; `None` is the home directory.
        cwd: Option<String>,
        /// The project's, absolute.
        root: String,
    },
    /// Notes what is known of git ignoring a project's history.
    SetIgnored {
        /// Which.
        project: ProjectId,
        /// A word of whoever looked.
        ignored: String,
    },
    /// Notes that a person was told about it.
    SetHinted(ProjectId),
    /// Stores what was read of a shared file.
    PutShared {
        /// Its project.
        project: ProjectId,
        /// Its name.
        file: String,
        /// What its reader wants to know the next time, opaque here.
        index: String,
        /// Whether everything that is stored of it is of another file, and goes.
        reset: bool,
        /// What is new.
        entries: Vec<SharedEntry>,
        /// So many of it are kept; those with the smallest positions go.
        keep: u64,
    },
    /// Forgets a shared file.
    DropShared {
        /// Its project.
        project: ProjectId,
        /// Its name.
        file: String,
    },
    /// Takes jobs out of the outbox, by their positions: their lines are in the shared file.
    Sent(Vec<i64>),
    /// Makes a terminal or replaces what is stored of it.
    PutTerminal(Box<TerminalRecord>),
    /// Forgets a terminal.
    DropTerminal(String),
    /// Notes why an attempt with these jobs failed. They stay.
    NotSent {
        /// The jobs.
        positions: Vec<i64>,
        /// Why.
        failure: Failure,
    },
    /// Makes an operation or replaces what is stored of it.
    PutOperation(Box<OperationRecord>),
    /// Forgets one.
    ForgetOperation(String),
    /// Keeps a command line as the last one that was run there; one that is kept already moves.
    AddLine {
        /// Whose.
        scope: LineScope,
        /// As it was typed.
        line: String,
    },
}

/// An environment; its values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(pub BTreeMap<String, String>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A message that a person took out of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedMessage {
    /// Whose queue it was.
    pub tab: TabId,
    /// What it was.
    pub message: QueuedMessage,
    /// What stood behind it there, the next ones, those included that were removed before it: it goes back before the
    /// first of them that waits.
    pub behind: Vec<MessageId>,
}

/// A durable run, as this machine knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Its id, and its directory's name on the host.
    pub id: RunId,
    /// Where: a host's id, a destination as it was typed, or `local`.
    pub host: String,
    /// Where that was when it was launched: it stays there. `None` where the host wasn't there: it never began.
    pub place: Option<Place>,
    /// When it was launched.
    pub started_at: Timestamp,
    /// Its command line, for people.
    pub command: String,
    /// Its directory.
    pub cwd: Option<String>,
    /// Whose turn it carries; none for `baton run`.
    pub owner: Option<RunOwner>,
    /// How far it is.
    pub state: RunState,
    /// 128 + n for signal n; `None` where nobody knows.
    pub status: Option<u8>,
    /// Bytes of `out` that were consumed.
    pub out_offset: u64,
    /// Bytes of `err` that were consumed.
    pub err_offset: u64,
    /// The saved state of who reads the output.
    pub reader: Option<Value>,
    /// Whether its directory on the host is gone.
    pub swept: bool,
}

/// Whose a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOwner {
    /// The session.
    pub session: SessionId,
    /// The tab.
    pub tab: TabId,
    /// The turn; `None` for the long run of an agent that talks.
    pub turn: Option<TurnId>,
}

/// How far a run is, as far as this machine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Nobody knows whether it began.
    Launching,
    /// It began.
    Running,
    /// Its output and its status are stored here.
    Ended,
    /// It never began and never will.
    Never,
    /// It was given up: whether it goes on, and what it says, nobody here knows.
    Left,
}

/// That a command was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Which.
    pub id: CommandId,
    /// A hash of what was asked.
    pub command: String,
    /// What was answered.
    pub reply: Result<Reply, Failure>,
}

/// All that an engine needs when it begins.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The last event's number.
    pub seq: u64,
    /// All sessions with their tabs and queues, in the order of their making.
    pub sessions: Vec<(Session, Environment)>,
    /// Messages that were taken out of queues and can be put back, in the order of that.
    pub removed: Vec<(SessionId, RemovedMessage)>,
    /// What waits for a person.
    pub approvals: Vec<Approval>,
    /// Runs that are launching or running and carry turns.
    pub runs: Vec<RunRecord>,
}
