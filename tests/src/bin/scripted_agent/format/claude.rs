use std::{io, time::Instant};

use serde_json::{Value, json};

use super::{Beginning, End, Voice};
use crate::{failure::FailureKind, out, usage::Usage};

const MODEL: &str = "claude-sonnet-4-5-20250929";

/// `claude --print --output-format stream-json`: whole messages, and their pieces when asked for.
pub(crate) struct Claude {
    beginning: Beginning,
    start: Instant,
    messages: u64,
    tools: u64,
    /// What the result repeats.
    last_text: String,
}

impl Claude {
    pub(crate) fn new(beginning: Beginning) -> Self {
        let start = Instant::now();
        Self { beginning, start, messages: 0, tools: 0, last_text: String::new() }
    }

    fn line(&self, kind: &str, mut fields: Value) -> io::Result<()> {
        fields["session_id"] = json!(self.beginning.session);
        out::typed(kind, fields)
    }

    fn model(&self) -> &str {
        self.beginning.model.as_deref().unwrap_or(MODEL)
    }

    fn event(&self, event: Value) -> io::Result<()> {
        self.line("stream_event", json!({ "event": event, "parent_tool_use_id": null }))
    }

    /// One message with one block, its pieces first when they are wanted. `error` names what went wrong.
    fn assistant(&mut self, block: &Value, error: Option<&str>) -> io::Result<()> {
        self.messages += 1;
        let id = format!("msg_{:04}", self.messages);
        let mut message = json!({ "id": id, "type": "message", "role": "assistant",
            "model": self.model(), "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": { "input_tokens": 4, "cache_creation_input_tokens": 0,
                       "cache_read_input_tokens": 0, "output_tokens": 1 } });
        let is_partial = self.beginning.is_partial && error.is_none();
        if is_partial {
            self.event(json!({ "type": "message_start", "message": message }))?;
            self.partial_block(block)?;
        }
        message["content"] = json!([block]);
        let mut fields = json!({ "message": message, "parent_tool_use_id": null });
        if let Some(error) = error {
            fields["error"] = json!(error);
        }
        self.line("assistant", fields)?;
        if is_partial {
            let reason = if block["type"] == "tool_use" { "tool_use" } else { "end_turn" };
            self.event(json!({ "type": "content_block_stop", "index": 0 }))?;
            self.event(json!({ "type": "message_delta", "usage": { "output_tokens": 1 },
                               "delta": { "stop_reason": reason, "stop_sequence": null } }))?;
            self.event(json!({ "type": "message_stop" }))?;
        }
        Ok(())
    }

    fn partial_block(&self, block: &Value) -> io::Result<()> {
        let (empty, delta, key, whole) = match block["type"].as_str() {
            Some("text") => (
                json!({ "type": "text", "text": "" }),
                "text_delta",
                "text",
                block["text"].as_str().unwrap_or_default().to_owned(),
            ),
            Some("thinking") => (
                json!({ "type": "thinking", "thinking": "", "signature": "" }),
                "thinking_delta",
                "thinking",
                block["thinking"].as_str().unwrap_or_default().to_owned(),
            ),
            _ => {
                let mut empty = block.clone();
                empty["input"] = json!({});
                (empty, "input_json_delta", "partial_json", block["input"].to_string())
            }
        };
        self.event(json!({ "type": "content_block_start", "index": 0, "content_block": empty }))?;
        for piece in out::pieces(&whole) {
            let delta = json!({ "type": delta, key: piece });
            self.event(json!({ "type": "content_block_delta", "index": 0, "delta": delta }))?;
        }
        Ok(())
    }

