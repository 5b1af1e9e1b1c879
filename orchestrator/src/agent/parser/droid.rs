//! Factory droid's `exec -o stream-json`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codex::words_of;
use super::json::{Names, Text, read, unknown};
use super::{Clues, agent_error};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Droid {
    session: Option<String>,
    names: Names,
    last: Option<String>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    subtype: Option<Text<'a>>,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(rename = "finalText", borrow)]
    final_text: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(rename = "toolName", borrow)]
    tool_name: Option<Text<'a>>,
    #[serde(rename = "toolId", borrow)]
    tool_id: Option<Text<'a>>,
    parameters: Option<Value>,
    value: Option<Value>,
    error: Option<Value>,
    #[serde(rename = "isError")]
    is_error: Option<bool>,
    #[serde(borrow)]
    source: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Tokens {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    thinking_tokens: Option<u64>,
}

impl Droid {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let known = read!(line, Line<'_>, |read: Line<'_>| self.take(read, out));
        if !known.unwrap_or(false) {
            unknown(line, out);
        }
    }

    /// Whether the line is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = &line.kind else { return false };
        match kind.as_str() {
            "system" => match line.subtype.as_ref().map(Text::as_str) {
                Some("init") => self.session(line.session_id, out),
                Some(_) | None => return false,
            },
            "message" => {
                let Some(text) = line.text else { return false };
                // The prompt is said back, too.
                if line.role.is_some_and(|role| role.as_str() == "assistant") {
                    self.say(text.into_string(), out);
                }
            }
            "reasoning" => {
                let Some(text) = line.text else { return false };
                out.push(Item::Reasoning { text: text.into_string() });
            }
            "tool_call" => {
                let (Some(id), Some(name)) = (line.id, line.tool_name.or(line.tool_id)) else {
                    return false;
                };
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
                let Some(id) = line.id else { return false };
                let failed = line.is_error == Some(true);
                let name = self.names.end(id.as_str());
                let given = line.tool_name.or(line.tool_id).map(Text::into_string);
                out.push(Item::ToolCall(ToolCall {
                    name: if name.is_empty() { given.unwrap_or_default() } else { name },
                    id: id.into_string(),
                    status: if failed { ToolStatus::Failed } else { ToolStatus::Done },
                    input: Value::Null,
                    output: line.value.or(line.error).as_ref().map(words_of),
                }));
            }
            "completion" => {
                self.session(line.session_id, out);
                let text = line.final_text.map(Text::into_string).filter(|text| !text.is_empty());
                if let Some(text) = &text
                    && self.last.as_ref() != Some(text)
                {
                    self.say(text.clone(), out);
                }
                if let Some(usage) = line.usage {
                    out.push(Item::Usage(usage.into()));
                }
                out.push(Item::Ended { ok: true, text });
            }
            "error" => {
                let Some(message) = line.message else { return false };
                let code = line.source.as_ref().map(Text::as_str);
                let clues = Clues { code, ..Clues::default() };
                out.push(Item::Error(agent_error(message.as_str(), &clues)));
                out.push(Item::Ended { ok: false, text: None });
            }
            _ => return false,
        }
        true
    }

    fn session(&mut self, id: Option<Text<'_>>, out: &mut Vec<Item>) {
        if let Some(id) = id
            && self.session.as_deref() != Some(id.as_str())
        {
            let id = id.into_string();
            self.session = Some(id.clone());
            out.push(Item::AgentSession { id });
        }
    }

    fn say(&mut self, text: String, out: &mut Vec<Item>) {
        if !text.is_empty() {
            self.last = Some(text.clone());
            out.push(Item::Text { text });
        }
    }
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let reasoning_tokens = tokens.thinking_tokens.unwrap_or(0);
        Self {
            input_tokens: tokens.input_tokens.unwrap_or(0),
            output_tokens: tokens.output_tokens.unwrap_or(0) + reasoning_tokens,
            cache_read_tokens: tokens.cache_read_input_tokens.unwrap_or(0),
            cache_write_tokens: tokens.cache_creation_input_tokens.unwrap_or(0),
            reasoning_tokens,
            ..Self::default()
        }
    }
}
