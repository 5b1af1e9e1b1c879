use std::io;

use serde_json::{Value, json};

use super::{Beginning, End, Voice};
use crate::{
    failure::{FailureKind, now_millis, since_1970},
    out,
    usage::Usage,
};

/// `opencode run --format json`: steps, each with what the model said and did in one answer.
pub(crate) struct Opencode {
    beginning: Beginning,
    parts: u64,
    /// A tool call ends a step; whatever comes then begins the next one.
    is_in_step: bool,
}

impl Opencode {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self { beginning, parts: 0, is_in_step: false }
    }

    fn part(&mut self, kind: &str, mut part: Value) -> io::Result<()> {
        self.parts += 1;
        let session = &self.beginning.session;
        part["id"] = json!(format!("prt_{:04}", self.parts));
        part["messageID"] = json!("msg_0001");
        part["sessionID"] = json!(session);
        out::line(&json!({ "type": kind, "timestamp": now_millis(), "sessionID": session,
                           "part": part }))
    }

    fn open_step(&mut self) -> io::Result<()> {
        if self.is_in_step {
            return Ok(());
        }
        self.is_in_step = true;
        self.part("step_start", json!({ "type": "step-start" }))
    }

    fn close_step(&mut self, reason: &str, usage: &Usage) -> io::Result<()> {
        self.is_in_step = false;
        let fresh = usage.input.saturating_sub(usage.cached);
        self.part(
            "step_finish",
            json!({ "type": "step-finish", "reason": reason, "cost": usage.cost, "tokens": {
                "total": usage.total(), "input": fresh, "output": usage.output,
                "reasoning": usage.reasoning, "cache": { "write": 0, "read": usage.cached },
            } }),
        )
    }

    fn failed(&self, error: &Value) -> io::Result<u8> {
        out::line(&json!({ "type": "error", "timestamp": now_millis(),
                           "sessionID": self.beginning.session, "error": error }))?;
        Ok(1)
    }
}

impl Voice for Opencode {
    fn begin(&mut self) -> io::Result<()> {
        Ok(()) // its first line comes with the model's first answer
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        self.open_step()?;
        let now = now_millis();
        let time = json!({ "start": now, "end": now });
        self.part("text", json!({ "type": "text", "text": text, "time": time }))
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        self.open_step()?;
        let now = now_millis();
        let time = json!({ "start": now, "end": now });
        self.part("reasoning", json!({ "type": "reasoning", "text": text, "time": time }))
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        self.open_step()?;
        let now = now_millis();
        let output = arguments.get("output").cloned().unwrap_or(json!(""));
        let exit = arguments.get("exit_code").cloned().unwrap_or(json!(0));
        let (tool, input, metadata, title) = match name {
            "command" => (
                "bash",
                json!({ "command": arguments["command"] }),
                json!({ "output": output, "exit": exit, "truncated": false }),
                arguments["command"].clone(),
            ),
            "file" => (
                "write",
                json!({ "filePath": arguments["path"], "content": "" }),
                json!({ "filepath": arguments["path"], "exists": false, "truncated": false }),
                arguments["path"].clone(),
            ),
            name => (name, arguments.clone(), json!({ "truncated": false }), json!(name)),
        };
        let state = json!({ "status": "completed", "input": input, "output": output,
                            "metadata": metadata, "title": title,
                            "time": { "start": now, "end": now } });
        let call = format!("call_{:04}", self.parts);
        self.part(
            "tool_use",
            json!({ "type": "tool", "tool": tool, "callID": call, "state": state }),
        )?;
        // The whole sum comes with the last step, so that adding them up gives what the script says.
        let nothing = Usage { input: 0, cached: 0, output: 0, reasoning: 0, cost: 0.0, window: 0 };
        self.close_step("tool-calls", &nothing)
    }

    /// The words of opencode 1.18.
    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        match kind {
            FailureKind::Auth => self.failed(&json!({ "name": "ProviderAuthError", "data": {
                "providerID": "mock", "message": "the key is missing or wrong" } })),
            FailureKind::RateLimit { resets_at } => {
                let wait = resets_at.saturating_sub(since_1970().as_secs());
                self.failed(&json!({ "name": "APIError", "data": {
                    "message": "too many requests", "statusCode": 429, "isRetryable": true,
                    "responseHeaders": { "retry-after": wait.to_string() } } }))
            }
            FailureKind::Context => self.failed(&json!({ "name": "ContextOverflowError",
                "data": { "message": "the conversation is longer than the context window" } })),
            FailureKind::SessionNotFound => {
                eprintln!("Error: Session not found");
                Ok(1)
            }
        }
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        match end {
            End::Exit(0) => {
                self.open_step()?;
                self.close_step("stop", usage)
            }
            End::Exit(code) => self
                .failed(&json!({ "name": "UnknownError",
                                 "data": { "message": format!("the script says exit {code}") } }))
                .map(drop),
            End::Failed(_) | End::Cancelled => Ok(()),
        }
    }
}
