//! What a person does with messages that wait: changed, moved, removed, held back.

use std::sync::Arc;

use super::command::advance;
use super::entry::{Entry, Now, Outcome};
use crate::failure::{Code, Failure};
use crate::seam::{MessageChange, MessageId, Place, QueuedMessage, Tab, TabId};
use crate::store::{Change, RemovedMessage};

/// Messages of a session that can be put back; of more the oldest are forgotten.
const KEPT: usize = 20;
/// Neighbours by which a message finds its place again.
const BEHIND: usize = 100;

/// Changes a message that waits.
///
/// # Errors
///
/// [`Code::NotFound`], also when it was sent already.
pub fn edit_message(
    entry: &mut Entry,
    message: &MessageId,
    change: MessageChange,
    now: Now,
) -> Result<Outcome, Failure> {
    let is_read_only = entry.session.read_only;
    change_queue(entry, message, now, |queue, place| {
        let Some(message) = queue.get_mut(place) else { return Ok(()) };
        if let Some(prompt) = change.prompt {
            message.prompt_bytes = bytes_of(&prompt);
            message.prompt = prompt;
        }
        message.paused = change.paused.unwrap_or(message.paused);
        message.read_only = change.read_only.unwrap_or(message.read_only) || is_read_only;
        Ok(())
    })
}

/// Moves a message within its queue.
///
/// # Errors
///
/// As [`edit_message`].
pub fn move_message(
    entry: &mut Entry,
    message: &MessageId,
    to: &Place,
    now: Now,
) -> Result<Outcome, Failure> {
    change_queue(entry, message, now, |queue, place| {
        let moved = queue.remove(place);
        let target = match to {
            Place::First => Some(0),
            Place::Last => Some(queue.len()),
            Place::Before(other) if *other == moved.id => Some(place),
            Place::Before(other) => queue.iter().position(|message| message.id == *other),
        };
        match target {
            Some(target) => {
                queue.insert(target, moved);
                Ok(())
            }
            None => Err(Failure::new(
                Code::NotFound,
                format!("no message {to:?} waits in the same tab", to = place_name(to)),
            )),
        }
    })
}

/// How long a prompt is.
pub fn bytes_of(prompt: &str) -> u64 {
    u64::try_from(prompt.len()).unwrap_or(u64::MAX)
}

fn place_name(place: &Place) -> &str {
    match place {
        Place::First => "first",
        Place::Last => "last",
        Place::Before(other) => other.as_str(),
    }
}

/// Removes a message that waits. The last ones are kept: see [`restore_message`].
///
/// # Errors
///
/// As [`edit_message`].
pub fn remove_message(
    entry: &mut Entry,
    message: &MessageId,
    now: Now,
) -> Result<Outcome, Failure> {
    let tab = entry.session.tabs.iter().find(|tab| tab.queue.iter().any(|of| of.id == *message));
    let order = tab.map(|tab| (tab.id.clone(), order(tab, &entry.removed)));
    let mut taken = None;
    let mut outcome = change_queue(entry, message, now, |queue, place| {
        taken = Some(queue.remove(place));
        Ok(())
    })?;
    let (Some((tab, order)), Some(message)) = (order, taken) else { return Ok(outcome) };
    let behind = order.into_iter().skip_while(|id| *id != message.id).skip(1).take(BEHIND);
    let removed = RemovedMessage { tab, behind: behind.collect(), message };
    let changes = &mut outcome.batch.changes;
    while entry.removed.len() >= KEPT {
        let gone = entry.removed.remove(0).message.id.clone();
        changes.extend([Change::ForgetRemoved(gone.clone()), Change::DropImages(gone)]);
    }
    let session = entry.session.id.clone();
    changes.push(Change::PutRemoved { session, removed: removed.clone() });
    entry.removed.push(Arc::new(removed));
    Ok(outcome)
}

/// What waits in a tab, and in between what was removed there, as if it still did: so each finds its place again,
/// whichever comes back first.
fn order(tab: &Tab, removed: &[Arc<RemovedMessage>]) -> Vec<MessageId> {
    let mut order: Vec<MessageId> = tab.queue.iter().map(|message| message.id.clone()).collect();
    for removed in removed.iter().rev().filter(|removed| removed.tab == tab.id) {
        let behind = removed.behind.iter();
        let place = behind.clone().find_map(|next| order.iter().position(|id| id == next));
        order.insert(place.unwrap_or(order.len()), removed.message.id.clone());
    }
    order
}

/// Puts a message back that was removed: as it was, before the first of those that stood behind it and still wait, or
/// else behind all. It is sent at once where nothing is before it.
///
/// # Errors
///
/// [`Code::NotFound`] for one that isn't among the last ones that were removed.
pub fn restore_message(
    entry: &mut Entry,
    message: &MessageId,
    now: Now,
) -> Result<Outcome, Failure> {
    let Some(at) = entry.removed.iter().position(|removed| removed.message.id == *message) else {
        let name = &entry.session.name;
        let message = format!("no message {message} of {name} can be put back");
        return Err(Failure::new(Code::NotFound, message)
            .hint(format!("The last {KEPT} that were removed can be, once each")));
    };
    let RemovedMessage { tab, mut message, behind } =
        Arc::unwrap_or_clone(entry.removed.remove(at));
    // The session may have become read-only meanwhile.
    message.read_only |= entry.session.read_only;
    let id = message.id.clone();
    let queue = &mut entry.tab_mut(&tab)?.queue;
    let place = behind.iter().find_map(|next| queue.iter().position(|waits| waits.id == *next));
    queue.insert(place.unwrap_or(queue.len()), message);
    let mut outcome = Outcome::new();
    outcome.batch.changes.push(Change::ForgetRemoved(id));
    let tab = entry.tab(&tab)?.clone();
    entry.put_queue(&mut outcome.batch, &tab);
    advance(entry, &mut outcome, now);
    Ok(outcome)
}

fn change_queue(
    entry: &mut Entry,
    message: &MessageId,
    now: Now,
    change: impl FnOnce(&mut Vec<QueuedMessage>, usize) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let gone = Failure::new(
        Code::NotFound,
        format!("no message {message} waits in {}", entry.session.name),
    )
    .hint("It may have been sent already: `baton session show` says what waits");
    let found = entry.session.tabs.iter_mut().find_map(|tab| {
        let place = tab.queue.iter().position(|waiting| waiting.id == *message)?;
        Some((tab, place))
    });
    let Some((tab, place)) = found else { return Err(gone) };
    change(&mut tab.queue, place)?;
    let tab = tab.clone();
    let mut outcome = Outcome::new();
    entry.put_queue(&mut outcome.batch, &tab);
    advance(entry, &mut outcome, now);
    Ok(outcome)
}

/// Holds queues back, or lets them go.
///
/// # Errors
///
/// [`Code::NotFound`] for a tab that isn't there.
pub fn pause(
    entry: &mut Entry,
    tab: Option<&TabId>,
    paused: bool,
    now: Now,
) -> Result<Outcome, Failure> {
    if let Some(tab) = tab {
        entry.tab(tab)?;
    }
    let mut outcome = Outcome::new();
    let mut changed = Vec::new();
    for found in &mut entry.session.tabs {
        if tab.is_none_or(|tab| *tab == found.id) && found.paused != paused {
            found.paused = paused;
            changed.push(found.clone());
        }
    }
    for tab in &changed {
        entry.put_tab(&mut outcome.batch, tab);
        entry.put_queue(&mut outcome.batch, tab);
    }
    advance(entry, &mut outcome, now);
    Ok(outcome)
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
