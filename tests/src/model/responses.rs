//! OpenAI's Responses protocol (`POST /v1/responses`).

use serde_json::{Value, json};

use super::{
    http::Event,
    script::{Answer, Call, Conversation, Input, Tool, pieces},
};

/// Reads what the agent sent.
pub(super) fn conversation(body: &Value) -> Conversation {
    let mut read = Conversation::default();
    for tool in list(body, "tools") {
        read.tools.push(Tool {
            name: text(tool, "name"),
            is_custom: tool.get("type").is_some_and(|kind| kind == "custom"),
            properties: tool
                .pointer("/parameters/properties")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        });
    }
    if let Some(prompt) = body.get("input").and_then(Value::as_str) {
        read.prompt = prompt.to_owned();
    }
    for item in list(body, "input") {
        if item.get("role").is_some_and(|role| role == "user") {
            let parts = list(item, "content").iter().map(|part| text(part, "text"));
            read.prompt = parts.chain([text(item, "content")]).collect::<Vec<_>>().join("\n");
            read.results = 0;
        } else if text(item, "type").ends_with("_call_output") {
            read.results += 1;
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

/// The items of an answer, each with the events that lead to it.
struct Output {
    events: Vec<Event>,
    items: Vec<Value>,
}

impl Output {
    /// One event about the item that comes next.
    fn event(&mut self, name: &'static str, mut data: Value) {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), json!(name));
            fields.insert("output_index".to_owned(), json!(self.items.len()));
        }
        self.events.push(Event { name: Some(name), data: data.to_string() });
    }

    fn finish_item(&mut self, item: Value) {
        self.event("response.output_item.done", json!({ "item": item }));
        self.items.push(item);
    }

    fn reasoning(&mut self, id: &str, summary: &str) {
        let id = format!("rs_{id}");
        self.event(
            "response.output_item.added",
            json!({ "item": { "type": "reasoning", "id": id, "summary": [] } }),
        );
        let part = json!({ "type": "summary_text", "text": "" });
        self.event(
            "response.reasoning_summary_part.added",
            json!({ "item_id": id, "summary_index": 0, "part": part }),
        );
        for piece in pieces(summary) {
            self.event(
                "response.reasoning_summary_text.delta",
                json!({ "item_id": id, "summary_index": 0, "delta": piece }),
            );
        }
        let part = json!({ "type": "summary_text", "text": summary });
        self.finish_item(json!({ "type": "reasoning", "id": id, "summary": [part] }));
    }

    fn message(&mut self, id: &str, text: &str) {
        let id = format!("msg_{id}");
        let item = |status: &str, content: Value| {
            json!({ "type": "message", "id": id, "role": "assistant", "status": status,
                    "content": content })
        };
        self.event("response.output_item.added", json!({ "item": item("in_progress", json!([])) }));
        for piece in pieces(text) {
            self.event(
                "response.output_text.delta",
                json!({ "item_id": id, "content_index": 0, "delta": piece }),
            );
        }
        self.event(
            "response.output_text.done",
            json!({ "item_id": id, "content_index": 0, "text": text }),
        );
        let part = json!({ "type": "output_text", "text": text, "annotations": [] });
        self.finish_item(item("completed", json!([part])));
    }

    fn call(&mut self, id: &str, call: &Call) {
        let (kind, key, value) = match &call.input {
            Input::Arguments(value) => ("function_call", "arguments", value.to_string()),
            Input::Text(value) => ("custom_tool_call", "input", value.clone()),
        };
        let item = |value: &str| {
            json!({ "type": kind, "id": format!("fc_{id}"), "call_id": format!("call_{id}"),
                    "name": call.tool, key: value })
        };
        self.event("response.output_item.added", json!({ "item": item("") }));
        self.finish_item(item(&value));
    }
}

/// The events of an answer, and the whole response, which the last one holds.
pub(super) fn render(answer: &Answer, id: &str, model: &Value) -> (Vec<Event>, Value) {
    let response = |status: &str, items: &[Value], usage: Value| {
        json!({ "id": format!("resp_{id}"), "object": "response", "status": status, "model": model,
                "output": items, "usage": usage })
    };
    let begin = json!({ "type": "response.created",
                        "response": response("in_progress", &[], Value::Null) });
    let first = Event { name: Some("response.created"), data: begin.to_string() };
    let mut output = Output { events: vec![first], items: Vec::new() };
    if let Some(summary) = answer.reasoning {
        output.reasoning(id, summary);
    }
    output.message(id, &answer.text);
    if let Some(call) = &answer.call {
        output.call(id, call);
    }
    let usage = json!({
        "input_tokens": 120, "input_tokens_details": { "cached_tokens": 20 },
        "output_tokens": 30, "output_tokens_details": { "reasoning_tokens": 8 },
        "total_tokens": 150,
    });
    let whole = response("completed", &output.items, usage);
    let end = json!({ "type": "response.completed", "response": whole });
    output.events.push(Event { name: Some("response.completed"), data: end.to_string() });
    (output.events, whole)
}
