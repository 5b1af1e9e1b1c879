//! What was asked of the engine and not answered yet, and what becomes of the answer.

use std::collections::HashMap;

use orchestrator::host::HostConfig;
use orchestrator::seam::{MessageId, SessionId};

use super::files_change::FilePending;
use super::files_transfer::Begun;
use super::lines::LineFrom;
use super::repository_acts::After;
use crate::bridge::Ticket;
use crate::memory::DraftKey;

/// What an answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pending {
    /// A message is on its way with so many images; its draft stays until the engine has it.
    Send { session: SessionId, key: DraftKey, images: usize },
    /// A message is being sent again.
    Again { key: DraftKey },
    /// An answer to an approval is on its way.
    Decide,
    /// A message that waits is being changed to this.
    EditQueued { session: SessionId, message: MessageId, text: String },
    /// A message that waits is being taken out.
    RemoveQueued { session: SessionId, message: MessageId },
    /// A session is being made; the form stays until it is.
    NewSession,
    /// A session is being changed by its form.
    EditSession,
    /// The whole text of a message that waits is wanted, to be edited.
    Prompt { session: SessionId, message: MessageId },
    /// A session that wasn't heard of yet is to be shown.
    ShowSession,
    /// A host is being saved by its form.
    SaveHost,
    /// A name of the ssh config is being saved as a host, to be tested then.
    AddAlias { alias: String, host: Box<HostConfig> },
    /// A host is switched on or off, removed, or made the default.
    ChangeHosts,
    /// A page of history of that round, and whether it goes behind those that are there.
    History { append: bool, round: u64 },
    /// The history's graph, of that round.
    Activity { round: u64 },
    /// Images for a draft.
    Attach { key: DraftKey },
    /// A repository is being changed.
    Git { session: SessionId, after: After },
    /// A terminal is being opened.
    OpenTerminal { session: SessionId },
    /// Something that takes long is being begun.
    Begin,
    /// A transfer is being begun.
    Transfer(Begun),
    /// A line is being begun; it stays where it was typed until it is.
    Line { session: SessionId, from: LineFrom, line: String },
    /// A terminal is being opened for a line.
    LineInTerminal { session: SessionId, line: String },
    /// The history is being brought up to date.
    Sync,
    /// The images that a draft had when the window was closed.
    Restore { key: DraftKey },
    /// Something is being done to files.
    File(FilePending),
    /// Nothing more than a word when it is done.
    Say(String),
    /// Nothing, unless it fails.
    Quiet,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    last: Ticket,
    all: HashMap<Ticket, Pending>,
}

impl Waiting {
    /// A ticket for something that is asked now.
    pub fn ticket(&mut self, pending: Pending) -> Ticket {
        self.last += 1;
        self.all.insert(self.last, pending);
        self.last
    }

    /// A ticket that nothing waits for here.
    pub fn bare(&mut self) -> Ticket {
        self.last += 1;
        self.last
    }

    /// What an answer is for.
    pub fn take(&mut self, ticket: Ticket) -> Option<Pending> {
        self.all.remove(&ticket)
    }

    /// Whether something of that kind waits.
    pub fn any(&self, wanted: impl Fn(&Pending) -> bool) -> bool {
        self.all.values().any(wanted)
    }
}
