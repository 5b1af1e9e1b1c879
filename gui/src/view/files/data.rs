//! What the files show, and what a person wants of them.

use std::collections::BTreeSet;

use orchestrator::seam::{FilePath, SessionId};

use super::transfers::{Transfer, TransferAct};
use super::tree::Tree;

/// What the files show.
#[derive(Clone, Copy, Debug)]
pub struct FilesData<'a> {
    /// Whose directory it is; `None` while no session is shown.
    pub session: Option<&'a SessionId>,
    /// What is known of it.
    pub tree: &'a Tree,
    /// The directory as the session has it.
    pub directory: &'a str,
    /// What its host is called.
    pub host: &'a str,
    /// Whether it may be asked without a person's wish: it is this machine, or the connection is there.
    pub reached: bool,
    /// The file that is open beside it.
    pub shown: Option<&'a FilePath>,
    /// Files of it on their way.
    pub transfers: &'a [Transfer],
    /// Whether files of the desktop are held over the window, or were dropped onto it.
    pub dropping: bool,
}

/// What a person wants of the files. Paths are relative to the session's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesAct {
    /// List the directory, also where that opens a connection.
    Show,
    /// Ask again for all that is unfolded.
    Refresh,
    /// Fold a directory, or unfold it.
    Unfold {
        /// Which.
        path: FilePath,
        /// Unfold.
        open: bool,
    },
    /// Fold everything.
    FoldAll,
    /// Show only what has this in its name.
    Filter(String),
    /// Open a file; in a tab that stays, or in the one for what is only looked at.
    Open {
        /// Which.
        path: FilePath,
        /// Whether its tab stays.
        stays: bool,
    },
    /// Find a file by its name.
    GoTo,
    /// Make a file or a directory.
    Make {
        /// Which.
        path: FilePath,
        /// Whether it is a directory.
        directory: bool,
    },
    /// Give it another name.
    Rename {
        /// Which.
        from: FilePath,
        /// Its new path.
        to: FilePath,
    },
    /// Ask whether these are to go.
    Delete(Vec<FilePath>),
    /// Put this on the clipboard.
    Copy {
        /// `Path`, `Relative path`.
        what: &'static str,
        /// It.
        text: String,
    },
    /// Name it in the message that is being written.
    Mention(FilePath),
    /// Fetch these to this machine.
    Download(Vec<FilePath>),
    /// The same, into a directory that is chosen first.
    DownloadTo(Vec<FilePath>),
    /// Send a file of this machine into this directory.
    Upload(FilePath),
    /// What was dropped goes into this directory.
    Drop(FilePath),
    /// Stage these for the next commit.
    Stage(Vec<FilePath>),
    /// Show how this file differs from the last commit.
    Diff(FilePath),
    /// Open a terminal in this directory.
    OpenTerminal(FilePath),
    /// Of a file on its way.
    Transfer(TransferAct),
    /// These directories are in sight.
    Look(BTreeSet<FilePath>),
}
