//! One entry as text and as JSON.

use jiff::{Timestamp, tz::TimeZone};
use orchestrator::history::{Entry, EntryKind};
use orchestrator::seam::HistoryItem;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::render::{clean_line, cost, duration};

/// The longest summary in a list, in characters.
const SUMMARY: usize = 300;

/// An entry as it stands in its file, with the host name that its file has where it has none.
pub struct AsInFile<'a>(pub &'a HistoryItem);

impl Serialize for AsInFile<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = match Entry::parse(self.0.line.as_bytes()) {
            Ok(mut entry) if entry.hostname.is_none() => {
                entry.hostname.clone_from(&self.0.hostname);
                String::from_utf8_lossy(&entry.to_line()).into_owned()
            }
            Ok(_) | Err(_) => self.0.line.clone(),
        };
        let raw = RawValue::from_string(line).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// What a list says of an entry: a line about it, then its summary.
pub fn lines(item: &HistoryItem) -> Vec<String> {
    let Ok(entry) = Entry::parse(item.line.as_bytes()) else {
        return vec![format!("(an entry that can't be read: {})", clean_line(&item.line))];
    };
    let mut parts = vec![time(entry.timestamp), kind(&entry.kind), mark(&entry).to_owned()];
    parts.push(source(item));
    parts.extend(entry.session_name.as_deref().map(clean_line));
    parts.extend(octet(&entry));
    parts.extend(elapsed(&entry));
    parts.extend(spent(&entry));
    parts.retain(|part| !part.is_empty());
    let summary: String = clean_line(&entry.summary).chars().take(SUMMARY).collect();
    vec![parts.join("  "), format!("  {summary}")]
}

/// When, by this machine's clock.
pub fn time(at_ms: i64) -> String {
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        // Of a clock that is further off than ten thousand years.
        Err(_) => format!("{at_ms} ms"),
    }
}

/// Its type.
pub fn kind(kind: &EntryKind) -> String {
    clean_line(kind.as_str())
}

/// Whether it went well.
pub fn mark(entry: &Entry) -> &'static str {
    match (entry.success, entry.validated) {
        (Some(true), Some(true)) => "✓✓",
        (Some(true), _) => "✓",
        (Some(false), _) => "✗",
        (None, _) => "",
    }
}

/// Where it comes from.
pub fn source(item: &HistoryItem) -> String {
    match (&item.hostname, item.local) {
        (_, true) => "local".into(),
        (Some(name), false) => format!("☁ {}", clean_line(name)),
        (None, false) => "☁ ?".into(),
    }
}

/// The beginning of the agent's id of the conversation, as people read it out.
pub fn octet(entry: &Entry) -> Option<String> {
    let id = entry.agent_session_id.as_deref()?;
    Some(clean_line(id).chars().take(8).collect::<String>().to_uppercase())
}

/// What it cost, where it did.
pub fn spent(entry: &Entry) -> Option<String> {
    entry.usage_stats.as_ref()?.total_cost_usd.filter(|usd| *usd > 0.0).map(cost)
}

/// How long it took.
pub fn elapsed(entry: &Entry) -> Option<String> {
    let ms = entry.elapsed_time_ms.filter(|ms| ms.is_finite() && *ms >= 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and what is too long saturates"
    )]
    let ms = ms as u64;
    Some(duration(ms))
}
