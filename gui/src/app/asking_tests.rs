#![allow(clippy::unwrap_used)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use jiff::Timestamp;
use orchestrator::agent::{ApprovalChoice, ChoiceKind};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Approval, ApprovalId, HistoryItem, HostQuestion, HostQuestionKind, QuestionId, SessionId,
    TabId, TurnId,
};
use serde_json::json;

use super::testing::{Window, window};
use crate::bridge::{Ask, HistoryRead, News};
use crate::memory::{Memory, RightPage};
use crate::samples::{session, tab};
use crate::view::history::HistoryCard;

fn host_key() -> News {
    let question = HostQuestion {
        id: QuestionId::new("q"),
        host: "box".into(),
        kind: HostQuestionKind::HostKey { fingerprint: "SHA256:abcdef".into() },
        text: String::new(),
        secret: false,
    };
    News::Questions { local: false, all: vec![question] }
}

fn can_be_clicked(window: &Window, button: &str) -> bool {
    let node = window.harness.get_by_role_and_label(Role::Button, button);
    !node.accesskit_node().is_disabled()
}

#[test]
fn an_answer_that_cannot_be_asked_for_can_be_given_again() {
    let mut window = window(Memory::default(), Vec::new());
    window.tell(host_key());
    window.far.refuse();
    window.harness.get_by_role_and_label(Role::Button, "Trust and connect").click();
    window.harness.run();
    assert!(can_be_clicked(&window, "Trust and connect"));
    window.harness.get_by_label_contains("connection to the engine has ended");
}

#[test]
fn an_answer_that_the_engine_did_not_get_can_be_given_again() {
    let mut window = window(Memory::default(), Vec::new());
    window.tell(host_key());
    let trust = |window: &mut Window| {
        window.harness.get_by_role_and_label(Role::Button, "Trust and connect").click();
        window.harness.run();
        let answers = window.asked().into_iter().filter(|ask| matches!(ask, Ask::Answer { .. }));
        answers.count()
    };
    assert_eq!(trust(&mut window), 1);
    assert_eq!(trust(&mut window), 0, "it is on its way");
    let failure = Failure::new(Code::Internal, "the engine has ended");
    window.tell(News::Unanswered { question: QuestionId::new("q"), failure });
    window.harness.get_by_label_contains("the engine has ended");
    assert_eq!(trust(&mut window), 1);
    assert!(window.harness.query_by_label_contains("the engine has ended").is_none());
}

/// A session with two tabs, an approval in the shown one, and everything that may lie over it.
fn asked() -> Window {
    let memory = Memory { right_page: RightPage::History, ..Memory::default() };
    let mut notes = session("s", "notes", "local", 1);
    notes.tabs = vec![tab("a"), tab("b")];
    let mut window = window(memory, vec![notes]);
    window.app().memory.right.open = true;
    let (session, tab) = (SessionId::new("s"), TabId::new("a"));
    window.app().show(&session, Some(tab.clone()));
    let approval = Approval {
        id: ApprovalId::new("x"),
        session,
        tab,
        turn: TurnId::new("u"),
        title: "Run a command".into(),
        tool_call: None,
        options: vec![ApprovalChoice {
            id: "yes".into(),
            name: "Yes".into(),
            kind: ChoiceKind::AllowOnce,
        }],
        request: json!(1),
        at: Timestamp::UNIX_EPOCH,
    };
    window.tell(News::Approvals(vec![approval]));
    // Until the card is old enough to be answered.
    (0..8).for_each(|_| window.harness.step());
    window.asked();
    window
}

fn approve_and_close(window: &mut Window) -> (usize, usize) {
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Y);
    window.press(Modifiers::COMMAND, Key::W);
    let done = window.asked().iter().filter(|ask| matches!(ask, Ask::Do { .. })).count();
    (done, window.app().memory.closed.len())
}

#[test]
fn keys_approve_and_close_while_nothing_lies_over_the_window() {
    assert_eq!(approve_and_close(&mut asked()), (1, 1));
}

#[test]
fn behind_the_dialog_for_a_groups_name_nothing_is_approved_or_closed() {
    let mut window = asked();
    window.harness.get_by_role_and_label(Role::ListBoxOption, "notes").click_secondary();
    window.harness.run();
    window.harness.get_by_label_contains("Move to group").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "New group…").click();
    window.harness.run();
    window.harness.get_by_label("New group");
    window.asked();
    assert_eq!(approve_and_close(&mut window), (0, 0));
}

#[test]
fn behind_the_details_of_an_entry_nothing_is_approved_or_closed() {
    let mut window = asked();
    let line =
        r#"{"id":"e","type":"USER","timestamp":1767225000123,"summary":"Fixed it","success":true}"#;
    let item = HistoryItem { line: line.into(), hostname: None, local: true, session: None };
    // A page is asked for anew: its answer is the one that counts.
    window.app().read_history();
    let asked = window.asked();
    let page = |ask: &Ask| match ask {
        Ask::History { ticket, .. } => Some(*ticket),
        _ => None,
    };
    let cards = vec![HistoryCard::from_item(&item)];
    let (sources, skipped) = (Vec::new(), Vec::new());
    let read = HistoryRead { cards, total: 1, sources, skipped, pending: 0 };
    let ticket = asked.iter().rev().find_map(page).unwrap();
    window.tell(News::History { ticket, answer: Ok(Box::new(read)) });
    window.harness.get_by_label_contains("Fixed it").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Copy");
    window.asked();
    assert_eq!(approve_and_close(&mut window), (0, 0));
}
