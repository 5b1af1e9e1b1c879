use std::{io, sync::Arc};

use serde_json::{Value, json};

use super::{
    memory::Memory,
    serve::{Action, Protocol, Started, TalkingVoice, nothing},
    wire::{Fault, Wire},
};
use crate::{
    failure::FailureKind,
    format::{Answer, End, Format, Voice},
    halt::Halt,
    out,
    prompt::{new_session, text_of},
    usage::Usage,
};

/// The protocol of `codex app-server` (0.169).
pub(super) struct CodexServer {
    wire: Arc<Wire>,
    memory: Memory,
    threads: Vec<Thread>,
    turns: u64,
}

/// A thread of this process.
struct Thread {
    id: String,
    is_resumed: bool,
    /// What it may do: the policy of approvals and the sandbox.
    mode: String,
}

impl CodexServer {
    pub(super) fn new(wire: Arc<Wire>, memory: Memory) -> Self {
        Self { wire, memory, threads: Vec::new(), turns: 0 }
    }

    fn begin(&mut self, id: &Value, params: &Value) -> io::Result<Action> {
        let thread = format!("{}{:x}", new_session(Format::CodexAppServer), self.threads.len());
        self.memory.begin(&thread)?;
        self.add(&thread, false, id, params)
    }

    fn resume(&mut self, id: &Value, params: &Value) -> io::Result<Action> {
        let thread = text(params, "threadId");
        if self.memory.read(&thread)?.is_none() {
            let message = format!("no rollout found for thread id {thread}");
            return Ok(Action::Reply(Err(Fault::new(Fault::INVALID_REQUEST, message))));
        }
        self.add(&thread, true, id, params)
    }

    /// Answers, and says that the thread is there.
    fn add(
        &mut self,
        thread: &str,
        is_resumed: bool,
        id: &Value,
        params: &Value,
    ) -> io::Result<Action> {
        let word = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or("default");
        let mode = format!("{} {}", word("approvalPolicy"), word("sandbox"));
        self.threads.retain(|have| have.id != thread);
        self.threads.push(Thread { id: thread.to_owned(), is_resumed, mode });
        let cwd = text(params, "cwd");
        let started = json!({ "id": thread, "preview": "", "modelProvider": "mock", "cwd": cwd,
                              "status": { "type": "idle" }, "turns": [] });
        let policy = params.get("approvalPolicy").cloned().unwrap_or(json!("on-request"));
        let answer = json!({ "thread": started, "model": "mock-1", "cwd": cwd,
                             "modelProvider": "mock", "approvalPolicy": policy });
        self.wire.reply(id, Ok(answer))?;
        self.wire.notify("thread/started", json!({ "thread": started }))?;
        Ok(Action::Nothing)
    }

