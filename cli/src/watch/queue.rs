//! How long a message has to wait. Pure.

use orchestrator::seam::{Session, Tab, TabState};

/// How many turns and messages go before the message at `place` of a tab's queue, and whether it is held back.
///
/// Over all tabs of a session one turn at a time may change things, the oldest message first; a read-only
/// message waits for its own tab alone.
pub fn ahead(session: &Session, tab: &Tab, place: usize) -> (usize, bool) {
    let Some(message) = tab.queue.get(place) else { return (0, false) };
    let held = tab.paused || message.paused;
    let here = tab.queue.iter().take(place).filter(|other| !other.paused).count();
    let own = here + usize::from(tab.state != TabState::Idle);
    if message.read_only {
        return (own, held);
    }
    let others = session.tabs.iter().filter(|other| other.id != tab.id);
    let elsewhere = others.map(|other| {
        let turn = other.turn.as_ref().filter(|turn| turn.status.is_none() && !turn.read_only);
        let queue = other.queue.iter().filter(|queued| {
            !other.paused && !queued.paused && !queued.read_only && queued.at < message.at
        });
        queue.count() + usize::from(turn.is_some())
    });
    (own + elsewhere.sum::<usize>(), held)
}

/// The same in words; none where the message is just about to be sent.
pub fn note(session: &Session, behind: usize, held: bool) -> Option<String> {
    let go_on = format!("`baton queue {} resume` lets it go on", session.id);
    match (behind, held) {
        (0, false) => None,
        (0, true) => Some(format!("queued, and held back; {go_on}")),
        (_, false) => Some(format!("queued behind {behind}")),
        (_, true) => Some(format!("queued behind {behind}, and held back; {go_on}")),
    }
}
