//! The lines of Claude Code's stream-json, as they are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::json::{ListOrText, Text, read, unknown};
use crate::agent::Item;

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) subtype: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) session_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) parent_tool_use_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) result: Option<Text<'a>>,
    pub(super) is_error: Option<bool>,
    #[serde(borrow, default)]
    pub(super) errors: Option<Vec<Text<'a>>>,
    /// Of a message that stands for an API error, and of a retry.
    #[serde(borrow)]
    pub(super) error: Option<Text<'a>>,
    pub(super) error_status: Option<u16>,
    pub(super) usage: Option<Tokens>,
    #[serde(rename = "modelUsage")]
    pub(super) model_usage: Option<BTreeMap<String, ModelTokens>>,
    pub(super) total_cost_usd: Option<f64>,
    #[serde(borrow)]
    pub(super) event: Option<StreamEvent<'a>>,
    pub(super) rate_limit_info: Option<RateLimit>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) content: ListOrText<'a, Block<'a>>,
    pub(super) usage: Option<Tokens>,
}

#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) input: Option<Value>,
    #[serde(borrow)]
    pub(super) tool_use_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) content: ListOrText<'a, Part<'a>>,
    pub(super) is_error: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Part<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Tokens {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelTokens {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) context_window: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct StreamEvent<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) delta: Option<Delta<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RateLimit {
    pub(super) status: Option<String>,
    pub(super) resets_at: Option<i64>,
}

impl Tokens {
    pub(super) fn context(&self) -> u64 {
        self.input_tokens.unwrap_or(0)
            + self.cache_read_input_tokens.unwrap_or(0)
            + self.cache_creation_input_tokens.unwrap_or(0)
    }
}

/// The line as a tree, and the blocks of its message.
pub(super) fn with_blocks(line: &[u8]) -> Option<(Value, Vec<Value>)> {
    let value: Value = read!(line, Value, |value| value)?;
    let blocks = value.get("message")?.get("content")?.as_array()?.clone();
    Some((value, blocks))
}

/// The line with nothing but its strange blocks, as an item of a kind that isn't known.
pub(super) fn rest(line: &[u8], strange: &[usize], out: &mut Vec<Item>) {
    let Some((mut value, blocks)) = with_blocks(line) else { return unknown(line, out) };
    let kept = strange.iter().filter_map(|at| blocks.get(*at).cloned()).collect();
    value["message"]["content"] = Value::Array(kept);
    unknown(value.to_string().as_bytes(), out);
}
