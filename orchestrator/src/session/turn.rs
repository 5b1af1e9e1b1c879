//! What becomes of a turn: it began or never will, it is over.

use std::time::Duration;

use crate::agent::{Carry, Usage};
use crate::failure::Failure;
use crate::history::{Account, SYNOPSIS_PROMPT, TurnEnd};
use crate::host::Site;
use crate::seam::{
    Approval, EventBody, LinkState, MessageId, QueuedMessage, RunId, Tab, TabState, Totals, TurnId,
    TurnStatus,
};
use crate::store::{Change, RunOwner, RunRecord, RunState};

use super::command::{self, advance};
use super::entry::{Effect, Entry, LaunchOrder, Now, Outcome};
use super::queue;
use super::said::{add_usage, fall};
use super::waiting::bytes_of;

/// It is certain that the agent got the message.
pub fn launched(entry: &mut Entry, turn: &TurnId) -> Outcome {
    let mut outcome = Outcome::new();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut() else { return outcome };
    if found.message.take().is_none() {
        return outcome;
    }
    let run = found.run.clone();
    let tab = tab.clone();
    outcome.batch.changes.push(Change::SetRun { run, state: RunState::Running, status: None });
    entry.put_tab(&mut outcome.batch, &tab);
    let body = EventBody::TurnLaunched;
    outcome.batch.drafts.push(entry.draft(Some(&tab.id), Some(turn), body));
    outcome
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

/// Something about it keeps failing, though the way to its host stands.
pub fn trouble(entry: &mut Entry, turn: &TurnId, failure: Failure, recoverable: bool) -> Outcome {
    let mut outcome = Outcome::new();
    let Some(tab) = entry.tab_of_turn(turn).map(|tab| tab.id.clone()) else { return outcome };
    let body = EventBody::Error { failure, recoverable, resets_at: None };
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
    // What its agent never got, came to nothing.
    let worked = message.is_none().then(|| found.clone());
    let (was_synopsis, read_only) = (found.synopsis, found.read_only);
    // No question outlives its process. While that goes on, those of the turn were withdrawn with its end: what still waits
    // was asked behind it, in the same breath.
    let (fallen, waiting): (Vec<&Approval>, Vec<&Approval>) =
        approvals.iter().filter(|asked| asked.tab == tab.id).partition(|_| end.run.is_some());
    tab.state = queue::state(tab, !waiting.is_empty());
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
    let account = tab.account.take().filter(|_| was_synopsis);
    // What Baton asks by itself holds nobody up.
    let holds_back =
        end.status == TurnStatus::Failed && !was_synopsis && !tab.paused && !tab.queue.is_empty();
    tab.paused |= holds_back;
    let mut tab = tab.clone();
    add(&mut entry.session.totals, &usage, elapsed_ms);
    let told = TurnEnd {
        status: end.status,
        text: &end.text,
        failure: end.failure.as_ref(),
        elapsed_ms,
        at: now,
    };
    let account = match (account, worked) {
        // It was about the turn before.
        (Some(account), Some(_)) if end.status == TurnStatus::Done => account.told(&end.text),
        (Some(account), _) => Some(*account),
        (None, Some(turn)) if turn.save_to_history => {
            let site = entry.sites.get(&turn.run).cloned();
            Some(Account::of_turn(&entry.session, &tab, &turn, site, &told))
        }
        (None, Some(_) | None) => None,
    };
    let asks = entry.session.synopsis
        && !was_synopsis
        && is_here
        && end.status == TurnStatus::Done
        && tab.agent_session.is_some()
        && tab.state == TabState::Idle
        && !tab.paused;
    let (asked, account) = if asks { (account, None) } else { (None, account) };
    outcome.accounts.extend(account);
    if let Some(account) = &asked {
        tab.account = Some(Box::new(account.clone()));
        if let Ok(kept) = entry.tab_mut(&tab.id) {
            kept.account.clone_from(&tab.account);
        }
    }
    let batch = &mut outcome.batch;
    if let Some(state) = end.run {
        batch.changes.push(Change::SetRun { run, state, status: end.exit_status });
    }
    fall(entry, fallen, batch);
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
    if asked.is_some() {
        command::begin(entry, &mut outcome, &tab.id, synopsis_message(read_only, now), true, now);
    }
    advance(entry, &mut outcome, now);
    outcome
}

/// What Baton itself asks an agent behind a turn.
///
/// It may change as much as that turn: so it fits wherever that did.
fn synopsis_message(read_only: bool, now: Now) -> QueuedMessage {
    QueuedMessage {
        id: MessageId::random(),
        prompt: SYNOPSIS_PROMPT.into(),
        prompt_bytes: bytes_of(SYNOPSIS_PROMPT),
        images: 0,
        read_only,
        save_to_history: true,
        paused: false,
        at: now,
    }
}

/// It is certain that the run of a turn never began: the same turn is launched again, under another run. One that a
/// person has interrupted meanwhile is over.
pub fn again(entry: &mut Entry, turn: &TurnId, approvals: &[Approval], now: Now) -> Outcome {
    let mut outcome = Outcome::new();
    let (session, talks) = (entry.session.id.clone(), entry.session.talks);
    let host = entry.session.host.clone();
    let Some(tab) = entry.tab_of_turn(turn) else { return outcome };
    let Some(found) = tab.turn.as_mut() else { return outcome };
    found.host = host;
    let Some(message) = found.message.clone() else { return outcome };
    if found.interrupting {
        return ended(entry, turn, End::never_began(), approvals, now);
    }
    let old = std::mem::replace(&mut found.run, RunId::random());
    let run = found.run.clone();
    let tab_id = tab.id.clone();
    // What the process before it asked between two turns, nobody waits for any more.
    tab.state = queue::state(tab, false);
    tab.talk = talks.then(|| run.clone());
    let after = tab.clone();
    let changes = &mut outcome.batch.changes;
    changes.push(Change::SetRun { run: old, state: RunState::Never, status: None });
    changes.push(new_run(entry, &after, turn, &run, now));
    entry.put_tab(&mut outcome.batch, &after);
    let of_tab = approvals.iter().filter(|approval| approval.tab == tab_id);
    fall(entry, of_tab, &mut outcome.batch);
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
    let site = entry.site();
    let session = &entry.session;
    let is_its_own = tab.talk.is_none();
    let is_at_work = |run: &RunId| {
        session.tabs.iter().any(|tab| {
            let under_way = tab.turn.as_ref().filter(|turn| turn.status.is_none());
            tab.talk.as_ref() == Some(run) || under_way.is_some_and(|turn| turn.run == *run)
        })
    };
    entry.sites.retain(|run, _| is_at_work(run));
    entry.sites.extend(site.clone().map(|site| (run.clone(), site)));
    let (place, cwd) = match site {
        Some(Site { place, cwd }) => (Some(place), cwd),
        None => (None, session.cwd.clone()),
    };
    Change::AddRun(RunRecord {
        id: run.clone(),
        host: session.host.clone(),
        place,
        started_at: now,
        command: session.agent.clone(),
        cwd,
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

/// A talking agent has ended between two turns. Where no agent is, no question waits.
pub fn talker_ended(
    entry: &mut Entry,
    run: &RunId,
    approvals: &[Approval],
    outcome: &mut Outcome,
    now: Now,
) {
    let mut changed = Vec::new();
    for tab in &mut entry.session.tabs {
        let is_its = tab.talk.take_if(|talk| talk == run).is_some();
        if tab.talk.is_none() && !queue::is_working(tab) {
            let waits = tab.state != TabState::Idle;
            tab.state = TabState::Idle;
            if is_its || waits {
                changed.push(tab.clone());
            }
        }
    }
    for tab in changed {
        entry.put_tab(&mut outcome.batch, &tab);
        let of_tab = approvals.iter().filter(|approval| approval.tab == tab.id);
        fall(entry, of_tab, &mut outcome.batch);
    }
    advance(entry, outcome, now);
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
    add_usage(&mut totals.usage, &Usage::default(), usage);
}
