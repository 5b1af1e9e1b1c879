//! GitHub Copilot CLI's `--output-format json`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex::words_of;
use super::json::{Names, Text, read, unknown};
use super::{Clues, agent_error, cut};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Copilot {
    session: Option<String>,
    names: Names,
    last: Option<String>,
    used: Usage,
}

/// Kinds that say nothing of what the agent does.
const SILENT: [&str; 22] = [
    "assistant.idle",
    "assistant.intent",
    "assistant.message_start",
    "assistant.tool_call_delta",
    "assistant.turn_end",
    "assistant.turn_retry",
    "assistant.turn_start",
    "model.call_final_result",
    "model.call_finished",
    "model.call_start",
    "session.background_tasks_changed",
    "session.info",
    "session.mcp_servers_loaded",
    "session.model_change",
    "session.shutdown",
    "session.skills_loaded",
    "session.tools_updated",
    "session.usage_info",
    "tool.execution_partial_result",
    "tool.execution_progress",
    "tool.shell_output",
    "user.message",
];

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(rename = "sessionId", borrow)]
    session_id: Option<Text<'a>>,
    #[serde(rename = "exitCode")]
    exit_code: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    delta_content: Option<Text<'a>>,
    #[serde(borrow)]
    parent_tool_call_id: Option<Text<'a>>,
    #[serde(borrow)]
    tool_call_id: Option<Text<'a>>,
    #[serde(borrow)]
    tool_name: Option<Text<'a>>,
    arguments: Option<Value>,
    success: Option<bool>,
    result: Option<Value>,
    error: Option<Fault>,
    #[serde(borrow)]
    error_type: Option<Text<'a>>,
    error_message: Option<String>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    status_code: Option<u16>,
    output_tokens: Option<u64>,
    input_tokens: Option<u64>,
    cache_read_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    token_limit: Option<u64>,
    current_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Fault {
    message: Option<String>,
}

impl Copilot {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let known = read!(line, Line<'_>, |read: Line<'_>| self.take(read, out));
        if !known.unwrap_or(false) {
            unknown(line, out);
        }
    }

    /// Whether the object is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = line.kind else { return false };
        let data = line.data.unwrap_or_default();
        // A sub-agent's words are no part of the answer.
        let aside = data.parent_tool_call_id.is_some();
        match kind.as_str() {
            "session.start" | "session.resume" => match data.session_id.or(line.session_id) {
                Some(id) => self.session(id, out),
                None => return false,
            },
            "assistant.message" => self.message(data, aside, out),
            "assistant.message_delta" | "assistant.reasoning_delta" => {
                let Some(text) = data.delta_content else { return false };
                let reasoning = aside || kind.as_str() == "assistant.reasoning_delta";
                out.push(Item::Delta { reasoning, text: text.into_string() });
            }
            "assistant.reasoning" => {
                let Some(text) = data.content else { return false };
                out.push(Item::Reasoning { text: text.into_string() });
            }
            "tool.execution_start" => {
                let (Some(id), Some(name)) = (data.tool_call_id, data.tool_name) else {
                    return false;
                };
                self.names.begin(id.as_str(), name.as_str());
                out.push(Item::ToolCall(ToolCall {
                    id: id.into_string(),
                    name: name.into_string(),
                    status: ToolStatus::Running,
                    input: data.arguments.unwrap_or_default(),
                    output: None,
                }));
            }
            "tool.execution_complete" => {
                let Some(id) = data.tool_call_id else { return false };
                let words = data.result.as_ref().and_then(|result| result.get("content"));
                let words = words.filter(|words| !words.is_null()).map(words_of);
                let words = words.or_else(|| data.error.and_then(|error| error.message));
                let ok = data.success.unwrap_or(true);
                out.push(Item::ToolCall(ToolCall {
                    name: self.names.end(id.as_str()),
                    id: id.into_string(),
                    status: if ok { ToolStatus::Done } else { ToolStatus::Failed },
                    input: Value::Null,
                    output: words.map(|words| cut(&words)),
                }));
            }
            "assistant.usage" => self.usage(&data, out),
            "model.call_failure" => {
                let message = data.error_message.unwrap_or_else(|| "the model's API failed".into());
                let code = data.error_type.as_ref().map(Text::as_str);
                let clues =
                    Clues { status: data.status_code, code, goes_on: true, resets_at: None };
                out.push(Item::Error(agent_error(
                    words_in(&message).as_deref().unwrap_or(&message),
                    &clues,
                )));
            }
            "session.error" => {
                let Some(message) = data.message else { return false };
                let code = data.error_type.as_ref().map(Text::as_str);
                let clues = Clues { status: data.status_code, code, ..Clues::default() };
                out.push(Item::Error(agent_error(message.as_str(), &clues)));
            }
            "session.context_changed" | "session.usage_info"
                if data.current_tokens.is_some() || data.token_limit.is_some() =>
            {
                self.used.context_tokens = data.current_tokens.or(self.used.context_tokens);
                self.used.context_window = data.token_limit.or(self.used.context_window);
                out.push(Item::Usage(self.used.clone()));
            }
            "result" => {
                if let Some(id) = line.session_id {
                    self.session(id, out);
                }
                let ok = line.exit_code.unwrap_or(0) == 0;
                out.push(Item::Ended { ok, text: self.last.clone().filter(|_| ok) });
            }
            silent if SILENT.contains(&silent) => {}
            _ => return false,
        }
        true
    }

    fn session(&mut self, id: Text<'_>, out: &mut Vec<Item>) {
        if self.session.as_deref() != Some(id.as_str()) {
            let id = id.into_string();
            self.session = Some(id.clone());
            out.push(Item::AgentSession { id });
        }
    }

    fn message(&mut self, data: Data<'_>, aside: bool, out: &mut Vec<Item>) {
        if let (Some(tokens), false) = (data.output_tokens, data.input_tokens.is_some()) {
            self.used.output_tokens += tokens;
            out.push(Item::Usage(self.used.clone()));
        }
        let text = data.content.map(Text::into_string).unwrap_or_default();
        if text.is_empty() {
        } else if aside {
            out.push(Item::Reasoning { text });
        } else {
            self.last = Some(text.clone());
            out.push(Item::Text { text });
        }
    }

    /// One call of the model: its input holds what was cached.
    fn usage(&mut self, data: &Data<'_>, out: &mut Vec<Item>) {
        let read = data.cache_read_tokens.unwrap_or(0);
        let written = data.cache_write_tokens.unwrap_or(0);
        let input = data.input_tokens.unwrap_or(0);
        self.used.input_tokens += input.saturating_sub(read + written);
        self.used.cache_read_tokens += read;
        self.used.cache_write_tokens += written;
        self.used.output_tokens += data.output_tokens.unwrap_or(0);
        self.used.context_tokens = Some(input + data.output_tokens.unwrap_or(0));
        out.push(Item::Usage(self.used.clone()));
    }
}

/// `message` of an API's error object, which copilot gives as text.
fn words_in(error: &str) -> Option<String> {
    let value: Value = serde_json::from_str(error).ok()?; // A plain text.
    value.get("message")?.as_str().map(ToOwned::to_owned)
}