    fn result(
        &self,
        subtype: &str,
        is_error: bool,
        fields: Value,
        usage: &Usage,
    ) -> io::Result<()> {
        let fresh = usage.input.saturating_sub(usage.cached);
        let output = usage.output + usage.reasoning;
        let elapsed = self.start.elapsed().as_millis() as u64;
        let mut result = json!({
            "subtype": subtype, "is_error": is_error, "duration_ms": elapsed,
            "duration_api_ms": elapsed, "num_turns": self.messages.max(1),
            "total_cost_usd": usage.cost, "permission_denials": [],
            "usage": { "input_tokens": fresh, "cache_creation_input_tokens": 0,
                       "cache_read_input_tokens": usage.cached, "output_tokens": output },
            "modelUsage": { self.model(): {
                "inputTokens": fresh, "outputTokens": output,
                "cacheReadInputTokens": usage.cached, "cacheCreationInputTokens": 0,
                "webSearchRequests": 0, "costUSD": usage.cost, "contextWindow": usage.window } },
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            result[name] = value.clone();
        }
        self.line("result", result)
    }

    /// A failure that the model's server reported: a message in its place, and a result that is an error.
    fn failed(&mut self, error: &str, text: &str) -> io::Result<()> {
        self.assistant(&json!({ "type": "text", "text": text }), Some(error))?;
        let nothing =
            Usage { input: 0, cached: 0, output: 0, reasoning: 0, cost: 0.0, window: 200_000 };
        self.result("success", true, json!({ "result": text }), &nothing)
    }
}

impl Voice for Claude {
    fn begin(&mut self) -> io::Result<()> {
        self.line(
            "system",
            json!({
                "subtype": "init", "cwd": self.beginning.directory, "model": self.model(),
                "tools": ["Bash", "Edit", "Read", "Write"], "mcp_servers": [],
                "permissionMode": "bypassPermissions", "slash_commands": ["clear", "compact"],
                "apiKeySource": "none", "output_style": "default",
            }),
        )
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        text.clone_into(&mut self.last_text);
        self.assistant(&json!({ "type": "text", "text": text }), None)
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        self.assistant(&json!({ "type": "thinking", "thinking": text, "signature": "" }), None)
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        self.tools += 1;
        let id = format!("toolu_{:04}", self.tools);
        let (tool, input) = match name {
            "command" => ("Bash", json!({ "command": arguments["command"] })),
            "file" => ("Write", json!({ "file_path": arguments["path"], "content": "" })),
            name => (name, arguments.clone()),
        };
        let block = json!({ "type": "tool_use", "id": id, "name": tool, "input": input });
        self.assistant(&block, None)?;
        let output = arguments.get("output").cloned().unwrap_or(json!(""));
        let is_error = arguments.get("exit_code").is_some_and(|code| code != 0);
        let result = json!({ "type": "tool_result", "tool_use_id": id, "content": output,
                             "is_error": is_error });
        self.line(
            "user",
            json!({ "message": { "role": "user", "content": [result] },
                                  "parent_tool_use_id": null }),
        )
    }

    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        match kind {
            FailureKind::Auth => {
                self.failed("authentication_failed", "Invalid API key · Please run /login")?;
            }
            FailureKind::RateLimit { resets_at } => {
                self.line(
                    "rate_limit_event",
                    json!({ "rate_limit_info": {
                    "status": "rejected", "resetsAt": resets_at, "rateLimitType": "five_hour",
                } }),
                )?;
                self.failed("rate_limit", "You've hit your limit")?;
            }
            FailureKind::Context => self.failed("invalid_request", "Prompt is too long")?,
            FailureKind::SessionNotFound => {
                let session = &self.beginning.session;
                let text = format!("No conversation found with session ID: {session}");
                eprintln!("{text}");
                let nothing =
                    Usage { input: 0, cached: 0, output: 0, reasoning: 0, cost: 0.0, window: 0 };
                self.result("error_during_execution", true, json!({ "errors": [text] }), &nothing)?;
            }
        }
        Ok(1)
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        match end {
            End::Exit(0) => {
                self.result("success", false, json!({ "result": self.last_text }), usage)
            }
            End::Exit(code) => {
                let errors = json!({ "errors": [format!("the script says exit {code}")] });
                self.result("error_during_execution", true, errors, usage)
            }
            End::Failed(_) | End::Cancelled => Ok(()),
        }
    }
}
