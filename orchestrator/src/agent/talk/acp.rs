//! The Agent Client Protocol, version 1: initialize, a session, prompts, approvals.

use agent_client_protocol_schema::ProtocolVersion;
use agent_client_protocol_schema::v1 as schema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::acp_calls::Calls;
use super::acp_session::Offers;
use super::rpc::{Caller, Fault, INVALID_PARAMS, Incoming, METHOD_NOT_FOUND, read};
use super::talker::{Prompt, Step, TalkSettings, Waiting, take_answer, withdraw};
use super::text::Writing;
use crate::agent::parser::{Clues, agent_error};
use crate::agent::{AgentError, AgentErrorKind, Item, Usage};
use crate::failure::{Code, Failure};

/// ACP's error for "log in first".
const AUTH_REQUIRED: i64 = -32000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Acp {
    settings: TalkSettings,
    caller: Caller<Asked>,
    stage: Stage,
    /// What the agent can do and offers.
    pub(super) offers: Offers,
    session: Option<String>,
    /// The turn that waits until the agent is ready for it.
    next: Option<Next>,
    /// Whether the turn under way is to change nothing.
    read_only: bool,
    /// The mode that is being set: it counts once the agent says so.
    setting: Option<String>,
    /// The turn under way was asked to stop: until it has, nobody is asked anything.
    cancelling: bool,
    pub(super) calls: Calls,
    pub(super) writing: Writing,
    pub(super) usage: Usage,
    /// The session's cost before this turn: ACP counts sessions.
    pub(super) cost_before: f64,
    pub(super) cost: f64,
    waiting: Vec<Waiting<String>>,
}

/// What a request of ours was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Initialize,
    Open,
    Model,
    Mode,
    Prompt,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Starting,
    /// Updates that come meanwhile are the past of a conversation that is loaded.
    Opening,
    Ready,
    /// Model or mode is being set.
    Setting,
    Working,
    /// It can't be used; each prompt gets this answer.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Next {
    content: Vec<Value>,
    mode: Option<String>,
    /// Whether it must not go without that mode.
    strict: bool,
}

