#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::create::{edit, remove};
use super::state_tests::{Desk, at, made};
use super::turn::{self, End};
use super::{Book, command};
use crate::agent::Item;
use crate::failure::{Code, Failure};
use crate::history::{Account, SYNOPSIS_PROMPT};
use crate::seam::{EventBody, NewMessage, SessionChange, TabChoice, TurnId, TurnStatus};
use crate::store::RunState;

fn current(desk: &Desk) -> TurnId {
    desk.under_way()[0].1.clone()
}

/// A session whose agent says after each turn what it did.
fn telling(talks: bool) -> Desk {
    let mut desk = made(talks);
    let change = SessionChange { synopsis: Some(true), ..SessionChange::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    desk.take(outcome);
    desk
}

/// A turn to the end of its first answer, in a conversation that the agent has named.
fn first_turn(desk: &mut Desk, answer: &str) {
    desk.send(TabChoice::Last, "do it", false);
    let turn = current(desk);
    desk.hear(&turn, vec![Item::AgentSession { id: "c-1".into() }], &[]);
    desk.answer(&turn, TurnStatus::Done, answer);
}

#[test]
fn each_turn_that_its_agent_got_is_in_the_history_once() {
    let mut desk = made(false);
    first_turn(&mut desk, "I mended the loop. It had no end.");
    let [account] = &desk.accounts[..] else { panic!("{:?}", desk.accounts) };
    assert_eq!(account.summary, "I mended the loop.");
    assert_eq!(account.response.as_deref(), Some("I mended the loop. It had no end."));
    assert_eq!(account.agent_session.as_deref(), Some("c-1"));
    assert_eq!(account.session.as_ref(), Some(&desk.entry.session.id));
    assert_eq!(account.success, Some(true));
    assert_eq!(account.shared_at(), desk.entry.site().as_ref());
    for (status, summary) in [
        (TurnStatus::Failed, "Failed before it said anything"),
        (TurnStatus::Interrupted, "Interrupted before it said anything"),
    ] {
        desk.send(TabChoice::Last, "more", false);
        let turn = current(&desk);
        desk.answer(&turn, status, "");
        let last = desk.accounts.last().unwrap();
        assert_eq!((&*last.summary, last.success), (summary, Some(false)));
        assert_eq!(last.response, None);
    }
    assert_eq!(desk.accounts.len(), 3);
    desk.check();
}

#[test]
fn a_message_that_is_kept_out_of_the_history_makes_no_entry_and_is_asked_nothing() {
    let mut desk = telling(false);
    let quietly = |prompt: &str| NewMessage {
        prompt: prompt.into(),
        images: vec![],
        read_only: false,
        save_to_history: false,
    };
    desk.send_message(TabChoice::Last, quietly("first"));
    // Another one waits, and keeps what was said of it in the queue.
    desk.send_message(TabChoice::Last, quietly("second"));
    assert!(!desk.entry.session.tabs[0].queue[0].save_to_history);
    for prompt in ["first", "second"] {
        assert_eq!(desk.started().last().map(String::as_str), Some(prompt));
        let turn = current(&desk);
        desk.hear(&turn, vec![Item::AgentSession { id: "c-1".into() }], &[]);
        desk.answer(&turn, TurnStatus::Done, "Done.");
    }
    assert_eq!((desk.accounts.len(), desk.under_way().len()), (0, 0));
    first_turn(&mut desk, "Seen by all.");
    assert_eq!(desk.started().last().map(String::as_str), Some(SYNOPSIS_PROMPT));
    desk.check();
}

#[test]
fn a_turn_that_never_reached_its_agent_is_not_in_the_history() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "do it", false);
    let turn = current(&desk);
    let failure = Failure::new(Code::HostUnknown, "no host is called dev");
    let outcome = turn::ended(
        &mut desk.entry,
        &turn,
        End::failed(failure, false, Some(RunState::Never)),
        &[],
        at(5),
    );
    desk.take(outcome);
    assert_eq!(desk.accounts, []);
    desk.check();
}

#[test]
fn an_entry_is_written_where_its_turn_was_also_when_the_session_has_moved_on() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "do it", false);
    let turn = current(&desk);
    let there = desk.entry.site();
    let change = SessionChange { cwd: Some(Some("/srv/other".into())), ..SessionChange::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    desk.take(outcome);
    desk.answer(&turn, TurnStatus::Done, "Done.");
    assert_ne!(there, desk.entry.site());
    assert_eq!(desk.accounts[0].site, there);
}

