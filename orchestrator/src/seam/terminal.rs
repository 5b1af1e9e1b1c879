//! Terminals on hosts, as front ends see them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::path::base64_bytes;
use super::{At, FilePath, SessionId};
use crate::failure::Failure;

/// What a front end wants done with terminals.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum TerminalCommand {
    /// Opens one with the account's login shell, in the environment of the session. Answer: [`TerminalReply::Terminal`].
    Open {
        /// Where.
        at: At,
        /// The directory that its shell begins in, where it isn't that of `at`; a relative one lies in that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        directory: Option<FilePath>,
        /// Cells a line, 1 to 1,000.
        columns: u16,
        /// Lines, 1 to 1,000.
        rows: u16,
        /// What a person calls it; a number when `None`.
        name: Option<String>,
        /// Whether it may be kept over a cut by the host's tmux.
        keep: bool,
    },
    /// What was typed or pasted. Answer: [`TerminalReply::Done`], at once.
    Input {
        /// Which.
        id: String,
        /// As a terminal sends it.
        #[serde(with = "base64_bytes")]
        bytes: Vec<u8>,
    },
    /// Another size. Answer: [`TerminalReply::Done`].
    Resize {
        /// Which.
        id: String,
        /// Cells a line.
        columns: u16,
        /// Lines.
        rows: u16,
    },
    /// Another name; its number again when `None`. Answer: [`TerminalReply::Terminal`].
    Rename {
        /// Which.
        id: String,
        /// What a person calls it.
        name: Option<String>,
    },
    /// A new shell in the directory of one that is over, under its id; what it showed stays above. Answer:
    /// [`TerminalReply::Terminal`].
    Reopen {
        /// Which.
        id: String,
    },
    /// Ends its shell with what it started, and forgets it. Answer: [`TerminalReply::Done`].
    Close {
        /// Which.
        id: String,
    },
}

/// What was typed may be a password.
impl std::fmt::Debug for TerminalCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open { at, columns, rows, .. } => f
                .debug_struct("Open")
                .field("at", at)
                .field("columns", columns)
                .field("rows", rows)
                .finish_non_exhaustive(),
            Self::Input { id, bytes } => {
                f.debug_struct("Input").field("id", id).field("bytes", &bytes.len()).finish()
            }
            Self::Resize { id, columns, rows } => f
                .debug_struct("Resize")
                .field("id", id)
                .field("columns", columns)
                .field("rows", rows)
                .finish(),
            Self::Rename { id, .. } => {
                f.debug_struct("Rename").field("id", id).finish_non_exhaustive()
            }
            Self::Reopen { id } => f.debug_struct("Reopen").field("id", id).finish(),
            Self::Close { id } => f.debug_struct("Close").field("id", id).finish(),
        }
    }
}

/// What the engine answers about terminals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "payload", rename_all = "snake_case")]
pub enum TerminalReply {
    /// It is done.
    Done,
    /// One.
    Terminal(Box<Terminal>),
    /// All.
    Terminals(Vec<Terminal>),
}

/// A terminal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terminal {
    /// Its id.
    pub id: String,
    /// The session that it belongs to.
    pub session: Option<SessionId>,
    /// The host's id, or `local`.
    pub host: String,
    /// What a person calls it; a number while nobody has named it.
    pub name: String,
    /// Where its shell is, as far as it says so; where it began, else.
    pub directory: Option<FilePath>,
    /// Cells a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
    /// How it stands.
    pub state: TerminalState,
    /// Why it would not survive a cut; `None` where tmux keeps it.
    pub unkept: Option<Failure>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// How a terminal stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TerminalState {
    /// Its shell is being started.
    Opening,
    /// One can type.
    Open,
    /// The link is cut; it is kept, and comes back by itself.
    Away {
        /// Why.
        why: Failure,
    },
    /// The link was cut and nothing kept it, or its host was restarted; it can be opened again.
    Lost {
        /// Why.
        why: Failure,
    },
    /// Its shell has ended.
    Ended {
        /// 0 to 255; 128 + n after signal n; `None` where nobody could say.
        status: Option<u8>,
    },
}

impl TerminalState {
    /// Whether its shell is gone: nobody reads what is typed.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Ended { .. })
    }
}

/// What comes of following a terminal.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "news", content = "of", rename_all = "snake_case")]
pub enum TerminalNews {
    /// How it stands: first of all, and after every change.
    Terminal(Box<Terminal>),
    /// Everything that was shown is to be forgotten: what comes next draws it anew.
    Restart {
        /// Output before this offset is scrollback: who has shown that already may leave it out.
        in_sight: u64,
    },
    /// What it printed.
    Output {
        /// Bytes before these, since it was opened.
        offset: u64,
        /// As the program printed them.
        #[serde(with = "base64_bytes")]
        bytes: Vec<u8>,
        /// Whether they were printed before this follower was there: no bell rings any more.
        replayed: bool,
        /// Whether this follower answers the questions of programs in them. Of all followers one does, and none where the
        /// host's tmux does.
        answer: bool,
    },
    /// It was closed: nothing more comes.
    Closed,
}

impl std::fmt::Debug for TerminalNews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Terminal(terminal) => f.debug_tuple("Terminal").field(terminal).finish(),
            Self::Restart { in_sight } => {
                f.debug_struct("Restart").field("in_sight", in_sight).finish()
            }
            Self::Output { offset, bytes, replayed, answer } => f
                .debug_struct("Output")
                .field("offset", offset)
                .field("bytes", &bytes.len())
                .field("replayed", replayed)
                .field("answer", answer)
                .finish(),
            Self::Closed => f.write_str("Closed"),
        }
    }
}
