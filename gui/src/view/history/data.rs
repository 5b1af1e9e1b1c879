//! What the history shows and what a person wants of it.

use jiff::{Timestamp, tz::TimeZone};
use orchestrator::failure::Failure;
use orchestrator::seam::{HistoryActivity, HistoryCount, SessionId, SkippedLines};

use super::card::HistoryCard;
use super::look_back::LookBack;
use super::wanted::Wanted;
use crate::fetched::Fetched;

/// What the history shows.
#[derive(Clone, Copy, Debug)]
pub struct HistoryData<'a> {
    /// Now.
    pub now: Timestamp,
    /// The person's time zone.
    pub zone: &'a TimeZone,
    /// Another number whenever `cards` are others or more.
    pub version: u64,
    /// What was read so far of what was last wanted, newest first.
    pub cards: &'a [HistoryCard],
    /// How that stands: missing before anything was asked, pending while the first page is, and how many there are.
    pub total: &'a Fetched<u64>,
    /// Whether a further page is on its way.
    pub loading_more: bool,
    /// The bars, for what was last wanted.
    pub activity: Option<&'a HistoryActivity>,
    /// Where entries come from, without the filter.
    pub sources: &'a [HistoryCount],
    /// Lines that are no entries.
    pub skipped: &'a [SkippedLines],
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
    /// Why the project's machine can't be asked.
    pub offline: Option<&'a Failure>,
    /// How far back the bars look.
    pub look_back: LookBack,
    /// The session that is shown; without one there is only everything.
    pub session: Option<&'a SessionId>,
}

/// What a person wants of the history.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryAct {
    /// Show this from its beginning, and its bars (without its time): what was read before counts no more.
    Want(Wanted),
    /// Read the page behind the last card. Comes again until `loading_more` is set.
    LoadMore,
    /// Remember that the bars look that far back, and ask for them.
    LookBack(LookBack),
    /// Go on with this conversation: in its session, or else in a new one of that directory.
    Resume(Box<HistoryCard>),
    /// Put this on the clipboard and say so.
    Copy(String),
    /// Ask again for what was last wanted.
    Retry,
    /// Write what waits to where it is shared, and read what is new.
    Sync,
}
