#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::json;

use super::entry::{Effect, Outcome};
use super::state_tests::made;
use super::{command, turn};
use crate::agent::{ApprovalChoice, ApprovalRequest, ChoiceKind, Item, Usage};
use crate::failure::Code;
use crate::seam::{Decision, EventBody, TabChoice, TabState, TurnStatus};
use crate::store::RunState;

/// A question.
pub(super) fn ask(request: u64) -> Item {
    let offer = |id: &str, kind| ApprovalChoice { id: id.into(), name: id.into(), kind };
    Item::Approval(ApprovalRequest {
        request: json!(request),
        title: "x".into(),
        tool_call: None,
        options: vec![offer("y", ChoiceKind::AllowOnce), offer("n", ChoiceKind::RejectOnce)],
    })
}

#[test]
fn what_an_agent_says_between_two_turns_belongs_to_the_last_one() {
    let mut desk = made(true);
    desk.send(TabChoice::Last, "go", false);
    let turn = desk.orders[0].turn.clone();
    let usage = |output_tokens| Usage { output_tokens, ..Usage::default() };
    desk.hear(&turn, vec![Item::Usage(usage(5))], &[]);
    desk.end_of_run(&turn, TurnStatus::Done, None);
    let told = desk.events.len();
    desk.hear(&turn, vec![Item::Text { text: "late".into() }, Item::Usage(usage(7))], &[]);
    let tab = &desk.entry.session.tabs[0];
    let late: Vec<_> = desk.events[told..].iter().collect();
    let text = EventBody::Text { text: "late".into(), plain: false };
    let used = EventBody::Usage(usage(7));
    assert_eq!(late, [&(Some(tab.id.clone()), text), &(Some(tab.id.clone()), used)]);
    assert_eq!(tab.turn.as_ref().unwrap().usage, usage(7));
    assert_eq!((tab.totals.turns, tab.totals.usage.output_tokens), (1, 7));
    assert_eq!(desk.entry.session.totals.usage.output_tokens, 7);
    desk.check();
}

#[test]
fn a_question_between_two_turns_is_answered_before_the_next_one_begins() {
    enum By {
        Person,
        Agent,
        End,
    }
    for by in [By::Person, By::Agent, By::End] {
        let mut desk = made(true);
        desk.send(TabChoice::Last, "one", false);
        let first = desk.orders[0].clone();
        desk.end_of_run(&first.turn, TurnStatus::Done, None);
        desk.hear(&first.turn, vec![ask(7)], &[]);
        assert_eq!(desk.entry.session.tabs[0].state, TabState::Waiting);
        assert_eq!(desk.approvals[0].turn, first.turn);
        desk.check();
        desk.send(TabChoice::Last, "two", false);
        assert_eq!(desk.started(), ["one"]);
        desk.check();
        let (now, approvals) = (desk.now(), desk.approvals.clone());
        match by {
            By::Person => {
                let yes = Decision::Approve { option: None };
                let outcome =
                    command::resolve(&mut desk.entry, &approvals[0], yes, false, now).unwrap();
                assert!(
                    matches!(&outcome.effects[0], Effect::Answer { run, .. } if *run == first.run)
                );
                desk.take(outcome);
            }
            By::Agent => desk.hear(&first.turn, vec![], &[json!(7)]),
            By::End => {
                let mut outcome = Outcome::new();
                turn::talker_ended(&mut desk.entry, &first.run, &approvals, &mut outcome, now);
                desk.take(outcome);
            }
        }
        assert_eq!(desk.approvals, []);
        assert_eq!(desk.started(), ["one", "two"]);
        assert_eq!(desk.orders[1].run != first.run, matches!(by, By::End));
        desk.check();
    }
}

