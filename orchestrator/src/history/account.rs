//! What goes into the history about a turn, or by hand: decided with the turn's end, written as an entry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared_history::{Entry, EntryKind, Synopsis, UsageStats, first_sentence, words};
use uuid::Uuid;

use crate::agent::Usage;
use crate::failure::{Code, Failure};
use crate::host::Site;
use crate::seam::{
    HistoryItem, HistoryKind, NewHistoryEntry, Session, SessionId, Tab, Turn, TurnStatus,
};
use crate::store::NewEntry;

/// What an agent is asked when a session wants its own words in the history.
pub const SYNOPSIS_PROMPT: &str = "Say what you did in your last turn, for colleagues who read this project's history. \
    Use no tools and change nothing. Answer in exactly this form:\n\n\
    **Summary:** one sentence\n\n\
    **Details:** what changed and where, and what is left to do\n\n\
    If there is nothing worth telling, answer only: NOTHING_TO_REPORT";

/// The longest answer that goes into an entry, in bytes: every colleague fetches it. The transcript has all of it.
const LONGEST_RESPONSE: usize = 256 * 1024;

/// What goes into the history about a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The entry's id.
    pub id: String,
    /// When it ended.
    pub at: Timestamp,
    /// What made it.
    pub kind: HistoryKind,
    /// One to three sentences.
    pub summary: String,
    /// All there is to say, as Markdown.
    pub response: Option<String>,
    /// The session.
    pub session: Option<SessionId>,
    /// Its name then.
    pub session_name: Option<String>,
    /// The agent's own id of the conversation.
    pub agent_session: Option<String>,
    /// Where it worked; `None` where the host wasn't there.
    pub site: Option<Site>,
    /// What it used.
    pub usage: Usage,
    /// Whether the agent did what it wanted to.
    pub success: Option<bool>,
    /// From launch to end.
    pub elapsed_ms: Option<u64>,
    /// Whether the people of the project get to see it.
    pub share: bool,
}

/// How a turn ended, as far as the history wants to know.
#[derive(Clone, Copy, Debug)]
pub struct TurnEnd<'a> {
    /// How.
    pub status: TurnStatus,
    /// The last piece of the answer.
    pub text: &'a str,
    /// What went wrong, where it is known.
    pub failure: Option<&'a Failure>,
    /// From launch to end.
    pub elapsed_ms: u64,
    /// When.
    pub at: Timestamp,
}

impl Account {
    /// About a turn that its agent got.
    pub fn of_turn(
        session: &Session,
        tab: &Tab,
        turn: &Turn,
        site: Option<Site>,
        end: &TurnEnd<'_>,
    ) -> Self {
        let said = first_sentence(end.text);
        let summary = match (said, end.status) {
            (Some(said), _) => said,
            (None, TurnStatus::Done) => "Done, without a word".into(),
            (None, TurnStatus::Interrupted) => "Interrupted before it said anything".into(),
            (None, TurnStatus::Failed) => match end.failure {
                Some(failure) => format!("Failed: {}", failure.message),
                None => "Failed before it said anything".into(),
            },
        };
        Self {
            id: Uuid::new_v4().to_string(),
            at: end.at,
            kind: HistoryKind::User,
            summary,
            response: Some(end.text).filter(|text| !text.trim().is_empty()).map(bounded),
            session: Some(session.id.clone()),
            session_name: Some(session.name.clone()),
            agent_session: tab.agent_session.clone(),
            site,
            usage: turn.usage.clone(),
            success: Some(end.status == TurnStatus::Done),
            elapsed_ms: Some(end.elapsed_ms),
            share: session.sync_history,
        }
    }

    /// What a person has written.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] without a summary, [`Code::TooLarge`] for more than an entry holds.
    pub fn by_hand(
        new: NewHistoryEntry,
        session: Option<&Session>,
        site: Option<Site>,
        at: Timestamp,
    ) -> Result<Self, Failure> {
        let NewHistoryEntry { scope: _, kind, summary, response, share } = new;
        if summary.trim().is_empty() {
            return Err(Failure::new(Code::Usage, "the summary is empty")
                .hint("Say in one to three sentences what was done"));
        }
        let bytes = summary.len() + response.as_ref().map_or(0, String::len);
        if bytes > LONGEST_RESPONSE {
            let message = format!("an entry of {bytes} bytes is too large for a history");
            return Err(Failure::new(Code::TooLarge, message)
                .hint(format!("It may have {LONGEST_RESPONSE} bytes")));
        }
        Ok(Self {
            id: Uuid::new_v4().to_string(),
            at,
            kind,
            summary,
            response: response.filter(|text| !text.trim().is_empty()),
            session: session.map(|session| session.id.clone()),
            session_name: session.map(|session| session.name.clone()),
            agent_session: None,
            site,
            usage: Usage::default(),
            success: None,
            elapsed_ms: None,
            share: share.unwrap_or_else(|| session.is_none_or(|session| session.sync_history)),
        })
    }

