//! What a person does with messages that wait: changed, moved, removed, held back.

use super::command::advance;
use super::entry::{Entry, Now, Outcome};
use crate::failure::{Code, Failure};
use crate::seam::{MessageChange, MessageId, Place, QueuedMessage, TabId};
use crate::store::Change;

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

/// Removes a message that waits.
///
/// # Errors
///
/// As [`edit_message`].
pub fn remove_message(
    entry: &mut Entry,
    message: &MessageId,
    now: Now,
) -> Result<Outcome, Failure> {
    let mut outcome = change_queue(entry, message, now, |queue, place| {
        queue.remove(place);
        Ok(())
    })?;
    outcome.batch.changes.push(Change::DropImages(message.clone()));
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
