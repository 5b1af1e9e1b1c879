#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use jiff::{Span, Timestamp};
use serde_json::Value;

use super::command;
use super::create::{Resolved, create, edit};
use super::entry::{Effect, Entry, LaunchOrder, Outcome};
use super::said::{self, Source};
use super::turn::{self, End};
use super::{Book, queue, waiting};
use crate::agent::Item;
use crate::failure::{Code, Failure};
use crate::history::Account;
use crate::host::{HostConfig, HostId, ResolvedHost};
use crate::seam::{
    Approval, EventBody, MessageId, NewMessage, NewSession, QueuedMessage, Reply, Session,
    SessionChange, Tab, TabChoice, TabId, TabState, TurnId, TurnStatus,
};
use crate::store::{Batch, Change, RemovedMessage, RunState};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Span::new().seconds(second)
}

/// A saved host.
pub(super) fn saved(id: &str) -> ResolvedHost {
    ResolvedHost::Saved(HostConfig::new(HostId::new(id), id, format!("{id}.example")))
}

fn new_session() -> NewSession {
    NewSession {
        name: None,
        group: None,
        agent: "codex".into(),
        host: "dev".into(),
        cwd: Some("/srv/app".into()),
        env: BTreeMap::from([("TOKEN".into(), "secret".into())]),
        model: None,
        arguments: vec![],
        read_only: false,
        talks: false,
        sync_history: true,
        synopsis: false,
        resume: None,
        parent: None,
    }
}

pub(super) fn made(talks: bool) -> Desk {
    let new = NewSession { talks, ..new_session() };
    let resolved = Resolved { host: saved("dev"), agent_name: "codex".into() };
    let (entry, outcome) = create(&Book::default(), new, resolved, at(0)).unwrap();
    let mut desk = Desk { entry, ..Desk::empty() };
    desk.store(&outcome.batch);
    desk
}

/// A session, a store that is nothing but what was written to it, and all that was ever launched.
pub(super) struct Desk {
    pub(super) entry: Entry,
    pub(super) stored: Option<Session>,
    pub(super) queues: BTreeMap<TabId, Vec<QueuedMessage>>,
    pub(super) removed: Vec<RemovedMessage>,
    pub(super) approvals: Vec<Approval>,
    pub(super) orders: Vec<LaunchOrder>,
    pub(super) events: Vec<(Option<TabId>, EventBody)>,
    pub(super) accounts: Vec<Account>,
    pub(super) clock: i64,
}

impl Desk {
    pub(super) fn empty() -> Self {
        let (entry, _) = create(
            &Book::default(),
            new_session(),
            Resolved { host: saved("dev"), agent_name: "codex".into() },
            at(0),
        )
        .unwrap();
        Self {
            entry,
            stored: None,
            queues: BTreeMap::new(),
            removed: vec![],
            approvals: vec![],
            orders: vec![],
            events: vec![],
            accounts: vec![],
            clock: 1,
        }
    }

    pub(super) fn store(&mut self, batch: &Batch) {
        for change in &batch.changes {
            match change {
                Change::PutSession { session, .. } => {
                    let tabs = self.stored.take().map(|old| old.tabs).unwrap_or_default();
                    self.stored = Some(Session { tabs, ..session.clone() });
                }
                Change::PutTab { tab, .. } => {
                    let tabs = &mut self.stored.as_mut().unwrap().tabs;
                    match tabs.iter_mut().find(|old| old.id == tab.id) {
                        Some(old) => *old = tab.clone(),
                        None => tabs.push(tab.clone()),
                    }
                }
                Change::PutQueue { tab, queue, .. } => {
                    self.queues.insert(tab.clone(), queue.clone());
                }
                Change::OrderTabs { order, .. } => {
                    let tabs = &mut self.stored.as_mut().unwrap().tabs;
                    tabs.sort_by_key(|tab| order.iter().position(|id| *id == tab.id));
                }
                Change::PutRemoved { removed, .. } => self.removed.push(removed.clone()),
                Change::ForgetRemoved(id) => {
                    self.removed.retain(|removed| removed.message.id != *id)
                }
                Change::PutApproval(approval) => self.approvals.push(approval.clone()),
                Change::RemoveApproval(id) => self.approvals.retain(|other| other.id != *id),
                Change::PutImages { .. }
                | Change::DropImages(_)
                | Change::AddRun(_)
                | Change::SetRun { .. }
                | Change::Swept(_)
                | Change::Progress { .. }
                | Change::PutReceipt(_)
                | Change::RemoveSession(_) => {}
                // A decision gives accounts: what the store keeps of them is the desk's.
                _ => panic!("a decision about a session gave {change:?}"),
            }
        }
        self.events
            .extend(batch.drafts.iter().map(|draft| (draft.tab.clone(), draft.body.clone())));
    }

