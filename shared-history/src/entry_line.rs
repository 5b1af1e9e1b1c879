//! How an entry is written: what has not been changed stands as it stood.

use crate::json::{Change, Object, Value, edit, write};
use crate::{Entry, EntryKind, UsageStats};

/// A field's value, where it has one.
#[derive(Clone, Copy, PartialEq)]
enum Field<'a> {
    Plain(Value<'a>),
    Usage(&'a UsageStats),
}

/// The keys in the order in which Maestro writes an entry of a turn. Those of a trigger, which it never shares, are
/// ours to place.
const USER_ORDER: [&str; 21] = [
    "id",
    "type",
    "timestamp",
    "summary",
    "fullResponse",
    "agentSessionId",
    "sessionId",
    "sessionName",
    "projectPath",
    "tokenSource",
    "tokenSourceReason",
    "contextUsage",
    "usageStats",
    "success",
    "elapsedTimeMs",
    "validated",
    "cueTriggerName",
    "cueEventType",
    "cueSourceSession",
    "achievementAction",
    "hostname",
];

/// The same for an Auto Run's task.
const AUTO_ORDER: [&str; 21] = [
    "type",
    "timestamp",
    "summary",
    "fullResponse",
    "agentSessionId",
    "projectPath",
    "sessionId",
    "sessionName",
    "tokenSource",
    "tokenSourceReason",
    "success",
    "usageStats",
    "contextUsage",
    "elapsedTimeMs",
    "validated",
    "cueTriggerName",
    "cueEventType",
    "cueSourceSession",
    "achievementAction",
    "id",
    "hostname",
];

impl Entry {
    /// Returns the line without its end.
    ///
    /// One that was read is written byte for byte, but for the values that were changed; what was removed goes, and
    /// what is new comes last. One that was made here is written as Maestro writes it.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        let Some(source) = &self.source else { return self.anew() };
        let (Ok(object), Ok(was)) = (Object::parse(source), Self::parse(source)) else {
            return self.anew();
        };
        let changes: Vec<_> = self
            .order()
            .iter()
            .filter(|key| self.field(key) != was.field(key))
            .map(|&key| (key, self.change(key, &object)))
            .collect();
        if changes.is_empty() { source.to_vec() } else { edit(&object, &changes) }
    }

    /// Writes everything.
    fn anew(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        for key in self.order() {
            let Some(field) = self.field(key) else { continue };
            out.push(if out.is_empty() { b'{' } else { b',' });
            write(Value::Text(key), &mut out);
            out.push(b':');
            out.extend_from_slice(&written(field, None));
        }
        out.push(b'}');
        out
    }

    fn order(&self) -> &'static [&'static str] {
        match self.kind {
            EntryKind::Auto => &AUTO_ORDER,
            EntryKind::User | EntryKind::Cue | EntryKind::Other(_) => &USER_ORDER,
        }
    }

    fn change(&self, key: &str, object: &Object<'_>) -> Change {
        let Some(field) = self.field(key) else { return Change::Remove };
        let raw = object.members.iter().rfind(|member| member.key == key);
        Change::Set(written(field, raw.map(|member| object.raw(member))))
    }

    fn field(&self, key: &str) -> Option<Field<'_>> {
        let value = match key {
            "id" => Value::Text(&self.id),
            "type" => Value::Text(named(self.kind.as_str())?),
            "timestamp" => Value::Integer(self.timestamp),
            "summary" => Value::Text(&self.summary),
            "fullResponse" => Value::Text(self.full_response.as_deref()?),
            "agentSessionId" => Value::Text(self.agent_session_id.as_deref()?),
            "sessionId" => Value::Text(self.session_id.as_deref()?),
            "sessionName" => Value::Text(self.session_name.as_deref()?),
            "projectPath" => Value::Text(&self.project_path),
            "tokenSource" => Value::Text(self.token_source.as_deref()?),
            "tokenSourceReason" => Value::Text(self.token_source_reason.as_deref()?),
            "contextUsage" => Value::Number(self.context_usage?),
            "usageStats" => return self.usage_stats.as_ref().map(Field::Usage),
            "success" => Value::Flag(self.success?),
            "elapsedTimeMs" => Value::Number(self.elapsed_time_ms?),
            "validated" => Value::Flag(self.validated?),
            "cueTriggerName" => Value::Text(self.cue_trigger_name.as_deref()?),
            "cueEventType" => Value::Text(self.cue_event_type.as_deref()?),
            "cueSourceSession" => Value::Text(self.cue_source_session.as_deref()?),
            "achievementAction" => Value::Text(self.achievement_action.as_deref()?),
            "hostname" => Value::Text(self.hostname.as_deref()?),
            _ => return None,
        };
        Some(Field::Plain(value))
    }
}

/// A kind that isn't said is no word.
fn named(kind: &str) -> Option<&str> {
    (!kind.is_empty()).then_some(kind)
}

fn written(field: Field<'_>, raw: Option<&[u8]>) -> Vec<u8> {
    match field {
        Field::Plain(value) => {
            let mut out = Vec::new();
            write(value, &mut out);
            out
        }
        Field::Usage(usage) => usage.written(raw),
    }
}

#[cfg(test)]
#[path = "entry_line_tests.rs"]
mod tests;
