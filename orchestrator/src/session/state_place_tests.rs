#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::Book;
use super::command;
use super::create::{edit, remove};
use super::entry::Effect;
use super::state_tests::{Desk, at, made, saved};
use super::turn::{self, End};
use crate::agent::{Carry, Item, Usage};
use crate::failure::Code;
use crate::host::{HostConfig, HostId, Place, ResolvedHost};
use crate::seam::{
    EventBody, MessageId, NewMessage, RunId, SessionChange, TabChoice, TurnId, TurnStatus,
};
use crate::store::{Batch, Change, RunState};

/// The runs that a batch makes, and where they are.
fn runs_of(batch: &Batch) -> Vec<(RunId, Option<Place>)> {
    let runs = batch.changes.iter().filter_map(|change| match change {
        Change::AddRun(record) => Some((record.id.clone(), record.place.clone())),
        _ => None,
    });
    runs.collect()
}

#[test]
fn a_run_remembers_where_its_host_was_and_a_talking_agent_is_replaced_when_it_is_elsewhere() {
    let mut desk = made(true);
    let now = desk.now();
    let message = |prompt: &str| NewMessage {
        prompt: prompt.into(),
        images: vec![],
        read_only: false,
        save_to_history: true,
    };
    let outcome = command::send(&mut desk.entry, TabChoice::Last, message("one"), now).unwrap();
    let here = saved("dev").place();
    let [(first, place)] = &runs_of(&outcome.batch)[..] else { panic!("{outcome:?}") };
    assert_eq!(place.as_ref(), Some(&here));
    let first = first.clone();
    desk.take(outcome);
    let done = || End { status: TurnStatus::Done, failure: None, ..End::never_began() };
    let turn = desk.orders[0].turn.clone();
    let end = End { run: None, ..done() };
    let outcome = turn::ended(&mut desk.entry, &turn, end, &[], now);
    desk.take(outcome);
    let moved = HostConfig::new(HostId::new("dev"), "dev", "new.example");
    desk.entry.host = Ok(ResolvedHost::Saved(moved.clone()));
    let outcome = command::send(&mut desk.entry, TabChoice::Last, message("two"), now).unwrap();
    let there = ResolvedHost::Saved(moved).place();
    let [(second, place)] = &runs_of(&outcome.batch)[..] else { panic!("{outcome:?}") };
    assert_eq!(place.as_ref(), Some(&there));
    assert_ne!(*second, first);
    assert_eq!(outcome.effects[0], Effect::LetGo { run: first });
    desk.take(outcome);
    // A run that never began is begun again where the host is by then, and carries the turns that follow.
    let order = desk.orders[1].clone();
    desk.entry.host = Ok(saved("dev"));
    let outcome = turn::again(&mut desk.entry, &order.turn, &[], now);
    assert_eq!(runs_of(&outcome.batch)[0].1, Some(here));
    desk.take(outcome);
    let end = End { run: None, ..done() };
    let outcome = turn::ended(&mut desk.entry, &order.turn, end, &[], now);
    desk.take(outcome);
    desk.send(TabChoice::Last, "three", false);
    assert_eq!(desk.orders[2].run, desk.orders[3].run);
    desk.check();
}

#[test]
fn what_waits_changes_nothing_when_its_session_has_become_read_only() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "one", false);
    desk.send(TabChoice::Last, "two", false);
    let change = SessionChange { read_only: Some(true), ..Default::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    desk.take(outcome);
    let turn = desk.orders[0].turn.clone();
    desk.end(&turn, TurnStatus::Done);
    assert!(desk.orders[1].message.read_only, "the agent is told so");
    let tab = &desk.entry.session.tabs[0];
    assert!(tab.turn.as_ref().unwrap().read_only);
    let started = desk.events.iter().rev().find_map(|(_, body)| match body {
        EventBody::TurnStarted { read_only, .. } => Some(*read_only),
        _ => None,
    });
    assert_eq!(started, Some(true));
    desk.check();
}

