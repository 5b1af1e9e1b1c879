//! What the agent prints, in the format of an agent CLI.

use std::{
    io::{self, Write},
    process,
    str::FromStr,
};

use serde_json::{Value, json};

/// How the agent prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text.
    Plain,
    /// The JSON lines of `codex exec --json` (0.169).
    Codex,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "plain" => Ok(Self::Plain),
            "codex" => Ok(Self::Codex),
            _ => Err(format!("no format {name}")),
        }
    }
}

/// The agent's stdout; each message is flushed at once.
pub(crate) struct Output {
    format: Format,
    items: u64,
}

impl Output {
    pub(crate) fn begin(format: Format) -> io::Result<Self> {
        let output = Self { format, items: 0 };
        if format == Format::Codex {
            let thread = format!("00000000-0000-7000-8000-{:012x}", process::id());
            output.line(&json!({ "type": "thread.started", "thread_id": thread }))?;
            output.line(&json!({ "type": "turn.started" }))?;
        }
        Ok(output)
    }

    /// Ends the turn, well with 0.
    pub(crate) fn end(&mut self, code: u8) -> io::Result<()> {
        match (self.format, code) {
            (Format::Plain, _) => Ok(()),
            (Format::Codex, 0) => self.line(&json!({ "type": "turn.completed", "usage": {
                "input_tokens": 120, "cached_input_tokens": 20, "cache_write_input_tokens": 0,
                "output_tokens": 30, "reasoning_output_tokens": 8,
            } })),
            (Format::Codex, code) => {
                let message = format!("the script says exit {code}");
                self.line(&json!({ "type": "error", "message": message }))?;
                self.line(&json!({ "type": "turn.failed", "error": { "message": message } }))
            }
        }
    }

    pub(crate) fn message(&mut self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Plain => self.raw(format!("{text}\n").as_bytes()),
            Format::Codex => {
                let id = self.next_id();
                self.item("completed", json!({ "id": id, "type": "agent_message", "text": text }))
            }
        }
    }

    pub(crate) fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        if self.format == Format::Plain {
            return self.raw(format!("tool {name} {arguments}\n").as_bytes());
        }
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
        self.item("started", begun)?;
        self.item("completed", done)
    }

    /// Prints so many bytes, `a` to `z` again and again, without a line end.
    pub(crate) fn bytes(&self, count: u64) -> io::Result<()> {
        // Whole alphabets, so that the pattern goes on from block to block.
        let block: Vec<u8> = (b'a'..=b'z').cycle().take(26 * 2520).collect();
        let mut left = count;
        while left > 0 {
            let size = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
            self.raw(block.get(..size).unwrap_or_default())?;
            left -= size as u64;
        }
        Ok(())
    }

    pub(crate) fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    fn next_id(&mut self) -> String {
        let id = format!("item_{}", self.items);
        self.items += 1;
        id
    }

    fn item(&self, stage: &str, item: Value) -> io::Result<()> {
        self.line(&json!({ "type": format!("item.{stage}"), "item": item }))
    }

    fn line(&self, value: &Value) -> io::Result<()> {
        self.raw(format!("{value}\n").as_bytes())
    }
}