    pub(super) fn take(&mut self, outcome: Outcome) -> Reply {
        self.store(&outcome.batch);
        self.accounts.extend(outcome.accounts);
        for effect in outcome.effects {
            if let Effect::Launch(order) = effect {
                self.orders.push(*order);
            }
        }
        self.clock += 1;
        outcome.reply
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.clock)
    }

    pub(super) fn send(
        &mut self,
        tab: TabChoice,
        prompt: &str,
        read_only: bool,
    ) -> (TabId, MessageId) {
        self.send_message(
            tab,
            NewMessage { prompt: prompt.into(), images: vec![], read_only, save_to_history: true },
        )
    }

    pub(super) fn send_message(
        &mut self,
        tab: TabChoice,
        message: NewMessage,
    ) -> (TabId, MessageId) {
        let now = self.now();
        let outcome = command::send(&mut self.entry, tab, message, now).unwrap();
        let Reply::Sent { tab, message, .. } = self.take(outcome) else { panic!("not sent") };
        (tab, message)
    }

    /// The agent of that turn's tab says something in it, or behind its end.
    pub(super) fn hear(&mut self, turn: &TurnId, items: Vec<Item>, withdrawn: &[Value]) {
        let tabs = &self.entry.session.tabs;
        let of = |tab: &&Tab| tab.turn.as_ref().is_some_and(|last| last.id == *turn);
        let tab = tabs.iter().find(of).unwrap();
        let (tab, run) = (tab.id.clone(), tab.turn.as_ref().unwrap().run.clone());
        let by = Source { run: &run, tab: &tab, turn };
        let (now, known) = (self.now(), self.approvals.clone());
        let explain = |_: &_| panic!("there is no error");
        let mut outcome = said::heard(&mut self.entry, &by, items, explain, now);
        let withdrawn: Vec<_> =
            withdrawn.iter().map(|request| (turn.clone(), request.clone())).collect();
        said::withdrawn(&mut self.entry, &tab, &withdrawn, &known, &mut outcome, now);
        self.take(outcome);
    }

    pub(super) fn end(&mut self, turn: &TurnId, status: TurnStatus) {
        self.end_of_run(turn, status, Some(RunState::Ended));
    }

    pub(super) fn end_of_run(&mut self, turn: &TurnId, status: TurnStatus, run: Option<RunState>) {
        self.end_with(turn, status, run, "");
    }

    /// The agent got the message, and its last words are `text`.
    pub(super) fn answer(&mut self, turn: &TurnId, status: TurnStatus, text: &str) {
        let outcome = turn::launched(&mut self.entry, turn);
        self.take(outcome);
        self.end_with(turn, status, Some(RunState::Ended), text);
    }

    fn end_with(&mut self, turn: &TurnId, status: TurnStatus, run: Option<RunState>, text: &str) {
        let end = End {
            status,
            exit_status: Some(0),
            text: text.into(),
            failure: None,
            recoverable: false,
            run,
            carry: None,
        };
        let (now, approvals) = (self.now(), self.approvals.clone());
        let outcome = turn::ended(&mut self.entry, turn, end, &approvals, now);
        self.take(outcome);
    }

    pub(super) fn under_way(&self) -> Vec<(TabId, TurnId, bool)> {
        let turns = self.entry.session.tabs.iter().filter_map(|tab| {
            let turn = tab.turn.as_ref().filter(|turn| turn.status.is_none())?;
            Some((tab.id.clone(), turn.id.clone(), turn.read_only))
        });
        turns.collect()
    }

    pub(super) fn started(&self) -> Vec<String> {
        self.orders.iter().map(|order| order.message.prompt.clone()).collect()
    }

    /// What may never be otherwise.
    pub(super) fn check(&self) {
        let under_way = self.under_way();
        assert!(under_way.iter().filter(|(.., read_only)| !read_only).count() <= 1);
        for tab in &self.entry.session.tabs {
            let works = under_way.iter().any(|(id, ..)| *id == tab.id);
            let waits = self.approvals.iter().any(|approval| approval.tab == tab.id);
            let expected = match (waits, works) {
                (true, _) => TabState::Waiting,
                (false, true) => TabState::Working,
                (false, false) => TabState::Idle,
            };
            assert_eq!(tab.state, expected, "{tab:?}");
            assert_eq!(self.queues.get(&tab.id).cloned().unwrap_or_default(), tab.queue);
        }
        // Nothing that could go waits.
        assert_eq!(queue::next(&self.entry.session), None);
        // Whoever opens the store now finds what we hold.
        let mut stored = self.stored.clone().unwrap();
        for tab in &mut stored.tabs {
            tab.queue = self.queues.get(&tab.id).cloned().unwrap_or_default();
        }
        assert_eq!(stored, self.entry.session);
        let removed = self.entry.removed.iter().map(|removed| (**removed).clone());
        assert_eq!(self.removed, removed.collect::<Vec<_>>());
    }
}

