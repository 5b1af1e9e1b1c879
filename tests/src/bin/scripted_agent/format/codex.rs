use std::io;

use serde_json::{Value, json};

use super::{Beginning, End, Voice};
use crate::{failure::FailureKind, out, usage::Usage};

/// `codex exec --json`: items, and no pieces of text.
pub(crate) struct Codex {
    beginning: Beginning,
    items: u64,
}

impl Codex {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self { beginning, items: 0 }
    }

    fn next_id(&mut self) -> String {
        let id = format!("item_{}", self.items);
        self.items += 1;
        id
    }

    fn item(stage: &str, item: &Value) -> io::Result<()> {
        out::line(&json!({ "type": format!("item.{stage}"), "item": item }))
    }

    fn failed(message: &str) -> io::Result<()> {
        out::line(&json!({ "type": "error", "message": message }))?;
        out::line(&json!({ "type": "turn.failed", "error": { "message": message } }))
    }
}

impl Voice for Codex {
    fn begin(&mut self) -> io::Result<()> {
        out::line(&json!({ "type": "thread.started", "thread_id": self.beginning.session }))?;
        out::line(&json!({ "type": "turn.started" }))
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        let id = self.next_id();
        Self::item("completed", &json!({ "id": id, "type": "agent_message", "text": text }))
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        let id = self.next_id();
        Self::item("completed", &json!({ "id": id, "type": "reasoning", "text": text }))
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        let id = self.next_id();
        let (begun, done) = match name {
            "command" => {
                let exit_code = arguments.get("exit_code").cloned().unwrap_or(json!(0));
                let status = if exit_code == 0 { "completed" } else { "failed" };
                let command = |output: &Value, exit_code: &Value, status: &str| {
                    json!({ "id": id, "type": "command_execution", "command": arguments["command"],
                            "aggregated_output": output, "exit_code": exit_code, "status": status })
                };
                let output = arguments.get("output").cloned().unwrap_or(json!(""));
                (
                    command(&json!(""), &Value::Null, "in_progress"),
                    command(&output, &exit_code, status),
                )
            }
            "file" => {
                let change = |status: &str| {
                    json!({ "id": id, "type": "file_change", "changes": [arguments],
                            "status": status })
                };
                (change("in_progress"), change("completed"))
            }
            name => {
                let call = |status: &str| {
                    json!({ "id": id, "type": "mcp_tool_call", "server": "scripted", "tool": name,
                            "arguments": arguments, "status": status })
                };
                (call("in_progress"), call("completed"))
            }
        };
        Self::item("started", &begun)?;
        Self::item("completed", &done)
    }

    /// The words of codex 0.169. It says no time at which a limit is reset.
    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        match kind {
            FailureKind::Auth => Self::failed("unexpected status 401 Unauthorized: no key")?,
            FailureKind::RateLimit { .. } => {
                Self::failed("exceeded retry limit, last status: 429 Too Many Requests")?;
            }
            FailureKind::Context => Self::failed(
                "Codex ran out of room in the model's context window. \
                 Start a new thread or clear earlier history before retrying.",
            )?,
            // It says so before its first line of JSON.
            FailureKind::SessionNotFound => eprintln!(
                "Error: thread/resume: thread/resume failed: no rollout found for thread id {} \
                 (code -32600)",
                self.beginning.session
            ),
        }
        Ok(1)
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        match end {
            End::Exit(0) => out::line(&json!({ "type": "turn.completed", "usage": {
                "input_tokens": usage.input, "cached_input_tokens": usage.cached,
                "cache_write_input_tokens": 0, "output_tokens": usage.output,
                "reasoning_output_tokens": usage.reasoning,
            } })),
            End::Exit(code) => Self::failed(&format!("the script says exit {code}")),
            End::Failed(_) | End::Cancelled => Ok(()),
        }
    }
}
