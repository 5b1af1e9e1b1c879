#![allow(clippy::unwrap_used)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::seam::{HostConnection, Outcome, Session, TerminalCommand};

use super::super::testing::{Window, window};
use super::*;
use crate::bridge::News;
use crate::commands::WindowCommand;
use crate::memory::{Draft, Memory};
use crate::samples;

fn session() -> Session {
    samples::session("s", "notes", "box", 0)
}

fn id() -> SessionId {
    SessionId::new("s")
}

fn key() -> DraftKey {
    DraftKey::Tab(orchestrator::seam::TabId::new("s-tab"))
}

fn operation(line: &str, state: OperationState) -> Operation {
    Operation {
        id: "op".into(),
        work: Work::Line { at: At::Session(id()), line: line.into() },
        host: "box".into(),
        session: Some(id()),
        directory: None,
        state,
        progress: None,
        output: 0,
        started_at: samples::at(0),
        ended_at: None,
    }
}

fn done(status: u8) -> OperationState {
    OperationState::Done { outcome: Outcome { status: Some(status), ..Outcome::default() } }
}

fn refused() -> OperationState {
    OperationState::Failed { why: Failure::new(Code::NoRoute, "could not reach box") }
}

/// The line that is begun, and the ticket of the asking.
fn begun(asked: Vec<Ask>) -> Option<(u64, Work)> {
    asked.into_iter().find_map(|ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::Operation(OperationCommand::Start(work)) => Some((ticket, work)),
            _ => None,
        },
        _ => None,
    })
}

fn answer(ticket: u64, operation: Operation) -> News {
    let reply = Reply::Operation(OperationReply::Operation(Box::new(operation)));
    News::Done { ticket, answer: Ok(Box::new(reply)) }
}

/// What stands in the box.
fn stands(window: &mut Window) -> Option<String> {
    window.app().memory.lines.get(&id()).map(|typed| typed.text.clone())
}

/// A window whose command box is open, with that typed into it.
fn typing(line: &str) -> Window {
    let mut window = window(Memory::default(), vec![session()]);
    window.obey(WindowCommand::RunLine);
    window.harness.event(egui::Event::Text(line.to_owned()));
    window.harness.run();
    window
}

#[test]
fn a_line_runs_in_the_session_in_front_and_stays_until_the_engine_has_it() {
    let mut window = typing("make");
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    let (ticket, work) = begun(window.asked()).unwrap();
    assert_eq!(work, Work::Line { at: At::Session(id()), line: "make".into() });
    assert_eq!(stands(&mut window).as_deref(), Some("make"));
    window.tell(answer(ticket, operation("make", OperationState::Waiting)));
    assert_eq!(stands(&mut window), None);
    window.harness.get_by_role_and_label(Role::Button, "make on box: begins");
}

#[test]
fn a_line_that_the_engine_refuses_stays_in_the_box_with_its_reason() {
    let mut window = typing("make");
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    let (ticket, _) = begun(window.asked()).unwrap();
    let failure = Failure::new(Code::NoRoute, "could not reach box").hint("Is it on?");
    window.tell(News::Done { ticket, answer: Err(failure) });
    assert_eq!(stands(&mut window).as_deref(), Some("make"));
    window.harness.get_by_label("could not reach box");
    window.harness.get_by_label("Is it on?");
}

#[test]
fn a_line_whose_host_is_down_stands_in_the_box_again() {
    for heard_before in [false, true] {
        let mut window = typing("make");
        window.asked();
        window.press(Modifiers::NONE, Key::Enter);
        let (ticket, _) = begun(window.asked()).unwrap();
        if heard_before {
            window.tell(News::Operation(Box::new(operation("make", refused()))));
            window.tell(answer(ticket, operation("make", OperationState::Waiting)));
        } else {
            window.tell(answer(ticket, operation("make", OperationState::Waiting)));
            window.tell(News::Operation(Box::new(operation("make", refused()))));
        }
        assert_eq!(stands(&mut window).as_deref(), Some("make"), "heard before: {heard_before}");
        window.harness.get_by_role_and_label(Role::Button, "make on box: failed");
    }
}

#[test]
fn what_somebody_types_meanwhile_is_not_overwritten_by_a_line_that_failed() {
    let mut window = typing("make");
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    let (ticket, _) = begun(window.asked()).unwrap();
    window.tell(answer(ticket, operation("make", OperationState::Waiting)));
    window.harness.event(egui::Event::Text("ls".to_owned()));
    window.harness.run();
    window.tell(News::Operation(Box::new(operation("make", refused()))));
    assert_eq!(stands(&mut window).as_deref(), Some("ls"));
}