#[test]
fn a_session_that_shares_nothing_keeps_its_entries_here() {
    let mut desk = made(false);
    let change = SessionChange { sync_history: Some(false), ..SessionChange::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    desk.take(outcome);
    first_turn(&mut desk, "Done.");
    assert_eq!(desk.accounts[0].shared_at(), None);
    assert!(!desk.accounts[0].stored("ada").share);
}

#[test]
fn an_agent_that_is_asked_says_what_it_did_before_the_next_message_goes() {
    for talks in [false, true] {
        let mut desk = telling(talks);
        desk.send(TabChoice::Last, "do it", false);
        let turn = current(&desk);
        desk.hear(&turn, vec![Item::AgentSession { id: "c-1".into() }], &[]);
        desk.send(TabChoice::Last, "then this", false);
        desk.answer(&turn, TurnStatus::Done, "All done. See above.");
        assert_eq!(desk.accounts, []);
        assert_eq!(desk.started(), ["do it", SYNOPSIS_PROMPT]);
        desk.check();
        let said = "**Summary:** Mended the loop.\n\n**Details:** It had no end.";
        let synopsis = current(&desk);
        desk.answer(&synopsis, TurnStatus::Done, said);
        let [account] = &desk.accounts[..] else { panic!("{:?}", desk.accounts) };
        assert_eq!(account.summary, "Mended the loop.");
        assert_eq!(account.response, Some(format!("{said}\n\n---\n\nAll done. See above.")));
        assert_eq!(desk.started(), ["do it", SYNOPSIS_PROMPT, "then this"]);
        let marks: Vec<bool> = desk
            .events
            .iter()
            .filter_map(|(_, body)| match body {
                EventBody::TurnStarted { synopsis, .. } => Some(*synopsis),
                _ => None,
            })
            .collect();
        assert_eq!(marks, [false, true, false]);
        desk.check();
    }
}

#[test]
fn whatever_becomes_of_the_question_the_turn_before_is_in_the_history() {
    let answers = [
        (TurnStatus::Done, "I did this and that.", Some("I did this and that.")),
        (TurnStatus::Done, "", Some("All done.")),
        (TurnStatus::Done, "```\nls\n```", Some("All done.")),
        (TurnStatus::Failed, "", Some("All done.")),
        (TurnStatus::Interrupted, "**Summary:** half", Some("All done.")),
        (TurnStatus::Done, "NOTHING_TO_REPORT", None),
    ];
    for (status, reply, expected) in answers {
        let mut desk = telling(false);
        first_turn(&mut desk, "All done.");
        let synopsis = current(&desk);
        desk.answer(&synopsis, status, reply);
        let summaries: Vec<&str> = desk.accounts.iter().map(|account| &*account.summary).collect();
        assert_eq!(summaries, expected.into_iter().collect::<Vec<_>>(), "{reply}");
        assert!(desk.under_way().is_empty());
        desk.check();
    }
    // It could not be asked at all.
    let mut desk = telling(false);
    first_turn(&mut desk, "All done.");
    let synopsis = current(&desk);
    let failure = Failure::new(Code::HostDisabled, "dev is disabled");
    let end = End::failed(failure, false, Some(RunState::Never));
    let outcome = turn::ended(&mut desk.entry, &synopsis, end, &[], at(9));
    desk.take(outcome);
    assert_eq!(desk.accounts[0].summary, "All done.");
    // The session is removed meanwhile.
    let mut desk = telling(false);
    first_turn(&mut desk, "All done.");
    let outcome = remove(&desk.entry, true, at(9)).unwrap();
    assert_eq!(outcome.accounts[0].summary, "All done.");
}

#[test]
fn an_agent_is_not_asked_where_that_would_be_in_the_way() {
    // The queue is held back.
    let mut desk = telling(false);
    desk.send(TabChoice::Last, "do it", false);
    let turn = current(&desk);
    desk.hear(&turn, vec![Item::AgentSession { id: "c-1".into() }], &[]);
    let now = desk.now();
    let outcome = super::waiting::pause(&mut desk.entry, None, true, now).unwrap();
    desk.take(outcome);
    desk.answer(&turn, TurnStatus::Done, "All done.");
    assert_eq!(desk.accounts.len(), 1);
    assert!(desk.under_way().is_empty());
    // The turn failed, or nobody knows its conversation.
    let mut desk = telling(false);
    desk.send(TabChoice::Last, "do it", false);
    let turn = current(&desk);
    desk.answer(&turn, TurnStatus::Done, "All done.");
    desk.send(TabChoice::Last, "again", false);
    let turn = current(&desk);
    desk.hear(&turn, vec![Item::AgentSession { id: "c-1".into() }], &[]);
    desk.answer(&turn, TurnStatus::Failed, "");
    assert_eq!(desk.accounts.len(), 2);
    assert!(desk.under_way().is_empty());
    desk.check();
}

#[test]
fn the_question_can_be_interrupted_and_launched_again_as_any_turn() {
    let mut desk = telling(false);
    first_turn(&mut desk, "All done.");
    let synopsis = current(&desk);
    let (now, approvals) = (desk.now(), vec![]);
    let outcome = turn::again(&mut desk.entry, &synopsis, &approvals, now);
    desk.take(outcome);
    assert_eq!(desk.started(), ["do it", SYNOPSIS_PROMPT, SYNOPSIS_PROMPT]);
    let outcome = command::interrupt(&mut desk.entry, None, None, false).unwrap();
    desk.take(outcome);
    desk.answer(&synopsis, TurnStatus::Interrupted, "");
    let accounts: Vec<&Account> = desk.accounts.iter().collect();
    assert_eq!(accounts.len(), 1);
    desk.check();
}
