//! One entry of a history: what a line says.

use crate::json::{Object, clamped, number, string};
use crate::{EntryKind, Malformed, UsageStats};

/// One entry of a history, as Maestro writes it.
///
/// One that was read remembers its line: what has not been changed is written as it stood, and so is everything that
/// isn't known here. A value of a wrong type counts as one that isn't there, and stays as well.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Tells it from every other one: a UUID, usually.
    pub id: String,
    /// What made it.
    pub kind: EntryKind,
    /// When, on its writer's clock: milliseconds since 1970-01-01 UTC.
    pub timestamp: i64,
    /// One to three sentences; may have several lines.
    pub summary: String,
    /// What the agent answered.
    pub full_response: Option<String>,
    /// The agent's own name for the conversation.
    pub agent_session_id: Option<String>,
    /// The session's or the tab's name.
    pub session_name: Option<String>,
    /// The working directory, on the machine where the agent ran.
    pub project_path: String,
    /// The session, as its control center calls it.
    pub session_id: Option<String>,
    /// How full the context was: 0 to 100.
    pub context_usage: Option<f64>,
    /// What it has used.
    pub usage_stats: Option<UsageStats>,
    /// Whether it did what it should.
    pub success: Option<bool>,
    /// How long it took, in milliseconds.
    pub elapsed_time_ms: Option<f64>,
    /// Whether a person has looked at it and ticked it.
    pub validated: Option<bool>,
    /// The trigger's name.
    pub cue_trigger_name: Option<String>,
    /// What kind of event the trigger saw.
    pub cue_event_type: Option<String>,
    /// The session that the event came from.
    pub cue_source_session: Option<String>,
    /// Who paid: `interactive` or `api`.
    pub token_source: Option<String>,
    /// Why they did: `auto` or `limit`.
    pub token_source_reason: Option<String>,
    /// What a click on it opens.
    pub achievement_action: Option<String>,
    /// The writer's host name; absent in a line that was never shared.
    pub hostname: Option<String>,
    /// The line that it was read from.
    pub(crate) source: Option<Box<[u8]>>,
}

impl Entry {
    /// Makes an entry with what each one has.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        kind: EntryKind,
        timestamp: i64,
        summary: impl Into<String>,
        project_path: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            kind,
            timestamp,
            summary: summary.into(),
            full_response: None,
            agent_session_id: None,
            session_name: None,
            project_path: project_path.into(),
            session_id: None,
            context_usage: None,
            usage_stats: None,
            success: None,
            elapsed_time_ms: None,
            validated: None,
            cue_trigger_name: None,
            cue_event_type: None,
            cue_source_session: None,
            token_source: None,
            token_source_reason: None,
            achievement_action: None,
            hostname: None,
            source: None,
        }
    }

    /// Reads a line, with or without its end. Of a key that comes twice the last one counts.
    ///
    /// # Errors
    ///
    /// It is no JSON object, or has no `id` that is a string, or no `timestamp` that is a number.
    pub fn parse(line: &[u8]) -> Result<Self, Malformed> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let object = Object::parse(line)?;
        let (mut id, mut timestamp) = (None, None);
        let mut entry = Self::new("", EntryKind::Other(String::new()), 0, "", "");
        for member in &object.members {
            let raw = object.raw(member);
            match member.key.as_str() {
                "id" => id = string(raw),
                "timestamp" => timestamp = clamped(raw),
                key => entry.set(key, raw),
            }
        }
        entry.id = id.ok_or(Malformed::NoId)?;
        entry.timestamp = timestamp.ok_or(Malformed::NoTimestamp)?;
        let mut source: Box<[u8]> = line.into();
        // A line is one line: outside of a string an end is white space, and inside it can't stand.
        source.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        entry.source = Some(source);
        Ok(entry)
    }

    fn set(&mut self, key: &str, raw: &[u8]) {
        match key {
            "type" => self.kind = EntryKind::from(string(raw).unwrap_or_default()),
            "summary" => self.summary = string(raw).unwrap_or_default(),
            "fullResponse" => self.full_response = string(raw),
            "agentSessionId" => self.agent_session_id = string(raw),
            "sessionName" => self.session_name = string(raw),
            "projectPath" => self.project_path = string(raw).unwrap_or_default(),
            "sessionId" => self.session_id = string(raw),
            "contextUsage" => self.context_usage = number(raw),
            "usageStats" => self.usage_stats = UsageStats::parse(raw),
            "success" => self.success = flag(raw),
            "elapsedTimeMs" => self.elapsed_time_ms = number(raw),
            "validated" => self.validated = flag(raw),
            "cueTriggerName" => self.cue_trigger_name = string(raw),
            "cueEventType" => self.cue_event_type = string(raw),
            "cueSourceSession" => self.cue_source_session = string(raw),
            "tokenSource" => self.token_source = string(raw),
            "tokenSourceReason" => self.token_source_reason = string(raw),
            "achievementAction" => self.achievement_action = string(raw),
            "hostname" => self.hostname = string(raw),
            _ => {}
        }
    }
}

fn flag(raw: &[u8]) -> Option<bool> {
    match raw {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
pub(crate) mod tests;
