//! History as front ends ask for it: entries made here, and those of everybody who works on the same project.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SessionId;
use crate::failure::Failure;

/// Which history.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum HistoryScope {
    /// Everything that is known here, over all sessions and projects.
    All,
    /// What a session did, and what everybody did in its project.
    Session {
        /// Which.
        session: SessionId,
    },
    /// What everybody did in a directory.
    Project {
        /// As a HOST argument of the command line.
        host: String,
        /// The directory; the host's `remote_dir` or home when `None`.
        cwd: Option<String>,
    },
}

/// Which of its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryFilter {
    /// Only of these types; all when it is empty.
    pub kinds: Vec<HistoryKind>,
    /// Only from there.
    pub source: Option<HistorySource>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Only with all of these words, found by their beginnings in summary, answer, session and host name.
    pub search: Option<String>,
}

/// What made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// A person's message, or a person by hand.
    User,
    /// Auto Run.
    Auto,
    /// An automation.
    Cue,
}

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistorySource {
    /// It was made here.
    Local,
    /// From a file of that host name.
    Hostname(String),
}

/// What to tell of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryQuery {
    /// Of which.
    pub scope: HistoryScope,
    /// Which of it.
    #[serde(default)]
    pub filter: HistoryFilter,
    /// At most so many; answers of over 512 KiB hold fewer.
    pub limit: u32,
    /// So many of the newest are left out.
    #[serde(default)]
    pub offset: u32,
}

/// Entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// Newest first.
    pub entries: Vec<HistoryItem>,
    /// How many the filter lets through in all.
    pub total: u64,
    /// Where entries of this scope come from, without the filter.
    pub sources: Vec<HistoryCount>,
    /// Lines that are no entries, with the first of each file.
    pub skipped: Vec<SkippedLines>,
    /// What is named like a file of history, and isn't read.
    pub left_alone: Vec<LeftAlone>,
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryItem {
    /// The entry as it stands in its file: a JSON object.
    pub line: String,
    /// The host name in the entry, or else in its file's name.
    pub hostname: Option<String>,
    /// Whether it was made here.
    pub local: bool,
    /// The session that it was made in, for those that were made here.
    pub session: Option<SessionId>,
}

/// How many entries come from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryCount {
    /// The host name.
    pub hostname: String,
    /// Whether it is those that were made here.
    pub local: bool,
    /// How many.
    pub entries: u64,
}

/// Lines of a shared file that are no entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedLines {
    /// The file's name.
    pub file: String,
    /// How many.
    pub lines: u64,
    /// The first of them: where they begin, what is wrong, and their first bytes.
    pub first: Vec<SkippedLine>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedLine {
    /// Counted from 1; `None` in a file that was not read from its beginning.
    pub number: Option<u64>,
    /// Where it begins, in bytes.
    pub position: u64,
    /// What is wrong.
    pub reason: String,
    /// Its first bytes, lossily decoded.
    pub beginning: String,
}

/// Something in a directory of history that is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftAlone {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// How many entries were made when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryActivity {
    /// The first bucket's beginning.
    pub from: Timestamp,
    /// The last one's end.
    pub to: Timestamp,
    /// Of equal length, oldest first.
    pub buckets: Vec<HistoryBucket>,
}

/// How many of each type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryBucket {
    /// Of people.
    pub user: u64,
    /// Of Auto Run.
    pub auto: u64,
    /// Of automations.
    pub cue: u64,
    /// Of types that this version doesn't know.
    pub other: u64,
}

/// An entry by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHistoryEntry {
    /// For a session, or a directory.
    pub scope: HistoryScope,
    /// What made it.
    pub kind: HistoryKind,
    /// One to three sentences.
    pub summary: String,
    /// All there is to say, as Markdown.
    pub response: Option<String>,
    /// Whether it is shared; as the session says when `None`, and yes for a directory.
    pub share: Option<bool>,
}

/// What came of bringing a history up to date.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistorySync {
    /// Each project; those that something waits for first.
    pub projects: Vec<SyncedProject>,
}

/// One project of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncedProject {
    /// The host, as people know it.
    pub host: String,
    /// The directory, as the host calls it; as it was named, where the host could not be reached.
    pub directory: String,
    /// Entries that came from there.
    pub received: u64,
    /// Entries that were written there.
    pub sent: u64,
    /// Entries that still wait.
    pub pending: u64,
    /// Why nothing could be read: what is shown is what was known before.
    pub offline: Option<Failure>,
    /// Why entries still wait.
    pub delayed: Option<Failure>,
    /// What the project's git makes of the directory, where it was asked.
    pub ignored: Option<HistoryIgnored>,
    /// Whether to say that the directory isn't git-ignored: once for each project.
    pub hint: bool,
}

/// Whether `.maestro/history/` is kept out of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryIgnored {
    /// It is.
    Yes,
    /// It isn't: it may be committed by accident.
    No,
    /// The project is no git repository.
    NoRepository,
    /// There is no git on that machine to ask.
    NoGit,
}

/// An entry that waits to be written to where it is shared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Its id.
    pub id: String,
    /// Its summary.
    pub summary: String,
    /// The host, as people know it.
    pub host: String,
    /// The directory; the home when `None`.
    pub cwd: Option<String>,
    /// Since when.
    pub at: Timestamp,
    /// Why it could not be written when that was tried last.
    pub failure: Option<Failure>,
}

/// That a history that is being looked at has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryNews {
    /// Which.
    pub scope: HistoryScope,
    /// Entries that still wait to be written there.
    pub pending: u64,
    /// Why its machine can't be asked, while it can't.
    pub offline: Option<Failure>,
}
