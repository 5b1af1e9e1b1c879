//! What becomes of a turn: it began or never will, the agent said something, it is over.

use std::time::Duration;

use serde_json::Value;

use crate::agent::{AgentError, Carry, Item, Usage};
use crate::failure::Failure;
use crate::seam::{
    Approval, ApprovalId, EventBody, LinkState, RunId, Tab, TabState, Totals, TurnId, TurnStatus,
};
use crate::store::{Change, RunOwner, RunRecord, RunState};

use super::command::advance;
use super::entry::{Effect, Entry, LaunchOrder, Now, Outcome};

/// It is certain that the agent got the message.
pub fn launched(entry: &mut Entry, turn: &TurnId) -> Outcome {
    let mut outcome = Outcome::new();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut() else { return outcome };
    let Some(message) = found.message.take() else { return outcome };
    let run = found.run.clone();
    let tab = tab.clone();
    outcome.batch.changes.push(Change::DropImages(message.id));
    outcome.batch.changes.push(Change::SetRun { run, state: RunState::Running, status: None });
    entry.put_tab(&mut outcome.batch, &tab);
    let body = EventBody::TurnLaunched;
    outcome.batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    outcome
}

/// The agent said something.
pub fn heard(
    entry: &mut Entry,
    turn: &TurnId,
    items: Vec<Item>,
    explain: impl Fn(&AgentError) -> Failure,
    now: Now,
) -> Outcome {
    let mut outcome = Outcome::new();
    let session = entry.session.id.clone();
    let host = entry.session.host.clone();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let id = tab.id.clone();
    let mut is_changed = false;
    let mut bodies = Vec::new();
    for item in items {
        match item {
            Item::AgentSession { id } => {
                // A conversation lives on its machine: the one of a session that has moved on is nobody's.
                let is_here = tab.turn.as_ref().is_some_and(|turn| turn.host == host);
                if is_here && tab.agent_session.as_ref() != Some(&id) {
                    tab.agent_session = Some(id.clone());
                    is_changed = true;
                    bodies.push(EventBody::AgentSession { id });
                }
            }
            Item::Text { text } => bodies.push(EventBody::Text { text }),
            Item::Reasoning { text } => bodies.push(EventBody::Reasoning { text }),
            Item::ToolCall(call) => bodies.push(EventBody::ToolCall(call)),
            Item::Usage(usage) => {
                if let Some(found) = tab.turn.as_mut().filter(|found| found.usage != usage) {
                    found.usage = usage.clone();
                    is_changed = true;
                    bodies.push(EventBody::Usage(usage));
                }
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
            Item::Delta { .. } | Item::Ended { .. } => {}
        }
    }
    let tab = tab.clone();
    outcome
        .batch
        .drafts
        .extend(bodies.into_iter().map(|body| entry.draft(Some(&id), Some(turn), body)));
    if is_changed {
        entry.put_tab(&mut outcome.batch, &tab);
    }
    outcome
}

/// Questions of the agent wait no more, though nobody has answered them.
pub fn withdrawn(
    entry: &mut Entry,
    turn: &TurnId,
    requests: &[Value],
    approvals: &[Approval],
    outcome: &mut Outcome,
) {
    let of_turn = || approvals.iter().filter(|approval| approval.turn == *turn);
    let fallen: Vec<&Approval> =
        of_turn().filter(|approval| requests.contains(&approval.request)).collect();
    if fallen.is_empty() {
        return;
    }
    let Some(tab) = entry.tab_of_turn(turn) else { return };
    if fallen.len() == of_turn().count() {
        tab.state = TabState::Working;
    }
    let tab = tab.clone();
    entry.put_tab(&mut outcome.batch, &tab);
    for approval in fallen {
        outcome.batch.changes.push(Change::RemoveApproval(approval.id.clone()));
        let body = EventBody::ApprovalResolved { approval: approval.id.clone(), decision: None };
        outcome.batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    }
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

/// The way to the host broke, is back, or needs a person.
pub fn link(entry: &mut Entry, turn: &TurnId, state: LinkState, why: Option<Failure>) -> Outcome {
    let mut outcome = Outcome::new();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut().filter(|found| found.link != state) else {
        return outcome;
    };
    found.link = state;
    let tab = tab.clone();
    entry.put_tab(&mut outcome.batch, &tab);
    let body = EventBody::Link { state, why };
    outcome.batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    outcome
}

/// The agent has printed nothing for a while.
pub fn quiet(entry: &mut Entry, turn: &TurnId, seconds: u64, stderr: String) -> Outcome {
    let mut outcome = Outcome::new();
    let Some(tab) = entry.tab_of_turn(turn).map(|tab| tab.id.clone()) else { return outcome };
    let body = EventBody::Quiet { seconds, stderr };
    outcome.batch.drafts.push(entry.draft(Some(&tab), Some(turn), body));
    outcome
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// How.
    pub status: TurnStatus,
    /// Of the agent's process.
    pub exit_status: Option<u8>,
    /// The last piece of the answer.
    pub text: String,
    /// What went wrong, where no event has said it yet.
    pub failure: Option<Failure>,
    /// Whether sending again may help.
    pub recoverable: bool,
    /// How far its run is now; `None` where the run goes on without it.
    pub run: Option<RunState>,
    /// What the reader of the next turn has to know; `None` where it is what it was.
    pub carry: Option<Carry>,
}

impl End {
    /// It failed before its agent could say anything about it.
    pub fn failed(failure: Failure, recoverable: bool, run: Option<RunState>) -> Self {
        Self {
            status: TurnStatus::Failed,
            exit_status: None,
            text: String::new(),
            failure: Some(failure),
            recoverable,
            run,
            carry: None,
        }
    }

    /// It was interrupted before it began.
    pub fn never_began() -> Self {
        Self {
            status: TurnStatus::Interrupted,
            exit_status: None,
            text: String::new(),
            failure: None,
            recoverable: false,
            run: Some(RunState::Never),
            carry: None,
        }
    }
}

/// A turn is over. What waits goes next; after a failure it is held back, so that it isn't spent on the same fault.
pub fn ended(
    entry: &mut Entry,
    turn: &TurnId,
    end: End,
    approvals: &[Approval],
    now: Now,
) -> Outcome {
    let mut outcome = Outcome::new();
    let talks = entry.session.talks;
    let host = entry.session.host.clone();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut() else { return outcome };
    let is_here = found.host == host;
    let elapsed_ms = elapsed_ms(found.started_at, now);
    found.status = Some(end.status);
    let message = found.message.take();
    let (run, usage) = (found.run.clone(), found.usage.clone());
    tab.state = TabState::Idle;
    if end.run.is_some() {
        // An edit may have parted the tab from its run: what it has now is not it.
        tab.talk.take_if(|talk| *talk == run);
    } else if talks && tab.talk.as_ref() != Some(&run) {
        outcome.effects.push(Effect::LetGo { run: run.clone() });
    }
    if let Some(carry) = end.carry.filter(|_| is_here) {
        tab.carry = carry;
    }
    add(&mut tab.totals, &usage, elapsed_ms);
    let holds_back = end.status == TurnStatus::Failed && !tab.paused && !tab.queue.is_empty();
    tab.paused |= holds_back;
    let tab = tab.clone();
    add(&mut entry.session.totals, &usage, elapsed_ms);
    let batch = &mut outcome.batch;
    if let Some(message) = message {
        batch.changes.push(Change::DropImages(message.id));
    }
    if let Some(state) = end.run {
        batch.changes.push(Change::SetRun { run, state, status: end.exit_status });
    }
    for approval in approvals.iter().filter(|approval| approval.turn == *turn) {
        batch.changes.push(Change::RemoveApproval(approval.id.clone()));
        let body = EventBody::ApprovalResolved { approval: approval.id.clone(), decision: None };
        batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    }
    batch.changes.push(Change::PutSession { session: entry.session.clone(), env: None });
    entry.put_tab(batch, &tab);
    if let Some(failure) = end.failure {
        let body = EventBody::Error { failure, recoverable: end.recoverable, resets_at: None };
        batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    }
    let body = EventBody::TurnEnded {
        status: end.status,
        exit_status: end.exit_status,
        elapsed_ms,
        text: end.text,
    };
    batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    if holds_back {
        entry.put_queue(batch, &tab);
    }
    advance(entry, &mut outcome, now);
    outcome
}

/// It is certain that the run of a turn never began: the same turn is launched again, under another run.
pub fn again(entry: &mut Entry, turn: &TurnId, now: Now) -> Outcome {
    let mut outcome = Outcome::new();
    let (session, talks) = (entry.session.id.clone(), entry.session.talks);
    let host = entry.session.host.clone();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut() else { return outcome };
    found.host = host;
    let Some(message) = found.message.clone() else { return outcome };
    let old = std::mem::replace(&mut found.run, RunId::random());
    let run = found.run.clone();
    let tab_id = tab.id.clone();
    tab.talk = talks.then(|| run.clone());
    let after = tab.clone();
    let changes = &mut outcome.batch.changes;
    changes.push(Change::SetRun { run: old, state: RunState::Never, status: None });
    changes.push(new_run(entry, &after, turn, &run, now));
    entry.put_tab(&mut outcome.batch, &after);
    outcome.effects.push(Effect::Launch(Box::new(LaunchOrder {
        session,
        tab: tab_id,
        turn: turn.clone(),
        run,
        message: *message,
    })));
    outcome
}

/// The run that is to carry a turn, or all turns of an agent that talks.
pub fn new_run(entry: &mut Entry, tab: &Tab, turn: &TurnId, run: &RunId, now: Now) -> Change {
    let place = entry.place();
    let session = &entry.session;
    let is_its_own = tab.talk.is_none();
    if !is_its_own {
        let is_talking =
            |run: &RunId| session.tabs.iter().any(|tab| tab.talk.as_ref() == Some(run));
        entry.places.retain(|run, _| is_talking(run));
        entry.places.extend(place.clone().map(|place| (run.clone(), place)));
    }
    Change::PutRun(RunRecord {
        id: run.clone(),
        host: session.host.clone(),
        place,
        started_at: now,
        command: session.agent.clone(),
        cwd: session.cwd.clone(),
        owner: Some(RunOwner {
            session: session.id.clone(),
            tab: tab.id.clone(),
            turn: is_its_own.then(|| turn.clone()),
        }),
        state: RunState::Launching,
        status: None,
        out_offset: 0,
        err_offset: 0,
        reader: None,
        swept: false,
    })
}

/// A talking agent has ended between two turns.
pub fn talker_ended(entry: &mut Entry, run: &RunId, outcome: &mut Outcome) {
    let Some(tab) = entry.session.tabs.iter_mut().find(|tab| tab.talk.as_ref() == Some(run)) else {
        return;
    };
    tab.talk = None;
    let tab = tab.clone();
    entry.put_tab(&mut outcome.batch, &tab);
}

/// How long a turn took.
pub fn elapsed_ms(from: Now, to: Now) -> u64 {
    // A clock that was set back in between gives nothing, not a fault.
    let elapsed = Duration::try_from(to.duration_since(from)).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

fn add(totals: &mut Totals, usage: &Usage, elapsed_ms: u64) {
    totals.turns += 1;
    totals.elapsed_ms = totals.elapsed_ms.saturating_add(elapsed_ms);
    let sum = &mut totals.usage;
    let pairs = [
        (&mut sum.input_tokens, usage.input_tokens),
        (&mut sum.output_tokens, usage.output_tokens),
        (&mut sum.cache_read_tokens, usage.cache_read_tokens),
        (&mut sum.cache_write_tokens, usage.cache_write_tokens),
        (&mut sum.reasoning_tokens, usage.reasoning_tokens),
    ];
    for (sum, more) in pairs {
        *sum = sum.saturating_add(more);
    }
    if let Some(cost) = usage.cost_usd {
        *sum.cost_usd.get_or_insert(0.0) += cost;
    }
    sum.context_window = usage.context_window.or(sum.context_window);
    sum.context_tokens = usage.context_tokens.or(sum.context_tokens);
}
