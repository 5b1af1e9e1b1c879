//! What a turn has used.

use crate::json::{Change, Object, Value, edit, number, write};

/// What a turn has used: tokens, and what they cost. What isn't said is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageStats {
    /// Tokens that were sent, without those of a cache.
    pub input_tokens: Option<f64>,
    /// Tokens that came back.
    pub output_tokens: Option<f64>,
    /// Tokens that were read from a cache.
    pub cache_read_input_tokens: Option<f64>,
    /// Tokens that were put into a cache.
    pub cache_creation_input_tokens: Option<f64>,
    /// Dollars.
    pub total_cost_usd: Option<f64>,
    /// The model's context window in tokens.
    pub context_window: Option<f64>,
    /// Tokens of thought, which are among those that came back.
    pub reasoning_tokens: Option<f64>,
}

impl UsageStats {
    /// Reads an object; `None` when it is something else.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let object = Object::parse(raw).ok()?;
        let mut usage = Self::default();
        for member in &object.members {
            let value = number(object.raw(member));
            match member.key.as_str() {
                "inputTokens" => usage.input_tokens = value,
                "outputTokens" => usage.output_tokens = value,
                "cacheReadInputTokens" => usage.cache_read_input_tokens = value,
                "cacheCreationInputTokens" => usage.cache_creation_input_tokens = value,
                "totalCostUsd" => usage.total_cost_usd = value,
                "contextWindow" => usage.context_window = value,
                "reasoningTokens" => usage.reasoning_tokens = value,
                _ => {}
            }
        }
        Some(usage)
    }

    fn fields(&self) -> [(&'static str, Option<f64>); 7] {
        [
            ("inputTokens", self.input_tokens),
            ("outputTokens", self.output_tokens),
            ("cacheReadInputTokens", self.cache_read_input_tokens),
            ("cacheCreationInputTokens", self.cache_creation_input_tokens),
            ("totalCostUsd", self.total_cost_usd),
            ("contextWindow", self.context_window),
            ("reasoningTokens", self.reasoning_tokens),
        ]
    }

    /// Writes it; over `raw`, whose other bytes stay, when that is an object.
    pub(crate) fn written(&self, raw: Option<&[u8]>) -> Vec<u8> {
        let (object, was) = match raw.map(|raw| (Object::parse(raw), Self::parse(raw))) {
            Some((Ok(object), Some(was))) => (object, was),
            Some((Ok(_) | Err(_), _)) | None => match Object::parse(b"{}") {
                Ok(empty) => (empty, Self::default()),
                Err(_) => return b"{}".to_vec(),
            },
        };
        let changes: Vec<_> = self
            .fields()
            .into_iter()
            .zip(was.fields())
            .filter(|(now, was)| now != was)
            .map(|((key, now), _)| (key, now.map_or(Change::Remove, set)))
            .collect();
        edit(&object, &changes)
    }
}

fn set(number: f64) -> Change {
    let mut out = Vec::new();
    write(Value::Number(number), &mut out);
    Change::Set(out)
}
