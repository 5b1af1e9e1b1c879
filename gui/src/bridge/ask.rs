//! What the frame asks of the bridge.

use std::path::PathBuf;

use jiff::Timestamp;
use orchestrator::host::{Change, HostConfig};
use orchestrator::seam::{
    Command, HistoryFilter, HistoryQuery, HistoryScope, MessageId, QuestionId, Secret, SessionId,
    TabId,
};

use super::files::FilesAsk;
use super::{LinesAsk, RepositoryAsk, TerminalAsk};
use crate::kept_image::KeptImage;
use crate::memory::{DraftKey, Memory};
use crate::transcript::Piece;

/// Names an answer, so that it finds who asked.
pub type Ticket = u64;

/// One thing that the frame asks for. Answers come as [`super::News`]; the frame never waits for them.
#[derive(Debug)]
pub enum Ask {
    /// Carry out a command; those of one session in the order of asking. Answer: `News::Done`.
    Do {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What.
        command: Box<Command>,
    },
    /// Send a message again, with its images. Answer: `News::Done`.
    SendAgain {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Whose.
        session: SessionId,
        /// Where.
        tab: TabId,
        /// Which.
        message: MessageId,
        /// Whether the turn goes into the history.
        save_to_history: bool,
    },
    /// Count anew what waits to be written to where it is shared. `News::Outbox` tells when it is another number.
    Outbox,
    /// A session, as it stands now. Answer: `News::Done`.
    Session {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which.
        session: SessionId,
    },
    /// The whole text of a message that waits. Answer: `News::Done`.
    Prompt {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Whose.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// Send a message; once the engine has it, the draft is no draft any more, also when nobody hears of it.
    /// Answer: `News::Done`.
    Send {
        /// Comes back with the answer.
        ticket: Ticket,
        /// A `Command::Send`.
        command: Box<Command>,
        /// Whose draft it was.
        key: DraftKey,
    },
    /// The window knows that the engine has this message: its draft is gone, and what stands there is another one.
    Heard(Ticket),
    /// Let go of pieces that a transcript has given back: freeing them takes a moment.
    Forget(Vec<Piece>),
    /// Read a tab's transcript from its end backwards, and follow it.
    Follow {
        /// Whose.
        session: SessionId,
        /// Which.
        tab: TabId,
    },
    /// Stop following it.
    Unfollow(TabId),
    /// Of a terminal.
    Terminal(TerminalAsk),
    /// Open the engine again after it could not be opened.
    OpenEngine,
    /// Which agents are known, and what a host has of them.
    Agents {
        /// As a HOST argument; none is asked when `None`.
        host: Option<String>,
        /// Look now.
        refresh: bool,
    },
    /// What a directory that is being typed may become.
    Directory {
        /// As a HOST argument.
        host: String,
        /// As it was typed so far.
        typed: String,
    },
    /// Something about files. Answers come as `News::File`.
    File(FilesAsk),
    /// What git says of a session's directory.
    Git(SessionId),
    /// The images of a message.
    Images {
        /// Whose.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// Read and check these image files for a message. Answer: `News::Attached`.
    Attach {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Files here.
        files: Vec<PathBuf>,
    },
    /// Make a PNG of pixels that were pasted. Answer: `News::Attached`.
    AttachPixels {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The pixels.
        pixels: std::sync::Arc<egui::ColorImage>,
    },
    /// Read a draft's images again, as they were kept. Answer: `News::Restored`.
    Restore {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which.
        images: Vec<KeptImage>,
    },
    /// Of a session's repository. Answer: `News::Repository`.
    Repository(RepositoryAsk),
    /// Of command lines. Answer: `News::Lines`.
    Lines(LinesAsk),
    /// Change `hosts.toml`. Answer: `News::HostsEdited`.
    EditHosts {
        /// Comes back with the answer.
        ticket: Ticket,
        /// How.
        change: Change,
        /// Whether it is to be refused where there is one of that name.
        is_new: bool,
    },
    /// Whether a private key can be read.
    CheckKey(String),
    /// List the aliases of the ssh config.
    Aliases,
    /// Ask `ssh -G` about one; that runs the `Match exec` commands of the ssh config.
    ResolveAlias(String),
    /// Test a host, saved or not, stage by stage. A test of the same number that is under way ends.
    Test {
        /// Comes back with each stage.
        ticket: Ticket,
        /// As it stands in the form or the list; `None` is this machine.
        host: Option<Box<HostConfig>>,
        /// Look for this agent's program as well.
        agent: Option<String>,
    },
    /// End a test.
    StopTest(Ticket),
    /// Answer what reaching a host takes a person for.
    Answer {
        /// Which question.
        question: QuestionId,
        /// What; `None` declines.
        answer: Option<Secret>,
    },
    /// A page of history. Answer: `News::History`.
    History {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which.
        query: HistoryQuery,
    },
    /// How much was done when. Answer: `News::Activity`.
    Activity {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Of which history.
        scope: HistoryScope,
        /// Which of its entries.
        filter: HistoryFilter,
        /// Where the first bucket begins.
        from: Timestamp,
        /// Where the last one ends.
        to: Timestamp,
        /// How many.
        buckets: u32,
    },
    /// Look at a history while it is shown; `None` looks away.
    LookAtHistory(Option<HistoryScope>),
    /// What a local directory holds. Answer: `News::Listed`.
    ListDirectory(PathBuf),
    /// Open a file or an address with the desktop's program.
    Open(String),
    /// Keep what the window remembers.
    Remember(Box<Memory>),
    /// Whether somebody looks at the window, and at which tab.
    Looking {
        /// Whether the window is in front.
        focused: bool,
        /// The tab that is shown.
        tab: Option<TabId>,
        /// Whether the desktop is to be told of what happens meanwhile.
        notify: bool,
    },
}
