use std::{io, time::Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Beginning, End, Voice};
use crate::{failure::FailureKind, out, usage::Usage};

const MODEL: &str = "gemini-2.5-flash";

/// `gemini --output-format stream-json`: text in pieces, which belong together until a tool call.
pub(crate) struct Gemini {
    beginning: Beginning,
    start: Instant,
    tools: u64,
    /// The last thing was text: what comes next begins a line of its own.
    is_in_text: bool,
}

impl Gemini {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self { beginning, start: Instant::now(), tools: 0, is_in_text: false }
    }

    fn line(kind: &str, mut fields: Value) -> io::Result<()> {
        fields["timestamp"] = json!(Timestamp::now().to_string());
        out::typed(kind, fields)
    }

    fn model(&self) -> &str {
        self.beginning.model.as_deref().unwrap_or(MODEL)
    }

    fn result(&self, status: &str, error: Option<Value>, usage: &Usage) -> io::Result<()> {
        let output = usage.output + usage.reasoning;
        let sums = json!({ "total_tokens": usage.total(), "input_tokens": usage.input,
                           "output_tokens": output, "cached": usage.cached,
                           "input": usage.input.saturating_sub(usage.cached) });
        let mut stats = sums.clone();
        stats["duration_ms"] = json!(self.start.elapsed().as_millis() as u64);
        stats["tool_calls"] = json!(self.tools);
        stats["models"] = json!({ self.model(): sums });
        let mut fields = json!({ "status": status, "stats": stats });
        if let Some(error) = error {
            fields["error"] = error;
        }
        Self::line("result", fields)
    }

    fn failed(&self, kind: &str, message: &str, code: u8) -> io::Result<u8> {
        let nothing = Usage { input: 0, cached: 0, output: 0, reasoning: 0, cost: 0.0, window: 0 };
        self.result("error", Some(json!({ "type": kind, "message": message })), &nothing)?;
        Ok(code)
    }
}

impl Voice for Gemini {
    fn begin(&mut self) -> io::Result<()> {
        let model = self.model();
        Self::line("init", json!({ "session_id": self.beginning.session, "model": model }))?;
        Self::line("message", json!({ "role": "user", "content": self.beginning.prompt }))
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        let text = if self.is_in_text { format!("\n{text}") } else { text.to_owned() };
        self.is_in_text = true;
        for piece in out::pieces(&text) {
            let fields = json!({ "role": "assistant", "content": piece, "delta": true });
            Self::line("message", fields)?;
        }
        Ok(())
    }

    /// gemini prints nothing of its thoughts.
    fn thinking(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        self.is_in_text = false;
        self.tools += 1;
        let (tool, parameters) = match name {
            "command" => ("run_shell_command", json!({ "command": arguments["command"] })),
            "file" => ("write_file", json!({ "file_path": arguments["path"], "content": "" })),
            name => (name, arguments.clone()),
        };
        let id = format!("{tool}__{:08x}", self.tools);
        Self::line(
            "tool_use",
            json!({ "tool_name": tool, "tool_id": id, "parameters": parameters }),
        )?;
        let is_good = arguments.get("exit_code").is_none_or(|code| code == 0);
        let status = if is_good { "success" } else { "error" };
        let mut result = json!({ "tool_id": id, "status": status });
        if let Some(output) = arguments.get("output") {
            result["output"] = output.clone();
        }
        Self::line("tool_result", result)
    }

    /// The words of gemini 0.61, and its exit statuses: 41 without a login, 42 for wrong input.
    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        match kind {
            FailureKind::Auth => {
                eprintln!(
                    "Please set an Auth method in your settings.json or specify one of the \
                     following environment variables before running: GEMINI_API_KEY"
                );
                Ok(41)
            }
            FailureKind::RateLimit { .. } => {
                self.failed("RateLimitError", "429: RESOURCE_EXHAUSTED", 1)
            }
            FailureKind::Context => {
                self.failed("ContextWindowWillOverflow", "the context window would overflow", 1)
            }
            FailureKind::SessionNotFound => {
                let session = &self.beginning.session;
                eprintln!("Error resuming session: Invalid session identifier \"{session}\".");
                Ok(42)
            }
        }
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        match end {
            End::Exit(0) => self.result("success", None, usage),
            End::Exit(code) => {
                self.failed("Error", &format!("the script says exit {code}"), code).map(drop)
            }
            End::Failed(_) | End::Cancelled => Ok(()),
        }
    }
}
