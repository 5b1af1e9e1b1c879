//! How a session stands.

use orchestrator::seam::{LinkState, Session, Tab, TabState, TurnStatus};

use crate::widget::Status;

/// How a session stands: what needs a person comes first, then what is at work, then what failed and was not seen.
///
/// `approvals` are those that wait in it; `unread` is whether something ended there that nobody has seen yet.
pub fn status(session: &Session, approvals: u32, unread: bool) -> Status {
    let tabs = &session.tabs;
    if approvals > 0 || tabs.iter().any(needs_you) {
        Status::NeedsYou
    } else if tabs.iter().any(works) {
        Status::Working
    } else if unread && tabs.iter().any(failed) {
        Status::Failed
    } else {
        Status::Ready
    }
}

/// How one tab stands, by the same rules.
pub fn tab_status(tab: &Tab, approvals: u32, unread: bool) -> Status {
    if approvals > 0 || needs_you(tab) {
        Status::NeedsYou
    } else if works(tab) {
        Status::Working
    } else if unread && failed(tab) {
        Status::Failed
    } else {
        Status::Ready
    }
}

fn needs_you(tab: &Tab) -> bool {
    let blocked = tab
        .turn
        .as_ref()
        .is_some_and(|turn| turn.status.is_none() && turn.link == LinkState::Blocked);
    blocked || tab.state == TabState::Waiting
}

fn works(tab: &Tab) -> bool {
    let moving = !tab.paused && tab.queue.iter().any(|message| !message.paused);
    tab.state == TabState::Working || moving
}

fn failed(tab: &Tab) -> bool {
    tab.turn.as_ref().is_some_and(|turn| turn.status == Some(TurnStatus::Failed))
}
