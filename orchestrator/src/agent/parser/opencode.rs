//! opencode's `run --format json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex::words_of;
use super::error::at_second;
use super::json::{Text, read, unknown};
use super::{Clues, agent_error};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Opencode {
    session: Option<String>,
    used: Usage,
    last: Option<String>,
    /// How the last step ended, or that an error came.
    end: Option<bool>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    timestamp: Option<i64>,
    #[serde(rename = "sessionID", borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    part: Option<Part<'a>>,
    error: Option<Fault>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    tool: Option<Text<'a>>,
    #[serde(rename = "callID", borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    state: Option<ToolState<'a>>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    cost: Option<f64>,
    tokens: Option<Tokens>,
}

#[derive(Deserialize)]
struct ToolState<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    input: Option<Value>,
    output: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    input: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    cache: Option<Cache>,
}

#[derive(Deserialize)]
struct Cache {
    read: Option<u64>,
    write: Option<u64>,
}

/// `error`: a text, or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fault {
    Words(String),
    Object { name: Option<String>, message: Option<String>, data: Option<FaultData> },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FaultData {
    message: Option<String>,
    status_code: Option<u16>,
    response_headers: Option<BTreeMap<String, Value>>,
    response_body: Option<String>,
}

impl Opencode {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let known = read!(line, Line<'_>, |read: Line<'_>| self.take(read, out));
        if !known.unwrap_or(false) {
            unknown(line, out);
        }
    }

    /// opencode says nothing at its end: how the last step ended is how the turn did.
    pub(super) fn finish(&mut self, out: &mut Vec<Item>) {
        if let Some(ok) = self.end.take() {
            out.push(Item::Ended { ok, text: self.last.take().filter(|_| ok) });
        }
    }

    /// Whether the line is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = &line.kind else { return false };
        if let Some(id) = &line.session_id
            && self.session.as_deref() != Some(id.as_str())
        {
            self.session = Some(id.as_str().to_owned());
            out.push(Item::AgentSession { id: id.as_str().to_owned() });
        }
        match (kind.as_str(), line.part, line.error) {
            ("step_start", _, _) => self.end = None,
            ("text", Some(Part { text: Some(text), .. }), _) => {
                if !text.as_str().is_empty() {
                    self.last = Some(text.as_str().to_owned());
                    out.push(Item::Text { text: text.into_string() });
                }
            }
            ("reasoning", Some(Part { text: Some(text), .. }), _) => {
                out.push(Item::Reasoning { text: text.into_string() });
            }
            ("tool_use", Some(part), _) => return tool_use(part, out),
            ("step_finish", Some(part), _) => self.step_finish(&part, out),
            ("error", _, Some(error)) => self.error(error, line.timestamp, out),
            _ => return false,
        }
        true
    }

    fn step_finish(&mut self, part: &Part<'_>, out: &mut Vec<Item>) {
        if let Some(tokens) = &part.tokens {
            let number = |tokens: Option<u64>| tokens.unwrap_or(0);
            let cache = tokens.cache.as_ref();
            let read = number(cache.and_then(|cache| cache.read));
            let write = number(cache.and_then(|cache| cache.write));
            let output = number(tokens.output) + number(tokens.reasoning);
            self.used.input_tokens += number(tokens.input);
            self.used.output_tokens += output;
            self.used.reasoning_tokens += number(tokens.reasoning);
            self.used.cache_read_tokens += read;
            self.used.cache_write_tokens += write;
            self.used.context_tokens = Some(number(tokens.input) + read + write + output);
        }
        if let Some(cost) = part.cost {
            self.used.cost_usd = Some(self.used.cost_usd.unwrap_or(0.0) + cost);
        }
        out.push(Item::Usage(self.used.clone()));
        self.end = match part.reason.as_ref().map(Text::as_str) {
            Some("tool-calls") => None,
            Some("error") => Some(false),
            Some(_) | None => Some(true),
        };
    }

    fn error(&mut self, error: Fault, at: Option<i64>, out: &mut Vec<Item>) {
        self.end = Some(false);
        let (name, message, data) = match error {
            Fault::Words(message) => (None, Some(message), FaultData::default()),
            Fault::Object { name, message, data } => (name, message, data.unwrap_or_default()),
        };
        let body = data.response_body.as_deref().and_then(body_message);
        let message = data.message.or(message).or(body).or_else(|| name.clone());
        let wait = data.response_headers.as_ref().and_then(|headers| headers.get("retry-after"));
        let wait: Option<i64> = wait.and_then(Value::as_str).and_then(|text| text.parse().ok()); // A date, or nothing to count with.
        let resets_at =
            at.zip(wait).and_then(|(at, wait)| at_second(at.checked_add(wait.checked_mul(1000)?)?));
        let clues =
            Clues { status: data.status_code, code: name.as_deref(), resets_at, goes_on: false };
        let message = message.unwrap_or_else(|| "an error without a word".into());
        out.push(Item::Error(agent_error(&message, &clues)));
    }
}

/// `error.message` of a provider's answer.
fn body_message(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?; // Not JSON: it says nothing that we could read.
    Some(value.get("error")?.get("message")?.as_str()?.to_owned())
}

/// opencode tells of a call when it is over.
fn tool_use(part: Part<'_>, out: &mut Vec<Item>) -> bool {
    let (Some(name), Some(id), Some(state)) = (part.tool, part.call_id, part.state) else {
        return false;
    };
    let status = match state.status.as_ref().map(Text::as_str) {
        Some("completed") => ToolStatus::Done,
        Some("error") => ToolStatus::Failed,
        Some(_) | None => ToolStatus::Running,
    };
    let words =
        if status == ToolStatus::Failed { state.error.or(state.output) } else { state.output };
    out.push(Item::ToolCall(ToolCall {
        id: id.into_string(),
        name: name.into_string(),
        status,
        input: state.input.unwrap_or_default(),
        output: words.as_ref().map(words_of),
    }));
    true
}
