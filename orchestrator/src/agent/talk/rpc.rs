//! JSON-RPC 2.0, one message a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::talker::{Message, Step};
use crate::agent::parser::repaired;

/// What an agent sent.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    Answer { id: u64, result: Result<Value, Fault> },
    Request { id: Value, method: String, params: Value },
    Notification { method: String, params: Value },
}

/// A JSON-RPC error object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    pub code: i64,
    pub message: String,
    pub data: Value,
}

impl Fault {
    /// Its message, and what `data` adds to it.
    pub(super) fn words(&self) -> String {
        let details = ["details", "message", "error"]
            .iter()
            .find_map(|key| self.data.get(key)?.as_str())
            .or_else(|| self.data.as_str());
        match details {
            Some(details) if details != self.message => format!("{}: {details}", self.message),
            Some(_) | None => self.message.clone(),
        }
    }
}

/// Reads a line; `None` when it isn't a message that we could act on.
pub(super) fn read(line: &[u8]) -> Option<Incoming> {
    #[derive(Deserialize)]
    struct Line {
        id: Option<Value>,
        method: Option<String>,
        #[serde(default)]
        params: Value,
        #[serde(default, deserialize_with = "present")]
        result: Option<Value>,
        error: Option<Fault>,
    }
    // `null` is a result, too.
    fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(value).map(Some)
    }
    let line: Line = match serde_json::from_slice(line) {
        Ok(line) => line,
        // Neither as it is nor mended is it a message: the caller keeps the line.
        Err(_) => serde_json::from_str(&repaired(line)?).ok()?,
    };
    match (line.method, line.id) {
        (Some(method), Some(id)) if !id.is_null() => {
            Some(Incoming::Request { id, method, params: line.params })
        }
        (Some(method), _) => Some(Incoming::Notification { method, params: line.params }),
        (None, Some(id)) => {
            let id = id.as_u64()?;
            let result = match (line.error, line.result) {
                (Some(fault), _) => Err(fault),
                (None, result) => Ok(result.unwrap_or_default()),
            };
            Some(Incoming::Answer { id, result })
        }
        (None, None) => None,
    }
}

/// Our side of the line: numbers messages and requests, and knows which requests wait for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Caller<What> {
    messages: u64,
    requests: u64,
    open: BTreeMap<u64, What>,
    /// `"jsonrpc":"2.0"` stands in each message.
    versioned: bool,
}

impl<What> Caller<What> {
    pub(super) fn new() -> Self {
        Self { messages: 0, requests: 0, open: BTreeMap::new(), versioned: true }
    }

    pub(super) fn request(
        &mut self,
        what: What,
        method: &str,
        params: Value,
        out: &mut Step,
    ) -> u64 {
        self.requests += 1;
        let id = self.requests;
        self.open.insert(id, what);
        self.send(json!({"id": id, "method": method, "params": params}), out);
        id
    }

    pub(super) fn notify(&mut self, method: &str, params: Value, out: &mut Step) {
        let message = match params {
            Value::Null => json!({"method": method}),
            params => json!({"method": method, "params": params}),
        };
        self.send(message, out);
    }

    pub(super) fn answer(&mut self, id: &Value, result: Value, out: &mut Step) {
        self.send(json!({"id": id, "result": result}), out);
    }

    pub(super) fn refuse(&mut self, id: &Value, code: i64, message: &str, out: &mut Step) {
        self.send(json!({"id": id, "error": {"code": code, "message": message}}), out);
    }

    /// What an answer is to; `None` when nobody asked.
    pub(super) fn answered(&mut self, id: u64) -> Option<What> {
        self.open.remove(&id)
    }

    fn send(&mut self, mut message: Value, out: &mut Step) {
        if let (Value::Object(fields), true) = (&mut message, self.versioned) {
            fields.insert("jsonrpc".into(), "2.0".into());
        }
        self.messages += 1;
        out.send.push(Message { number: self.messages, line: format!("{message}\n").into_bytes() });
    }
}

/// JSON-RPC 2.0, 5.1.
pub(super) const METHOD_NOT_FOUND: i64 = -32601;
pub(super) const INVALID_PARAMS: i64 = -32602;
