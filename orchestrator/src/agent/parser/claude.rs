//! Claude Code's stream-json.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claude_line::{Block, Line, Message, ModelTokens, Part, Tokens, rest, with_blocks};
use super::error::at_second;
use super::json::{ListOrText, Names, Text, read, unknown};
use super::{Clues, agent_error, cut};
use crate::agent::{Item, ToolCall, ToolStatus, Usage};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Claude {
    session: Option<String>,
    names: Names,
    /// Tokens in the context, as of the last message.
    context: Option<u64>,
    /// Whether a text was said that the result would only repeat.
    said: bool,
    /// An error that was told already, so that the result doesn't tell it again.
    told: Option<String>,
    /// When the used-up limit ends.
    resets_at: Option<Timestamp>,
}

impl Claude {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        match read!(line, Line<'_>, |read: Line<'_>| self.take(read, out)) {
            Some(Known::All) => {}
            Some(Known::AllBut(strange)) => rest(line, &strange, out),
            Some(Known::Nothing) => unknown(line, out),
            None => self.in_parts(line, out),
        }
    }

    /// A line that can't be read as a whole: a block of another shape costs no more than itself.
    fn in_parts(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let Some((mut value, blocks)) = with_blocks(line) else { return unknown(line, out) };
        let (good, strange): (Vec<usize>, Vec<usize>) =
            (0..blocks.len()).partition(|at| Block::deserialize(&blocks[*at]).is_ok());
        let kept = good.iter().map(|at| blocks[*at].clone()).collect();
        value["message"]["content"] = Value::Array(kept);
        let known = if strange.is_empty() || good.is_empty() {
            None
        } else {
            // What is strange elsewhere in the line is kept with all of it.
            Line::deserialize(&value).ok().map(|read| self.take(read, out))
        };
        match known {
            Some(Known::All) => rest(line, &strange, out),
            Some(Known::AllBut(more)) => {
                let more = more.iter().filter_map(|at| good.get(*at).copied());
                rest(line, &strange.into_iter().chain(more).collect::<Vec<_>>(), out);
            }
            Some(Known::Nothing) | None => unknown(line, out),
        }
    }

    /// How much of the line is of a kind that is understood.
    fn take(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> Known {
        let is = |kind: &str| line.kind.as_ref().is_some_and(|own| own.as_str() == kind);
        if is("assistant") {
            self.assistant(line, out)
        } else if is("user") {
            self.user(line, out)
        } else if self.other(line, out) {
            Known::All
        } else {
            Known::Nothing
        }
    }

    fn other(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(kind) = &line.kind else { return false };
        match kind.as_str() {
            "stream_event" => stream_event(line, out),
            "result" => self.result(line, out),
            "rate_limit_event" => self.rate_limit(line, out),
            "system" => match line.subtype.as_ref().map(Text::as_str) {
                Some("init") => {
                    self.session(line.session_id, out);
                    true
                }
                Some("api_retry") => {
                    let code = line.error.as_ref().map(Text::as_str);
                    let message = match line.error_status {
                        Some(status) => {
                            format!("the API answered with status {status}; trying again")
                        }
                        None => "the API failed; trying again".to_owned(),
                    };
                    let clues = Clues {
                        status: line.error_status,
                        code,
                        goes_on: true,
                        ..Clues::default()
                    };
                    out.push(Item::Error(agent_error(&message, &clues)));
                    true
                }
                Some(_) | None => false,
            },
            _ => false,
        }
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

    fn assistant(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> Known {
        let Some(message) = line.message else { return Known::Nothing };
        // What a sub-agent says is no part of the answer; it is thought aloud.
        let aside = line.parent_tool_use_id.is_some();
        if let (Some(usage), false) = (&message.usage, aside) {
            let context = usage.context();
            self.context = (context > 0).then_some(context).or(self.context);
        }
        // Words of the CLI itself in the place of the model's: an error, when the line says so.
        let synthetic = message.model.as_ref().is_some_and(|model| model.as_str() == "<synthetic>");
        let error = line.error.filter(|_| synthetic);
        let blocks = match message.content {
            ListOrText::List(blocks) => blocks,
            ListOrText::Text(text) => {
                self.say(text.into_string(), aside, error.as_ref(), out);
                return Known::All;
            }
            ListOrText::Other => return Known::Nothing,
        };
        let count = blocks.len();
        let mut strange = Vec::new();
        for (at, block) in blocks.into_iter().enumerate() {
            match (block.kind.as_ref().map(Text::as_str), block.text, block.thinking) {
                (Some("text"), Some(text), _) => {
                    self.say(text.into_string(), aside, error.as_ref(), out);
                }
                (Some("thinking"), _, Some(text)) => {
                    if !text.as_str().is_empty() {
                        out.push(Item::Reasoning { text: text.into_string() });
                    }
                }
                (Some("redacted_thinking"), _, _) => {}
                (Some("tool_use" | "server_tool_use" | "mcp_tool_use"), _, _) => {
                    let (Some(id), Some(name)) = (block.id, block.name) else {
                        strange.push(at);
                        continue;
                    };
                    self.names.begin(id.as_str(), name.as_str());
                    out.push(Item::ToolCall(ToolCall {
                        id: id.into_string(),
                        name: name.into_string(),
                        status: ToolStatus::Running,
                        input: block.input.unwrap_or_default(),
                        output: None,
                    }));
                }
                _ => strange.push(at),
            }
        }
        Known::of(count, strange)
    }

    fn say(&mut self, text: String, aside: bool, error: Option<&Text<'_>>, out: &mut Vec<Item>) {
        if text.is_empty() {
        } else if let Some(code) = error {
            let code = Some(code.as_str());
            let clues = Clues { code, resets_at: self.resets_at, ..Clues::default() };
            out.push(Item::Error(agent_error(&text, &clues)));
            self.told = Some(text);
        } else if aside {
            out.push(Item::Reasoning { text });
        } else {
            self.said = true;
            out.push(Item::Text { text });
        }
    }

    fn user(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> Known {
        let Some(Message { content: ListOrText::List(blocks), .. }) = line.message else {
            return Known::Nothing;
        };
        if blocks.is_empty() {
            return Known::Nothing;
        }
        let count = blocks.len();
        let mut strange = Vec::new();
        for (at, block) in blocks.into_iter().enumerate() {
            let Some(id) = block.tool_use_id else {
                strange.push(at);
                continue;
            };
            let failed = block.is_error == Some(true);
            out.push(Item::ToolCall(ToolCall {
                name: self.names.end(id.as_str()),
                id: id.into_string(),
                status: if failed { ToolStatus::Failed } else { ToolStatus::Done },
                input: Value::Null,
                output: output(block.content),
            }));
        }
        Known::of(count, strange)
    }

    fn result(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        self.session(line.session_id, out);
        self.usage(line.usage, line.model_usage, line.total_cost_usd, out);
        let subtype = line.subtype.as_ref().map(Text::as_str).unwrap_or_default();
        let failed = line.is_error.unwrap_or(false) || subtype.starts_with("error");
        let text = line.result.map(Text::into_string).filter(|text| !text.is_empty());
        if failed {
            let errors = line.errors.unwrap_or_default();
            let errors: Vec<&str> = errors.iter().map(Text::as_str).collect();
            let message = match (&text, errors.as_slice()) {
                (Some(text), _) => text.clone(),
                (None, []) => format!("it ended with {subtype}"),
                (None, errors) => errors.join("; "),
            };
            if self.told.as_ref() != Some(&message) {
                let clues = Clues { resets_at: self.resets_at, ..Clues::default() };
                out.push(Item::Error(agent_error(&message, &clues)));
            }
            out.push(Item::Ended { ok: false, text: None });
            return true;
        }
        if let (Some(text), false) = (&text, self.said) {
            out.push(Item::Text { text: text.clone() });
        }
        out.push(Item::Ended { ok: true, text });
        true
    }

    /// `usage` counts this turn. `modelUsage` may count the process or more, and side calls of small models: it gives the
    /// window, and stands in where there is no `usage`.
    fn usage(
        &self,
        usage: Option<Tokens>,
        models: Option<BTreeMap<String, ModelTokens>>,
        cost: Option<f64>,
        out: &mut Vec<Item>,
    ) {
        let models = models.unwrap_or_default();
        let most = |field: fn(&ModelTokens) -> Option<u64>| models.values().filter_map(field).max();
        let tokens = usage.unwrap_or_else(|| Tokens {
            input_tokens: most(|model| model.input_tokens),
            output_tokens: most(|model| model.output_tokens),
            cache_read_input_tokens: most(|model| model.cache_read_input_tokens),
            cache_creation_input_tokens: most(|model| model.cache_creation_input_tokens),
        });
        out.push(Item::Usage(Usage {
            input_tokens: tokens.input_tokens.unwrap_or(0),
            output_tokens: tokens.output_tokens.unwrap_or(0),
            cache_read_tokens: tokens.cache_read_input_tokens.unwrap_or(0),
            cache_write_tokens: tokens.cache_creation_input_tokens.unwrap_or(0),
            reasoning_tokens: 0,
            cost_usd: cost,
            context_window: most(|model| model.context_window),
            context_tokens: self.context,
        }));
    }

    fn rate_limit(&mut self, line: Line<'_>, out: &mut Vec<Item>) -> bool {
        let Some(info) = line.rate_limit_info else { return false };
        if info.status.as_deref() == Some("rejected") {
            self.resets_at = info.resets_at.and_then(at_second);
            let clues =
                Clues { code: Some("rate_limit"), resets_at: self.resets_at, ..Clues::default() };
            out.push(Item::Error(agent_error("the account's usage limit is reached", &clues)));
        }
        true
    }
}

/// How much of a line is understood.
enum Known {
    All,
    /// All but the blocks of those numbers.
    AllBut(Vec<usize>),
    Nothing,
}

impl Known {
    fn of(count: usize, strange: Vec<usize>) -> Self {
        match strange.len() {
            0 => Self::All,
            all if all == count => Self::Nothing,
            _ => Self::AllBut(strange),
        }
    }
}

fn stream_event(line: Line<'_>, out: &mut Vec<Item>) -> bool {
    let Some(event) = line.event else { return false };
    let aside = line.parent_tool_use_id.is_some();
    if let (Some("content_block_delta"), Some(delta)) =
        (event.kind.as_ref().map(Text::as_str), event.delta)
    {
        if let Some(text) = delta.text {
            out.push(Item::Delta { reasoning: aside, text: text.into_string() });
        } else if let Some(text) = delta.thinking {
            out.push(Item::Delta { reasoning: true, text: text.into_string() });
        }
    }
    true
}

fn output(content: ListOrText<'_, Part<'_>>) -> Option<String> {
    match content {
        ListOrText::Text(text) => Some(cut(text.as_str())),
        ListOrText::List(parts) => {
            let mut text = String::new();
            for part in &parts {
                if !text.is_empty() {
                    text.push('\n');
                }
                match (&part.text, &part.kind) {
                    (Some(part), _) => text.push_str(part.as_str()),
                    (None, Some(kind)) => text.push_str(&format!("[{}]", kind.as_str())),
                    (None, None) => {}
                }
            }
            Some(cut(&text))
        }
        ListOrText::Other => None,
    }
}