#[test]
fn a_session_below_another_has_its_environment_and_never_on_another_host() {
    let parent = made(false).entry;
    let id = parent.session.id.clone();
    let mut book = Book::default();
    book.put(parent);
    let below = |env: &[(&str, &str)], host| {
        let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let new = NewSession { env, parent: Some(id.clone()), ..new_session() };
        let resolved = Resolved { host: saved(host), agent_name: "codex".into() };
        let (entry, _) = create(&book, new, resolved, at(1)).unwrap();
        assert!(entry.session.env_names.iter().eq(entry.env.0.keys()));
        entry.env.0.into_iter().collect::<Vec<_>>()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(below(&[("A", "1")], "dev"), [pair("A", "1"), pair("TOKEN", "secret")]);
    assert_eq!(below(&[("TOKEN", "own")], "dev"), [pair("TOKEN", "own")]);
    assert_eq!(below(&[("A", "1")], "other"), [pair("A", "1")]);
}

#[test]
fn messages_to_a_tab_at_work_wait_and_go_in_order() {
    let mut desk = made(false);
    for prompt in ["one", "two", "three"] {
        desk.send(TabChoice::Last, prompt, false);
    }
    assert_eq!(desk.started(), ["one"]);
    for expected in [&["one", "two"][..], &["one", "two", "three"]] {
        let turn = desk.under_way()[0].1.clone();
        desk.end(&turn, TurnStatus::Done);
        assert_eq!(desk.started(), expected);
        desk.check();
    }
}

#[test]
fn the_queue_is_told_of_where_a_message_waits_and_nowhere_else() {
    let mut desk = made(false);
    let queues = |desk: &Desk| {
        let bodies = desk.events.iter().map(|(_, body)| body);
        let lengths = bodies.filter_map(|body| match body {
            EventBody::QueueChanged { queue, .. } => Some(queue.len()),
            _ => None,
        });
        lengths.collect::<Vec<_>>()
    };
    desk.send(TabChoice::Last, "goes at once", false);
    assert_eq!(queues(&desk), [0; 0]);
    desk.send(TabChoice::Last, "waits", false);
    assert_eq!(queues(&desk), [1]);
    let turn = desk.under_way()[0].1.clone();
    desk.end(&turn, TurnStatus::Done);
    assert_eq!(queues(&desk), [1, 0]);
    desk.check();
}

#[test]
fn one_tab_at_a_time_may_change_things_and_readers_do_not_wait_for_it() {
    let mut desk = made(false);
    let (first, _) = desk.send(TabChoice::Last, "write", false);
    let (second, _) = desk.send(TabChoice::New, "write, too", false);
    let (third, _) = desk.send(TabChoice::New, "look", true);
    assert_ne!(first, second);
    assert_eq!(desk.started(), ["write", "look"]);
    desk.send(TabChoice::Id(third), "look again", true);
    assert_eq!(desk.started().len(), 2, "a tab has one turn at a time");
    let turn = desk.under_way().into_iter().find(|(tab, ..)| *tab == first).unwrap().1;
    desk.end(&turn, TurnStatus::Done);
    assert_eq!(desk.started(), ["write", "look", "write, too"]);
    desk.check();
}

#[test]
fn what_waits_behind_a_failed_turn_is_held_back_until_a_person_lets_it_go() {
    let mut desk = made(false);
    let (tab, _) = desk.send(TabChoice::Last, "fails", false);
    desk.send(TabChoice::Last, "waits", false);
    let turn = desk.under_way()[0].1.clone();
    desk.end(&turn, TurnStatus::Failed);
    assert_eq!(desk.started(), ["fails"]);
    assert!(desk.entry.tab(&tab).unwrap().paused);
    let now = desk.now();
    let outcome = waiting::pause(&mut desk.entry, Some(&tab), false, now).unwrap();
    desk.take(outcome);
    assert_eq!(desk.started(), ["fails", "waits"]);
    desk.check();
}

#[test]
fn a_turn_that_never_began_is_launched_again_under_another_run_and_told_once() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "go", false);
    let order = desk.orders[0].clone();
    let now = desk.now();
    let outcome = turn::again(&mut desk.entry, &order.turn, &[], now);
    desk.take(outcome);
    assert_eq!(desk.orders.len(), 2);
    assert_eq!((&desk.orders[1].turn, &desk.orders[1].message), (&order.turn, &order.message));
    assert_ne!(desk.orders[1].run, order.run);
    let outcome = turn::launched(&mut desk.entry, &order.turn);
    desk.take(outcome);
    let now = desk.now();
    let outcome = turn::again(&mut desk.entry, &order.turn, &[], now);
    assert!(outcome.effects.is_empty(), "what has begun never begins again");
    let starts =
        desk.events.iter().filter(|(_, body)| matches!(body, EventBody::TurnStarted { .. }));
    assert_eq!(starts.count(), 1);
    desk.check();
}

