//! What a turn cost.

use serde_json::Value;

/// Tokens and money of a turn, as the script says or a small sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// Tokens that the model read, those from its cache included.
    pub(crate) input: u64,
    /// Of these, from its cache.
    pub(crate) cached: u64,
    /// Tokens that the model wrote, without those it thought.
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
    /// In US dollars.
    pub(crate) cost: f64,
    /// The size of the context window, in tokens.
    pub(crate) window: u64,
}

impl Default for Usage {
    fn default() -> Self {
        Self { input: 120, cached: 20, output: 30, reasoning: 8, cost: 0.0125, window: 200_000 }
    }
}

impl Usage {
    /// The default with what `fields` says: `input`, `cached`, `output`, `reasoning`, `window`, `cost`.
    pub(crate) fn of(fields: &Value) -> Result<Self, String> {
        let mut usage = Self::default();
        for (name, value) in fields.as_object().into_iter().flatten() {
            let tokens = value.as_u64().ok_or_else(|| format!("{name} is no count: {value}"));
            match name.as_str() {
                "input" => usage.input = tokens?,
                "cached" => usage.cached = tokens?,
                "output" => usage.output = tokens?,
                "reasoning" => usage.reasoning = tokens?,
                "window" => usage.window = tokens?,
                "cost" => {
                    usage.cost = value.as_f64().ok_or_else(|| format!("{value} is no money"))?;
                }
                name => return Err(format!("usage knows no {name}")),
            }
        }
        Ok(usage)
    }

    pub(crate) fn total(&self) -> u64 {
        self.input + self.output + self.reasoning
    }
}