    /// Where the people of a project get to see it.
    pub fn shared_at(&self) -> Option<&Site> {
        self.site.as_ref().filter(|_| self.share)
    }

    /// As front ends see it.
    pub fn item(&self, hostname: &str) -> HistoryItem {
        HistoryItem {
            line: String::from_utf8_lossy(&self.entry(hostname).to_line()).into_owned(),
            hostname: Some(hostname.to_owned()),
            local: true,
            session: self.session.clone(),
        }
    }

    /// The same in the agent's own words; as it is where there are none, and `None` where the agent says that there is
    /// nothing to tell.
    pub fn told(self, reply: &str) -> Option<Self> {
        match Synopsis::parse(reply) {
            Synopsis::Nothing if reply.contains("NOTHING_TO_REPORT") => None,
            // A table without a sentence, or no word at all.
            Synopsis::Nothing => Some(self),
            Synopsis::Told { summary, .. } => {
                let response = match &self.response {
                    Some(answer) => format!("{}\n\n---\n\n{answer}", reply.trim()),
                    None => reply.trim().to_owned(),
                };
                Some(Self { summary, response: Some(bounded(&response)), ..self })
            }
        }
    }

    /// The entry of a machine that is called `hostname`. Its project's path is as the session has it where the host
    /// hasn't said yet what it means.
    pub fn entry(&self, hostname: &str) -> Entry {
        let cwd = self.site.as_ref().and_then(|site| site.cwd.clone());
        let mut entry = Entry::new(
            self.id.clone(),
            entry_kind(self.kind),
            self.at.as_millisecond(),
            self.summary.clone(),
            cwd.unwrap_or_else(|| "~".into()),
        );
        entry.full_response.clone_from(&self.response);
        entry.agent_session_id.clone_from(&self.agent_session);
        entry.session_id = self.session.as_ref().map(ToString::to_string);
        entry.session_name.clone_from(&self.session_name);
        entry.context_usage = context_usage(&self.usage);
        entry.usage_stats = usage_stats(&self.usage);
        entry.success = self.success;
        entry.elapsed_time_ms = self.elapsed_ms.map(float);
        entry.hostname = Some(hostname.to_owned());
        entry
    }

    /// What the store keeps of it.
    pub fn stored(&self, hostname: &str) -> NewEntry {
        let entry = self.entry(hostname);
        NewEntry {
            id: self.id.clone(),
            at_ms: entry.timestamp,
            kind: entry.kind.as_str().to_owned(),
            hostname: Some(hostname.to_owned()),
            line: entry.to_line(),
            words: entry_words(&entry),
            session: self.session.clone(),
            place: self.site.as_ref().map(|site| site.place.clone()),
            cwd: self.site.as_ref().and_then(|site| site.cwd.clone()),
            project: None,
            share: self.shared_at().is_some(),
        }
    }
}

/// The words by which an entry is found.
pub(super) fn entry_words(entry: &Entry) -> String {
    let parts = [
        Some(&entry.summary),
        entry.full_response.as_ref(),
        entry.session_name.as_ref(),
        entry.hostname.as_ref(),
    ];
    let all: Vec<String> = parts.into_iter().flatten().flat_map(|part| words(part)).collect();
    all.join(" ")
}

/// What an entry calls its type.
fn entry_kind(kind: HistoryKind) -> EntryKind {
    match kind {
        HistoryKind::User => EntryKind::User,
        HistoryKind::Auto => EntryKind::Auto,
        HistoryKind::Cue => EntryKind::Cue,
    }
}

/// A text as it fits into an entry.
fn bounded(text: &str) -> String {
    if text.len() <= LONGEST_RESPONSE {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_RESPONSE);
    let (kept, left) = text.split_at(end);
    format!("{kept}\n\n… ({} bytes more are in the transcript)", left.len())
}

/// How full the context is, in whole percent.
fn context_usage(usage: &Usage) -> Option<f64> {
    let (used, window) =
        (usage.context_tokens?, usage.context_window.filter(|window| *window > 0)?);
    Some((float(used) * 100.0 / float(window)).round().min(100.0))
}

/// The counts, where the agent told any.
fn usage_stats(usage: &Usage) -> Option<UsageStats> {
    (*usage != Usage::default()).then(|| UsageStats {
        input_tokens: Some(float(usage.input_tokens)),
        output_tokens: Some(float(usage.output_tokens)),
        cache_read_input_tokens: Some(float(usage.cache_read_tokens)),
        cache_creation_input_tokens: Some(float(usage.cache_write_tokens)),
        // Maestro always has these two.
        total_cost_usd: Some(usage.cost_usd.unwrap_or(0.0)),
        context_window: Some(usage.context_window.map_or(0.0, float)),
        reasoning_tokens: Some(usage.reasoning_tokens).filter(|tokens| *tokens > 0).map(float),
    })
}

/// A count as JSON has numbers: exact up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "no count of tokens or milliseconds comes near 2^53"
)]
fn float(count: u64) -> f64 {
    count as f64
}
