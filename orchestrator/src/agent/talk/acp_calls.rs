//! ACP's updates as items.

use std::collections::BTreeMap;

use agent_client_protocol_schema::v1 as schema;
use schema::{ContentBlock, PermissionOptionKind, SessionUpdate, ToolCallContent, ToolCallStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::acp::Acp;
use super::talker::Step;
use crate::agent::parser::cut;
use crate::agent::{ApprovalChoice, ApprovalRequest, ChoiceKind, Item, ToolCall, ToolStatus};

/// Tool calls of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Calls {
    /// Those that haven't ended.
    open: BTreeMap<String, Call>,
    /// Names of those that have, and how: agents add to them afterwards.
    ended: BTreeMap<String, (String, ToolStatus)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Call {
    name: String,
    title: String,
    input: Value,
    output: Option<String>,
}

impl Acp {
    /// Whether the update is of a kind that is understood.
    pub(super) fn update(&mut self, update: SessionUpdate, out: &mut Step) -> bool {
        let (reasoning, chunk) = match update {
            SessionUpdate::AgentMessageChunk(chunk) => (false, chunk),
            SessionUpdate::AgentThoughtChunk(chunk) => (true, chunk),
            SessionUpdate::ToolCall(call) => {
                self.writing.end(out);
                // Told anew, it is a new one.
                self.calls.ended.remove(&*call.tool_call_id.0);
                let fields = schema::ToolCallUpdateFields::new()
                    .title(call.title)
                    .name(call.name)
                    .kind(call.kind)
                    .status(call.status)
                    .content(call.content)
                    .raw_input(call.raw_input)
                    .raw_output(call.raw_output);
                self.calls.update(&call.tool_call_id.0, fields, out);
                return true;
            }
            SessionUpdate::ToolCallUpdate(update) => {
                self.writing.end(out);
                self.calls.update(&update.tool_call_id.0, update.fields, out);
                return true;
            }
            SessionUpdate::Plan(plan) => {
                out.items.push(Item::ToolCall(ToolCall {
                    id: "plan".into(),
                    name: "plan".into(),
                    status: ToolStatus::Done,
                    input: json!({"entries": plan.entries}),
                    output: None,
                }));
                return true;
            }
            SessionUpdate::UsageUpdate(update) => {
                self.usage.context_tokens = Some(update.used);
                self.usage.context_window = Some(update.size);
                if let Some(cost) = update.cost.filter(|cost| cost.currency == "USD") {
                    self.cost = cost.amount;
                    self.usage.cost_usd = Some((cost.amount - self.cost_before).max(0.0));
                }
                out.items.push(Item::Usage(self.usage.clone()));
                return true;
            }
            SessionUpdate::CurrentModeUpdate(update) => {
                self.offers.mode = Some(update.current_mode_id.0.to_string());
                return true;
            }
            SessionUpdate::UserMessageChunk(_)
            | SessionUpdate::AvailableCommandsUpdate(_)
            | SessionUpdate::ConfigOptionUpdate(_)
            | SessionUpdate::SessionInfoUpdate(_) => return true,
            _ => return false,
        };
        let id = chunk.message_id.as_ref().map(|id| &*id.0);
        match text_of(&chunk.content) {
            Some(text) => self.writing.add(reasoning, id, &text, out),
            None => return false,
        }
        true
    }
}

impl Calls {
    /// Calls of the turn before are no longer added to.
    pub(super) fn begin_turn(&mut self) {
        self.ended.clear();
    }

    fn update(&mut self, id: &str, fields: schema::ToolCallUpdateFields, out: &mut Step) {
        if let Some((name, status)) = self.ended.get(id).cloned() {
            let goes_on =
                matches!(fields.status, Some(ToolCallStatus::Pending | ToolCallStatus::InProgress));
            if !goes_on {
                return self.add(id, name, status, fields, out);
            }
            self.ended.remove(id);
            self.open.insert(id.to_owned(), Call { name, ..Call::default() });
        }
        let call = self.open.entry(id.to_owned()).or_default();
        let before = call.clone();
        let is_new = before == Call::default();
        if let Some(title) = fields.title {
            call.title = title;
        }
        let kind = fields.kind.map(|kind| json!(kind).as_str().unwrap_or("other").to_owned());
        if let Some(name) = fields.name.or_else(|| kind.filter(|_| call.name.is_empty())) {
            call.name = name;
        }
        if let Some(input) = fields.raw_input {
            call.input = input;
        }
        let content = fields.content.as_deref().map(output_of).filter(|text| !text.is_empty());
        let raw = fields.raw_output.as_ref().and_then(raw_output);
        call.output = content.or(raw).or(call.output.take());
        let status = ended_as(fields.status).unwrap_or(ToolStatus::Running);
        let ended = status != ToolStatus::Running;
        let changed = (&before.name, &before.input) != (&call.name, &call.input)
            || (call.input.is_null() && before.title != call.title);
        let told = call.told(id, status);
        if ended {
            self.ended.insert(id.to_owned(), (call.name.clone(), status));
            self.open.remove(id);
        }
        if is_new || ended || changed {
            out.items.push(Item::ToolCall(told));
        }
    }

    /// What is said of a call that has ended: it stays so, and what is new of it is told.
    fn add(
        &mut self,
        id: &str,
        name: String,
        status: ToolStatus,
        fields: schema::ToolCallUpdateFields,
        out: &mut Step,
    ) {
        let new = ended_as(fields.status).unwrap_or(status);
        let content = fields.content.as_deref().map(output_of).filter(|text| !text.is_empty());
        let output = content.or_else(|| fields.raw_output.as_ref().and_then(raw_output));
        if output.is_some() || fields.raw_input.is_some() || new != status {
            self.ended.insert(id.to_owned(), (name.clone(), new));
            let input = fields.raw_input.unwrap_or_default();
            let call = ToolCall { id: id.to_owned(), name, status: new, input, output };
            out.items.push(Item::ToolCall(call));
        }
    }

    /// A question, and its call: agents may tell of the call nowhere else.
    pub(super) fn approval(
        &mut self,
        id: Value,
        request: schema::RequestPermissionRequest,
        out: &mut Step,
    ) -> ApprovalRequest {
        let call_id = request.tool_call.tool_call_id.0.to_string();
        let mut fields = request.tool_call.fields;
        fields.status = Some(ToolCallStatus::Pending);
        let said = fields.content.as_deref().map(output_of).filter(|text| !text.is_empty());
        self.update(&call_id, fields, out);
        let call = self.open.get(&call_id).cloned().unwrap_or_default();
        let mut tool_call = call.told(&call_id, ToolStatus::Running);
        tool_call.output = said;
        let options = request.options.into_iter().map(|option| ApprovalChoice {
            id: option.option_id.0.to_string(),
            name: option.name,
            kind: match option.kind {
                PermissionOptionKind::AllowOnce => ChoiceKind::AllowOnce,
                PermissionOptionKind::AllowAlways => ChoiceKind::AllowAlways,
                PermissionOptionKind::RejectAlways => ChoiceKind::RejectAlways,
                // What a later version adds is surely no more than a yes for once; a no is safe.
                _ => ChoiceKind::RejectOnce,
            },
        });
        ApprovalRequest {
            request: id,
            title: if call.title.is_empty() { call.name.clone() } else { call.title.clone() },
            tool_call: Some(tool_call),
            options: options.collect(),
        }
    }
}

impl Call {
    fn told(&self, id: &str, status: ToolStatus) -> ToolCall {
        let input = match (&self.input, self.title.as_str()) {
            (Value::Null, "") => Value::Null,
            (Value::Null, title) => json!({"title": title}),
            (input, _) => input.clone(),
        };
        let output = self.output.clone().filter(|_| status != ToolStatus::Running);
        ToolCall { id: id.to_owned(), name: self.name.clone(), status, input, output }
    }
}

/// How a call has ended, if it has.
fn ended_as(status: Option<ToolCallStatus>) -> Option<ToolStatus> {
    match status {
        Some(ToolCallStatus::Completed) => Some(ToolStatus::Done),
        Some(ToolCallStatus::Failed) => Some(ToolStatus::Failed),
        // The protocol's type may grow.
        Some(_) | None => None,
    }
}

fn text_of(content: &ContentBlock) -> Option<String> {
    match content {
        ContentBlock::Text(text) => Some(text.text.clone()),
        ContentBlock::ResourceLink(link) => Some(format!("[{}]({})", link.name, link.uri)),
        _ => None,
    }
}

fn output_of(content: &[ToolCallContent]) -> String {
    let parts = content.iter().map(|content| match content {
        // Of what is no text, such as an image, stands at least that it was there.
        ToolCallContent::Content(content) => text_of(&content.content).unwrap_or_else(|| {
            let block = json!(content.content);
            format!("[{}]", block["type"].as_str().unwrap_or("content"))
        }),
        ToolCallContent::Diff(diff) => {
            format!("{}:\n{}", diff.path.display(), diff.new_text)
        }
        _ => String::new(),
    });
    cut(&parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n"))
}

fn raw_output(output: &Value) -> Option<String> {
    let text = output.as_str().or_else(|| output.get("output")?.as_str());
    let text = text.or_else(|| output.get("error")?.as_str());
    text.map(cut)
}
