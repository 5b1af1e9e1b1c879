use std::{io, sync::Arc};

use serde_json::{Value, json};

use super::{
    memory::Memory,
    serve::{Action, Protocol, Started, TalkingVoice, nothing},
    wire::{Fault, Wire},
};
use crate::{
    failure::{FailureKind, since_1970},
    format::{Answer, End, Format, Voice},
    halt::Halt,
    out,
    prompt::{new_session, text_of},
    usage::Usage,
};

/// Not logged in, as the protocol's schema has it (`ErrorCode::AuthRequired`).
const AUTH_REQUIRED: i64 = -32000;
/// No such session (`ErrorCode::ResourceNotFound`).
const NOT_FOUND: i64 = -32002;

/// Agent Client Protocol, version 1.
pub(super) struct Acp {
    wire: Arc<Wire>,
    memory: Memory,
    /// The sessions of this process; true for those that were loaded.
    sessions: Vec<(String, bool)>,
}

impl Acp {
    pub(super) fn new(wire: Arc<Wire>, memory: Memory) -> Self {
        Self { wire, memory, sessions: Vec::new() }
    }

    fn begin(&mut self) -> io::Result<Value> {
        let session = format!("{}-{}", new_session(Format::Acp), self.sessions.len());
        self.memory.begin(&session)?;
        self.sessions.push((session.clone(), false));
        let modes = [("default", "Default"), ("plan", "Plan")];
        let modes = modes.map(|(id, name)| json!({ "id": id, "name": name }));
        Ok(json!({ "sessionId": session,
                   "modes": { "currentModeId": "default", "availableModes": modes } }))
    }

    /// Says again what was said in that session, as the protocol wants it before the answer.
    fn load(&mut self, session: &str) -> io::Result<Result<Value, Fault>> {
        let Some(said) = self.memory.read(session)? else { return Ok(Err(no_session(session))) };
        for update in said {
            self.wire
                .notify("session/update", json!({ "sessionId": session, "update": update }))?;
        }
        self.sessions.retain(|(have, _)| have != session);
        self.sessions.push((session.to_owned(), true));
        Ok(Ok(nothing()))
    }

    fn prompt(&self, id: &Value, params: &Value, halt: &Arc<Halt>) -> io::Result<Action> {
        let session = text(params, "sessionId");
        let Some((_, is_resumed)) = self.sessions.iter().find(|(have, _)| *have == session) else {
            return Ok(Action::Reply(Err(no_session(&session))));
        };
        let prompt = text_of(&params["prompt"]);
        let voice = AcpVoice {
            wire: Arc::clone(&self.wire),
            memory: self.memory.clone(),
            halt: Arc::clone(halt),
            request: id.clone(),
            session: session.clone(),
            prompt: prompt.clone(),
            tools: 0,
            is_in_text: false,
        };
        let (is_resumed, voice) = (*is_resumed, Box::new(voice));
        Ok(Action::Prompt(Box::new(Started { session, is_resumed, prompt, voice })))
    }
}