#[test]
fn a_question_in_one_breath_with_its_turns_end_waits_as_long_as_its_process() {
    for run in [None, Some(RunState::Ended)] {
        let mut desk = made(true);
        desk.send(TabChoice::Last, "one", false);
        let first = desk.orders[0].clone();
        // It is heard before the end is told, which came before it.
        desk.hear(&first.turn, vec![ask(7)], &[]);
        desk.end_of_run(&first.turn, TurnStatus::Done, run);
        let waits = run.is_none();
        assert_eq!(desk.approvals.len(), usize::from(waits));
        let state = if waits { TabState::Waiting } else { TabState::Idle };
        assert_eq!(desk.entry.session.tabs[0].state, state);
        desk.send(TabChoice::Last, "two", false);
        assert_eq!(desk.started().len(), if waits { 1 } else { 2 });
        desk.check();
    }
}

#[test]
fn a_question_that_is_withdrawn_waits_no_more_though_it_was_asked_in_the_same_breath() {
    // What is asked and withdrawn together, and what waits after that.
    for (before, together, withdrawn, waiting) in [
        (vec![], vec![7], vec![7], vec![]),
        (vec![1], vec![7], vec![7], vec![1]),
        (vec![1], vec![7], vec![1], vec![7]),
        (vec![1], vec![7], vec![1, 7], vec![]),
        (vec![1], vec![], vec![9], vec![1]),
    ] {
        let mut desk = made(true);
        desk.send(TabChoice::Last, "go", false);
        let turn = desk.orders[0].turn.clone();
        desk.hear(&turn, before.into_iter().map(ask).collect(), &[]);
        let withdrawn: Vec<_> = withdrawn.into_iter().map(|id: u64| json!(id)).collect();
        desk.hear(&turn, together.into_iter().map(ask).collect(), &withdrawn);
        let still: Vec<_> = desk.approvals.iter().map(|approval| &approval.request).collect();
        let expected: Vec<_> = waiting.iter().map(|id: &u64| json!(id)).collect();
        assert_eq!(still, expected.iter().collect::<Vec<_>>());
        let state = if waiting.is_empty() { TabState::Working } else { TabState::Waiting };
        assert_eq!(desk.entry.session.tabs[0].state, state);
        desk.check();
    }
}

#[test]
fn an_approval_waits_until_it_is_answered_with_something_that_is_offered() {
    let mut desk = made(true);
    desk.send(TabChoice::Last, "go", false);
    let turn = desk.orders[0].turn.clone();
    let request = ApprovalRequest {
        request: json!(7),
        title: "rm -rf build".into(),
        tool_call: None,
        options: vec![
            ApprovalChoice { id: "y".into(), name: "Yes".into(), kind: ChoiceKind::AllowOnce },
            ApprovalChoice { id: "n".into(), name: "No".into(), kind: ChoiceKind::RejectOnce },
        ],
    };
    desk.hear(&turn, vec![Item::Approval(request)], &[]);
    assert_eq!(desk.entry.session.tabs[0].state, TabState::Waiting);
    let approval = desk.approvals[0].clone();
    let now = desk.now();
    let wrong = Decision::Approve { option: Some("n".into()) };
    let refused = command::resolve(&mut desk.entry, &approval, wrong, false, now).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    desk.check();
    let yes = Decision::Approve { option: None };
    let outcome = command::resolve(&mut desk.entry, &approval, yes, false, now).unwrap();
    assert!(
        matches!(&outcome.effects[..], [Effect::Answer { run, .. }] if *run == desk.orders[0].run)
    );
    desk.take(outcome);
    assert_eq!(desk.entry.session.tabs[0].state, TabState::Working);
    assert_eq!(desk.approvals, []);
    desk.check();
}

#[test]
fn an_approval_of_a_turn_that_ends_falls_away() {
    let mut desk = made(true);
    desk.send(TabChoice::Last, "go", false);
    let turn = desk.orders[0].turn.clone();
    let request =
        ApprovalRequest { request: json!(7), title: "x".into(), tool_call: None, options: vec![] };
    desk.hear(&turn, vec![Item::Approval(request)], &[]);
    desk.end(&turn, TurnStatus::Interrupted);
    assert_eq!(desk.approvals, []);
    assert!(
        desk.events
            .iter()
            .any(|(_, body)| matches!(body, EventBody::ApprovalResolved { decision: None, .. }))
    );
    desk.check();
}
