//! What a person wants of a session: messages, interrupts, answers.

use crate::agent::{Carry, Usage};
use crate::failure::{Code, Failure};
use crate::seam::{Approval, LinkState};
use crate::seam::{
    Decision, EventBody, MessageId, NewMessage, QueuedMessage, Reply, RunId, Tab, TabChoice, TabId,
    TabState, Turn, TurnId,
};
use crate::store::Change;

use super::create::new_tab;
use super::entry::{Effect, Entry, LaunchOrder, Now, Outcome};
use super::queue;
use super::turn::new_run;
use super::waiting::bytes_of;

/// Puts a message into a queue, and sends it at once where nothing is before it.
///
/// # Errors
///
/// [`Code::NotFound`] for a tab that isn't there.
pub fn send(
    entry: &mut Entry,
    choice: TabChoice,
    message: NewMessage,
    now: Now,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::new();
    let tab = match choice {
        TabChoice::Id(id) => entry.tab(&id)?.id.clone(),
        TabChoice::Last => match last_used(entry) {
            Some(id) => id,
            None => open_tab(entry, &mut outcome),
        },
        TabChoice::New => open_tab(entry, &mut outcome),
    };
    let read_only = message.read_only || entry.session.read_only;
    let queued = QueuedMessage {
        id: MessageId::random(),
        prompt_bytes: bytes_of(&message.prompt),
        prompt: message.prompt,
        images: u32::try_from(message.images.len()).unwrap_or(u32::MAX),
        read_only,
        save_to_history: message.save_to_history,
        paused: false,
        at: now,
    };
    let id = queued.id.clone();
    if !message.images.is_empty() {
        outcome.batch.changes.push(Change::PutImages {
            session: entry.session.id.clone(),
            message: id.clone(),
            images: message.images,
        });
    }
    entry.tab_mut(&tab)?.queue.push(queued);
    advance_with(entry, &mut outcome, now, Some(&id));
    let found = entry.tab(&tab)?;
    if found.queue.iter().any(|message| message.id == id) {
        entry.put_queue(&mut outcome.batch, found);
    }
    // The engine fills in the number that its events begin after.
    outcome.reply = Reply::Sent { tab, message: id, seq: 0 };
    Ok(outcome)
}

/// Sends what may be sent now. Each message leaves its queue in the transaction that makes it a turn.
pub fn advance(entry: &mut Entry, outcome: &mut Outcome, now: Now) {
    advance_with(entry, outcome, now, None);
}

/// The same; of a message that was just put there nobody was told that it waits, so its leaving changes no queue.
fn advance_with(entry: &mut Entry, outcome: &mut Outcome, now: Now, new: Option<&MessageId>) {
    while let Some((tab, place)) = queue::next(&entry.session) {
        let Ok(found) = entry.tab_mut(&tab) else { return };
        let message = found.queue.remove(place);
        let was_told = new != Some(&message.id);
        begin(entry, outcome, &tab, message, false, now);
        if was_told && let Ok(found) = entry.tab(&tab) {
            entry.put_queue(&mut outcome.batch, found);
        }
    }
}

