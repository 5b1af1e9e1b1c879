//! What the left bar shows and what a person wants of it.

use std::collections::{BTreeMap, BTreeSet};

use orchestrator::host::HostConfig;
use orchestrator::seam::{GitGlance, HostConnection, Session, SessionId};

use crate::memory::Memory;

/// What the left bar shows.
#[derive(Clone, Copy, Debug)]
pub struct SidebarData<'a> {
    /// All sessions.
    pub sessions: &'a BTreeMap<SessionId, Session>,
    /// Another number whenever a session came or went, or its name, group, agent, host or directory changed, or the
    /// memory's order, groups, folds or bookmarks did, or a host's name. Rows are arranged anew only then.
    pub version: u64,
    /// Order, folds, bookmarks.
    pub memory: &'a Memory,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
    /// How connections stand.
    pub connections: &'a [HostConnection],
    /// How many approvals wait in a session, where any do.
    pub approvals: &'a BTreeMap<SessionId, u32>,
    /// Sessions in which something ended that nobody has seen.
    pub unread: &'a BTreeSet<SessionId>,
    /// What is known of their git.
    pub git: &'a BTreeMap<SessionId, GitGlance>,
    /// The session that is shown.
    pub shown: Option<&'a SessionId>,
}

/// What a person wants of the left bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SidebarAct {
    /// Show this session, and give what is shown of it the keys.
    Open(SessionId),
    /// Show this session; its row has the keys.
    Look(SessionId),
    /// Somebody types on the row of the shown session: its composer takes what comes.
    Write,
    /// Open the dialog for a new session.
    NewSession,
    /// Give it this name; never blank.
    Rename {
        /// Which.
        session: SessionId,
        /// Its new name.
        name: String,
    },
    /// Put it into a group, or into none; if it is bookmarked it stays so.
    Group {
        /// Which.
        session: SessionId,
        /// Where to.
        group: Option<String>,
    },
    /// Rename a group, with all that are in it; `None` takes the group away and leaves its sessions without one.
    RenameGroup {
        /// Which.
        from: String,
        /// Its new name.
        to: Option<String>,
    },
    /// Put it on top, or back.
    Bookmark {
        /// Which.
        session: SessionId,
        /// On top, or back.
        on: bool,
    },
    /// It is seen, and nothing is known of its git; may come again until it is.
    GlanceAtGit(SessionId),
    /// Open its dialog.
    Edit(SessionId),
    /// Begin a fresh conversation in its shown tab, after asking.
    Fresh(SessionId),
    /// Open the dialog for a new session, filled in like this one.
    Duplicate(SessionId),
    /// Remove it, after asking.
    Remove(SessionId),
    /// Remember whether a part is folded: into [`Memory::folded`], by this key.
    Fold {
        /// The part's key.
        key: String,
        /// Folded or not.
        folded: bool,
    },
    /// Remember this order: all of [`Memory::order`].
    Order(Vec<SessionId>),
    /// Remember this order of groups: all of [`Memory::groups`].
    GroupOrder(Vec<String>),
}
