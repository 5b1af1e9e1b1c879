//! Gemini CLI's stream-json.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex::words_of;
use super::json::{Names, Text, read, unknown};
use super::{Clues, agent_error, cut};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Gemini {
    /// The answer's piece that is being written.
    piece: String,
    last: Option<String>,
    names: Names,
    /// An error that was told already, so that the result doesn't tell it again.
    told: Option<String>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    delta: Option<bool>,
    #[serde(borrow)]
    tool_name: Option<Text<'a>>,
    #[serde(borrow)]
    tool_id: Option<Text<'a>>,
    parameters: Option<Value>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    output: Option<Value>,
    #[serde(borrow)]
    error: Option<Fault<'a>>,
    #[serde(borrow)]
    severity: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Fault<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Stats {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cached: Option<u64>,
}

impl Gemini {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let known = read!(line, Line<'_>, |read: Line<'_>| self.take(read, out));
        if !known.unwrap_or(false) {
            unknown(line, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Item>) {
        self.say(out);
    }

    /// Whether the line is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = &line.kind else { return false };
        if kind.as_str() != "message" {
            self.say(out);
        }
        match kind.as_str() {
            "init" => {
                let Some(id) = line.session_id else { return false };
                out.push(Item::AgentSession { id: id.into_string() });
            }
            "message" => return self.message(line, out),
            "tool_use" => {
                let (Some(id), Some(name)) = (line.tool_id, line.tool_name) else { return false };
                self.names.begin(id.as_str(), name.as_str());
                out.push(Item::ToolCall(ToolCall {
                    id: id.into_string(),
                    name: name.into_string(),
                    status: ToolStatus::Running,
                    input: line.parameters.unwrap_or_default(),
                    output: None,
                }));
            }
            "tool_result" => {
                let Some(id) = line.tool_id else { return false };
                let failed = line.status.is_some_and(|status| status.as_str() != "success");
                let words = line.output.as_ref().map(words_of);
                let error = || line.error.and_then(|error| error.message).map(Text::into_string);
                out.push(Item::ToolCall(ToolCall {
                    name: self.names.end(id.as_str()),
                    id: id.into_string(),
                    status: if failed { ToolStatus::Failed } else { ToolStatus::Done },
                    input: Value::Null,
                    output: words.or_else(|| error().map(|words| cut(&words))),
                }));
            }
            "error" => {
                let goes_on = line.severity.is_some_and(|severity| severity.as_str() == "warning");
                let Some(message) = line.message else { return false };
                let clues = Clues { goes_on, ..Clues::default() };
                out.push(Item::Error(agent_error(message.as_str(), &clues)));
                self.told = Some(message.into_string());
            }
            "result" => self.result(line, out),
            _ => return false,
        }
        true
    }

    fn message(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(text) = line.content else { return false };
        match line.role.as_ref().map(Text::as_str) {
            Some("assistant") if line.delta == Some(true) => {
                self.piece.push_str(text.as_str());
                out.push(Item::Delta { reasoning: false, text: text.into_string() });
            }
            Some("assistant") => {
                self.say(out);
                self.piece = text.into_string();
                self.say(out);
            }
            // The prompt, said back.
            Some("user") => self.say(out),
            Some(_) | None => return false,
        }
        true
    }

    fn say(&mut self, out: &mut Vec<Item>) {
        let text = std::mem::take(&mut self.piece);
        if !text.is_empty() {
            self.last = Some(text.clone());
            out.push(Item::Text { text });
        }
    }

    fn result(&mut self, line: Line<'_>, out: &mut Vec<Item>) {
        if let Some(stats) = line.stats {
            let cached = stats.cached.unwrap_or(0);
            out.push(Item::Usage(Usage {
                input_tokens: stats.input_tokens.unwrap_or(0).saturating_sub(cached),
                output_tokens: stats.output_tokens.unwrap_or(0),
                cache_read_tokens: cached,
                ..Usage::default()
            }));
        }
        let ok = line.status.is_none_or(|status| status.as_str() == "success");
        if let Some(error) = line.error {
            let message = error.message.map(Text::into_string).unwrap_or_default();
            if self.told.as_ref() != Some(&message) {
                let code = error.kind.as_ref().map(Text::as_str);
                let clues = Clues { code, ..Clues::default() };
                out.push(Item::Error(agent_error(&message, &clues)));
            }
        }
        out.push(Item::Ended { ok, text: self.last.clone().filter(|_| ok) });
    }
}
