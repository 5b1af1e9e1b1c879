//! Gemini's protocol (`POST /v1beta/models/MODEL:generateContent` and `:streamGenerateContent`).

use serde_json::{Value, json};

use super::{
    http::Event,
    script::{Answer, Conversation, Input, Tool, pieces},
};

/// The model and whether the answer is streamed, when a path is one of this protocol.
pub(super) fn target(path: &str) -> Option<(&str, bool)> {
    let (model, method) = path.strip_prefix("/v1beta/models/")?.split_once(':')?;
    match method {
        "generateContent" => Some((model, false)),
        "streamGenerateContent" => Some((model, true)),
        _ => None,
    }
}

/// Reads what the agent sent.
pub(super) fn conversation(body: &Value) -> Conversation {
    let mut read = Conversation::default();
    for function in list(body, "tools").iter().flat_map(|tool| list(tool, "functionDeclarations")) {
        let schema =
            ["parametersJsonSchema", "parameters"].iter().find_map(|key| function.get(key));
        let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
        read.tools.push(Tool {
            name: text(function, "name"),
            is_custom: false,
            properties: properties.cloned().unwrap_or_default(),
        });
    }
    for content in list(body, "contents") {
        let parts = list(content, "parts");
        let results = parts.iter().filter(|part| part.get("functionResponse").is_some()).count();
        if results > 0 {
            read.results += results;
        } else if text(content, "role") == "user" {
            read.prompt =
                parts.iter().map(|part| text(part, "text")).collect::<Vec<_>>().join("\n");
            read.results = 0;
        }
    }
    read
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The events of an answer, and the answer in one piece.
pub(super) fn render(answer: &Answer, id: &str, model: &Value) -> (Vec<Event>, Value) {
    let usage =
        json!({ "promptTokenCount": 120, "candidatesTokenCount": 30, "totalTokenCount": 150 });
    let part = |parts: Value, reason: Option<&str>| {
        let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": parts } });
        if let Some(reason) = reason {
            candidate["finishReason"] = json!(reason);
        }
        json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": model,
                "responseId": id })
    };
    let call = answer.call.as_ref().map(|call| {
        let arguments = match &call.input {
            Input::Arguments(value) => value.clone(),
            Input::Text(text) => json!({ "input": text }),
        };
        json!({ "functionCall": { "id": format!("call_{id}"), "name": call.tool, "args": arguments } })
    });
    let event = |data: Value| Event { name: None, data: data.to_string() };
    let mut events: Vec<Event> = pieces(&answer.text)
        .into_iter()
        .map(|piece| event(part(json!([{ "text": piece }]), None)))
        .collect();
    // The last one says why it ends; a part without text would be taken for an empty answer.
    let last = call.clone().unwrap_or_else(|| json!({ "text": "" }));
    events.push(event(part(json!([last]), Some("STOP"))));
    let mut parts = vec![json!({ "text": answer.text })];
    parts.extend(call);
    (events, part(json!(parts), Some("STOP")))
}

/// An error as this protocol says it.
pub(super) fn error(code: u16, status: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "status": status, "message": message } })
}
