use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::host::HostConfig;

use super::*;
use crate::testing::{focus_order, harness};

struct Asked {
    questions: Vec<HostQuestion>,
    acts: Vec<QuestionAct>,
    view: QuestionView,
}

fn question(id: &str, kind: HostQuestionKind, text: &str) -> HostQuestion {
    let secret = !matches!(kind, HostQuestionKind::HostKey { .. } | HostQuestionKind::Touch);
    let text = text.to_owned();
    HostQuestion { id: QuestionId::new(id), host: "gpu".into(), kind, text, secret }
}

fn asked(questions: Vec<HostQuestion>) -> Harness<'static, Asked> {
    let gpu = HostConfig::new(HostId::new("gpu"), "GPU box", "gpu.example");
    let hosts = Hosts { hosts: vec![gpu], default: None };
    let state = Asked { questions, acts: Vec::new(), view: QuestionView::default() };
    let mut window = harness(state, move |ui, state: &mut Asked| {
        let data = QuestionData { questions: &state.questions, hosts: &hosts, failure: None };
        state.acts.extend(state.view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

fn answer(id: &str, answer: Option<&str>) -> QuestionAct {
    let answer = answer.map(|answer| Secret(answer.into()));
    QuestionAct::Answer(Command::AnswerQuestion { question: QuestionId::new(id), answer })
}

fn host_key() -> HostQuestionKind {
    HostQuestionKind::HostKey { fingerprint: "SHA256:abcdef".into() }
}

#[test]
fn an_unknown_key_shows_its_fingerprint_and_is_trusted_by_a_click_alone() {
    let mut window = asked(vec![question("q", host_key(), "")]);
    window.get_by_label("SHA256:abcdef");
    window.get_by_label_contains("GPU box shows a key");
    window.get_by_label_contains("Compare it with");
    // Enter is on the careful side.
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [answer("q", None)]);

    let mut window = asked(vec![question("q", host_key(), "")]);
    window.get_by_role_and_label(Role::Button, "Trust and connect").click();
    window.run();
    assert_eq!(window.state().acts, [answer("q", Some("yes"))]);
}

#[test]
fn a_passphrase_is_typed_hidden_sent_by_enter_and_wiped() {
    let key = HostQuestionKind::Passphrase { key: "/home/ada/.ssh/id_ed25519".into() };
    let mut window = asked(vec![question("q", key, "")]);
    window.get_by_label("/home/ada/.ssh/id_ed25519");
    let field = window.get_by_role_and_label(Role::PasswordInput, "Passphrase");
    assert!(field.is_focused());
    field.type_text("open sesame");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [answer("q", Some("open sesame"))]);
    assert_eq!(window.state().view.typed, "");
    // It is sent once, however long it takes to be taken away.
    window.key_press(Key::Enter);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().acts.len(), 1);
}

#[test]
fn what_is_typed_for_one_question_is_never_sent_for_the_next() {
    let both = vec![
        question("a", HostQuestionKind::Password, ""),
        question("b", HostQuestionKind::Password, ""),
    ];
    let mut window = asked(both);
    window.get_by_label("1 more waits");
    window.get_by_role_and_label(Role::PasswordInput, "Password").type_text("s3cret");
    window.run();
    window.state_mut().questions.remove(0);
    window.run();
    assert_eq!(window.state().view.typed, "");
    assert!(window.query_by_label("1 more waits").is_none());
    window.state_mut().questions.clear();
    window.run();
    assert!(window.query_by_label("Password").is_none());
    assert!(window.state().acts.is_empty());
}

#[test]
fn letters_are_shown_when_somebody_wants_to_see_them() {
    let mut window = asked(vec![question("q", HostQuestionKind::Password, "")]);
    window.get_by_role_and_label(Role::CheckBox, "Show the letters").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Password");
}

#[test]
fn a_touch_can_only_be_cancelled() {
    let mut window = asked(vec![question("q", HostQuestionKind::Touch, "Confirm presence")]);
    window.get_by_label_contains("waits to be touched");
    assert!(window.query_by_role_and_label(Role::Button, "Send").is_none());
    window.get_by_role_and_label(Role::Button, "Cancel").click();
    window.run();
    assert_eq!(window.state().acts, [answer("q", None)]);
}

#[test]
fn a_servers_words_steer_nothing() {
    let evil = "Hi\x1b[2J\u{202e}\n\nSecond line?";
    let window = asked(vec![question("q", HostQuestionKind::Other, evil)]);
    window.get_by_label("Hi^[[2J<202e>\nSecond line?");
    let mut many = asked(vec![question("q", HostQuestionKind::Other, &"x\n".repeat(500))]);
    many.run();
    many.get_by_label("and 488 more lines");
}

#[test]
fn a_small_window_shows_it_too() {
    let mut window = asked(vec![question("q", host_key(), "")]);
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    window.get_by_role_and_label(Role::Button, "Don't connect").click();
    window.run();
    assert_eq!(window.state().acts, [answer("q", None)]);
}

#[test]
fn tab_goes_from_the_field_over_the_buttons_to_the_cross() {
    let mut window = asked(vec![question("q", HostQuestionKind::Password, "")]);
    window.get_by_role_and_label(Role::PasswordInput, "Password").type_text("x");
    window.run();
    let order = focus_order(&mut window);
    assert_eq!(order, ["Password", "Show the letters", "Send", "Cancel", "Close"]);
    let mut window = asked(vec![question("q", host_key(), "")]);
    let order = focus_order(&mut window);
    assert_eq!(order.first().map(String::as_str), Some("Don't connect"), "{order:?}");
}

#[test]
fn the_same_question_right_behind_its_answer_says_that_it_may_have_been_wrong() {
    let key = || HostQuestionKind::Passphrase { key: "/home/ada/.ssh/id_ed25519".into() };
    let words = "It asks again: the answer before this one may have been wrong.";
    let mut window = asked(vec![question("q", key(), "")]);
    let field = window.get_by_role_and_label(Role::PasswordInput, "Passphrase");
    field.type_text("open sesame");
    window.run();
    assert!(window.query_by_label(words).is_none());
    window.key_press(Key::Enter);
    window.run();
    window.state_mut().questions = vec![question("r", key(), "")];
    window.run();
    window.get_by_label(words);
    // Another question is no second attempt.
    window.state_mut().questions = vec![question("s", HostQuestionKind::Password, "")];
    window.run();
    assert!(window.query_by_label(words).is_none());
}
