//! Events as the lines of `--json`.

use std::collections::HashMap;

use jiff::Timestamp;
use orchestrator::agent::ToolCall;
use orchestrator::seam::{
    Approval, ApprovalId, ApprovalOption, Event, EventBody, Partial, PartialKind, SessionId, TabId,
    TurnId,
};
use serde::Serialize;
use serde_json::Value;

/// One line: what every event has, then what this one says.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    seq: Option<u64>,
    at: Timestamp,
    session: &'a SessionId,
    tab: Option<&'a TabId>,
    turn: Option<&'a TurnId>,
    #[serde(flatten)]
    body: Body<'a>,
    /// Only of what comes in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Event(&'a EventBody),
    Approval(Box<Asked<'a>>),
    Piece { r#type: &'static str, text: String },
}

/// An approval, flat as all the others.
#[derive(Debug, Serialize)]
struct Asked<'a> {
    r#type: &'static str,
    id: &'a ApprovalId,
    title: &'a str,
    tool_call: Option<&'a ToolCall>,
    options: &'a [ApprovalOption],
    request: &'a Value,
}

/// Makes lines of what is delivered; knows how much of an unfinished piece was told.
#[derive(Debug, Default)]
pub struct Lines {
    told: HashMap<(TurnId, PartialKind), String>,
}

impl Lines {
    /// The line of an event.
    pub fn event<'a>(&mut self, event: &'a Event) -> Line<'a> {
        let partial = match &event.body {
            EventBody::Text { plain: false, .. } => self.finished(event, PartialKind::Text),
            EventBody::Text { plain: true, .. } => self.finished(event, PartialKind::Plain),
            EventBody::Reasoning { .. } => self.finished(event, PartialKind::Reasoning),
            EventBody::TurnEnded { .. } => {
                self.told.retain(|(turn, _), _| Some(turn) != event.turn.as_ref());
                None
            }
            EventBody::SessionChanged { .. }
            | EventBody::SessionRemoved
            | EventBody::QueueChanged { .. }
            | EventBody::TurnStarted { .. }
            | EventBody::TurnLaunched
            | EventBody::AgentSession { .. }
            | EventBody::ToolCall(_)
            | EventBody::ApprovalRequested { .. }
            | EventBody::ApprovalResolved { .. }
            | EventBody::Usage(_)
            | EventBody::Link { .. }
            | EventBody::Quiet { .. }
            | EventBody::Error { .. }
            | EventBody::Raw { .. }
            | EventBody::Unknown => None,
        };
        let body = match &event.body {
            EventBody::ApprovalRequested { approval } => Body::Approval(Box::new(asked(approval))),
            other => Body::Event(other),
        };
        Line {
            seq: Some(event.seq),
            at: event.at,
            session: &event.session,
            tab: event.tab.as_ref(),
            turn: event.turn.as_ref(),
            body,
            partial,
        }
    }

    fn finished(&mut self, event: &Event, kind: PartialKind) -> Option<bool> {
        if let Some(turn) = &event.turn {
            self.told.remove(&(turn.clone(), kind));
        }
        Some(false)
    }

    /// The line of an unfinished piece with what was added to it; none where nothing was.
    pub fn partial<'a>(&mut self, partial: &'a Partial, now: Timestamp) -> Option<Line<'a>> {
        let told = self.told.entry((partial.turn.clone(), partial.kind)).or_default();
        // Another piece than the one before begins anew.
        let added = partial.text.strip_prefix(told.as_str()).unwrap_or(&partial.text);
        if added.is_empty() || told.starts_with(&partial.text) {
            return None;
        }
        let text = added.to_owned();
        partial.text.clone_into(told);
        let kind = match partial.kind {
            PartialKind::Text | PartialKind::Plain => "text",
            PartialKind::Reasoning => "reasoning",
        };
        Some(Line {
            seq: None,
            at: now,
            session: &partial.session,
            tab: Some(&partial.tab),
            turn: Some(&partial.turn),
            body: Body::Piece { r#type: kind, text },
            partial: Some(true),
        })
    }
}

fn asked(approval: &Approval) -> Asked<'_> {
    Asked {
        r#type: "approval_requested",
        id: &approval.id,
        title: &approval.title,
        tool_call: approval.tool_call.as_ref(),
        options: &approval.options,
        request: &approval.request,
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