#[test]
fn a_turn_that_was_interrupted_before_it_began_is_over_and_is_not_launched_again() {
    for talks in [false, true] {
        let mut desk = made(talks);
        desk.send(TabChoice::Last, "go", false);
        desk.send(TabChoice::Last, "waits", false);
        let outcome = command::interrupt(&mut desk.entry, None, None, false).unwrap();
        desk.take(outcome);
        let (turn, now) = (desk.orders[0].turn.clone(), desk.now());
        let outcome = turn::again(&mut desk.entry, &turn, &[], now);
        desk.take(outcome);
        assert_eq!(desk.started(), ["go", "waits"], "it is over, and the next one's turn has come");
        let ends = desk.events.iter().filter_map(|(_, body)| match body {
            EventBody::TurnEnded { status, .. } => Some(*status),
            _ => None,
        });
        assert_eq!(ends.collect::<Vec<_>>(), [TurnStatus::Interrupted]);
        assert_ne!(desk.orders[0].run, desk.orders[1].run);
        desk.check();
    }
}

#[test]
fn an_agent_that_talks_keeps_its_run_over_turns_until_it_ends() {
    let mut desk = made(true);
    desk.send(TabChoice::Last, "one", false);
    let turn = desk.orders[0].turn.clone();
    let end = End {
        status: TurnStatus::Done,
        exit_status: None,
        text: String::new(),
        failure: None,
        recoverable: false,
        run: None,
        carry: None,
    };
    let now = desk.now();
    let outcome = turn::ended(&mut desk.entry, &turn, end, &[], now);
    desk.take(outcome);
    desk.send(TabChoice::Last, "two", false);
    assert_eq!(desk.orders[0].run, desk.orders[1].run);
    let turn = desk.orders[1].turn.clone();
    desk.end(&turn, TurnStatus::Failed);
    desk.send(TabChoice::Last, "three", false);
    assert_ne!(desk.orders[1].run, desk.orders[2].run);
    desk.check();
}