fn no_session(session: &str) -> Fault {
    Fault::new(NOT_FOUND, "Session not found").with(json!({ "sessionId": session }))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Protocol for Acp {
    fn handle(
        &mut self,
        method: &str,
        id: &Value,
        params: &Value,
        halt: &Arc<Halt>,
    ) -> io::Result<Action> {
        Ok(match method {
            "initialize" => Action::Reply(Ok(json!({
                "protocolVersion": 1,
                "agentInfo": { "name": "scripted-agent", "version": env!("CARGO_PKG_VERSION") },
                "authMethods": [],
                "agentCapabilities": {
                    "loadSession": true,
                    "promptCapabilities": { "image": true, "audio": false, "embeddedContext": true },
                    "mcpCapabilities": { "http": false, "sse": false } },
            }))),
            "session/new" => Action::Reply(Ok(self.begin()?)),
            "session/load" => Action::Reply(self.load(&text(params, "sessionId"))?),
            "session/prompt" => self.prompt(id, params, halt)?,
            "session/cancel" => Action::Cancel(None),
            "authenticate" | "session/set_mode" | "session/set_model" => {
                Action::Reply(Ok(nothing()))
            }
            _ if id.is_null() => Action::Nothing,
            method => {
                let fault = Fault::new(Fault::NO_SUCH_METHOD, "Method not found");
                Action::Reply(Err(fault.with(json!({ "method": method }))))
            }
        })
    }
}

/// A prompt that is being answered.
struct AcpVoice {
    wire: Arc<Wire>,
    memory: Memory,
    halt: Arc<Halt>,
    request: Value,
    session: String,
    prompt: String,
    tools: u64,
    /// The last thing was text: what comes next begins a line of its own.
    is_in_text: bool,
}

impl AcpVoice {
    /// Says something, and remembers it.
    fn update(&mut self, update: &Value) -> io::Result<()> {
        self.memory.add(&self.session, update)?;
        let params = json!({ "sessionId": self.session, "update": update });
        self.wire.notify("session/update", params)
    }

    fn chunks(&mut self, kind: &str, text: &str) -> io::Result<()> {
        for piece in out::pieces(text) {
            let content = json!({ "type": "text", "text": piece });
            self.update(&json!({ "sessionUpdate": kind, "content": content }))?;
        }
        Ok(())
    }

    fn next_tool(&mut self) -> String {
        self.is_in_text = false;
        self.tools += 1;
        // Ids stay apart also over the prompts of a session.
        format!("call_{}_{}", self.request, self.tools).replace('"', "")
    }

    fn reply(&self, reply: Result<Value, Fault>) -> io::Result<()> {
        self.halt.finish();
        self.wire.reply(&self.request, reply)
    }
}

impl Voice for AcpVoice {
    fn begin(&mut self) -> io::Result<()> {
        // The client said this itself; it is only to be said again when the session is loaded.
        let content = json!({ "type": "text", "text": self.prompt });
        let said = json!({ "sessionUpdate": "user_message_chunk", "content": content });
        self.memory.add(&self.session, &said)
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        let text = if self.is_in_text { format!("\n{text}") } else { text.to_owned() };
        self.is_in_text = true;
        self.chunks("agent_message_chunk", &text)
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        self.is_in_text = false;
        self.chunks("agent_thought_chunk", text)
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        let id = self.next_tool();
        let title = title(name, arguments);
        let locations: Vec<Value> =
            arguments.get("path").iter().map(|path| json!({ "path": path })).collect();
        self.update(&json!({ "sessionUpdate": "tool_call", "toolCallId": id, "title": title,
            "kind": kind(name), "status": "pending", "locations": locations,
            "rawInput": arguments }))?;
        let is_good = arguments.get("exit_code").is_none_or(|code| code == 0);
        let status = if is_good { "completed" } else { "failed" };
        let output = text(arguments, "output");
        let content = json!([{ "type": "content", "content": { "type": "text", "text": output } }]);
        self.update(&json!({ "sessionUpdate": "tool_call_update", "toolCallId": id,
            "status": status, "content": content, "rawOutput": { "output": output } }))
    }

    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        let fault = match kind {
            FailureKind::Auth => Fault::new(AUTH_REQUIRED, "Authentication required"),
            FailureKind::RateLimit { resets_at } => {
                let wait = resets_at.saturating_sub(since_1970().as_secs());
                Fault::new(429, "Rate limit exceeded. Try again later.")
                    .with(json!({ "retryAfterSeconds": wait }))
            }
            FailureKind::Context => Fault::new(Fault::INTERNAL, "Internal error")
                .with(json!({ "details": "the conversation is longer than the context window" })),
            FailureKind::SessionNotFound => no_session(&self.session),
        };
        self.reply(Err(fault))?;
        Ok(0) // the agent itself lives on
    }

    fn ask(&mut self, title: &str) -> io::Result<Answer> {
        let id = self.next_tool();
        let options = [
            ("proceed_once", "Allow", "allow_once"),
            ("proceed_always", "Allow for this session", "allow_always"),
            ("cancel", "Reject", "reject_once"),
        ];
        let choices =
            options.map(|(id, name, kind)| json!({ "optionId": id, "name": name, "kind": kind }));
        let call = json!({ "toolCallId": id, "title": title, "kind": "execute", "status": "pending",
                           "rawInput": { "command": title } });
        let mut begun = call.clone();
        begun["sessionUpdate"] = json!("tool_call");
        self.update(&begun)?;
        let params = json!({ "sessionId": self.session, "options": choices, "toolCall": call });
        let (_, answer) = self.wire.ask(&self.halt, "session/request_permission", params)?;
        let outcome = answer.map(|answer| answer["outcome"].clone()).unwrap_or_default();
        let chosen = options.iter().find(|(id, ..)| outcome["optionId"] == *id);
        let answer = Answer {
            words: chosen.map_or("cancelled", |(id, ..)| id).to_owned(),
            is_allowed: chosen.is_some_and(|(.., kind)| kind.starts_with("allow")),
        };
        let status = if answer.is_allowed { "completed" } else { "failed" };
        self.update(&json!({ "sessionUpdate": "tool_call_update", "toolCallId": id,
                             "status": status }))?;
        Ok(answer)
    }

    fn request(&mut self, method: &str, params: Value) -> io::Result<Value> {
        let (_, answer) = self.wire.ask(&self.halt, method, params)?;
        Ok(answer.unwrap_or_default())
    }

    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()> {
        let reason = match end {
            End::Exit(0) => "end_turn",
            End::Cancelled => "cancelled",
            // The process is about to die, or has given its answer.
            End::Exit(_) | End::Failed(_) => return Ok(()),
        };
        let spent = json!({ "sessionUpdate": "usage_update", "used": usage.input,
                            "size": usage.window,
                            "cost": { "amount": usage.cost, "currency": "USD" } });
        self.wire
            .notify("session/update", json!({ "sessionId": self.session, "update": spent }))?;
        let usage = json!({ "inputTokens": usage.input, "outputTokens": usage.output,
                            "cachedReadTokens": usage.cached, "thoughtTokens": usage.reasoning,
                            "totalTokens": usage.total() });
        self.reply(Ok(json!({ "stopReason": reason, "usage": usage })))
    }
}

impl TalkingVoice for AcpVoice {
    fn refuse(&mut self, message: &str) -> io::Result<()> {
        self.reply(Err(Fault::new(Fault::INVALID_PARAMS, message)))
    }
}

fn kind(name: &str) -> &'static str {
    match name {
        "command" => "execute",
        "file" => "edit",
        _ => "other",
    }
}

fn title(name: &str, arguments: &Value) -> String {
    let told = ["command", "path"].iter().find_map(|key| arguments.get(key)?.as_str());
    told.unwrap_or(name).to_owned()
}
