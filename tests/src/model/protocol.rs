//! The protocols in which agents ask a model.

use serde_json::{Value, json};

use super::{
    chat, gemini,
    http::{Event, Request},
    responses,
    script::{Answer, Conversation},
};

/// In which protocol an agent asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocol {
    Responses,
    Chat,
    Gemini { is_stream: bool },
}

impl Protocol {
    /// None when nobody asks a model there.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if request.method != "POST" {
            return None;
        }
        match request.path.as_str() {
            "/v1/responses" => Some(Self::Responses),
            "/v1/chat/completions" => Some(Self::Chat),
            path => gemini::target(path).map(|(_, is_stream)| Self::Gemini { is_stream }),
        }
    }

    pub(super) fn conversation(self, body: &Value) -> Conversation {
        match self {
            Self::Responses => responses::conversation(body),
            Self::Chat => chat::conversation(body),
            Self::Gemini { .. } => gemini::conversation(body),
        }
    }

    /// The events of an answer, and the answer in one piece.
    pub(super) fn render(
        self,
        answer: &Answer,
        id: &str,
        request: &Request,
    ) -> (Vec<Event>, Value) {
        let model = &request.body["model"];
        match self {
            Self::Responses => responses::render(answer, id, model),
            Self::Chat => chat::render(answer, id, model),
            Self::Gemini { .. } => {
                let model = gemini::target(&request.path).map_or("", |(model, _)| model);
                gemini::render(answer, id, &json!(model))
            }
        }
    }

    pub(super) fn is_stream(self, body: &Value) -> bool {
        match self {
            Self::Responses | Self::Chat => body["stream"] == true,
            Self::Gemini { is_stream } => is_stream,
        }
    }

    pub(super) fn rate_limit(self) -> Value {
        let message = "too many requests, says the mock";
        match self {
            Self::Responses | Self::Chat => {
                json!({ "error": { "message": message, "type": "rate_limit_exceeded",
                                   "code": "rate_limit_exceeded" } })
            }
            Self::Gemini { .. } => gemini::error(429, "RESOURCE_EXHAUSTED", message),
        }
    }

    pub(super) fn failure(self, message: &str) -> Value {
        match self {
            Self::Responses | Self::Chat => error(message),
            Self::Gemini { .. } => gemini::error(500, "INTERNAL", message),
        }
    }
}

/// An error as OpenAI's servers say it.
pub(super) fn error(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "server_error" } })
}