    fn turn(&mut self, id: &Value, params: &Value, halt: &Arc<Halt>) -> Action {
        let thread = text(params, "threadId");
        let Some(known) = self.threads.iter().find(|have| have.id == thread) else {
            let message = format!("thread not found: {thread}");
            return Action::Reply(Err(Fault::new(Fault::INVALID_REQUEST, message)));
        };
        self.turns += 1;
        let prompt = text_of(&params["input"]);
        let voice = CodexVoice {
            wire: Arc::clone(&self.wire),
            memory: self.memory.clone(),
            halt: Arc::clone(halt),
            request: Some(id.clone()),
            thread: thread.clone(),
            turn: format!("turn_{}", self.turns),
            mode: known.mode.clone(),
            prompt: prompt.clone(),
            items: 0,
        };
        let (is_resumed, voice) = (known.is_resumed, Box::new(voice));
        Action::Prompt(Box::new(Started { session: thread, is_resumed, prompt, voice }))
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Protocol for CodexServer {
    fn handle(
        &mut self,
        method: &str,
        id: &Value,
        params: &Value,
        halt: &Arc<Halt>,
    ) -> io::Result<Action> {
        Ok(match method {
            "initialize" => Action::Reply(Ok(json!({
                "userAgent": concat!("scripted-agent/", env!("CARGO_PKG_VERSION")),
                "codexHome": "/nonexistent", "platformFamily": "unix", "platformOs": "linux",
            }))),
            "thread/start" => self.begin(id, params)?,
            "thread/resume" => self.resume(id, params)?,
            "turn/start" => self.turn(id, params, halt),
            "turn/interrupt" => Action::Cancel(Some(nothing())),
            _ if id.is_null() => Action::Nothing,
            method => {
                let message = format!("unknown method: {method}");
                Action::Reply(Err(Fault::new(Fault::NO_SUCH_METHOD, message)))
            }
        })
    }
}

/// A turn that runs.
struct CodexVoice {
    wire: Arc<Wire>,
    memory: Memory,
    halt: Arc<Halt>,
    /// `turn/start`, until it has its answer.
    request: Option<Value>,
    thread: String,
    turn: String,
    mode: String,
    prompt: String,
    items: u64,
}

impl CodexVoice {
    fn say(&self, method: &str, mut params: Value) -> io::Result<()> {
        params["threadId"] = json!(self.thread);
        if params.get("turn").is_none() {
            params["turnId"] = json!(self.turn);
        }
        self.wire.notify(method, params)
    }

    fn next_id(&mut self) -> String {
        self.items += 1;
        format!("{}_item_{}", self.turn, self.items)
    }

    fn item(&self, stage: &str, item: &Value) -> io::Result<()> {
        if stage == "completed" {
            self.memory.add(&self.thread, item)?;
        }
        self.say(&format!("item/{stage}"), json!({ "item": item }))
    }

    fn state(&self, status: &str, error: &Value) -> Value {
        json!({ "id": self.turn, "items": [], "status": status, "error": error })
    }

    /// The last words of the turn; the answer to its request, if there was none yet.
    fn complete(&mut self, status: &str, error: &Value) -> io::Result<()> {
        let turn = self.state(status, error);
        self.accept()?;
        self.halt.finish();
        self.say("turn/completed", json!({ "turn": turn }))
    }

    fn accept(&mut self) -> io::Result<()> {
        let turn = self.state("inProgress", &Value::Null);
        match self.request.take() {
            Some(id) => self.wire.reply(&id, Ok(json!({ "turn": turn }))),
            None => Ok(()),
        }
    }

    fn usage(&self, usage: &Usage) -> io::Result<()> {
        let sums = json!({ "totalTokens": usage.total(), "inputTokens": usage.input,
                           "cachedInputTokens": usage.cached, "outputTokens": usage.output,
                           "reasoningOutputTokens": usage.reasoning });
        let usage = json!({ "total": sums, "last": sums, "modelContextWindow": usage.window });
        self.say("thread/tokenUsage/updated", json!({ "tokenUsage": usage }))
    }
}

impl Voice for CodexVoice {
    fn begin(&mut self) -> io::Result<()> {
        self.accept()?;
        let turn = self.state("inProgress", &Value::Null);
        self.say("turn/started", json!({ "turn": turn }))?;
        let content = json!([{ "type": "text", "text": self.prompt, "text_elements": [] }]);
        let item = json!({ "type": "userMessage", "id": self.next_id(), "content": content });
        self.item("started", &item)?;
        self.item("completed", &item)
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        let id = self.next_id();
        let item = |text: &str| json!({ "type": "agentMessage", "id": id, "text": text });
        self.item("started", &item(""))?;
        for piece in out::pieces(text) {
            self.say("item/agentMessage/delta", json!({ "itemId": id, "delta": piece }))?;
        }
        self.item("completed", &item(text))
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        let id = self.next_id();
        let item = |summary: &[&str]| json!({ "type": "reasoning", "id": id, "summary": summary, "content": [] });
        self.item("started", &item(&[]))?;
        for piece in out::pieces(text) {
            let params = json!({ "itemId": id, "delta": piece, "summaryIndex": 0 });
            self.say("item/reasoning/summaryTextDelta", params)?;
        }
        self.item("completed", &item(&[text]))
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        let id = self.next_id();
        let exit_code = arguments.get("exit_code").cloned().unwrap_or(json!(0));
        let is_good = exit_code == 0;
        let item = |status: &str, is_done: bool| match name {
            "command" => {
                let output = is_done.then(|| text(arguments, "output"));
                let exit_code = if is_done { exit_code.clone() } else { Value::Null };
                json!({ "type": "commandExecution", "id": id, "command": arguments["command"],
                        "cwd": "", "status": status, "commandActions": [],
                        "aggregatedOutput": output, "exitCode": exit_code, "durationMs": null })
            }
            "file" => {
                let kind = arguments.get("kind").cloned().unwrap_or(json!("add"));
                let change =
                    json!({ "path": arguments["path"], "kind": { "type": kind }, "diff": "" });
                json!({ "type": "fileChange", "id": id, "changes": [change], "status": status })
            }
            name => json!({ "type": "mcpToolCall", "id": id, "server": "scripted", "tool": name,
                            "arguments": arguments, "status": status }),
        };
        self.item("started", &item("inProgress", false))?;
        self.item("completed", &item(if is_good { "completed" } else { "failed" }, true))
    }

    /// The words of codex's own error notification, `codexErrorInfo` among them.
    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        let (message, info) = match kind {
            FailureKind::Auth => ("unexpected status 401 Unauthorized: no key", "unauthorized"),
            FailureKind::RateLimit { resets_at } => {
                let window = json!({ "usedPercent": 100, "windowDurationMins": 300,
                                     "resetsAt": resets_at });
                let limits = json!({ "limitId": "codex", "primary": window, "secondary": null });
                self.wire.notify("account/rateLimits/updated", json!({ "rateLimits": limits }))?;
                ("You've hit your usage limit.", "usageLimitExceeded")
            }
            FailureKind::Context => {
                ("Codex ran out of room in the model's context window.", "contextWindowExceeded")
            }
            FailureKind::SessionNotFound => {
                let fault = Fault::new(
                    Fault::INVALID_REQUEST,
                    format!("thread not found: {}", self.thread),
                );
                self.halt.finish();
                if let Some(id) = self.request.take() {
                    self.wire.reply(&id, Err(fault))?;
                }
                return Ok(0);
            }
        };
        let error =
            json!({ "message": message, "codexErrorInfo": info, "additionalDetails": null });
        self.say("error", json!({ "error": error, "willRetry": false }))?;
        self.complete("failed", &error)?;
        Ok(0) // the server itself lives on
    }

    fn ask(&mut self, title: &str) -> io::Result<Answer> {
        let id = self.next_id();
        let item = |status: &str| {
            json!({ "type": "commandExecution", "id": id, "command": title, "cwd": "",
                    "status": status, "commandActions": [], "aggregatedOutput": null,
                    "exitCode": null, "durationMs": null })
        };
        self.item("started", &item("inProgress"))?;
        let params = json!({ "kind": "command", "threadId": self.thread, "turnId": self.turn,
                             "itemId": id, "command": title, "cwd": "",
                             "availableDecisions": ["accept", "acceptForSession", "decline", "cancel"] });
        let method = "item/commandExecution/requestApproval";
        let (asked, answer) = self.wire.ask(&self.halt, method, params)?;
        let resolved = json!({ "threadId": self.thread, "requestId": asked });
        self.wire.notify("serverRequest/resolved", resolved)?;
        let decision = answer.map(|answer| text(&answer, "decision")).unwrap_or_default();
        let is_allowed = matches!(decision.as_str(), "accept" | "acceptForSession");
        self.item("completed", &item(if is_allowed { "completed" } else { "declined" }))?;
        if decision == "cancel" {
            self.halt.cancel(); // that is what the word says: the turn ends, too
        }
        let words = if decision.is_empty() { "cancelled".to_owned() } else { decision };
        Ok(Answer { words, is_allowed })
    }

    fn mode(&self) -> io::Result<String> {
        Ok(self.mode.clone())
    }

    fn request(&mut self, method: &str, params: Value) -> io::Result<Value> {
        let (_, answer) = self.wire.ask(&self.halt, method, params)?;
        Ok(answer.unwrap_or_default())
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        match end {
            End::Exit(0) => {
                self.usage(usage)?;
                self.complete("completed", &Value::Null)
            }
            End::Cancelled => self.complete("interrupted", &Value::Null),
            // The process is about to die, or the turn has had its end.
            End::Exit(_) | End::Failed(_) => Ok(()),
        }
    }
}

impl TalkingVoice for CodexVoice {
    fn refuse(&mut self, message: &str) -> io::Result<()> {
        self.halt.finish();
        match self.request.take() {
            Some(id) => self.wire.reply(&id, Err(Fault::new(Fault::INVALID_PARAMS, message))),
            None => Ok(()),
        }
    }
}
