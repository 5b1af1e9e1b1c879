use std::{io, sync::Arc};

use serde_json::{Value, json};

use super::{
    memory::Memory,
    serve::{Action, Protocol, Started, TalkingVoice, nothing},
    wire::{Fault, Reply, Wire},
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

/// How a client sets what the agent may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settings {
    /// `session/set_mode`.
    Modes,
    /// `session/set_config_option`.
    Options,
}

impl Settings {
    fn modes(self) -> [&'static str; 2] {
        match self {
            Self::Modes => ["default", "plan"],
            Self::Options => ["build", "plan"],
        }
    }

    /// The settings as fields of an answer.
    fn fields(self, mode: &str) -> Value {
        match self {
            Self::Modes => {
                let modes = self.modes().map(|mode| json!({ "id": mode, "name": mode }));
                json!({ "modes": { "currentModeId": mode, "availableModes": modes } })
            }
            Self::Options => {
                let options = self.modes().map(|mode| json!({ "value": mode, "name": mode }));
                json!({ "configOptions": [{ "id": "mode", "name": "Mode", "category": "mode",
                                            "type": "select", "currentValue": mode,
                                            "options": options }] })
            }
        }
    }
}

/// Agent Client Protocol, version 1.
pub(super) struct Acp {
    settings: Settings,
    wire: Arc<Wire>,
    memory: Memory,
    sessions: Vec<Session>,
}

/// A session of this process.
struct Session {
    id: String,
    /// Another process began it.
    is_loaded: bool,
    mode: String,
}

impl Acp {
    pub(super) fn new(settings: Settings, wire: Arc<Wire>, memory: Memory) -> Self {
        Self { settings, wire, memory, sessions: Vec::new() }
    }

    /// Adds a session; returns its settings.
    fn add(&mut self, id: &str, is_loaded: bool) -> Value {
        let [mode, _] = self.settings.modes();
        self.sessions.retain(|session| session.id != id);
        self.sessions.push(Session { id: id.to_owned(), is_loaded, mode: mode.to_owned() });
        self.settings.fields(mode)
    }

    fn begin(&mut self) -> io::Result<Value> {
        let format = match self.settings {
            Settings::Modes => Format::Acp,
            Settings::Options => Format::OpencodeAcp,
        };
        let id = format!("{}-{}", new_session(format), self.sessions.len());
        self.memory.begin(&id)?;
        let mut answer = self.add(&id, false);
        answer["sessionId"] = json!(id);
        Ok(answer)
    }

    /// Says again what was said in that session, as the protocol wants it before the answer.
    fn load(&mut self, id: &str) -> io::Result<Reply> {
        let Some(said) = self.memory.read(id)? else { return Ok(Err(no_session(id))) };
        for update in said {
            self.wire.notify("session/update", json!({ "sessionId": id, "update": update }))?;
        }
        Ok(Ok(self.add(id, true)))
    }

    fn set_mode(&mut self, id: &str, mode: &str) -> Reply {
        let Some(session) = self.sessions.iter_mut().find(|session| session.id == id) else {
            return Err(no_session(id));
        };
        if !self.settings.modes().contains(&mode) {
            return Err(Fault::new(Fault::INVALID_PARAMS, format!("no mode {mode}")));
        }
        mode.clone_into(&mut session.mode);
        Ok(match self.settings {
            Settings::Modes => nothing(),
            Settings::Options => self.settings.fields(mode),
        })
    }

    fn prompt(&self, id: &Value, params: &Value, halt: &Arc<Halt>) -> io::Result<Action> {
        let session = text(params, "sessionId");
        let Some(known) = self.sessions.iter().find(|known| known.id == session) else {
            return Ok(Action::Reply(Err(no_session(&session))));
        };
        let prompt = text_of(&params["prompt"]);
        let voice = AcpVoice {
            wire: Arc::clone(&self.wire),
            memory: self.memory.clone(),
            halt: Arc::clone(halt),
            request: id.clone(),
            session: session.clone(),
            mode: known.mode.clone(),
            prompt: prompt.clone(),
            tools: 0,
            is_in_text: false,
        };
        let (is_resumed, voice) = (known.is_loaded, Box::new(voice));
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
            "authenticate" => Action::Reply(Ok(nothing())),
            "session/set_mode" if self.settings == Settings::Modes => {
                Action::Reply(self.set_mode(&text(params, "sessionId"), &text(params, "modeId")))
            }
            "session/set_config_option" if self.settings == Settings::Options => {
                Action::Reply(self.set_mode(&text(params, "sessionId"), &text(params, "value")))
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
    mode: String,
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

    fn reply(&self, reply: Reply) -> io::Result<()> {
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

    fn mode(&self) -> io::Result<String> {
        Ok(self.mode.clone())
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
