//! OpenAI's chat completions protocol (`POST /v1/chat/completions`).

use serde_json::{Value, json};

use super::{
    http::Event,
    script::{Answer, Conversation, Input, Tool, pieces},
};

/// Reads what the agent sent.
pub(super) fn conversation(body: &Value) -> Conversation {
    let mut read = Conversation::default();
    let list = |key: &str| body.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for tool in list("tools") {
        let Some(function) = tool.get("function") else { continue };
        let properties = function.pointer("/parameters/properties").and_then(Value::as_object);
        read.tools.push(Tool {
            name: function.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            is_custom: false,
            properties: properties.cloned().unwrap_or_default(),
        });
    }
    for message in list("messages") {
        match message.get("role").and_then(Value::as_str) {
            Some("user") => {
                read.prompt = content(&message);
                read.results = 0;
            }
            Some("tool") => read.results += 1,
            _ => {}
        }
    }
    read
}

/// The text of a message: a string, or a list of parts.
fn content(message: &Value) -> String {
    let part_text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(part_text).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The events of an answer, and the answer in one piece.
pub(super) fn render(answer: &Answer, id: &str, model: &Value) -> (Vec<Event>, Value) {
    let calls: Vec<Value> = answer
        .call
        .iter()
        .map(|call| {
            let arguments = match &call.input {
                Input::Arguments(value) => value.to_string(),
                Input::Text(text) => text.clone(),
            };
            json!({ "index": 0, "id": format!("call_{id}"), "type": "function",
                    "function": { "name": call.tool, "arguments": arguments } })
        })
        .collect();
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    let usage = json!({ "prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150 });
    let chunk = |choices: Value, usage: &Value| {
        let data = json!({ "id": format!("chatcmpl-{id}"), "object": "chat.completion.chunk",
                           "created": 0, "model": model, "choices": choices, "usage": usage });
        Event { name: None, data: data.to_string() }
    };
    let delta = |delta: Value, reason: Value| {
        chunk(json!([{ "index": 0, "delta": delta, "finish_reason": reason }]), &Value::Null)
    };
    let mut events = vec![delta(json!({ "role": "assistant", "content": "" }), Value::Null)];
    for piece in pieces(&answer.text) {
        events.push(delta(json!({ "content": piece }), Value::Null));
    }
    let mut message = json!({ "role": "assistant", "content": answer.text });
    if !calls.is_empty() {
        events.push(delta(json!({ "tool_calls": calls }), Value::Null));
        message["tool_calls"] = json!(calls);
    }
    events.push(delta(json!({}), json!(reason)));
    events.push(chunk(json!([]), &usage));
    events.push(Event { name: None, data: "[DONE]".to_owned() });
    let whole = json!({ "id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": 0,
                        "model": model, "usage": usage,
                        "choices": [{ "index": 0, "message": message, "finish_reason": reason }] });
    (events, whole)
}
