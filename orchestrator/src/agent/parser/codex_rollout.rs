//! Codex's other format: `session_meta`, `turn_context`, `event_msg` and `response_item`, as its session files have it.
//!
//! Most is told twice, as an event and as an item of the model's API; it is given once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex::{Codex, Tokens, words_of};
use super::error::at_second;
use super::{Clues, cut};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

/// What the format needs remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rollout {
    window: Option<u64>,
    /// The text that was given last, and whether it came as an event.
    text: Option<(bool, String)>,
    reasoning: Option<(bool, String)>,
    /// When the used-up rate limit ends.
    pub(super) resets_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    message: Option<Value>,
    text: Option<String>,
    role: Option<String>,
    content: Option<Value>,
    summary: Option<Vec<Part>>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<Value>,
    input: Option<Value>,
    action: Option<Value>,
    output: Option<Value>,
    info: Option<Info>,
    rate_limits: Option<RateLimits>,
    model_context_window: Option<u64>,
    codex_error_info: Option<Value>,
    last_agent_message: Option<String>,
    reason: Option<String>,
    delta: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    total_token_usage: Option<Tokens>,
    last_token_usage: Option<Tokens>,
    model_context_window: Option<u64>,
}

#[derive(Deserialize)]
struct RateLimits {
    primary: Option<Window>,
    secondary: Option<Window>,
}

#[derive(Deserialize)]
struct Window {
    used_percent: Option<f64>,
    resets_at: Option<i64>,
}

impl Codex {
    /// Whether the line is of a kind that is understood.
    pub(super) fn rollout(&mut self, kind: &str, payload: Payload, out: &mut Vec<Item>) -> bool {
        match kind {
            "session_meta" => match payload.id {
                Some(id) => self.session(id, out),
                None => return false,
            },
            "turn_context" => {
                self.rollout.window = payload.model_context_window.or(self.rollout.window);
            }
            "event_msg" => return self.event(payload, out),
            "response_item" => return self.response_item(payload, out),
            _ => return false,
        }
        true
    }

    fn event(&mut self, payload: Payload, out: &mut Vec<Item>) -> bool {
        let words = payload.message.as_ref().and_then(Value::as_str);
        match payload.kind.as_deref() {
            Some("agent_message") => {
                let Some(text) = words else { return false };
                self.say(true, text.to_owned(), out);
            }
            Some("agent_reasoning") => {
                let Some(text) = payload.text else { return false };
                self.think(true, text, out);
            }
            Some("agent_message_delta" | "agent_reasoning_delta") => {
                let Some(text) = payload.delta else { return false };
                let reasoning = payload.kind.as_deref() == Some("agent_reasoning_delta");
                out.push(Item::Delta { reasoning, text });
            }
            Some("token_count") => self.token_count(payload, out),
            Some("task_started" | "turn_started") => {
                self.rollout.window = payload.model_context_window.or(self.rollout.window);
            }
            Some("error") => {
                let Some(message) = words else { return false };
                let code = payload.codex_error_info.as_ref().and_then(error_name);
                self.error(message, &Clues { code, ..Clues::default() }, out);
            }
            Some("stream_error" | "warning") => {
                let Some(message) = words else { return false };
                self.error(message, &Clues { goes_on: true, ..Clues::default() }, out);
            }
            Some("task_complete" | "turn_complete") => {
                let text = payload.last_agent_message.or_else(|| self.last.clone());
                out.push(Item::Ended { ok: true, text });
            }
            Some("turn_aborted") => {
                if let Some(reason) = payload.reason {
                    let message = format!("the turn was aborted: {reason}");
                    self.error(&message, &Clues::default(), out);
                }
                out.push(Item::Ended { ok: false, text: None });
            }
            // The prompt, said back.
            Some("user_message") => {}
            Some(_) | None => return false,
        }
        true
    }

