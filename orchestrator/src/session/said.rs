//! What becomes of an agent's words: events, questions that wait for a person, questions that wait no more.

use serde_json::Value;

use super::command::advance;
use super::entry::{Entry, Now, Outcome};
use super::queue;
use crate::agent::{AgentError, Item, Usage};
use crate::failure::Failure;
use crate::seam::{Approval, ApprovalId, EventBody, RunId, Tab, TabId, TabState, TurnId};
use crate::store::{Batch, Change};

/// Where an agent's words come from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The run that prints them.
    pub run: &'a RunId,
    /// The tab that it was launched for.
    pub tab: &'a TabId,
    /// The turn to which they belong: it is under way, or, where an agent that talks speaks between two turns, over.
    pub turn: &'a TurnId,
}

/// The agent said something.
pub fn heard(
    entry: &mut Entry,
    by: &Source<'_>,
    items: Vec<Item>,
    explain: impl Fn(&AgentError) -> Failure,
    now: Now,
) -> Outcome {
    let mut outcome = Outcome::new();
    let session = entry.session.id.clone();
    let host = entry.session.host.clone();
    let Some(tab) = entry.session.tabs.iter_mut().find(|tab| tab.id == *by.tab) else {
        return outcome;
    };
    let (id, turn) = (tab.id.clone(), by.turn);
    let mut is_changed = false;
    let mut late = Vec::new();
    let mut bodies = Vec::new();
    for item in items {
        match item {
            Item::AgentSession { id } => {
                // What a tab has parted from says nothing about its conversation, and one lives on its machine: that
                // of a session that has moved on is nobody's.
                let is_here = tab.turn.as_ref().is_some_and(|turn| turn.host == host);
                if is_here && is_of(tab, by.run) && tab.agent_session.as_ref() != Some(&id) {
                    tab.agent_session = Some(id.clone());
                    is_changed = true;
                    bodies.push(EventBody::AgentSession { id });
                }
            }
            Item::Text { text } => bodies.push(EventBody::Text { text, plain: false }),
            Item::Printed { text, whole: true } => {
                bodies.push(EventBody::Text { text, plain: true });
            }
            Item::Reasoning { text } => bodies.push(EventBody::Reasoning { text }),
            Item::ToolCall(call) => bodies.push(EventBody::ToolCall(call)),
            Item::Usage(usage) => {
                let found = tab.turn.as_mut().filter(|found| found.id == *turn);
                if found.as_ref().is_some_and(|found| found.usage == usage) {
                    continue;
                }
                if let Some(found) = found {
                    let before = std::mem::replace(&mut found.usage, usage.clone());
                    if found.status.is_some() {
                        // Its use was summed up at its end.
                        add_usage(&mut tab.totals.usage, &before, &usage);
                        late.push((before, usage.clone()));
                    }
                    is_changed = true;
                }
                bodies.push(EventBody::Usage(usage));
            }
            Item::Error(error) => bodies.push(EventBody::Error {
                failure: explain(&error),
                recoverable: is_recoverable(&error),
                resets_at: error.resets_at,
            }),
            Item::Approval(request) => {
                tab.state = TabState::Waiting;
                is_changed = true;
                let approval = Box::new(Approval {
                    id: ApprovalId::random(),
                    session: session.clone(),
                    tab: id.clone(),
                    turn: turn.clone(),
                    title: request.title,
                    tool_call: request.tool_call,
                    options: request.options,
                    request: request.request,
                    at: now,
                });
                outcome.batch.changes.push(Change::PutApproval((*approval).clone()));
                bodies.push(EventBody::ApprovalRequested { approval });
            }
            Item::Unknown { kind, line } => bodies.push(EventBody::Raw { kind, line }),
            // Parts are for who looks on right now; the end is told with the turn's.
            Item::Delta { .. } | Item::Printed { whole: false, .. } | Item::Ended { .. } => {}
        }
    }
    let tab = tab.clone();
    outcome
        .batch
        .drafts
        .extend(bodies.into_iter().map(|body| entry.draft(Some(&id), Some(turn), body)));
    if !late.is_empty() {
        for (before, after) in &late {
            add_usage(&mut entry.session.totals.usage, before, after);
        }
        let session = entry.session.clone();
        outcome.batch.changes.push(Change::PutSession { session, env: None });
    }
    if is_changed {
        entry.put_tab(&mut outcome.batch, &tab);
    }
    outcome
}

/// Whether a tab's agent is that run.
fn is_of(tab: &Tab, run: &RunId) -> bool {
    let under_way = tab.turn.as_ref().filter(|turn| turn.status.is_none());
    tab.talk.as_ref() == Some(run) || under_way.is_some_and(|turn| turn.run == *run)
}

