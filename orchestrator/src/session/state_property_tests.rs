#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::create::edit;
use super::entry::Outcome;
use super::state_question_tests::ask;
use super::state_tests::{Desk, made};
use super::{Book, command, queue, tabs, turn, waiting};
use crate::agent::Item;
use crate::seam::{
    Decision, EventBody, MessageChange, MessageId, Place, SessionChange, TabChoice, TabId, Turn,
    TurnId, TurnStatus,
};
use crate::store::RunState;

#[derive(Clone, Debug)]
enum Act {
    Send {
        new_tab: bool,
        tab: usize,
        read_only: bool,
    },
    Launched(usize),
    /// The agent names its conversation.
    Named(usize),
    Again(usize),
    End(usize, TurnStatus),
    Pause(usize, bool),
    Hold(usize, bool),
    Move(usize, usize),
    Remove(usize),
    Restore(usize),
    Order(usize, usize),
    Interrupt,
    /// A talking agent asks: in a turn, or between two.
    Ask(usize),
    Answer(usize),
    Withdraw(usize),
    /// A talking agent ends between two turns.
    Gone(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let status = prop_oneof![
        Just(TurnStatus::Done),
        Just(TurnStatus::Failed),
        Just(TurnStatus::Interrupted)
    ];
    prop_oneof![
        4 => (any::<bool>(), 0..4usize, any::<bool>())
            .prop_map(|(new_tab, tab, read_only)| Act::Send { new_tab, tab, read_only }),
        2 => (0..4usize).prop_map(Act::Launched),
        1 => (0..4usize).prop_map(Act::Named),
        1 => (0..4usize).prop_map(Act::Again),
        3 => (0..4usize, status).prop_map(|(turn, status)| Act::End(turn, status)),
        1 => (0..4usize, any::<bool>()).prop_map(|(tab, on)| Act::Pause(tab, on)),
        1 => (0..9usize, any::<bool>()).prop_map(|(message, on)| Act::Hold(message, on)),
        1 => (0..9usize, 0..9usize).prop_map(|(message, to)| Act::Move(message, to)),
        1 => (0..9usize).prop_map(Act::Remove),
        1 => (0..9usize).prop_map(Act::Restore),
        1 => (0..4usize, 0..5usize).prop_map(|(tab, before)| Act::Order(tab, before)),
        1 => Just(Act::Interrupt),
        2 => (0..4usize).prop_map(Act::Ask),
        1 => (0..4usize).prop_map(Act::Answer),
        1 => (0..4usize).prop_map(Act::Withdraw),
        1 => (0..4usize).prop_map(Act::Gone),
    ]
}

fn waiting(desk: &Desk) -> Vec<MessageId> {
    let tabs = desk.entry.session.tabs.iter();
    tabs.flat_map(|tab| tab.queue.iter().map(|message| message.id.clone())).collect()
}

/// Turns under way that a person wants to end.
fn interrupted(desk: &Desk) -> Vec<TurnId> {
    let turns = desk.entry.session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
    let wanted = turns.filter(|turn| turn.interrupting && turn.status.is_none());
    wanted.map(|turn| turn.id.clone()).collect()
}

/// Turns under way that their agents got, but those that only ask what was done.
fn at_work(desk: &Desk) -> Vec<TurnId> {
    let turns = desk.entry.session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
    let got = |turn: &&Turn| turn.status.is_none() && turn.message.is_none() && !turn.synopsis;
    turns.filter(got).map(|turn| turn.id.clone()).collect()
}

/// The last turn of a tab's talking agent.
fn talking(desk: &Desk, tab: &TabId) -> Option<TurnId> {
    let tab = desk.entry.tab(tab).unwrap();
    tab.talk.as_ref()?;
    tab.turn.as_ref().map(|turn| turn.id.clone())
}

fn play(desk: &mut Desk, act: &Act, number: usize) {
    let now = desk.now();
    let tab = |desk: &Desk, at: usize| {
        let tabs = &desk.entry.session.tabs;
        tabs[at % tabs.len()].id.clone()
    };
    let turn = |desk: &Desk, at: usize| {
        let turns = desk.under_way();
        (!turns.is_empty()).then(|| turns[at % turns.len()].1.clone())
    };
    let message = |desk: &Desk, at: usize| {
        let all = waiting(desk);
        (!all.is_empty()).then(|| all[at % all.len()].clone())
    };
    let outcome = match act {
        Act::Send { new_tab, tab: at, read_only } => {
            let choice = if *new_tab { TabChoice::New } else { TabChoice::Id(tab(desk, *at)) };
            desk.send(choice, &number.to_string(), *read_only);
            return;
        }
        Act::End(at, status) => {
            if let Some(turn) = turn(desk, *at) {
                let goes_on = desk.entry.session.talks && *status != TurnStatus::Failed;
                desk.end_of_run(&turn, *status, (!goes_on).then_some(RunState::Ended));
            }
            return;
        }
        Act::Ask(at) => {
            let tab = tab(desk, *at);
            if let Some(turn) = talking(desk, &tab) {
                desk.hear(&turn, vec![ask(number as u64)], &[]);
            }
            return;
        }
        Act::Withdraw(at) => {
            let approvals = &desk.approvals;
            if !approvals.is_empty() {
                let fallen = approvals[at % approvals.len()].clone();
                desk.hear(&fallen.turn, vec![], &[fallen.request]);
            }
            return;
        }
        Act::Answer(at) => (!desk.approvals.is_empty()).then(|| {
            let approval = desk.approvals[at % desk.approvals.len()].clone();
            let others =
                desk.approvals.iter().filter(|other| other.tab == approval.tab).count() > 1;
            let yes = Decision::Approve { option: None };
            command::resolve(&mut desk.entry, &approval, yes, others, now).unwrap()
        }),
        Act::Gone(at) => {
            let found = desk.entry.tab(&tab(desk, *at)).unwrap().clone();
            let talk = found.talk.clone().filter(|_| !queue::is_working(&found));
            talk.map(|run| {
                let (mut outcome, approvals) = (Outcome::new(), desk.approvals.clone());
                turn::talker_ended(&mut desk.entry, &run, &approvals, &mut outcome, now);
                outcome
            })
        }
        Act::Named(at) => {
            if let Some(turn) = turn(desk, *at) {
                desk.hear(&turn, vec![Item::AgentSession { id: format!("c-{at}") }], &[]);
            }
            return;
        }
        Act::Launched(at) => turn(desk, *at).map(|turn| turn::launched(&mut desk.entry, &turn)),
        Act::Again(at) => turn(desk, *at).map(|turn| {
            let approvals = desk.approvals.clone();
            turn::again(&mut desk.entry, &turn, &approvals, now)
        }),
        Act::Pause(at, on) => {
            let tab = tab(desk, *at);
            Some(waiting::pause(&mut desk.entry, Some(&tab), *on, now).unwrap())
        }
        Act::Hold(at, on) => message(desk, *at).map(|id| {
            let change = MessageChange { paused: Some(*on), ..MessageChange::default() };
            waiting::edit_message(&mut desk.entry, &id, change, now).unwrap()
        }),
        Act::Move(at, to) => message(desk, *at).and_then(|id| {
            let place = match to % 3 {
                0 => Place::First,
                1 => Place::Last,
                _ => Place::Before(message(desk, *to)?),
            };
            let before = desk.entry.clone();
            let moved = waiting::move_message(&mut desk.entry, &id, &place, now);
            if moved.is_err() {
                // Of another tab. The driver throws the copy away that a refused wish was tried on.
                desk.entry = before;
            }
            moved.ok() // A refusal has nothing to carry out.
        }),
        Act::Remove(at) => {
            message(desk, *at).map(|id| waiting::remove_message(&mut desk.entry, &id, now).unwrap())
        }
        Act::Restore(at) => (!desk.removed.is_empty()).then(|| {
            let id = desk.removed[at % desk.removed.len()].message.id.clone();
            waiting::restore_message(&mut desk.entry, &id, now).unwrap()
        }),
        Act::Order(at, to) => {
            let (moved, all) = (tab(desk, *at), &desk.entry.session.tabs);
            let before = all.get(*to).map(|tab| tab.id.clone());
            Some(tabs::place(&mut desk.entry, &moved, before.as_ref()).unwrap())
        }
        Act::Interrupt => command::interrupt(&mut desk.entry, None, None, false).ok(), // Nothing may be under way.
    };
    if let Some(outcome) = outcome {
        desk.take(outcome);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_happens_each_message_starts_at_most_once_and_the_store_has_all(
        talks in any::<bool>(),
        synopsis in any::<bool>(),
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let mut desk = made(talks);
        let change = SessionChange { synopsis: Some(synopsis), ..SessionChange::default() };
        let outcome = edit(&Book::default(), &mut desk.entry, change, None).unwrap();
        desk.take(outcome);
        let mut done = 0;
        let mut sent = 0;
        let mut removed = 0;
        for (number, act) in acts.iter().enumerate() {
            let before = waiting(&desk).len();
            let could_restore = !desk.removed.is_empty();
            let interrupted = interrupted(&desk);
            let launches = desk.orders.len();
            let working = at_work(&desk);
            play(&mut desk, act, number);
            let still = at_work(&desk);
            done += working.iter().filter(|turn| !still.contains(turn)).count();
            let told = desk.entry.session.tabs.iter().filter(|tab| tab.account.is_some()).count();
            prop_assert_eq!(desk.accounts.len() + told, done, "each turn is told of once");
            for order in &desk.orders[launches..] {
                prop_assert!(!interrupted.contains(&order.turn), "it was launched after an interrupt");
            }
            sent += usize::from(matches!(act, Act::Send { .. }));
            removed += usize::from(matches!(act, Act::Remove(_)) && before > 0);
            removed -= usize::from(matches!(act, Act::Restore(_)) && could_restore);
            desk.check();
        }
        let mut turns: Vec<&MessageId> = desk.orders.iter().map(|order| &order.message.id).collect();
        turns.sort();
        let relaunched = turns.len();
        turns.dedup();
        prop_assert!(relaunched >= turns.len());
        let starts = |asked: bool| {
            let is_it = |body: &EventBody| matches!(body, EventBody::TurnStarted { synopsis, .. } if *synopsis == asked);
            desk.events.iter().filter(|(_, body)| is_it(body)).count()
        };
        prop_assert_eq!(starts(false) + starts(true), turns.len(), "a message starts once, however often it is launched anew");
        prop_assert_eq!(sent, starts(false) + waiting(&desk).len() + removed, "no message is lost");
    }
}
