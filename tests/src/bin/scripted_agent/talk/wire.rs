use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{halt::Halt, out};

/// The side of a conversation that the agent writes.
#[derive(Debug)]
pub(super) struct Wire {
    /// codex leaves `"jsonrpc": "2.0"` out.
    says_version: bool,
    next_id: AtomicU64,
}

impl Wire {
    pub(super) fn new(says_version: bool) -> Self {
        Self { says_version, next_id: AtomicU64::new(0) }
    }

    fn send(&self, message: Value) -> io::Result<()> {
        if self.says_version {
            return out::line(&out::first("jsonrpc", "2.0", message));
        }
        out::line(&message)
    }

    pub(super) fn notify(&self, method: &str, params: Value) -> io::Result<()> {
        self.send(json!({ "method": method, "params": params }))
    }

    pub(super) fn reply(&self, id: &Value, result: Reply) -> io::Result<()> {
        self.send(match result {
            Ok(result) => json!({ "id": id, "result": result }),
            Err(fault) => json!({ "id": id, "error": fault.to_json() }),
        })
    }

    /// Asks the client and waits. Returns the question's id, and no answer when the turn is cancelled first.
    pub(super) fn ask(
        &self,
        halt: &Arc<Halt>,
        method: &str,
        params: Value,
    ) -> io::Result<(u64, Option<Value>)> {
        let id = self.next_id.fetch_add(1, Ordering::SeqCst);
        self.send(json!({ "id": id, "method": method, "params": params }))?;
        Ok((id, halt.wait_for_answer(id)))
    }
}

/// What a request gets.
pub(super) type Reply = Result<Value, Fault>;

/// An error of JSON-RPC.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl Fault {
    pub(super) const INVALID_REQUEST: i64 = -32600;
    pub(super) const NO_SUCH_METHOD: i64 = -32601;
    pub(super) const INVALID_PARAMS: i64 = -32602;
    pub(super) const INTERNAL: i64 = -32603;

    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(super) fn with(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }
}