/// Questions of the agent wait no more, though nobody has answered them; also those that `outcome` has just asked.
pub fn withdrawn(
    entry: &mut Entry,
    tab: &TabId,
    requests: &[(TurnId, Value)],
    approvals: &[Approval],
    outcome: &mut Outcome,
    now: Now,
) {
    if requests.is_empty() {
        return;
    }
    let of_tab = asked(approvals, outcome).filter(|approval| approval.tab == *tab).cloned();
    let (fallen, waiting): (Vec<Approval>, Vec<Approval>) = of_tab.partition(|approval| {
        requests
            .iter()
            .any(|(turn, request)| approval.turn == *turn && approval.request == *request)
    });
    let Some(tab) = entry.session.tabs.iter_mut().find(|found| found.id == *tab) else { return };
    if fallen.is_empty() {
        return;
    }
    tab.state = queue::state(tab, !waiting.is_empty());
    let tab = tab.clone();
    entry.put_tab(&mut outcome.batch, &tab);
    fall(entry, &fallen, &mut outcome.batch);
    advance(entry, outcome, now);
}

/// Says of questions that they wait no more.
pub(super) fn fall<'a>(
    entry: &Entry,
    fallen: impl IntoIterator<Item = &'a Approval>,
    batch: &mut Batch,
) {
    for approval in fallen {
        batch.changes.push(Change::RemoveApproval(approval.id.clone()));
        let body = EventBody::ApprovalResolved { approval: approval.id.clone(), decision: None };
        batch.drafts.push(entry.draft(Some(&approval.tab), Some(&approval.turn), body));
    }
}

/// Questions that wait, and those that `outcome` adds.
fn asked<'a>(
    approvals: &'a [Approval],
    outcome: &'a Outcome,
) -> impl Iterator<Item = &'a Approval> {
    let new = outcome.batch.changes.iter().filter_map(|change| match change {
        Change::PutApproval(approval) => Some(approval),
        Change::PutSession { .. }
        | Change::RemoveSession(_)
        | Change::PutTab { .. }
        | Change::PutQueue { .. }
        | Change::OrderTabs { .. }
        | Change::PutRemoved { .. }
        | Change::ForgetRemoved(_)
        | Change::RemoveApproval(_)
        | Change::PutImages { .. }
        | Change::DropImages(_)
        | Change::AddRun(_)
        | Change::SetRun { .. }
        | Change::Swept(_)
        | Change::Progress { .. }
        | Change::PutReceipt(_)
        | Change::AddEntry(_)
        | Change::RewriteEntry { .. }
        | Change::PutProject { .. }
        | Change::SetIgnored { .. }
        | Change::SetHinted(_)
        | Change::PutShared { .. }
        | Change::DropShared { .. }
        | Change::PutTerminal(_)
        | Change::DropTerminal(_)
        | Change::Sent(_)
        | Change::NotSent { .. }
        | Change::PutOperation(_)
        | Change::ForgetOperation(_)
        | Change::AddLine { .. } => None,
    });
    approvals.iter().chain(new)
}

/// Whether sending again may help without anybody doing something first.
fn is_recoverable(error: &AgentError) -> bool {
    use crate::agent::AgentErrorKind as Kind;
    match error.kind {
        Kind::RateLimited | Kind::Provider => true,
        Kind::NotLoggedIn
        | Kind::ContextExhausted
        | Kind::SessionNotFound
        | Kind::ModelUnknown
        | Kind::Other => error.goes_on,
    }
}

/// Adds what a turn's use is more than it was before.
pub(super) fn add_usage(sum: &mut Usage, before: &Usage, after: &Usage) {
    let pairs = [
        (&mut sum.input_tokens, before.input_tokens, after.input_tokens),
        (&mut sum.output_tokens, before.output_tokens, after.output_tokens),
        (&mut sum.cache_read_tokens, before.cache_read_tokens, after.cache_read_tokens),
        (&mut sum.cache_write_tokens, before.cache_write_tokens, after.cache_write_tokens),
        (&mut sum.reasoning_tokens, before.reasoning_tokens, after.reasoning_tokens),
    ];
    for (sum, before, after) in pairs {
        *sum = sum.saturating_add(after.saturating_sub(before));
    }
    if let Some(cost) = after.cost_usd {
        *sum.cost_usd.get_or_insert(0.0) += cost - before.cost_usd.unwrap_or(0.0);
    }
    sum.context_window = after.context_window.or(sum.context_window);
    sum.context_tokens = after.context_tokens.or(sum.context_tokens);
}
