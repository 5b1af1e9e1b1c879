//! What is stored of the history, and what is asked of it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::host::{Place, Site};
use crate::seam::SessionId;

/// A directory on a machine whose history people share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub i64);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id in this database.
    pub id: ProjectId,
    /// The machine.
    pub place: Place,
    /// Its directory there, absolute.
    pub root: String,
    /// What is known of git ignoring its history; `None` while nobody has looked.
    pub ignored: Option<String>,
    /// Whether a person was told.
    pub hinted: bool,
}

/// An entry that was made here.
#[derive(Clone, PartialEq)]
pub struct NewEntry {
    /// Its id. One that was made here already stays as it is.
    pub id: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// `USER`, `AUTO`, `CUE`, or what the entry says.
    pub kind: String,
    /// This machine, as the entry says.
    pub hostname: Option<String>,
    /// The line for a shared file, without its end.
    pub line: Vec<u8>,
    /// What it is found by: words in lower case, with a space between them.
    pub words: String,
    /// Whose.
    pub session: Option<SessionId>,
    /// Where the work was done.
    pub place: Option<Place>,
    /// In which directory there; `None` is the home directory.
    pub cwd: Option<String>,
    /// The project, where it is known; else it is looked up by place and directory.
    pub project: Option<ProjectId>,
    /// Whether it is to be written into the shared file of `place` and `cwd`.
    pub share: bool,
}

/// An entry of a shared file.
#[derive(Clone, PartialEq)]
pub struct SharedEntry {
    /// Where in its file: grows along the file. What was stored at the same position is replaced.
    pub position: u64,
    /// See [`NewEntry::id`]; the same one may be in several files, and several times in one.
    pub id: String,
    /// See [`NewEntry::at_ms`]; anything may stand there.
    pub at_ms: i64,
    /// See [`NewEntry::kind`].
    pub kind: String,
    /// Whose machine; a reader takes it from the file's name where the entry doesn't say it.
    pub hostname: Option<String>,
    /// The line as it stands, without its end.
    pub line: Vec<u8>,
    /// See [`NewEntry::words`].
    pub words: String,
}

// What people and agents wrote stays out of logs.
impl fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEntry")
            .field("id", &self.id)
            .field("at_ms", &self.at_ms)
            .field("kind", &self.kind)
            .field("session", &self.session)
            .field("project", &self.project)
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedEntry")
            .field("position", &self.position)
            .field("id", &self.id)
            .field("at_ms", &self.at_ms)
            .field("kind", &self.kind)
            .field("hostname", &self.hostname)
            .finish_non_exhaustive()
    }
}

/// Which entries are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HistoryScope {
    /// Everything; what two projects hold alike (one machine under two names) once.
    #[default]
    All,
    /// What was made in a session, and what others have written into its project's files.
    Session {
        /// The session; it may be removed meanwhile.
        session: SessionId,
        /// Its project, where it is known.
        project: Option<ProjectId>,
    },
    /// What was made here in a project, and what others have written into its files.
    Project(ProjectId),
}

/// Where entries come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistorySource {
    /// They were made here.
    Local,
    /// They come out of shared files, and name this machine.
    Hostname(String),
}

/// What is asked for. The default is everything, and no row of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Which entries.
    pub scope: HistoryScope,
    /// Only of these kinds; none is all.
    pub kinds: Vec<String>,
    /// Only from there.
    pub source: Option<HistorySource>,
    /// Only from then on, in milliseconds since 1970-01-01 UTC.
    pub since_ms: Option<i64>,
    /// Only before then.
    pub until_ms: Option<i64>,
    /// Phrases that all must be there: words in lower case, one after the other; the last of each may go on.
    pub search: Vec<Vec<String>>,
    /// So many rows at most, and 1,000 at most.
    pub limit: usize,
    /// So many of the newest are left out.
    pub offset: usize,
}

/// An entry as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its row: newer ones are greater.
    pub row: i64,
    /// Its id.
    pub id: String,
    /// When, as the entry says.
    pub at_ms: i64,
    /// See [`NewEntry::kind`].
    pub kind: String,
    /// Whose machine.
    pub hostname: Option<String>,
    /// Whether it was made here.
    pub local: bool,
    /// The session that it was made in; of one that was made here.
    pub session: Option<SessionId>,
    /// The project, where it is known.
    pub project: Option<ProjectId>,
    /// Its line, as it stands.
    pub line: Vec<u8>,
}

impl fmt::Debug for HistoryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryRow")
            .field("row", &self.row)
            .field("id", &self.id)
            .field("at_ms", &self.at_ms)
            .field("kind", &self.kind)
            .field("hostname", &self.hostname)
            .field("local", &self.local)
            .field("session", &self.session)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

/// An answer: newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryRows {
    /// Fewer than the limit come when they are large: `offset` plus their number is where to go on.
    pub rows: Vec<HistoryRow>,
    /// How many there are, whatever the limit and the offset.
    pub total: u64,
}

/// Entries of a span of time, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// `USER`.
    pub user: u64,
    /// `AUTO`.
    pub auto: u64,
    /// `CUE`.
    pub cue: u64,
    /// Any other kind.
    pub other: u64,
}

/// What of the outbox is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxScope {
    /// Everything.
    All,
    /// What is to be written there.
    Site(Site),
    /// What was made in that session.
    Session(SessionId),
}

/// An entry that is to be written into a shared file.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxJob {
    /// Its place in the outbox: they are sent in this order.
    pub position: i64,
    /// The entry's row.
    pub row: i64,
    /// The entry's id.
    pub id: String,
    /// The line, without its end.
    pub line: Vec<u8>,
    /// Where to.
    pub site: Site,
    /// Since when it waits.
    pub at: Timestamp,
    /// What the last attempt failed with.
    pub failure: Option<Failure>,
}

impl fmt::Debug for OutboxJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxJob")
            .field("position", &self.position)
            .field("id", &self.id)
            .field("site", &self.site)
            .field("at", &self.at)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