#[test]
fn a_line_that_was_typed_for_one_machine_does_not_run_on_another_without_a_word() {
    let mut window = typing("reboot");
    let moved = Session { host: "prod".into(), ..session() };
    window.tell(News::Sessions(vec![moved]));
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(begun(window.asked()), None);
    window.harness.get_by_label_contains("typed for box, and the session is on prod now");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(begun(window.asked()).is_some());
}

#[test]
fn a_line_that_ran_on_one_machine_is_not_run_again_on_another() {
    let mut window = typing("reboot");
    window.press(Modifiers::NONE, Key::Enter);
    let (ticket, _) = begun(window.asked()).unwrap();
    window.tell(answer(ticket, operation("reboot", done(0))));
    let again = |window: &mut Window| {
        window.harness.get_by_role_and_label(Role::Button, "Run reboot again").click();
        window.harness.run();
        begun(window.asked())
    };
    assert!(again(&mut window).is_some());
    window.tell(News::Sessions(vec![Session { host: "prod".into(), ..session() }]));
    assert_eq!(again(&mut window), None);
    window.harness.get_by_label_contains("was done on box, and the session is on prod now");
}

#[test]
fn a_line_that_was_left_for_one_machine_is_asked_about_also_after_a_restart() {
    let typed = TypedLine { text: "reboot".into(), host: "test".into(), directory: None };
    let memory = Memory { lines: [(id(), typed)].into(), ..Memory::default() };
    let mut window = window(memory, vec![session()]);
    window.obey(WindowCommand::RunLine);
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(begun(window.asked()), None);
    window.harness.get_by_label_contains("typed for test, and the session is on box now");
}

#[test]
fn a_line_behind_an_exclamation_mark_is_run_and_no_message_is_sent() {
    let draft = Draft { text: "!make test".into(), ..Draft::default() };
    let memory = Memory { drafts: [(key(), draft)].into(), ..Memory::default() };
    let mut window = window(memory, vec![session()]);
    window.harness.get_by_role_and_label(Role::Button, "Run").click();
    window.harness.run();
    let asked = window.asked();
    assert!(!asked.iter().any(|ask| matches!(ask, Ask::Send { .. })));
    let (ticket, work) = begun(asked).unwrap();
    assert_eq!(work, Work::Line { at: At::Session(id()), line: "make test".into() });
    window.tell(answer(ticket, operation("make test", OperationState::Waiting)));
    // The message is empty, and what the line prints is in sight.
    assert_eq!(window.app().memory.drafts.get(&key()), None);
    window.harness.get_by_role_and_label(Role::Button, "make test on box: begins");
}

#[test]
fn a_line_in_place_of_a_message_does_not_run_on_another_machine_without_a_word() {
    let draft = Draft { text: "!reboot".into(), host: Some("test".into()), ..Draft::default() };
    let memory = Memory { drafts: [(key(), draft)].into(), ..Memory::default() };
    let mut window = window(memory, vec![session()]);
    window.harness.get_by_role_and_label(Role::Button, "Run").click();
    window.harness.run();
    assert_eq!(begun(window.asked()), None);
    window.harness.get_by_label_contains("typed for test, and the session is on box now");
    window.harness.get_by_role_and_label(Role::Button, "Run").click();
    window.harness.run();
    let (ticket, _) = begun(window.asked()).unwrap();
    window.tell(answer(ticket, operation("reboot", OperationState::Waiting)));
    assert_eq!(window.app().memory.drafts.get(&key()), None);
}

#[test]
fn a_line_is_for_the_machine_that_it_was_begun_on_and_a_message_for_none() {
    let mut draft = Draft::default();
    draft.note_place(true, "box", "/srv");
    draft.note_place(true, "other", "/srv");
    assert_eq!(draft.host.as_deref(), Some("box"));
    draft.note_place(false, "other", "/srv");
    assert!(draft.is_blank());
}

