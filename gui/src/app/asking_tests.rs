#![allow(clippy::unwrap_used)]

use egui::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{HostQuestion, HostQuestionKind, QuestionId};

use super::testing::{Window, window};
use crate::bridge::{Ask, News};
use crate::memory::Memory;

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