#[test]
fn a_session_that_is_moved_in_the_middle_of_a_turn_begins_afresh_where_it_is_now() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "one", false);
    let turn = desk.orders[0].turn.clone();
    let outcome =
        edit(&Book::default(), &mut desk.entry, SessionChange::default(), Some(saved("other")));
    desk.take(outcome.unwrap());
    let heard = |desk: &mut Desk, turn: &TurnId, id: &str| {
        let items = vec![Item::AgentSession { id: id.into() }];
        let now = desk.now();
        desk.hear(turn, items, &[]);
        let carry = Carry { total: Some(Usage::default()), uncounted: false };
        let end = End { status: TurnStatus::Done, carry: Some(carry), ..End::never_began() };
        let outcome = turn::ended(&mut desk.entry, turn, end, &[], now);
        desk.take(outcome);
    };
    heard(&mut desk, &turn, "of dev");
    assert_eq!(desk.entry.session.tabs[0].agent_session, None);
    assert_eq!(desk.entry.session.tabs[0].carry, Carry::default());
    desk.send(TabChoice::Last, "two", false);
    let turn = desk.orders[1].turn.clone();
    heard(&mut desk, &turn, "of other");
    assert_eq!(desk.entry.session.tabs[0].agent_session.as_deref(), Some("of other"));
    desk.check();
}

#[test]
fn a_session_at_work_is_removed_only_by_force_and_says_what_it_leaves_where() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "go", false);
    let order = desk.orders[0].clone();
    let refused = remove(&desk.entry, false, at(9)).unwrap_err();
    assert_eq!(refused.code, Code::Busy);
    assert!(refused.hint.unwrap().contains("--force"));
    let outcome = remove(&desk.entry, true, at(9)).unwrap();
    assert_eq!(outcome.effects, [Effect::Leave { run: order.run.clone() }]);
    let is_left = |change: &Change| matches!(change, Change::SetRun { run, state: RunState::Left, .. } if *run == order.run);
    assert!(outcome.batch.changes.iter().any(is_left), "{outcome:?}");
    let bodies: Vec<_> = outcome.batch.drafts.iter().map(|draft| &draft.body).collect();
    let [
        EventBody::Error { failure, .. },
        EventBody::TurnEnded { status, .. },
        EventBody::SessionRemoved,
    ] = bodies[..]
    else {
        panic!("{bodies:?}")
    };
    assert_eq!(*status, TurnStatus::Failed);
    assert_eq!(failure.host.as_deref(), Some("dev"));
    assert!(failure.message.contains(order.run.as_str()), "{}", failure.message);
}

#[test]
fn a_queue_of_any_size_is_told_of_in_a_few_words_and_its_prompts_on_demand() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "go", false);
    let prompt = "\u{1}ä".repeat(1 << 20);
    let (tab, id) = desk.send(TabChoice::Last, &prompt, false);
    let change = SessionChange { name: Some("other".into()), ..Default::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    let reply = serde_json::to_string(&desk.take(outcome)).unwrap();
    let told = serde_json::to_string(&desk.events).unwrap();
    assert!(reply.len() + told.len() < 20_000, "{} and {}", reply.len(), told.len());
    let shown = desk.entry.tab(&tab).unwrap().queue[0].shown();
    assert_eq!(shown.prompt_bytes, 3 << 20);
    assert!(prompt.starts_with(&shown.prompt) && !shown.is_whole());
    assert_eq!(desk.entry.prompt(&id).unwrap(), prompt);
    let turn = desk.orders[0].turn.clone();
    desk.end(&turn, TurnStatus::Done);
    assert_eq!(desk.orders[1].message.prompt, prompt, "the agent gets all of it");
    let shown = serde_json::to_string(&desk.entry.session.shown()).unwrap();
    assert!(shown.len() < 5_000, "also of the turn under way: {}", shown.len());
    assert_eq!(desk.entry.prompt(&MessageId::new("none")).unwrap_err().code, Code::NotFound);
    desk.check();
}