#[test]
fn what_was_cleared_away_can_be_wished_back_and_is_forgotten_only_then_not() {
    let forgotten = |window: &mut Window| -> Vec<String> {
        let asked = window.asked().into_iter();
        let ids = asked.filter_map(|ask| match ask {
            Ask::Do { command, .. } => match *command {
                Command::Operation(OperationCommand::Forget { id }) => Some(id),
                _ => None,
            },
            _ => None,
        });
        ids.collect()
    };
    let mut window = typing("");
    window.tell(News::Operation(Box::new(operation("make", done(0)))));
    let block = "make on box: done";
    window.harness.get_by_role_and_label(Role::Button, block);
    window.harness.get_by_role_and_label(Role::Button, "Clear").click();
    window.harness.run();
    assert!(window.harness.query_by_role_and_label(Role::Button, block).is_none());
    assert_eq!(forgotten(&mut window), [""; 0]);
    window.harness.get_by_role_and_label(Role::Button, "Undo").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, block);
    assert_eq!(forgotten(&mut window), [""; 0]);
    window.harness.get_by_role_and_label(Role::Button, "Clear").click();
    window.harness.run();
    let all = window.app().said_toasts();
    for id in all {
        window.app().forget_toast(id);
    }
    assert_eq!(forgotten(&mut window), ["op"]);
}

#[test]
fn a_message_may_begin_with_an_exclamation_mark() {
    let draft = Draft { text: "\\!important".into(), ..Draft::default() };
    let memory = Memory { drafts: [(key(), draft)].into(), ..Memory::default() };
    let mut window = window(memory, vec![session()]);
    window.harness.get_by_role_and_label(Role::Button, "Send").click();
    window.harness.run();
    let sent = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Send { command, .. } => match *command {
            Command::Send { message, .. } => Some(message.prompt),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(sent.as_deref(), Some("!important"));
}

#[test]
fn typing_wakes_no_host_and_a_tab_does() {
    let wanted = |window: &mut Window| {
        let asked = window.asked();
        asked.into_iter().any(|ask| matches!(ask, Ask::Lines(LinesAsk::Complete { .. })))
    };
    let mut window = typing("ls s");
    assert!(!wanted(&mut window), "nobody knows whether box is there");
    window.press(Modifiers::NONE, Key::Tab);
    assert!(wanted(&mut window));
    let connected = HostConnection {
        host: "box".into(),
        state: ConnectionState::Connected,
        round_trip_us: None,
        turns: 0,
    };
    window.tell(News::Connections(vec![connected]));
    window.asked();
    window.harness.event(egui::Event::Text("r".to_owned()));
    window.harness.run();
    assert!(wanted(&mut window));
}

#[test]
fn the_lines_of_a_session_are_asked_for_once_and_called_back() {
    let mut window = typing("");
    let asked = |window: &mut Window| {
        let asked = window.asked();
        asked.into_iter().filter(|ask| matches!(ask, Ask::Lines(LinesAsk::History(_)))).count()
    };
    assert_eq!(asked(&mut window), 1);
    let history: Arc<[String]> = ["old".to_owned(), "new".to_owned()].into();
    window.tell(News::Lines(Box::new(LinesNews::History { session: id(), answer: Ok(history) })));
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(stands(&mut window).as_deref(), Some("new"));
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(stands(&mut window).as_deref(), Some("old"));
    assert_eq!(asked(&mut window), 0);
}

#[test]
fn what_a_line_prints_is_followed_and_can_go_into_a_message() {
    let mut window = typing("");
    let with_output = Operation { output: 3, ..operation("make `x`", done(2)) };
    window.tell(News::Operation(Box::new(with_output)));
    let console = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Lines(LinesAsk::Follow { console, .. }) => Some(console),
        _ => None,
    });
    console.unwrap().feed(0, b"\x1b[31mone\x1b[m\ntwo ```\n");
    window.tell(News::Lines(Box::new(LinesNews::Printed("op".into()))));
    window.harness.get_by_label("one");
    window.harness.get_by_role_and_label(Role::Button, "Insert make `x` into the message").click();
    window.harness.run();
    let draft = window.app().memory.drafts.get(&key()).unwrap().text.clone();
    assert_eq!(
        draft,
        "On box I ran this (exit 2):\n\n````console\n$ make `x`\none\ntwo ```\n````\n"
    );
}

#[test]
fn a_line_that_ends_where_nobody_looks_is_said_and_one_that_runs_is_shown_as_such() {
    let mut window = window(Memory::default(), vec![session()]);
    window.tell(News::Operation(Box::new(operation("make", OperationState::Running))));
    window.harness.get_by_label("make runs on box");
    window.tell(News::Operation(Box::new(operation("make", done(2)))));
    window.harness.get_by_label("make on box ended with 2");
    assert!(window.harness.query_by_label("make runs on box").is_none());
    window.harness.run();
}

