//! An entry, read once when its page comes.

use jiff::Timestamp;
use orchestrator::history::{Entry, EntryKind};
use orchestrator::seam::{HistoryItem, SessionId};

use crate::view::header::Context;
use crate::words::{clean_line, clean_lines, cost, duration, octet};

/// Letters of a summary that a card can show: three lines of the widest bar.
const SUMMARY: usize = 480;

/// What made an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// A person.
    User,
    /// Auto Run.
    Auto,
    /// An automation.
    Cue,
    /// What a newer program calls it.
    Other(String),
}

/// An entry as cards and details show it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryCard {
    /// Its id.
    pub id: String,
    /// What made it.
    pub kind: CardKind,
    /// When; `None` of a clock that is further off than ten thousand years.
    pub at: Option<Timestamp>,
    /// The beginning of what it says, in as many lines as it has.
    pub summary: String,
    /// All of that.
    pub whole_summary: String,
    /// The full answer, as Markdown.
    pub answer: Option<String>,
    /// Whether it did what it should; `None` where nobody said.
    pub success: Option<bool>,
    /// Whether a person has ticked it.
    pub validated: bool,
    /// The agent's id of the conversation.
    pub conversation: Option<String>,
    /// The beginning of that.
    pub octet: Option<String>,
    /// The session's name.
    pub session_name: Option<String>,
    /// The session that it was made in, for those that were made here.
    pub session: Option<SessionId>,
    /// The directory.
    pub directory: String,
    /// How long it took.
    pub duration: Option<String>,
    /// What it cost.
    pub cost: Option<String>,
    /// Tokens in, out, read from the cache and put into it, where they are known.
    pub tokens: Option<[u64; 4]>,
    /// How full the conversation was.
    pub context: Option<Context>,
    /// How full it was, of a hundred, where only that is known.
    pub context_percent: Option<u64>,
    /// Whether it was made here.
    pub local: bool,
    /// The host that it comes from.
    pub hostname: Option<String>,
    /// Why it can't be read, for a line that isn't an entry after all.
    pub fault: Option<String>,
    /// How many letters the first three lines of the summary have.
    letters: [usize; 3],
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and what is too large saturates"
)]
fn whole(number: Option<f64>) -> Option<u64> {
    number.filter(|number| number.is_finite() && *number >= 0.0).map(|number| number as u64)
}

impl HistoryCard {
    /// Reads an entry. What can't be read is a card, too: it says so and shows the line's beginning.
    pub fn from_item(item: &HistoryItem) -> Self {
        match Entry::parse(item.line.as_bytes()) {
            Ok(entry) => Self::from_entry(&entry, item),
            Err(fault) => Self::unreadable(item, &fault.to_string()),
        }
    }

    fn from_entry(entry: &Entry, item: &HistoryItem) -> Self {
        let usage = entry.usage_stats.as_ref();
        let tokens = usage.map(|usage| {
            [
                usage.input_tokens,
                usage.output_tokens,
                usage.cache_read_input_tokens,
                usage.cache_creation_input_tokens,
            ]
            .map(|number| whole(number).unwrap_or(0))
        });
        let percent = whole(entry.context_usage).map(|percent| percent.min(100));
        let window = usage.and_then(|usage| whole(usage.context_window)).filter(|all| *all > 0);
        let context = percent
            .zip(window)
            .map(|(percent, window)| Context { used: window / 100 * percent, window });
        let kind = match &entry.kind {
            EntryKind::User => CardKind::User,
            EntryKind::Auto => CardKind::Auto,
            EntryKind::Cue => CardKind::Cue,
            EntryKind::Other(name) => CardKind::Other(clean_line(name)),
        };
        let beginning: String = entry.summary.trim().chars().take(SUMMARY).collect();
        let summary = clean_lines(&beginning);
        let letters = letters(&summary);
        Self {
            id: entry.id.clone(),
            kind,
            at: Timestamp::from_millisecond(entry.timestamp).ok(),
            summary,
            whole_summary: clean_lines(entry.summary.trim()),
            answer: entry.full_response.clone().filter(|answer| !answer.trim().is_empty()),
            success: entry.success,
            validated: entry.validated == Some(true),
            conversation: entry.agent_session_id.clone(),
            octet: entry.agent_session_id.as_deref().map(octet),
            session_name: entry.session_name.as_deref().map(clean_line),
            session: item.session.clone(),
            directory: clean_line(&entry.project_path),
            duration: whole(entry.elapsed_time_ms).map(duration),
            cost: usage.and_then(|usage| usage.total_cost_usd).filter(|usd| *usd > 0.0).map(cost),
            tokens,
            context,
            context_percent: percent,
            local: item.local,
            hostname: item.hostname.as_deref().map(clean_line),
            fault: None,
            letters,
        }
    }

    fn unreadable(item: &HistoryItem, fault: &str) -> Self {
        let beginning: String = item.line.chars().take(SUMMARY).collect();
        let summary = clean_line(&beginning);
        // One more line says why it can't be read.
        let letters = [letters(&summary)[0].max(1), 1, 0];
        Self {
            id: String::new(),
            kind: CardKind::Other("?".into()),
            at: None,
            summary,
            whole_summary: clean_lines(&item.line),
            answer: None,
            success: None,
            validated: false,
            conversation: None,
            octet: None,
            session_name: None,
            session: item.session.clone(),
            directory: String::new(),
            duration: None,
            cost: None,
            tokens: None,
            context: None,
            context_percent: None,
            local: item.local,
            hostname: item.hostname.as_deref().map(clean_line),
            fault: Some(clean_line(fault)),
            letters,
        }
    }

    /// Whether it can be resumed: by its conversation.
    pub fn can_resume(&self) -> bool {
        self.conversation.is_some()
    }

    /// How many lines its summary takes in a bar of this many letters, one to three.
    pub(super) fn lines(&self, letters: usize) -> usize {
        let letters = letters.max(10);
        let lines: usize = self.letters.iter().map(|line| line.div_ceil(letters)).sum();
        lines.clamp(1, 3)
    }
}

/// How many letters the first three lines have; an empty line counts as one, and one that isn't there as none.
fn letters(text: &str) -> [usize; 3] {
    let mut letters = [0; 3];
    for (line, count) in text.lines().zip(&mut letters) {
        *count = line.chars().count().max(1);
    }
    letters
}
