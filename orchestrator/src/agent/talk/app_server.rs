//! `codex app-server`: threads, turns, items and approvals over JSON-RPC.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::app_server_items::title_of;
use super::rpc::{Caller, Fault, Incoming, METHOD_NOT_FOUND, read};
use super::talker::{Prompt, Step, TalkSettings, Waiting, take_answer, withdraw};
use super::text::Writing;
use crate::agent::parser::{Clues, agent_error, at_second};
use crate::agent::{
    AgentError, AgentErrorKind, ApprovalChoice, ApprovalRequest, ChoiceKind, Item, ToolCall, Usage,
};
use crate::failure::Failure;

/// What codex asks before it acts: all commands but those that it knows to only read.
const ASK: &str = "untrusted";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AppServer {
    settings: TalkSettings,
    caller: Caller<Asked>,
    stage: Stage,
    thread: Option<String>,
    turn: Option<String>,
    /// The turn that waits until the agent is ready for it: its parameters.
    next: Option<Next>,
    /// The sandbox of turns that may change something: the one that codex gives a new thread here.
    sandbox: Value,
    /// Whether what codex has for the next turn may be a read-only turn's: it keeps such settings, also on disk.
    may_be_read_only: bool,
    /// Somebody asked to stop before the turn had an id.
    cancelled: bool,
    /// Somebody asked to stop: until the turn has, nobody is asked anything.
    stopping: bool,
    pub(super) writing: Writing,
    /// This turn's use.
    used: Usage,
    /// The thread's tokens, as told last.
    total: u64,
    waiting: Vec<Waiting<Value>>,
    /// Calls that wait for an approval are told in it again.
    pub(super) calls: Vec<ToolCall>,
    resets_at: Option<Timestamp>,
    told: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Next {
    input: Vec<Value>,
    read_only: bool,
}

/// What a request of ours was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Initialize,
    Thread,
    /// A thread that is there only to learn which sandbox codex gives a new one.
    Sandbox,
    /// That one's end.
    LetGo,
    Turn,
    Interrupt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Starting,
    Ready,
    Working,
    /// It can't be used; each prompt gets this answer.
    Broken,
}

impl AppServer {
    pub(super) fn start(settings: TalkSettings, out: &mut Step) -> Self {
        let client = json!({"name": "baton", "title": "Baton", "version": settings.client_version});
        let mut server = Self {
            settings,
            caller: Caller::new(),
            stage: Stage::Starting,
            thread: None,
            turn: None,
            next: None,
            sandbox: Value::Null,
            may_be_read_only: false,
            cancelled: false,
            stopping: false,
            writing: Writing::default(),
            used: Usage::default(),
            total: 0,
            waiting: Vec::new(),
            calls: Vec::new(),
            resets_at: None,
            told: None,
        };
        server.caller.request(Asked::Initialize, "initialize", json!({"clientInfo": client}), out);
        server
    }

    pub(super) fn is_busy(&self) -> bool {
        self.next.is_some() || self.stage == Stage::Working
    }

    pub(super) fn is_preparing(&self) -> bool {
        self.next.is_some()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.stage == Stage::Broken
    }

    pub(super) fn waiting(&self) -> Vec<&Value> {
        self.waiting.iter().map(|waiting| &waiting.request).collect()
    }

    pub(super) fn prompt(&mut self, prompt: &Prompt, out: &mut Step) {
        let mut input = vec![json!({"type": "text", "text": prompt.text})];
        for image in &prompt.images {
            let url = format!("data:{};base64,{}", image.kind().media_type(), image.base64());
            input.push(json!({"type": "image", "url": url}));
        }
        self.next = Some(Next { input, read_only: prompt.read_only });
        self.go_on(out);
    }

    pub(super) fn cancel(&mut self, out: &mut Step) {
        if self.next.take().is_some() {
            out.items.push(Item::Ended { ok: false, text: None });
        } else if self.stage == Stage::Working {
            self.stopping = true;
            match &self.turn {
                Some(_) => self.interrupt(out),
                None => self.cancelled = true,
            }
        }
    }

    fn interrupt(&mut self, out: &mut Step) {
        let params = json!({"threadId": self.thread, "turnId": self.turn});
        self.caller.request(Asked::Interrupt, "turn/interrupt", params, out);
    }