#[test]
fn the_box_is_opened_and_put_away_by_its_key_and_what_was_typed_stays() {
    let mut window = typing("half of");
    let field = |window: &Window| {
        let name = "Command on box";
        let role = Role::MultilineTextInput;
        window.harness.query_by_role_and_label(role, name).map(|field| field.value())
    };
    window.press(Modifiers::COMMAND, Key::Backtick);
    assert_eq!(field(&window), None);
    window.press(Modifiers::COMMAND, Key::Backtick);
    assert_eq!(field(&window), Some(Some("half of".into())));
}

#[test]
fn a_line_is_taken_to_a_terminal_without_being_entered() {
    let mut window = typing("");
    window.tell(News::Operation(Box::new(operation("top", done(0)))));
    window.asked();
    window.harness.get_by_role_and_label(Role::Button, "More for top").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Open in a terminal").click();
    window.harness.run();
    let opened = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::Terminal(TerminalCommand::Open { at, .. }) => Some((ticket, at)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(opened.unwrap().1, At::Session(id()));
}

#[test]
fn a_removed_session_takes_its_line_with_it() {
    let mut window = typing("half");
    window.tell(News::Removed(id()));
    assert!(window.app().memory.lines.is_empty());
}

#[test]
fn a_line_is_run_again_once_by_a_double_click() {
    let mut window = window(Memory::default(), vec![session()]);
    window.obey(WindowCommand::RunLine);
    window.tell(News::Operation(Box::new(operation("make", done(0)))));
    window.asked();
    window.app().run_line(id(), "make".into(), LineFrom::Block);
    window.app().run_line(id(), "make".into(), LineFrom::Block);
    let starts = window.asked().into_iter().filter(|ask| {
        matches!(ask, Ask::Do { command, .. }
            if matches!(**command, Command::Operation(OperationCommand::Start(_))))
    });
    assert_eq!(starts.count(), 1);
}

#[test]
fn a_line_that_begins_late_takes_no_keys_from_another_session() {
    let mut window =
        window(Memory::default(), vec![session(), samples::session("t", "other", "box", 1)]);
    window.app().show(&id(), None);
    window.harness.run();
    window.obey(WindowCommand::RunLine);
    window.harness.run();
    window.harness.event(egui::Event::Text("make".to_owned()));
    window.harness.run();
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    let (ticket, _) = begun(window.asked()).unwrap();
    window.app().show(&SessionId::new("t"), None);
    window.harness.run();
    window.press(Modifiers::COMMAND, Key::L);
    let message = |window: &Window| {
        window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message").is_focused()
    };
    assert!(message(&window));
    window.tell(answer(ticket, operation("make", OperationState::Waiting)));
    assert!(message(&window));
}

#[test]
fn a_line_that_was_typed_for_one_directory_does_not_run_in_another_without_a_word() {
    let mut window = typing("rm -r build");
    let mut moved = session();
    moved.cwd = Some("/srv/other".into());
    window.tell(News::Sessions(vec![moved]));
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(begun(window.asked()), None);
    window.harness.get_by_label_contains("this line was typed for /srv/app");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(begun(window.asked()).is_some());
}

#[test]
fn a_line_in_place_of_a_message_and_one_that_is_run_again_stay_in_their_directory_too() {
    let mut window = window(Memory::default(), vec![session()]);
    let mut draft = Draft { text: "!rm -r build".into(), ..Draft::default() };
    draft.note_place(true, "box", "/srv/before");
    window.app().memory.drafts.insert(key(), draft);
    window.app().run_message(&id(), key());
    assert_eq!(begun(window.asked()), None);
    window.app().run_message(&id(), key());
    let (ticket, _) = begun(window.asked()).unwrap();
    let directory = Some("/srv/app".into());
    window.tell(answer(ticket, Operation { directory, ..operation("rm -r build", done(0)) }));
    let mut moved = session();
    moved.cwd = Some("/srv/other".into());
    window.tell(News::Sessions(vec![moved]));
    window.asked();
    window.harness.get_by_role_and_label(Role::Button, "Run rm -r build again").click();
    window.harness.run();
    assert_eq!(begun(window.asked()), None);
    window.harness.get_by_label_contains("this was done in /srv/app");
}
