//! What an ACP agent offers: conversations to go on with, models, modes; and what it used.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::acp::Acp;
use super::talker::Step;
use crate::agent::Item;

/// What an agent offers. Models and modes are named in two ways: in fields of their own, and as options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Offers {
    pub(super) load: bool,
    pub(super) resume: bool,
    /// Whether it takes images.
    pub(super) image: bool,
    modes: Vec<String>,
    mode_option: Option<String>,
    /// The mode it is in.
    pub(super) mode: Option<String>,
    has_models: bool,
    model_option: Option<String>,
    /// The model that it works with.
    pub(super) model: Option<String>,
}

/// A method, and its parameters.
type Call = (&'static str, Value);

impl Offers {
    pub(super) fn of_initialize(answer: &Value) -> Self {
        let can = &answer["agentCapabilities"];
        Self {
            load: can["loadSession"] == true,
            resume: can["sessionCapabilities"]["resume"].is_object(),
            image: can["promptCapabilities"]["image"] == true,
            ..Self::default()
        }
    }

    pub(super) fn of_session(&mut self, answer: &Value) {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        if let Some(modes) = answer["modes"]["availableModes"].as_array() {
            self.modes = modes.iter().filter_map(|mode| text(&mode["id"])).collect();
            self.mode = text(&answer["modes"]["currentModeId"]);
        }
        if answer["models"]["availableModels"].is_array() {
            self.has_models = true;
            self.model = text(&answer["models"]["currentModelId"]);
        }
        for option in answer["configOptions"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let (Some(id), current) = (text(&option["id"]), text(&option["currentValue"])) else {
                continue;
            };
            match option["category"].as_str() {
                Some("mode") if self.modes.is_empty() => {
                    let values =
                        option["options"].as_array().map(Vec::as_slice).unwrap_or_default();
                    self.modes = values.iter().filter_map(|value| text(&value["value"])).collect();
                    self.mode = current;
                    self.mode_option = Some(id);
                }
                Some("model") if !self.has_models => {
                    self.model = current;
                    self.model_option = Some(id);
                }
                Some(_) | None => {}
            }
        }
    }

    /// What sets the mode; nothing when it is set already, an error when there is no such mode.
    pub(super) fn set_mode(&self, session: &str, mode: &str) -> Result<Option<Call>, ()> {
        if self.mode.as_deref() == Some(mode) {
            return Ok(None);
        }
        if !self.modes.iter().any(|offered| offered == mode) {
            return Err(());
        }
        Ok(Some(match &self.mode_option {
            Some(option) => set_option(session, option, mode),
            None => ("session/set_mode", json!({"sessionId": session, "modeId": mode})),
        }))
    }

    /// What sets the model; nothing when it is set already, an error when the agent offers no choice.
    pub(super) fn set_model(&self, session: &str, model: &str) -> Result<Option<Call>, ()> {
        if self.model.as_deref() == Some(model) {
            return Ok(None);
        }
        match &self.model_option {
            Some(option) => Ok(Some(set_option(session, option, model))),
            None if self.has_models => {
                let params = json!({"sessionId": session, "modelId": model});
                Ok(Some(("session/set_model", params)))
            }
            None => Err(()),
        }
    }
}

fn set_option(session: &str, option: &str, value: &str) -> Call {
    let params = json!({"sessionId": session, "configId": option, "value": value});
    ("session/set_config_option", params)
}

impl Acp {
    /// The turn's use, from its end: `usage` (a draft of the protocol), or what gemini says in `_meta`.
    pub(super) fn take_usage(&mut self, answer: &Value, out: &mut Step) {
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let usage = &answer["usage"];
        let count = &answer["_meta"]["quota"]["token_count"];
        if usage.is_object() {
            self.usage.input_tokens = number(&usage["inputTokens"]);
            self.usage.reasoning_tokens = number(&usage["thoughtTokens"]);
            self.usage.output_tokens = number(&usage["outputTokens"]) + self.usage.reasoning_tokens;
            self.usage.cache_read_tokens = number(&usage["cachedReadTokens"]);
            self.usage.cache_write_tokens = number(&usage["cachedWriteTokens"]);
        } else if count.is_object() {
            self.usage.input_tokens = number(&count["input_tokens"]);
            self.usage.output_tokens = number(&count["output_tokens"]);
        } else {
            return;
        }
        out.items.push(Item::Usage(self.usage.clone()));
    }
}