#[test]
fn an_agent_that_talks_and_was_started_otherwise_is_let_go_when_its_turn_is_over() {
    let mut desk = made(true);
    desk.send(TabChoice::Last, "one", false);
    let first = desk.orders[0].clone();
    let change = SessionChange { cwd: Some(Some("/elsewhere".into())), ..Default::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    assert_eq!(outcome.effects, [], "it is at work");
    desk.take(outcome);
    let end = End { run: None, ..End::failed(Failure::new(Code::AgentFailed, "x"), false, None) };
    let now = desk.now();
    let outcome = turn::ended(&mut desk.entry, &first.turn, end, &[], now);
    assert_eq!(outcome.effects, [Effect::LetGo { run: first.run.clone() }]);
    desk.take(outcome);
    desk.send(TabChoice::Last, "two", false);
    assert_ne!(desk.orders[1].run, first.run);
    // What it isn't started with leaves it alone.
    let second = desk.orders[1].turn.clone();
    let end = End { run: None, ..End::failed(Failure::new(Code::AgentFailed, "x"), false, None) };
    let now = desk.now();
    let outcome = turn::ended(&mut desk.entry, &second, end, &[], now);
    desk.take(outcome);
    let change = SessionChange { name: Some("other".into()), ..Default::default() };
    let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    assert_eq!(outcome.effects, []);
    desk.take(outcome);
    desk.check();
}

#[test]
fn a_clock_that_jumps_gives_no_time_below_nothing_and_breaks_no_sum() {
    for (to, expected) in [
        (Timestamp::MIN, 0),
        (at(0), 0),
        (at(3), 2_000),
        (Timestamp::MAX, u64::try_from(Timestamp::MAX.as_millisecond()).unwrap() - 1_000),
    ] {
        let mut desk = made(false);
        desk.send(TabChoice::Last, "go", false);
        assert_eq!(desk.entry.session.tabs[0].turn.as_ref().unwrap().started_at, at(1));
        let order = desk.orders[0].clone();
        let end = End::failed(Failure::new(Code::AgentFailed, "x"), false, None);
        let outcome = turn::ended(&mut desk.entry, &order.turn, end, &[], to);
        let elapsed = outcome.batch.drafts.iter().find_map(|draft| match draft.body {
            EventBody::TurnEnded { elapsed_ms, .. } => Some(elapsed_ms),
            _ => None,
        });
        assert_eq!(elapsed, Some(expected), "{to}");
        assert_eq!(desk.entry.session.totals.elapsed_ms, expected, "{to}");
    }
}

#[test]
fn an_interrupt_of_one_turn_leaves_the_next_one_alone() {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "mine", false);
    desk.send(TabChoice::Last, "somebody else's", false);
    let mine = desk.orders[0].turn.clone();
    desk.end(&mine, TurnStatus::Done);
    let next = desk.orders[1].turn.clone();
    let tab = desk.entry.session.tabs[0].id.clone();
    let late = command::interrupt(&mut desk.entry, Some(&tab), Some(&mine), false).unwrap_err();
    assert_eq!(late.code, Code::NotFound);
    assert!(!desk.entry.session.tabs[0].turn.as_ref().unwrap().interrupting);
    let outcome = command::interrupt(&mut desk.entry, None, Some(&next), false).unwrap();
    assert!(
        matches!(&outcome.effects[..], [Effect::Interrupt { turn, .. }] if *turn == next),
        "{:?}",
        outcome.effects
    );
}