    pub(super) fn answer(
        &mut self,
        request: &Value,
        option: &str,
        out: &mut Step,
    ) -> Result<(), Failure> {
        let result = take_answer(&mut self.waiting, request, option)?;
        self.caller.answer(request, result, out);
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut Step) {
        self.writing.end(out);
        withdraw(&mut self.waiting, out);
        if self.is_busy() {
            self.next = None;
            out.items.push(Item::Ended { ok: false, text: None });
        }
        self.stage = Stage::Broken;
    }

    /// Whether the line is one that is understood.
    pub(super) fn line(&mut self, line: &[u8], out: &mut Step) -> bool {
        match read(line) {
            Some(Incoming::Answer { id, result }) => match self.caller.answered(id) {
                Some(asked) => {
                    self.answered(asked, result, out);
                    true
                }
                None => false,
            },
            Some(Incoming::Request { id, method, params }) => {
                self.asked(id, &method, &params, out);
                true
            }
            Some(Incoming::Notification { method, params }) => self.told(&method, params, out),
            None => false,
        }
    }

    fn answered(&mut self, asked: Asked, result: Result<Value, Fault>, out: &mut Step) {
        match (asked, result) {
            (Asked::Initialize, Ok(_)) => {
                self.caller.notify("initialized", Value::Null, out);
                let mut params = self.thread_params();
                let mut method = "thread/start";
                if let Some(id) = &self.settings.resume {
                    method = "thread/resume";
                    params["threadId"] = json!(id);
                    // The transcript is here already.
                    params["excludeTurns"] = json!(true);
                }
                self.caller.request(Asked::Thread, method, params, out);
            }
            (Asked::Thread, Ok(answer)) => {
                self.sandbox = answer["sandbox"].clone();
                self.may_be_read_only = self.settings.resume.is_some();
                if let Some(id) = answer["thread"]["id"].as_str() {
                    self.thread = Some(id.to_owned());
                    out.items.push(Item::AgentSession { id: id.to_owned() });
                }
                if self.may_be_read_only && self.sandbox["type"] == "readOnly" {
                    // It may be that of a read-only turn, which codex has stored with the thread (0.169.0).
                    let mut params = self.thread_params();
                    params["ephemeral"] = json!(true);
                    self.caller.request(Asked::Sandbox, "thread/start", params, out);
                    return;
                }
                self.stage = Stage::Ready;
                self.go_on(out);
            }
            (Asked::Sandbox, Ok(answer)) => {
                self.sandbox = answer["sandbox"].clone();
                let params = json!({"threadId": answer["thread"]["id"]});
                self.caller.request(Asked::LetGo, "thread/unsubscribe", params, out);
                self.stage = Stage::Ready;
                self.go_on(out);
            }
            // It ends with the process, too.
            (Asked::LetGo, Ok(_) | Err(_)) => {}
            (Asked::Turn, Ok(answer)) => {
                self.turn =
                    answer["turn"]["id"].as_str().map(ToOwned::to_owned).or(self.turn.take());
                if std::mem::take(&mut self.cancelled) {
                    self.interrupt(out);
                }
            }
            // Its end is told by the turn.
            (Asked::Interrupt, Ok(_)) => {}
            (Asked::Interrupt, Err(fault)) => {
                let clues = Clues { goes_on: true, ..Clues::default() };
                out.items.push(Item::Error(agent_error(&fault.words(), &clues)));
            }
            (Asked::Initialize, Err(fault)) => self.broken(&fault, out),
            (Asked::Thread | Asked::Sandbox, Err(fault)) => self.broken(&fault, out),
            (Asked::Turn, Err(fault)) => {
                self.stage = Stage::Ready;
                self.failed(agent_error(&fault.words(), &Clues::default()), out);
            }
        }
    }

    /// What a thread is begun or gone on with.
    fn thread_params(&self) -> Value {
        let mut params = json!({"cwd": self.settings.cwd, "approvalPolicy": ASK});
        if let Some(model) = &self.settings.model {
            params["model"] = json!(model);
        }
        params
    }

    fn broken(&mut self, fault: &Fault, out: &mut Step) {
        self.stage = Stage::Broken;
        self.next = None;
        self.failed(agent_error(&fault.words(), &Clues::default()), out);
    }

    fn failed(&mut self, error: AgentError, out: &mut Step) {
        self.writing.end(out);
        out.items.push(Item::Error(error));
        out.items.push(Item::Ended { ok: false, text: None });
    }