/// Makes a message the turn of a tab in which nothing is under way. Of a `synopsis` only Baton wants to know.
pub fn begin(
    entry: &mut Entry,
    outcome: &mut Outcome,
    tab: &TabId,
    mut message: QueuedMessage,
    synopsis: bool,
    now: Now,
) {
    let talks = entry.session.talks;
    let here = entry.place();
    let sites = entry.sites.clone();
    let is_read_only = entry.session.read_only;
    let host = entry.session.host.clone();
    let Ok(found) = entry.tab_mut(tab) else { return };
    // The session may have become read-only while it waited.
    message.read_only |= is_read_only;
    // One whose machine the host's name doesn't mean any more is let go: what is edited counts from this turn.
    let is_there =
        |run: &RunId| here.is_some() && sites.get(run).map(|site| &site.place) == here.as_ref();
    if found.talk.as_ref().is_some_and(|run| !is_there(run)) {
        outcome.effects.extend(let_go(found));
    }
    let run = match &found.talk {
        Some(run) if talks => run.clone(),
        Some(_) | None => RunId::random(),
    };
    let is_new_run = found.talk.as_ref() != Some(&run);
    let turn = TurnId::random();
    found.talk = talks.then(|| run.clone());
    found.state = TabState::Working;
    found.turn = Some(Turn {
        id: turn.clone(),
        run: run.clone(),
        host,
        started_at: now,
        read_only: message.read_only,
        status: None,
        link: LinkState::Restored,
        interrupting: false,
        stopping: false,
        usage: Usage::default(),
        synopsis,
        save_to_history: message.save_to_history,
        message: Some(Box::new(message.clone())),
    });
    let after = found.clone();
    if is_new_run {
        outcome.batch.changes.push(new_run(entry, &after, &turn, &run, now));
    }
    entry.put_tab(&mut outcome.batch, &after);
    let started = EventBody::TurnStarted {
        message: message.id.clone(),
        prompt: message.prompt.clone(),
        images: message.images,
        read_only: message.read_only,
        run: run.clone(),
        synopsis,
    };
    outcome.batch.drafts.push(entry.draft(Some(tab), Some(&turn), started));
    let session = entry.session.id.clone();
    let tab = tab.clone();
    outcome.effects.push(Effect::Launch(Box::new(LaunchOrder {
        session,
        tab,
        turn,
        run,
        message,
    })));
}

/// Interrupts turns under way: all of the session, or that of one tab, or that one and no other.
///
/// # Errors
///
/// [`Code::NotFound`] where nothing of that is under way.
pub fn interrupt(
    entry: &mut Entry,
    tab: Option<&TabId>,
    turn: Option<&TurnId>,
    stop: bool,
) -> Result<Outcome, Failure> {
    if let Some(tab) = tab {
        entry.tab(tab)?;
    }
    let mut outcome = Outcome::new();
    let mut changed = Vec::new();
    for found in &mut entry.session.tabs {
        if tab.is_some_and(|tab| *tab != found.id) {
            continue;
        }
        let wanted = |found: &Turn| turn.is_none_or(|turn| *turn == found.id);
        let at_work = found.turn.as_mut().filter(|turn| turn.status.is_none());
        let Some(at_work) = at_work.filter(|found| wanted(found)) else { continue };
        at_work.interrupting = true;
        at_work.stopping |= stop;
        outcome.effects.push(Effect::Interrupt {
            run: at_work.run.clone(),
            turn: at_work.id.clone(),
            stop,
        });
        changed.push(found.clone());
    }
    if changed.is_empty() {
        let name = &entry.session.name;
        let message = match turn {
            Some(turn) => format!("turn {turn} is not under way in {name}"),
            None => format!("nothing is under way in {name}"),
        };
        return Err(Failure::new(Code::NotFound, message));
    }
    for tab in &changed {
        entry.put_tab(&mut outcome.batch, tab);
    }
    Ok(outcome)
}

/// Forgets the agent's own id of a conversation; the transcript stays.
///
/// # Errors
///
/// [`Code::NotFound`] for a tab that isn't there; [`Code::Busy`] while a turn is under way in it.
pub fn fresh(entry: &mut Entry, tab: &TabId) -> Result<Outcome, Failure> {
    let name = entry.session.name.clone();
    let found = entry.tab_mut(tab)?;
    if queue::is_working(found) {
        return Err(Failure::new(Code::Busy, format!("a turn is under way in {name}"))
            .hint("Wait for its end, or interrupt it"));
    }
    found.agent_session = None;
    found.carry = Carry::default();
    let mut outcome = Outcome::new();
    outcome.effects.extend(let_go(found));
    let found = found.clone();
    entry.put_tab(&mut outcome.batch, &found);
    entry.changed(&mut outcome.batch, false);
    Ok(outcome)
}

/// Lets a tab's talking agent go where no turn is under way: it ends when its input does.
pub fn let_go(tab: &mut Tab) -> Option<Effect> {
    if queue::is_working(tab) {
        return None;
    }
    tab.talk.take().map(|run| Effect::LetGo { run })
}

