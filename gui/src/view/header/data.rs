//! What the header shows and what a person wants of it.

use orchestrator::host::HostConfig;
use orchestrator::seam::{GitGlance, Session, TabId};

use crate::commands::WindowCommand;

/// What the header shows.
#[derive(Clone, Copy, Debug)]
pub struct HeaderData<'a> {
    /// The session that is shown.
    pub session: &'a Session,
    /// Its tab that is shown: conversation and context are this one's.
    pub tab: Option<&'a TabId>,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
    /// What is known of its git.
    pub git: Option<&'a GitGlance>,
    /// Whether it is bookmarked.
    pub bookmarked: bool,
    /// Whether the left bar is there.
    pub left_open: bool,
    /// Whether the right bar is there.
    pub right_open: bool,
}

/// What a person wants of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderAct {
    /// Give the session this name; never blank.
    Rename(String),
    /// Put this on the clipboard and say so.
    Copy {
        /// What it is: `Directory`.
        what: &'static str,
        /// The whole of it.
        text: String,
    },
    /// Do this with the shown session or the window.
    Command(WindowCommand),
}
