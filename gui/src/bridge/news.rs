//! What the bridge tells the frame.

use std::path::PathBuf;
use std::sync::Arc;

use orchestrator::failure::Failure;
use orchestrator::host::HostsView;
use orchestrator::host::test_connection::{ConnectionReport, StageName, StageReport};
use orchestrator::seam::{
    Approval, DirectoryLook, GitGlance, HistoryActivity, HistoryCount, HistoryNews, HostConnection,
    HostQuestion, Image, KnownAgents, MessageId, Operation, QuestionId, Reply, Session, SessionId,
    SkippedLines, TabId, Terminal, Whereabouts,
};
use orchestrator::ssh_config::Resolved;

use super::ask::Ticket;
use super::files::FilesNews;
use super::{LinesNews, RepositoryNews};
use crate::kept_image::KeptImage;
use crate::transcript::Piece;
use crate::view::history::HistoryCard;

/// Something that has changed, or an answer.
#[derive(Debug)]
pub enum News {
    /// How the engine stands.
    Engine(EngineState),
    /// All sessions and approvals anew.
    All {
        /// In the order of their making.
        sessions: Vec<Session>,
        /// What waits for a person.
        approvals: Vec<Approval>,
    },
    /// Sessions that were made or have changed.
    Sessions(Vec<Session>),
    /// A session that is gone.
    Removed(SessionId),
    /// What waits for a person now.
    Approvals(Vec<Approval>),
    /// How connections stand.
    Connections(Vec<HostConnection>),
    /// What reaching hosts takes a person for: those of the engine, or those of tests made here.
    Questions {
        /// Whether they come from tests made here.
        local: bool,
        /// All that wait.
        all: Vec<HostQuestion>,
    },
    /// The hosts in force.
    Hosts(HostsView),
    /// The newest pieces of a transcript, or newer ones.
    Pieces {
        /// Whose.
        tab: TabId,
        /// In order.
        pieces: Vec<Piece>,
    },
    /// Older pieces, to stand before the others.
    Older {
        /// Whose.
        tab: TabId,
        /// In order.
        pieces: Vec<Piece>,
        /// Whether there are still older ones.
        more: bool,
    },
    /// What is still being written; replaces what was told before.
    Unfinished {
        /// Whose.
        tab: TabId,
        /// It.
        piece: Box<Piece>,
    },
    /// A transcript is told from its beginning: what was told of it before counts no more.
    Anew(TabId),
    /// Why a transcript can't be read.
    Unreadable {
        /// Whose.
        tab: TabId,
        /// Why.
        failure: Failure,
    },
    /// What became of a command.
    Done {
        /// Of the asking.
        ticket: Ticket,
        /// What.
        answer: Result<Box<Reply>, Failure>,
    },
    /// Agents of a host, or those that are known.
    Agents {
        /// As it was asked.
        host: Option<String>,
        /// What was found.
        answer: Result<Box<KnownAgents>, Failure>,
    },
    /// What a directory may become.
    Directory {
        /// As it was asked.
        host: String,
        /// As it was asked.
        typed: String,
        /// What was found.
        answer: Result<DirectoryLook, Failure>,
    },
    /// Something about files.
    File(FilesNews),
    /// What git says of a session's directory.
    Git {
        /// Whose.
        session: SessionId,
        /// It.
        answer: Result<GitGlance, Failure>,
    },
    /// Of a session's repository.
    Repository {
        /// Whose.
        session: SessionId,
        /// What.
        news: Box<RepositoryNews>,
    },
    /// All terminals, in the order of their opening.
    Terminals(Vec<Terminal>),
    /// The terminal of that id shows something new on the screen that is shared with it.
    Terminal(String),
    /// Of command lines.
    Lines(Box<LinesNews>),
    /// Something that takes long stands another way.
    Operation(Box<Operation>),
    /// The operation of that id was forgotten.
    OperationForgotten(String),
    /// Images of a message, decoded.
    Images {
        /// Whose.
        message: MessageId,
        /// They.
        answer: Result<Vec<Arc<Picture>>, Failure>,
    },
    /// Images for a message that is being written.
    Attached {
        /// Of the asking.
        ticket: Ticket,
        /// Each with its picture.
        images: Vec<(Image, Arc<Picture>)>,
        /// Those that could not be taken.
        failures: Vec<Failure>,
    },
    /// A draft's images as they were kept.
    Restored {
        /// Of the asking.
        ticket: Ticket,
        /// Each with its picture.
        images: Vec<(KeptImage, Arc<Picture>)>,
        /// Those that are lost.
        failures: Vec<Failure>,
    },
    /// Whether a private key can be read.
    Key {
        /// Its path as typed.
        path: String,
        /// Whether it can.
        readable: bool,
    },
    /// What became of a change of `hosts.toml`.
    HostsEdited {
        /// Of the asking.
        ticket: Ticket,
        /// What.
        answer: Result<(), Failure>,
    },
    /// The aliases of the ssh config, in its order.
    Aliases(Vec<String>),
    /// What `ssh -G` says of one.
    Alias {
        /// Which.
        name: String,
        /// All of it.
        resolved: Result<Box<Resolved>, Failure>,
    },
    /// How a test goes.
    Test {
        /// Of the asking.
        ticket: Ticket,
        /// What happened.
        what: TestNews,
    },
    /// A page of history.
    History {
        /// Of the asking.
        ticket: Ticket,
        /// It.
        answer: Result<Box<HistoryRead>, Failure>,
    },
    /// How much was done when.
    Activity {
        /// Of the asking.
        ticket: Ticket,
        /// It.
        answer: Result<HistoryActivity, Failure>,
    },
    /// The history that is looked at has changed.
    HistoryChanged(Box<HistoryNews>),
    /// How many entries wait to be written to where they are shared; nothing is told while none ever did.
    Outbox(u64),
    /// An answer to a question didn't arrive: it may be given again.
    Unanswered {
        /// Which question.
        question: QuestionId,
        /// Why.
        failure: Failure,
    },
    /// What a local directory holds.
    Listed {
        /// Which.
        dir: PathBuf,
        /// It.
        answer: Result<Vec<LocalFile>, Failure>,
    },
    /// Something of the window's own went wrong.
    Trouble(Failure),
    /// Whether the desktop is dark, where it says so.
    DesktopIsDark(Option<bool>),
    /// Another start of the program wants this window in front.
    Raise,
}

/// How the engine stands.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineState {
    /// It is being opened.
    Opening,
    /// It can be used.
    Open(Whereabouts),
    /// It ended; it is opened again.
    Gone,
    /// It can't be opened.
    Failed(Failure),
}

/// A picture, ready to be drawn.
#[derive(Debug)]
pub struct Picture {
    /// Its file's name.
    pub name: String,
    /// Its pixels, at most 2,048 a side.
    pub pixels: egui::ColorImage,
    /// Its own size in pixels.
    pub size: [usize; 2],
}

/// What happened in a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestNews {
    /// A stage has begun.
    Began(StageName),
    /// A stage is over.
    Ended(StageReport),
    /// All is over.
    Report(Box<ConnectionReport>),
    /// It could not be begun.
    Failed(Failure),
}

/// A page of history, ready to be shown.
#[derive(Debug)]
pub struct HistoryRead {
    /// Newest first.
    pub cards: Vec<HistoryCard>,
    /// How many there are in all.
    pub total: u64,
    /// Where entries come from, without the filter.
    pub sources: Vec<HistoryCount>,
    /// Lines that are no entries.
    pub skipped: Vec<SkippedLines>,
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
}

/// A file or directory here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Its name.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// In bytes.
    pub size: u64,
}