impl Acp {
    pub(super) fn start(settings: TalkSettings, out: &mut Step) -> Self {
        let client = schema::Implementation::new("baton", settings.client_version.clone());
        let capabilities = schema::ClientCapabilities::new();
        let initialize = schema::InitializeRequest::new(ProtocolVersion::V1)
            .client_capabilities(capabilities)
            .client_info(client);
        let mut acp = Self {
            settings,
            caller: Caller::new(),
            stage: Stage::Starting,
            offers: Offers::default(),
            session: None,
            next: None,
            read_only: false,
            setting: None,
            cancelling: false,
            calls: Calls::default(),
            writing: Writing::default(),
            usage: Usage::default(),
            cost_before: 0.0,
            cost: 0.0,
            waiting: Vec::new(),
        };
        acp.caller.request(Asked::Initialize, "initialize", json!(initialize), out);
        acp
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

    pub(super) fn prompt(&mut self, prompt: &Prompt, out: &mut Step) -> Result<(), Failure> {
        let TalkSettings { mode, read_only_mode, .. } = &self.settings;
        let mode = match (prompt.read_only, read_only_mode) {
            (true, None) => {
                return Err(Failure::new(
                    Code::Unsupported,
                    "this agent has no mode in which it changes nothing",
                )
                .hint("Its definition can name one as `read_only_mode`"));
            }
            (true, Some(mode)) => Some(mode.clone()),
            (false, _) => mode.clone(),
        };
        let mut content = vec![json!({"type": "text", "text": prompt.text})];
        for image in &prompt.images {
            content.push(json!({
                "type": "image",
                "data": image.base64(),
                "mimeType": image.kind().media_type(),
            }));
        }
        self.next = Some(Next { content, mode, strict: prompt.read_only });
        self.usage = Usage::default();
        self.cost_before = self.cost;
        self.go_on(out);
        Ok(())
    }

    pub(super) fn cancel(&mut self, out: &mut Step) {
        match self.stage {
            Stage::Working => {
                self.cancelling = true;
                // First this: an agent whose question is answered goes on until it hears of it.
                self.caller.notify("session/cancel", json!({"sessionId": self.session}), out);
                // The protocol wants each open question answered.
                for waiting in &self.waiting {
                    let outcome = json!({"outcome": {"outcome": "cancelled"}});
                    self.caller.answer(&waiting.request, outcome, out);
                }
                withdraw(&mut self.waiting, out);
            }
            Stage::Starting | Stage::Opening | Stage::Setting | Stage::Ready | Stage::Broken => {
                if self.next.take().is_some() {
                    out.items.push(Item::Ended { ok: false, text: None });
                }
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        request: &Value,
        option: &str,
        out: &mut Step,
    ) -> Result<(), Failure> {
        let option = take_answer(&mut self.waiting, request, option)?;
        let outcome = json!({"outcome": {"outcome": "selected", "optionId": option}});
        self.caller.answer(request, outcome, out);
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
                self.asked(id, &method, params, out);
                true
            }
            Some(Incoming::Notification { method, params }) => match method.as_str() {
                // What came before is told anew while a conversation is loaded.
                "session/update" if self.stage == Stage::Opening => true,
                "session/update" => match serde_json::from_value::<Update>(params) {
                    // gemini says that its mode has changed as if the model had said it.
                    Ok(Update { update: schema::SessionUpdate::AgentMessageChunk(_) })
                        if self.stage != Stage::Working =>
                    {
                        false
                    }
                    Ok(Update { update }) => self.update(update, out),
                    Err(_) => false, // Of a later version: kept as it is.
                },
                "$/cancel_request" => {
                    let id = params.get("requestId").cloned().unwrap_or_default();
                    self.waiting.retain(|waiting| waiting.request != id);
                    out.withdrawn.push(id);
                    true
                }
                _ => false,
            },
            None => false,
        }
    }

    fn answered(&mut self, asked: Asked, result: Result<Value, Fault>, out: &mut Step) {
        match (asked, result) {
            (Asked::Initialize, Ok(answer)) => {
                self.offers = Offers::of_initialize(&answer);
                self.open(out);
            }
            (Asked::Open, Ok(answer)) => {
                let id = answer.get("sessionId").and_then(Value::as_str).map(ToOwned::to_owned);
                self.session = id.or_else(|| self.settings.resume.clone());
                self.offers.of_session(&answer);
                if let Some(id) = self.session.clone() {
                    out.items.push(Item::AgentSession { id });
                }
                self.stage = Stage::Ready;
                self.go_on(out);
            }
            (Asked::Model, Ok(_)) => {
                self.offers.model.clone_from(&self.settings.model);
                self.stage = Stage::Ready;
                self.go_on(out);
            }
            (Asked::Mode, Ok(_)) => {
                self.offers.mode = self.setting.take();
                self.stage = Stage::Ready;
                self.go_on(out);
            }
            (Asked::Prompt, Ok(answer)) => self.turn_ended(&answer, out),
            (Asked::Initialize, Err(fault)) => self.broken(&fault, None, out),
            (Asked::Open, Err(fault)) => {
                let resumed = self.settings.resume.is_some().then_some("session not found");
                self.broken(&fault, resumed, out);
            }
            (Asked::Model, Err(fault)) => {
                let mut error = of_fault(&fault, None);
                if error.kind == AgentErrorKind::Other {
                    error.kind = AgentErrorKind::ModelUnknown;
                }
                self.turn_failed(error, out);
            }
            (Asked::Mode | Asked::Prompt, Err(fault)) => {
                self.turn_failed(of_fault(&fault, None), out);
            }
        }
    }

    fn open(&mut self, out: &mut Step) {
        let cwd = self.settings.cwd.clone();
        let (method, params) = match self.settings.resume.clone() {
            None => ("session/new", json!(schema::NewSessionRequest::new(cwd))),
            Some(id) if self.offers.resume => {
                let resume = schema::ResumeSessionRequest::new(id, cwd);
                ("session/resume", with_servers(json!(resume)))
            }
            Some(id) if self.offers.load => {
                ("session/load", json!(schema::LoadSessionRequest::new(id, cwd)))
            }
            Some(_) => {
                let fault = Fault {
                    message: "this agent can't go on with a conversation".into(),
                    ..Fault::default()
                };
                return self.broken(&fault, Some("session not found"), out);
            }
        };
        self.stage = Stage::Opening;
        self.caller.request(Asked::Open, method, params, out);
    }

    /// Sends the next turn, or what has to be set before it.
    fn go_on(&mut self, out: &mut Step) {
        let Some(next) = &self.next else { return };
        match self.stage {
            Stage::Broken => {
                self.next = None;
                let message = "the agent can't be talked to; start it anew";
                out.items.push(Item::Error(agent_error(message, &Clues::default())));
                out.items.push(Item::Ended { ok: false, text: None });
                return;
            }
            Stage::Starting | Stage::Opening | Stage::Setting | Stage::Working => return,
            Stage::Ready => {}
        }
        let Some(session) = self.session.clone() else { return };
        if !self.offers.image && next.content.iter().any(|part| part["type"] == "image") {
            let error = agent_error("this agent takes no images", &Clues::default());
            return self.turn_failed(error, out);
        }
        if let Some(model) = &self.settings.model {
            match self.offers.set_model(&session, model) {
                Ok(None) => {}
                Ok(Some((method, params))) => {
                    self.stage = Stage::Setting;
                    self.caller.request(Asked::Model, method, params, out);
                    return;
                }
                Err(()) => {
                    let message =
                        format!("this agent offers no choice of models, so not `{model}` either");
                    let clues = Clues { code: Some("model_not_found"), ..Clues::default() };
                    return self.turn_failed(agent_error(&message, &clues), out);
                }
            }
        }
        if let Some(mode) = &next.mode {
            match self.offers.set_mode(&session, mode) {
                Ok(None) => {}
                Ok(Some((method, params))) => {
                    self.stage = Stage::Setting;
                    self.setting = Some(mode.clone());
                    self.caller.request(Asked::Mode, method, params, out);
                    return;
                }
                Err(()) if next.strict => {
                    let message =
                        format!("it doesn't offer its mode `{mode}`, so it could change things");
                    let error = agent_error(&message, &Clues::default());
                    return self.turn_failed(error, out);
                }
                Err(()) => {}
            }
        }
        let Some(next) = self.next.take() else { return };
        self.stage = Stage::Working;
        self.read_only = next.strict;
        self.cancelling = false;
        self.calls.begin_turn();
        let params = json!({"sessionId": session, "prompt": next.content});
        self.caller.request(Asked::Prompt, "session/prompt", params, out);
    }

    fn turn_ended(&mut self, answer: &Value, out: &mut Step) {
        self.writing.end(out);
        withdraw(&mut self.waiting, out);
        self.cancelling = false;
        self.stage = Stage::Ready;
        self.take_usage(answer, out);
        let reason = answer.get("stopReason").and_then(Value::as_str).unwrap_or_default();
        let problem = match reason {
            "max_tokens" => {
                Some((AgentErrorKind::ContextExhausted, "the model's token limit is reached"))
            }
            "max_turn_requests" => {
                Some((AgentErrorKind::Other, "the limit of requests in a turn is reached"))
            }
            "refusal" => Some((AgentErrorKind::Other, "the model refused to go on")),
            _ => None,
        };
        if let Some((kind, message)) = problem {
            let message = message.to_owned();
            out.items.push(Item::Error(AgentError {
                kind,
                message,
                resets_at: None,
                goes_on: false,
            }));
        }
        let ok = reason == "end_turn";
        let text = self.writing.last.take().filter(|_| ok);
        out.items.push(Item::Ended { ok, text });
    }

    fn turn_failed(&mut self, error: AgentError, out: &mut Step) {
        self.writing.end(out);
        withdraw(&mut self.waiting, out);
        self.next = None;
        self.setting = None;
        self.cancelling = false;
        if self.stage != Stage::Broken {
            self.stage = Stage::Ready;
        }
        out.items.push(Item::Error(error));
        out.items.push(Item::Ended { ok: false, text: None });
    }

    /// It never gets ready.
    fn broken(&mut self, fault: &Fault, otherwise: Option<&str>, out: &mut Step) {
        self.stage = Stage::Broken;
        self.turn_failed(of_fault(fault, otherwise), out);
    }

    fn asked(&mut self, id: Value, method: &str, params: Value, out: &mut Step) {
        if method != "session/request_permission" {
            // We promised nothing but permissions: no files, no terminals.
            let message = format!("Baton doesn't offer {method}");
            self.caller.refuse(&id, METHOD_NOT_FOUND, &message, out);
            return;
        }
        if self.cancelling {
            // It asked before it heard of the cancel. The protocol wants this answer.
            let outcome = json!({"outcome": {"outcome": "cancelled"}});
            self.caller.answer(&id, outcome, out);
            return;
        }
        match serde_json::from_value::<schema::RequestPermissionRequest>(params) {
            Ok(request) if self.read_only && changes_something(&request) => {
                let no = request
                    .options
                    .iter()
                    .find(|option| matches!(option.kind, schema::PermissionOptionKind::RejectOnce));
                let outcome = match no {
                    Some(no) => json!({"outcome": "selected", "optionId": no.option_id}),
                    None => json!({"outcome": "cancelled"}),
                };
                self.caller.answer(&id, json!({"outcome": outcome}), out);
            }
            Ok(request) => {
                self.writing.end(out);
                let approval = self.calls.approval(id.clone(), request, out);
                let options =
                    approval.options.iter().map(|option| (option.id.clone(), option.id.clone()));
                self.waiting.push(Waiting { request: id, options: options.collect() });
                out.items.push(Item::Approval(approval));
            }
            Err(error) => {
                self.caller.refuse(&id, INVALID_PARAMS, &error.to_string(), out);
            }
        }
    }
}

/// Whether it asks to do what a read-only turn must not: some agents ask for that in their read-only mode, too.
fn changes_something(request: &schema::RequestPermissionRequest) -> bool {
    use schema::ToolKind::{Delete, Edit, Execute, Move};
    matches!(request.tool_call.fields.kind, Some(Edit | Delete | Move | Execute))
}

/// `session/update`. Its `update` is read on its own, so that one of an unknown kind doesn't lose the others.
#[derive(Deserialize)]
struct Update {
    update: schema::SessionUpdate,
}

fn of_fault(fault: &Fault, otherwise: Option<&str>) -> AgentError {
    let code = (fault.code == AUTH_REQUIRED).then_some("auth_required");
    let words = fault.words();
    let mut error = agent_error(&words, &Clues { code, ..Clues::default() });
    if error.kind == AgentErrorKind::Other && otherwise.is_some() {
        error.kind = AgentErrorKind::SessionNotFound;
    }
    error
}

/// Agents of older versions want the list to be there.
fn with_servers(mut params: Value) -> Value {
    if let Value::Object(fields) = &mut params {
        fields.entry("mcpServers").or_insert_with(|| json!([]));
    }
    params
}
