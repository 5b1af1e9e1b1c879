#![allow(clippy::expect_used)]

use egui::Role;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, HistoryScope, HistorySync, Reply, SyncedProject};

use super::testing::{Window, window};
use crate::bridge::{Ask, News, Ticket};
use crate::memory::Memory;
use crate::samples::session;

/// A window in which something waits, and the ticket of having clicked that.
fn clicked() -> (Window, Ticket) {
    let mut window = window(Memory::default(), vec![session("s", "notes", "box", 1)]);
    window.tell(News::Outbox(2));
    let button = "2 entries wait to be shared";
    window.harness.get_by_role_and_label(Role::Button, button).click();
    window.harness.run();
    let all = |ask: Ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::SyncHistory { scope: HistoryScope::All, .. } => Some(ticket),
            _ => None,
        },
        _ => None,
    };
    let ticket = window.asked().into_iter().find_map(all);
    (window, ticket.expect("all of it is written, of whichever project"))
}

fn project(pending: u64, delayed: Option<Failure>) -> SyncedProject {
    SyncedProject {
        host: "box".into(),
        directory: "/srv/app".into(),
        received: 0,
        sent: 0,
        pending,
        offline: None,
        delayed,
        ignored: None,
        hint: false,
    }
}

fn synced(window: &mut Window, ticket: Ticket, projects: Vec<SyncedProject>) {
    let answer = Ok(Box::new(Reply::Synced(Box::new(HistorySync { projects }))));
    window.tell(News::Done { ticket, answer });
}

#[test]
fn what_still_waits_after_trying_is_said_with_the_reason() {
    let (mut window, ticket) = clicked();
    let failure = Failure::new(Code::PermissionDenied, "the directory can't be written");
    synced(&mut window, ticket, vec![project(0, None), project(2, Some(failure))]);
    let words = "2 entries wait to be shared: the directory can't be written";
    window.harness.get_by_label_contains(words);
    assert!(window.harness.query_by_label_contains("up to date").is_none());
}

#[test]
fn what_waits_is_counted_anew_once_it_was_tried() {
    let (mut window, ticket) = clicked();
    synced(&mut window, ticket, vec![project(0, None)]);
    window.harness.get_by_label_contains("History is up to date");
    assert!(window.asked().iter().any(|ask| matches!(ask, Ask::Outbox)));
    window.tell(News::Outbox(0));
    assert!(window.harness.query_by_label_contains("to be shared").is_none());
}
