//! Codex's `exec --json`: threads, turns and items. Its other format is in `codex_rollout.rs`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex_rollout::{Payload, Rollout};
use super::json::{Names, Text, read, unknown};
use super::{Carry, Clues, agent_error, cut};
use crate::agent::{AgentError, Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Codex {
    /// What the thread had used before this turn: codex counts threads.
    before: Option<Usage>,
    /// Whether it had used something that nobody here has counted.
    #[serde(default)]
    uncounted: bool,
    /// What it has used now.
    total: Option<Usage>,
    pub(super) session: Option<String>,
    pub(super) names: Names,
    pub(super) last: Option<String>,
    /// The last error, which the turn's failure repeats.
    told: Option<String>,
    pub(super) rollout: Rollout,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    thread_id: Option<Text<'a>>,
    #[serde(borrow)]
    item: Option<ThreadItem<'a>>,
    usage: Option<Tokens>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    error: Option<Fault>,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Fault {
    message: Option<String>,
}

#[derive(Deserialize)]
struct ThreadItem<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    command: Option<Text<'a>>,
    #[serde(borrow)]
    aggregated_output: Option<Text<'a>>,
    exit_code: Option<i64>,
    changes: Option<Value>,
    #[serde(borrow)]
    server: Option<Text<'a>>,
    #[serde(borrow)]
    tool: Option<Text<'a>>,
    arguments: Option<Value>,
    args: Option<Value>,
    result: Option<Value>,
    output: Option<Value>,
    error: Option<Value>,
    #[serde(borrow)]
    query: Option<Text<'a>>,
    items: Option<Value>,
}

/// Input holds what was cached, output holds the reasoning (360 + 90 are codex's own total of 450).
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Tokens {
    input_tokens: Option<u64>,
    cached_input_tokens: Option<u64>,
    cache_write_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    reasoning_output_tokens: Option<u64>,
}

impl Tokens {
    pub(super) fn usage(self) -> Usage {
        let cached = self.cached_input_tokens.unwrap_or(0);
        let written = self.cache_write_input_tokens.unwrap_or(0);
        Usage {
            input_tokens: self.input_tokens.unwrap_or(0).saturating_sub(cached + written),
            output_tokens: self.output_tokens.unwrap_or(0),
            cache_read_tokens: cached,
            cache_write_tokens: written,
            reasoning_tokens: self.reasoning_output_tokens.unwrap_or(0),
            ..Usage::default()
        }
    }

    /// What the context holds behind a request of this size.
    pub(super) fn context(self) -> u64 {
        self.input_tokens.unwrap_or(0) + self.output_tokens.unwrap_or(0)
    }
}

impl Codex {
    pub(super) fn new(carry: Carry) -> Self {
        let Carry { total, uncounted } = carry;
        Self { before: total, uncounted, ..Self::default() }
    }

    /// What the thread has used, this turn included.
    pub(super) fn carry(&self) -> Carry {
        let total = self.total.clone().or_else(|| self.before.clone());
        Carry { total, uncounted: self.uncounted }
    }

    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let known = read!(line, Line<'_>, |read: Line<'_>| self.take(read, out));
        if !known.unwrap_or(false) {
            unknown(line, out);
        }
    }

    /// Whether the line is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = line.kind else { return false };
        match (kind.as_str(), line.item, line.payload) {
            ("thread.started", _, _) => {
                let Some(id) = line.thread_id else { return false };
                self.session(id.into_string(), out);
            }
            ("turn.started", _, _) => {}
            ("item.started" | "item.updated", Some(item), _) => return self.item(item, false, out),
            ("item.completed", Some(item), _) => return self.item(item, true, out),
            ("turn.completed", _, _) => {
                let usage = line.usage.unwrap_or_default().usage();
                self.use_up(usage, out);
                out.push(Item::Ended { ok: true, text: self.last.clone() });
            }
            ("turn.failed", _, _) => {
                let message = line.error.and_then(|error| error.message).unwrap_or_default();
                if self.told.as_ref() != Some(&message) {
                    self.error(&message, &Clues::default(), out);
                }
                out.push(Item::Ended { ok: false, text: None });
            }
            ("error", _, _) => {
                let Some(message) = line.message else { return false };
                // Its own word for a try that follows; there is no field for it.
                let goes_on = message.as_str().starts_with("Reconnecting...");
                self.error(message.as_str(), &Clues { goes_on, ..Clues::default() }, out);
            }
            (kind, _, Some(payload)) => return self.rollout(kind, payload, out),
            _ => return false,
        }
        true
    }

    pub(super) fn session(&mut self, id: String, out: &mut Vec<Item>) {
        if self.session.as_ref() != Some(&id) {
            self.session = Some(id.clone());
            out.push(Item::AgentSession { id });
        }
    }

    pub(super) fn error(&mut self, message: &str, clues: &Clues<'_>, out: &mut Vec<Item>) {
        let resets_at = clues.resets_at.or(self.rollout.resets_at);
        let error: AgentError = agent_error(message, &Clues { resets_at, ..clues.clone() });
        self.told = Some(message.to_owned());
        out.push(Item::Error(error));
    }

    /// Tells what this turn used of a thread's `total`.
    pub(super) fn use_up(&mut self, total: Usage, out: &mut Vec<Item>) {
        if std::mem::take(&mut self.uncounted) {
            // What came before and what this turn used can't be told apart: counting begins here.
            self.before =
                Some(Usage { context_tokens: None, context_window: None, ..total.clone() });
        }
        let before = self.before.clone().unwrap_or_default();
        let less = |now: u64, before: u64| now.checked_sub(before);
        let turn = (|| {
            Some(Usage {
                input_tokens: less(total.input_tokens, before.input_tokens)?,
                output_tokens: less(total.output_tokens, before.output_tokens)?,
                cache_read_tokens: less(total.cache_read_tokens, before.cache_read_tokens)?,
                cache_write_tokens: less(total.cache_write_tokens, before.cache_write_tokens)?,
                reasoning_tokens: less(total.reasoning_tokens, before.reasoning_tokens)?,
                ..total.clone()
            })
        })();
        // A total below the one before counts from anew.
        let turn = turn.unwrap_or_else(|| total.clone());
        self.total = Some(Usage { context_tokens: None, context_window: None, ..total });
        out.push(Item::Usage(turn));
    }

    fn item(&mut self, item: ThreadItem<'_>, completed: bool, out: &mut Vec<Item>) -> bool {
        let (Some(kind), Some(id)) = (&item.kind, &item.id) else { return false };
        let failed = match item.status.as_ref().map(Text::as_str) {
            Some("failed" | "declined") => true,
            Some(_) | None => item.exit_code.is_some_and(|code| code != 0),
        };
        let status = match (completed, failed) {
            (false, _) => ToolStatus::Running,
            (true, false) => ToolStatus::Done,
            (true, true) => ToolStatus::Failed,
        };
        let id = id.as_str().to_owned();
        let call = |name: &str, input: Value, output: Option<String>| {
            Item::ToolCall(ToolCall { id, name: name.to_owned(), status, input, output })
        };
        match kind.as_str() {
            "agent_message" | "reasoning" if !completed => {}
            "agent_message" => {
                let text = item.text.map(Text::into_string).unwrap_or_default();
                if !text.is_empty() {
                    self.last = Some(text.clone());
                    out.push(Item::Text { text });
                }
            }
            "reasoning" => {
                let text = item.text.map(Text::into_string).unwrap_or_default();
                if !text.is_empty() {
                    out.push(Item::Reasoning { text });
                }
            }
            "command_execution" => {
                let input = serde_json::json!({"command": item.command.map(Text::into_string)});
                let output = item.aggregated_output.filter(|_| completed);
                let output = output.map(|output| cut(output.as_str()));
                out.push(call("command_execution", input, output));
            }
            "file_change" => {
                let input = serde_json::json!({"changes": item.changes});
                out.push(call("file_change", input, None));
            }
            "mcp_tool_call" | "tool_call" => {
                let tool = item.tool.map(Text::into_string).unwrap_or_default();
                let name = match &item.server {
                    Some(server) => format!("{}.{tool}", server.as_str()),
                    None => tool,
                };
                let input = item.arguments.or(item.args).unwrap_or_default();
                let words = item.error.or(item.result).or(item.output);
                let output = words.filter(|words| !words.is_null() && completed);
                out.push(call(&name, input, output.map(|output| words_of(&output))));
            }
            "tool_result" => {
                let output = item.output.as_ref().map(words_of);
                out.push(call("", Value::Null, output));
            }
            "web_search" => {
                let input = serde_json::json!({"query": item.query.map(Text::into_string)});
                out.push(call("web_search", input, None));
            }
            "todo_list" => {
                let input = serde_json::json!({"items": item.items});
                out.push(call("todo_list", input, None));
            }
            // A warning: the turn goes on, and fails with a line of its own.
            "error" => {
                let message = item.message.map(Text::into_string).unwrap_or_default();
                let clues = Clues { goes_on: true, ..Clues::default() };
                out.push(Item::Error(agent_error(&message, &clues)));
            }
            _ => return false,
        }
        true
    }
}

/// A tool's output: a text, a list of bytes, MCP's list of contents, or whatever else as JSON.
pub(super) fn words_of(value: &Value) -> String {
    let text = match value {
        Value::String(text) => return cut(text),
        Value::Array(list) if !list.is_empty() => {
            let byte = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok()); // Above 255: no byte.
            let bytes: Option<Vec<u8>> = list.iter().map(byte).collect();
            match bytes {
                Some(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                None => {
                    let text = |part: &Value| part.get("text")?.as_str().map(ToOwned::to_owned);
                    let parts: Option<Vec<String>> = list.iter().map(text).collect();
                    parts.map(|parts| parts.join("\n"))
                }
            }
        }
        Value::Object(object) => {
            let inner = object
                .get("content")
                .or_else(|| object.get("output"))
                .or_else(|| object.get("message"));
            return inner.map_or_else(|| cut(&value.to_string()), words_of);
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    cut(&text.unwrap_or_else(|| value.to_string()))
}