    fn response_item(&mut self, payload: Payload, out: &mut Vec<Item>) -> bool {
        match payload.kind.as_deref() {
            Some("message") if payload.role.as_deref() == Some("assistant") => {
                let text = payload.content.as_ref().map(text_of).unwrap_or_default();
                self.say(false, text, out);
                // An image, say: the line is kept for it.
                let parts = payload.content.as_ref().and_then(Value::as_array);
                return parts.is_none_or(|parts| parts.iter().all(|part| part["text"].is_string()));
            }
            // The prompt, and what codex puts around it.
            Some("message") => {}
            Some("reasoning") => {
                let parts = payload.summary.unwrap_or_default();
                let parts: Vec<String> = parts.into_iter().filter_map(|part| part.text).collect();
                self.think(false, parts.join("\n\n"), out);
            }
            Some("function_call" | "custom_tool_call" | "local_shell_call") => {
                let Some(id) = payload.call_id.or(payload.id) else { return false };
                let name = payload.name.unwrap_or_else(|| "local_shell".into());
                let input = payload.arguments.or(payload.input).or(payload.action);
                self.names.begin(&id, &name);
                out.push(Item::ToolCall(ToolCall {
                    id,
                    name,
                    status: ToolStatus::Running,
                    input: input.map(unpacked).unwrap_or_default(),
                    output: None,
                }));
            }
            Some("function_call_output" | "custom_tool_call_output") => {
                let (Some(id), Some(output)) = (payload.call_id, payload.output) else {
                    return false;
                };
                let (output, failed) = output_of(output);
                out.push(Item::ToolCall(ToolCall {
                    name: self.names.end(&id),
                    id,
                    status: if failed { ToolStatus::Failed } else { ToolStatus::Done },
                    input: Value::Null,
                    output: Some(output),
                }));
            }
            Some(_) | None => return false,
        }
        true
    }

    fn say(&mut self, event: bool, text: String, out: &mut Vec<Item>) {
        if text.is_empty() || repeats(&mut self.rollout.text, event, &text) {
            return;
        }
        self.last = Some(text.clone());
        out.push(Item::Text { text });
    }

    fn think(&mut self, event: bool, text: String, out: &mut Vec<Item>) {
        if !text.is_empty() && !repeats(&mut self.rollout.reasoning, event, &text) {
            out.push(Item::Reasoning { text });
        }
    }

    fn token_count(&mut self, payload: Payload, out: &mut Vec<Item>) {
        if let Some(limits) = payload.rate_limits {
            let full = |window: &Option<Window>| {
                let window = window.as_ref()?;
                window.used_percent.is_some_and(|used| used >= 100.0).then_some(window.resets_at?)
            };
            // Both must have room again.
            let ends = full(&limits.primary).max(full(&limits.secondary));
            self.rollout.resets_at = ends.and_then(at_second);
        }
        let Some(info) = payload.info else { return };
        let window = info.model_context_window.or(self.rollout.window);
        if let Some(total) = info.total_token_usage {
            let usage = Usage {
                context_window: window,
                context_tokens: info.last_token_usage.map(Tokens::context),
                ..total.usage()
            };
            self.use_up(usage, out);
        }
    }
}

/// Whether `text` was given already, in the other way; then it may come again.
fn repeats(last: &mut Option<(bool, String)>, event: bool, text: &str) -> bool {
    match last {
        Some((was_event, said)) if *was_event != event && said == text => {
            *last = None;
            true
        }
        _ => {
            *last = Some((event, text.to_owned()));
            false
        }
    }
}

/// The name of codex's error kind: a text, or an object with that one key.
fn error_name(info: &Value) -> Option<&str> {
    match info {
        Value::String(name) => Some(name),
        Value::Object(object) => object.keys().next().map(String::as_str),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn text_of(content: &Value) -> String {
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
    parts.join("\n")
}

/// Arguments come as a text that holds JSON, or as a text.
fn unpacked(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

/// The output's words, and whether it says that it failed.
fn output_of(output: Value) -> (String, bool) {
    let packed = output.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()); // A plain text.
    let packed = packed.filter(|value| value.get("output").is_some());
    let value = packed.unwrap_or(output);
    let exit = value.get("metadata").and_then(|data| data.get("exit_code")).and_then(Value::as_i64);
    let failed = value.get("success").and_then(Value::as_bool) == Some(false)
        || exit.is_some_and(|code| code != 0);
    let words = match value.get("output") {
        Some(Value::String(text)) => cut(text),
        Some(_) | None => words_of(&value),
    };
    (words, failed)
}