    fn go_on(&mut self, out: &mut Step) {
        match self.stage {
            Stage::Starting | Stage::Working => return,
            Stage::Broken => {
                if self.next.take().is_some() {
                    let message = "the agent can't be talked to; start it anew";
                    self.failed(agent_error(message, &Clues::default()), out);
                }
                return;
            }
            Stage::Ready => {}
        }
        let Some(next) = self.next.take() else { return };
        let mut params = json!({"threadId": self.thread, "input": next.input});
        if next.read_only {
            params["approvalPolicy"] = json!("never");
            params["sandboxPolicy"] = json!({"type": "readOnly"});
        } else if self.may_be_read_only {
            params["approvalPolicy"] = json!(ASK);
            if !self.sandbox.is_null() {
                params["sandboxPolicy"] = self.sandbox.clone();
            }
        }
        self.may_be_read_only = next.read_only;
        self.stage = Stage::Working;
        self.turn = None;
        self.cancelled = false;
        self.stopping = false;
        self.told = None;
        self.used = Usage::default();
        self.caller.request(Asked::Turn, "turn/start", params, out);
    }

    fn asked(&mut self, id: Value, method: &str, params: &Value, out: &mut Step) {
        let offered: &[(&str, &str, ChoiceKind)] = match method {
            "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => &[
                ("accept", "Allow", ChoiceKind::AllowOnce),
                ("acceptForSession", "Allow for this session", ChoiceKind::AllowAlways),
                ("decline", "Reject", ChoiceKind::RejectOnce),
            ],
            "item/permissions/requestApproval" => &[
                ("turn", "Allow for this turn", ChoiceKind::AllowOnce),
                ("session", "Allow for this session", ChoiceKind::AllowAlways),
                ("none", "Reject", ChoiceKind::RejectOnce),
            ],
            _ => {
                let message = format!("Baton doesn't offer {method}");
                self.caller.refuse(&id, METHOD_NOT_FOUND, &message, out);
                return;
            }
        };
        let answer = |option: &str| match (method, option) {
            ("item/permissions/requestApproval", "none") => json!({"permissions": {}}),
            ("item/permissions/requestApproval", scope) => {
                json!({"permissions": params["permissions"], "scope": scope})
            }
            (_, decision) => json!({"decision": decision}),
        };
        if self.stopping {
            // It asked before it heard that it is to stop.
            let no = if method.starts_with("item/permissions") { "none" } else { "cancel" };
            self.caller.answer(&id, answer(no), out);
            return;
        }
        let answers = offered.iter().map(|(option, _, _)| ((*option).to_owned(), answer(option)));
        self.waiting.push(Waiting { request: id.clone(), options: answers.collect() });
        let item = params["itemId"].as_str().unwrap_or_default();
        let tool_call = self.calls.iter().find(|call| call.id == item).cloned();
        let options = offered.iter().map(|(option, name, kind)| ApprovalChoice {
            id: (*option).to_owned(),
            name: (*name).to_owned(),
            kind: *kind,
        });
        self.writing.end(out);
        out.items.push(Item::Approval(ApprovalRequest {
            request: id,
            title: title_of(method, params, tool_call.as_ref()),
            tool_call,
            options: options.collect(),
        }));
    }

    /// Whether the notification is of a kind that is understood.
    fn told(&mut self, method: &str, params: Value, out: &mut Step) -> bool {
        match method {
            "item/agentMessage/delta"
            | "item/reasoning/summaryTextDelta"
            | "item/reasoning/textDelta" => {
                let Some(piece) = params["delta"].as_str() else { return false };
                let reasoning = method.starts_with("item/reasoning");
                self.writing.add(reasoning, params["itemId"].as_str(), piece, out);
            }
            "item/started" => return self.item(&params["item"], false, out),
            "item/completed" => return self.item(&params["item"], true, out),
            "thread/tokenUsage/updated" => {
                // What a thread that is resumed had used before is told with the id of its last turn.
                let is_ours =
                    params["turnId"].as_str().is_none_or(|id| self.turn.as_deref() == Some(id));
                self.token_usage(&params["tokenUsage"], is_ours, out);
            }
            "account/rateLimits/updated" => {
                let limits = &params["rateLimits"];
                let full = |window: &Value| {
                    let used = window["usedPercent"].as_f64()?;
                    (used >= 100.0).then_some(window["resetsAt"].as_i64()?)
                };
                let ends = full(&limits["primary"]).max(full(&limits["secondary"]));
                self.resets_at = ends.and_then(at_second);
            }
            "error" => {
                let goes_on = params["willRetry"] == true;
                self.error(&params["error"], goes_on, out);
            }
            "warning" | "configWarning" | "deprecationNotice" | "guardianWarning" => {
                let words = params["message"].as_str().or_else(|| params["summary"].as_str());
                let Some(words) = words else { return false };
                let clues = Clues { goes_on: true, ..Clues::default() };
                out.items.push(Item::Error(agent_error(words, &clues)));
            }
            "serverRequest/resolved" => {
                // Ours is known already; another's (or codex's own end of it) isn't.
                let id = &params["requestId"];
                if self.waiting.iter().any(|waiting| waiting.request == *id) {
                    self.waiting.retain(|waiting| waiting.request != *id);
                    out.withdrawn.push(id.clone());
                }
            }
            "turn/started" => {
                if let Some(id) = params["turn"]["id"].as_str() {
                    self.turn = Some(id.to_owned());
                }
            }
            "turn/completed" => self.turn_completed(&params["turn"], out),
            "account/updated"
            | "item/commandExecution/outputDelta"
            | "item/fileChange/outputDelta"
            | "item/fileChange/patchUpdated"
            | "item/reasoning/summaryPartAdded"
            | "mcpServer/startupStatus/updated"
            | "remoteControl/status/changed"
            | "skills/changed"
            | "thread/name/updated"
            | "thread/settings/updated"
            | "thread/started"
            | "thread/status/changed"
            | "turn/diff/updated" => {}
            _ => return false,
        }
        true
    }

    fn error(&mut self, error: &Value, goes_on: bool, out: &mut Step) {
        let message = error["message"].as_str().unwrap_or("an error without a word");
        let info = &error["codexErrorInfo"];
        let inner = info.as_object().and_then(|info| info.iter().next());
        let code = info.as_str().or_else(|| inner.map(|(name, _)| name.as_str()));
        let status = inner.and_then(|(_, data)| data["httpStatusCode"].as_u64());
        let status = status.and_then(|status| u16::try_from(status).ok()); // No status has more digits.
        let clues = Clues { status, code, resets_at: self.resets_at, goes_on };
        let mut told = agent_error(message, &clues);
        // A status is finer than "the connection failed".
        if let (AgentErrorKind::Provider, Some(status)) = (told.kind, status) {
            let by_status = agent_error("", &Clues { status: Some(status), ..Clues::default() });
            if by_status.kind != AgentErrorKind::Other {
                told.kind = by_status.kind;
                told.resets_at =
                    self.resets_at.filter(|_| told.kind == AgentErrorKind::RateLimited);
            }
        }
        self.told = Some(message.to_owned()).filter(|_| !goes_on);
        out.items.push(Item::Error(told));
    }

    fn turn_completed(&mut self, turn: &Value, out: &mut Step) {
        self.writing.end(out);
        withdraw(&mut self.waiting, out);
        self.calls.clear();
        self.turn = None;
        self.stopping = false;
        self.stage = Stage::Ready;
        let error = &turn["error"];
        if error.is_object() && error["message"].as_str() != self.told.as_deref() {
            self.error(error, false, out);
        }
        let ok = turn["status"] == "completed";
        let text = self.writing.last.take().filter(|_| ok);
        out.items.push(Item::Ended { ok, text });
    }

    /// Codex tells a thread's total and its last request: a turn's use is the sum of its requests.
    fn token_usage(&mut self, usage: &Value, is_ours: bool, out: &mut Step) {
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let total = number(&usage["total"]["totalTokens"]);
        // The same again is nothing of this turn.
        if !is_ours || self.stage != Stage::Working || total == self.total {
            self.total = total;
            return;
        }
        self.total = total;
        let last = &usage["last"];
        let cached = number(&last["cachedInputTokens"]);
        let written = number(&last["cacheWriteInputTokens"]);
        self.used.input_tokens += number(&last["inputTokens"]).saturating_sub(cached + written);
        self.used.output_tokens += number(&last["outputTokens"]);
        self.used.cache_read_tokens += cached;
        self.used.cache_write_tokens += written;
        self.used.reasoning_tokens += number(&last["reasoningOutputTokens"]);
        self.used.context_window = usage["modelContextWindow"].as_u64();
        self.used.context_tokens = last["totalTokens"].as_u64();
        out.items.push(Item::Usage(self.used.clone()));
    }
}