/// Parts a tab from its talking agent, which keeps to what it was started with: the next turn starts another one.
/// One at work is let go at the end of its turn.
pub fn part(tab: &mut Tab) -> Option<Effect> {
    let effect = let_go(tab);
    tab.talk = None;
    effect
}

/// Answers an approval: the answer is on its way when it is stored.
///
/// # Errors
///
/// [`Code::NotFound`] for an option that isn't offered; [`Code::Unsupported`] where none of that meaning is.
pub fn resolve(
    entry: &mut Entry,
    approval: &Approval,
    decision: Decision,
    others_wait: bool,
    now: Now,
) -> Result<Outcome, Failure> {
    chosen(approval, &decision)?;
    let run = entry.tab(&approval.tab)?.turn.as_ref().map(|turn| turn.run.clone());
    let mut outcome = Outcome::new();
    outcome.batch.changes.push(Change::RemoveApproval(approval.id.clone()));
    if let Ok(tab) = entry.tab_mut(&approval.tab)
        && tab.state == TabState::Waiting
        && !others_wait
    {
        tab.state = queue::state(tab, false);
        let tab = tab.clone();
        entry.put_tab(&mut outcome.batch, &tab);
    }
    let body = EventBody::ApprovalResolved {
        approval: approval.id.clone(),
        decision: Some(decision.clone()),
    };
    outcome.batch.drafts.push(entry.draft(Some(&approval.tab), Some(&approval.turn), body));
    if let Some(run) = run {
        outcome.effects.push(Effect::Answer {
            run,
            approval: Box::new(approval.clone()),
            decision,
        });
    }
    // One that was asked between two turns held the next one up.
    advance(entry, &mut outcome, now);
    Ok(outcome)
}

/// The option of an approval that a decision means.
///
/// # Errors
///
/// As [`resolve`].
pub fn chosen(approval: &Approval, decision: &Decision) -> Result<String, Failure> {
    use crate::agent::ChoiceKind::{AllowAlways, AllowOnce, RejectAlways, RejectOnce};
    let (option, kinds, word) = match decision {
        Decision::Approve { option } => (option, [AllowOnce, AllowAlways], "allows it"),
        Decision::Deny { option } => (option, [RejectOnce, RejectAlways], "rejects it"),
    };
    let offered = || {
        let ids: Vec<&str> = approval.options.iter().map(|choice| choice.id.as_str()).collect();
        format!("It offers: {}", ids.join(", "))
    };
    if let Some(wanted) = option {
        let found = approval
            .options
            .iter()
            .find(|choice| choice.id == *wanted && kinds.contains(&choice.kind));
        return found.map(|choice| choice.id.clone()).ok_or_else(|| {
            Failure::new(Code::NotFound, format!("the agent offers no {wanted:?} that {word}"))
                .hint(offered())
        });
    }
    let of_kind = |kind| {
        approval.options.iter().find(move |choice| choice.kind == kind).map(|c| c.id.clone())
    };
    let [once, always] = kinds;
    of_kind(once).or_else(|| of_kind(always)).ok_or_else(|| {
        Failure::new(Code::Unsupported, format!("the agent offers nothing that {word}"))
            .hint(offered())
    })
}

fn open_tab(entry: &mut Entry, outcome: &mut Outcome) -> TabId {
    let tab = new_tab(entry.session.tabs.len() + 1);
    let id = tab.id.clone();
    entry.put_tab(&mut outcome.batch, &tab);
    entry.session.tabs.push(tab);
    entry.changed(&mut outcome.batch, false);
    id
}

/// The tab in which something was sent last.
fn last_used(entry: &Entry) -> Option<TabId> {
    let used = |tab: &Tab| {
        let turn = tab.turn.as_ref().map(|turn| turn.started_at);
        turn.max(tab.queue.iter().map(|message| message.at).max())
    };
    // Of equals the first one: nothing was sent in any of them.
    let mut best: Option<&Tab> = None;
    for tab in &entry.session.tabs {
        if best.is_none_or(|best| used(tab) > used(best)) {
            best = Some(tab);
        }
    }
    best.map(|tab| tab.id.clone())
}
