#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use orchestrator::agent::{ApprovalChoice, ToolCall, ToolStatus};
use orchestrator::seam::{SessionId, TabId, TurnId};
use serde_json::{Value, json};

use super::*;
use crate::testing::harness;

struct State {
    card: ApprovalCard,
    approval: Approval,
    acts: Vec<ApprovalAct>,
}

fn asked_for(input: Value) -> Approval {
    let option =
        |id: &str, name: &str, kind| ApprovalChoice { id: id.into(), name: name.into(), kind };
    Approval {
        id: ApprovalId::new("a"),
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new("u"),
        title: "Run a command".into(),
        tool_call: Some(ToolCall {
            id: "1".into(),
            name: "Bash".into(),
            status: ToolStatus::Running,
            input,
            output: None,
        }),
        options: vec![
            option("yes", "Yes", ChoiceKind::AllowOnce),
            option("all", "Yes, and don't ask again", ChoiceKind::AllowAlways),
            option("no", "No", ChoiceKind::RejectOnce),
        ],
        request: json!(1),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn window(approval: Approval) -> Harness<'static, State> {
    let state = State { card: ApprovalCard::default(), approval, acts: Vec::new() };
    harness(state, |ui, state| {
        let State { card, approval, acts } = state;
        let data = ApprovalData { approval, session: "shop", host: "box", waiting: 2 };
        acts.extend(card.ui(ui, &data));
    })
}

/// Lets the window's clock go on until the card can be answered: a quarter of a second a step.
fn wait(window: &mut Harness<'_, State>) {
    (0..4).for_each(|_| window.step());
}

fn resolved(decision: Decision) -> ApprovalAct {
    let approval = ApprovalId::new("a");
    ApprovalAct::Command(Box::new(Command::ResolveApproval { approval, decision }))
}

fn yes(id: &str) -> ApprovalAct {
    resolved(Decision::Approve { option: Some(id.into()) })
}

fn no(id: &str) -> ApprovalAct {
    resolved(Decision::Deny { option: Some(id.into()) })
}

#[test]
fn a_card_says_who_asks_and_what_in_full() {
    let command = format!("rm -rf build && {}", "echo more; ".repeat(30).trim_end());
    let mut window = window(asked_for(json!({"command": command, "timeout": 5})));
    wait(&mut window);
    window.get_by_label("Run a command");
    window.get_by_label("shop asks on");
    window.get_by_label("box");
    window.get_by_label("and 1 more behind it");
    window.get_by_label(&command);
    // What the headline doesn't know is shown, too.
    window.get_by_label_contains("\"timeout\": 5");
}

#[test]
fn each_button_gives_its_own_answer_once() {
    let buttons =
        [("Allow once", yes("yes")), ("Always for this session", yes("all")), ("Deny", no("no"))];
    for (button, act) in buttons {
        let mut window = window(asked_for(json!({"command": "ls"})));
        wait(&mut window);
        window.get_by_role_and_label(egui::Role::Button, button).click();
        window.run();
        window.get_by_role_and_label(egui::Role::Button, button).click();
        window.run();
        assert_eq!(window.state().acts, [act], "{button}");
    }
}

#[test]
fn each_answer_can_be_given_without_the_mouse() {
    let answers = [
        (ChoiceKind::AllowOnce, yes("yes")),
        (ChoiceKind::AllowAlways, yes("all")),
        (ChoiceKind::RejectOnce, no("no")),
    ];
    for (wanted, act) in answers {
        let mut window = window(asked_for(json!({"command": "ls"})));
        wait(&mut window);
        let now = window.ctx.input(|input| input.time);
        let State { card, approval, .. } = window.state_mut();
        let given = card.decide(approval, wanted, now);
        assert_eq!(given.map(Box::new).map(ApprovalAct::Command), Some(act), "{wanted:?}");
        // Once: the engine is at work on it.
        assert_eq!(card.decide(approval, wanted, now), None);
    }
}

#[test]
fn an_answer_that_the_agent_does_not_offer_is_none() {
    let mut window = window(asked_for(json!({"command": "ls"})));
    window.state_mut().approval.options.retain(|option| option.kind == ChoiceKind::RejectOnce);
    wait(&mut window);
    let now = window.ctx.input(|input| input.time);
    let State { card, approval, .. } = window.state_mut();
    assert_eq!(card.decide(approval, ChoiceKind::AllowOnce, now), None);
    assert!(card.decide(approval, ChoiceKind::RejectOnce, now).is_some());
}

#[test]
fn who_is_typing_when_a_card_appears_answers_nothing() {
    let mut window = window(asked_for(json!({"command": "ls"})));
    wait(&mut window);
    // A card that takes another one's place has to be there for a moment, too.
    window.state_mut().approval.id = ApprovalId::new("b");
    window.step();
    let now = window.ctx.input(|input| input.time);
    let State { card, approval, .. } = window.state_mut();
    assert_eq!(card.decide(approval, ChoiceKind::AllowOnce, now), None);
    window.get_by_role_and_label(egui::Role::Button, "Allow once").click();
    window.step();
    assert_eq!(window.state().acts, []);
    wait(&mut window);
    let now = window.ctx.input(|input| input.time);
    let State { card, approval, .. } = window.state_mut();
    assert!(card.decide(approval, ChoiceKind::AllowOnce, now).is_some());
}

#[test]
fn a_question_without_answers_says_what_to_do() {
    let mut approval = asked_for(json!({"command": "ls"}));
    approval.options.clear();
    let mut window = window(approval);
    wait(&mut window);
    window.get_by_label_contains("interrupt its turn");
    assert!(window.query_by_label("Allow once").is_none());
}

#[test]
fn a_file_of_any_length_is_laid_out_only_where_it_is_seen() {
    let content: String = (0..20_000).map(|n| format!("let a{n} = {n};\n")).collect();
    let mut window = window(asked_for(json!({"file_path": "/srv/a.rs", "content": content})));
    wait(&mut window);
    let laid_out = window.state().card.blocks.laid_out();
    assert!(laid_out < 20, "{laid_out}");
    assert_eq!(input_blocks(&json!({"file_path": "a.rs", "content": content})).len(), 401);
}
