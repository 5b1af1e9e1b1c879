#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use egui::Role;
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Reply, SessionId, TabId, Terminal, TerminalCommand, TerminalReply, TerminalState,
};
use orchestrator::terminal::screen::Printed;

use super::testing::{Window, window};
use crate::bridge::{Ask, News, SharedScreen, TerminalAsk, Ticket};
use crate::commands::WindowCommand;
use crate::memory::Memory;
use crate::samples::session;

fn terminal(id: &str, state: TerminalState) -> Terminal {
    Terminal {
        id: id.to_owned(),
        session: Some(SessionId::new("s")),
        host: "local".into(),
        name: id.to_owned(),
        directory: None,
        columns: 80,
        rows: 24,
        state,
        unkept: None,
        opened_at: Timestamp::UNIX_EPOCH,
    }
}

fn terminals(states: &[(&str, TerminalState)]) -> Window {
    let mut window = window(Memory::default(), vec![session("s", "api", "local", 0)]);
    let all = states.iter().map(|(id, state)| terminal(id, state.clone())).collect();
    window.app().show(&SessionId::new("s"), None);
    window.tell(News::Terminals(all));
    window.harness.run();
    window.asked();
    window
}

fn closed(window: &mut Window) -> Vec<String> {
    let closed = window.asked().into_iter().filter_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::Terminal(TerminalCommand::Close { id }) => Some(id),
            _ => None,
        },
        _ => None,
    });
    closed.collect()
}

fn click(window: &mut Window, button: &str) {
    window.harness.get_by_role_and_label(Role::Button, button).click();
    window.harness.run();
}

/// Shows one; its screen.
fn show(window: &mut Window, id: &str) -> Arc<SharedScreen> {
    window.app().show_terminal(&SessionId::new("s"), id.to_owned());
    window.harness.run();
    let followed = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Terminal(TerminalAsk::Follow { screen, .. }) => Some(screen),
        _ => None,
    });
    followed.unwrap()
}

#[test]
fn a_shell_that_goes_on_is_closed_only_when_a_person_says_so() {
    let mut window =
        terminals(&[("1", TerminalState::Open), ("2", TerminalState::Ended { status: Some(0) })]);
    window.app().want_terminal_closed("1");
    window.harness.run();
    assert_eq!(closed(&mut window), [""; 0]);
    click(&mut window, "Keep it");
    assert_eq!(closed(&mut window), [""; 0]);
    window.app().want_terminal_closed("1");
    window.harness.run();
    click(&mut window, "Close terminal");
    assert_eq!(closed(&mut window), ["1"]);
    window.app().want_terminal_closed("2");
    window.harness.run();
    assert_eq!(closed(&mut window), ["2"], "nothing runs in it");
}

#[test]
fn a_session_that_is_removed_takes_its_terminals_along_and_says_so() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    window.app().ask_whether_remove(&SessionId::new("s"));
    window.harness.run();
    window.harness.get_by_label_contains("Its terminals are closed");
    let named = window.harness.get_all_by_label_contains("Terminal 1").count();
    assert_eq!(named, 2, "its tab, and the question");
    click(&mut window, "Remove session");
    assert_eq!(closed(&mut window), ["1"]);
}

#[test]
fn a_frame_does_not_wait_for_a_screen_that_is_being_read() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    let screen = show(&mut window, "1");
    screen.draw().feed_as(b"a long flood", Printed::NOW);
    window.tell(News::Terminal("1".into()));
    window.harness.run();
    let holds = |window: &Window, text: &str| {
        let shown = window.harness.get_by_role(Role::Terminal).value();
        shown.is_some_and(|shown| shown.contains(text))
    };
    assert!(holds(&window, "a long flood"));
    {
        let mut reading = screen.draw();
        reading.feed_as(b" goes on", Printed::NOW);
        window.harness.step();
        assert!(holds(&window, "a long flood") && !holds(&window, "goes on"));
    }
    // It asked for a frame that looks anew.
    window.harness.run();
    assert!(holds(&window, "a long flood goes on"));
}

#[test]
fn a_bell_in_a_terminal_that_is_not_shown_is_seen_at_its_tab() {
    let mut window = terminals(&[("1", TerminalState::Open), ("2", TerminalState::Open)]);
    let first = show(&mut window, "1");
    show(&mut window, "2");
    let rang = |window: &mut Window| {
        let tabs = window.app().terminal_tabs(&SessionId::new("s"));
        tabs.iter().filter(|tab| tab.rang).map(|tab| tab.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rang(&mut window), [""; 0]);
    first.draw().feed_as(b"\x07", Printed::NOW);
    window.tell(News::Terminal("1".into()));
    window.harness.run();
    assert_eq!(rang(&mut window), ["1"]);
    window.app().show_terminal(&SessionId::new("s"), "1".into());
    window.harness.run();
    assert_eq!(rang(&mut window), [""; 0], "it was seen");
}

#[test]
fn a_terminal_whose_shell_has_ended_gives_the_windows_keys_back() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    show(&mut window, "1");
    let opens_the_palette = |window: &mut Window| {
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
        window.harness.run();
        window.harness.query_by_role_and_label(Role::TextInput, "Command or session").is_some()
    };
    assert!(!opens_the_palette(&mut window), "it is the program's");
    window.tell(News::Terminals(vec![terminal("1", TerminalState::Ended { status: Some(0) })]));
    window.harness.run();
    assert!(opens_the_palette(&mut window));
}

#[test]
fn a_difference_over_a_terminal_gives_the_window_its_keys_and_the_terminal_has_them_again_behind_it()
 {
    use crate::commands::WindowCommand;
    use crate::keys::TerminalFocus;
    let mut window = terminals(&[("1", TerminalState::Open)]);
    show(&mut window, "1");
    window.harness.run();
    assert_eq!(window.app().terminal_focus(), TerminalFocus::Program);
    window.obey(WindowCommand::ShowChanges);
    assert_eq!(window.app().terminal_focus(), TerminalFocus::None);
    window.press(egui::Modifiers::COMMAND, egui::Key::W);
    assert!(closed(&mut window).is_empty());
    assert!(!window.app().is_diff_shown());
    window.harness.run();
    assert_eq!(window.app().terminal_focus(), TerminalFocus::Program);
}

#[test]
fn a_file_that_is_mentioned_beside_a_terminal_is_named_in_the_message_that_is_shown_then() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    show(&mut window, "1");
    window.app().mention(&"src/a.rs".into());
    window.harness.run();
    window.harness.run();
    assert!(window.app().shown_terminal().is_none());
    let message = window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message");
    assert!(message.is_focused());
}

fn is_writing(window: &Window) -> bool {
    let message = window.harness.query_by_role_and_label(Role::MultilineTextInput, "Message");
    message.is_some_and(|message| message.is_focused())
}

#[test]
fn one_comes_back_from_a_terminal_to_the_conversation_and_writes() {
    for way in ["the next tab", "its tab", "an approval"] {
        let mut window = terminals(&[("1", TerminalState::Open)]);
        show(&mut window, "1");
        assert!(!is_writing(&window));
        match way {
            "the next tab" => window.obey(WindowCommand::NextTab),
            "its tab" => {
                window.harness.get_by_role_and_label(Role::Tab, "Conversation ").click();
                window.harness.run();
            }
            _ => {
                window.app().show(&SessionId::new("s"), Some(TabId::new("s-tab")));
                window.harness.run();
            }
        }
        assert!(window.app().shown_terminal().is_none(), "{way}");
        assert!(is_writing(&window), "{way}");
    }
}

#[test]
fn a_conversation_that_is_closed_behind_a_terminal_leaves_the_terminal_in_its_place() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    let mut session = session("s", "api", "local", 0);
    let mut other = session.tabs[0].clone();
    other.id = TabId::new("other");
    session.tabs.push(other);
    window.tell(News::Sessions(vec![session]));
    show(&mut window, "1");
    window.app().close_tab(&TabId::new("s-tab"));
    window.harness.run();
    assert!(window.app().shown_terminal().is_some());
    types(&mut window, "ls");
    assert_eq!(written(&mut window).1, [("1".to_owned(), "ls".to_owned())]);
}

#[test]
fn where_a_terminal_was_closed_one_writes_what_is_behind_it() {
    let mut window = terminals(&[("1", TerminalState::Open)]);
    show(&mut window, "1");
    window.tell(News::Terminals(Vec::new()));
    window.harness.run();
    assert!(is_writing(&window));
}

/// Asks for a new one while somebody writes a message; the number of the question.
fn a_terminal_is_asked_for(window: &mut Window) -> Ticket {
    let message = window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message");
    message.focus();
    window.harness.run();
    window.asked();
    window.obey(WindowCommand::NewTerminal);
    let ticket = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { ticket, command } => {
            matches!(*command, Command::Terminal(TerminalCommand::Open { .. })).then_some(ticket)
        }
        _ => None,
    });
    ticket.unwrap()
}

fn types(window: &mut Window, text: &str) {
    window.harness.event(egui::Event::Text(text.to_owned()));
    window.harness.run();
}

fn opened(window: &mut Window, ticket: Ticket, id: &str) {
    let opened = TerminalReply::Terminal(Box::new(terminal(id, TerminalState::Open)));
    window.tell(News::Done { ticket, answer: Ok(Box::new(Reply::Terminal(opened))) });
    window.harness.run();
}

/// What was written as a message, and what went to whom.
fn written(window: &mut Window) -> (String, Vec<(String, String)>) {
    let input = window.asked().into_iter().filter_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::Terminal(TerminalCommand::Input { id, bytes }) => {
                Some((id, String::from_utf8(bytes).unwrap()))
            }
            Command::Send { .. } => Some(("the agent".to_owned(), "a message".to_owned())),
            _ => None,
        },
        _ => None,
    });
    let input: Vec<(String, String)> = input.collect();
    let drafts = window.app().memory.drafts.values();
    (drafts.map(|draft| draft.text.as_str()).collect(), input)
}

#[test]
fn what_is_typed_while_a_terminal_is_being_opened_is_its_own() {
    let mut window = terminals(&[]);
    let ticket = a_terminal_is_asked_for(&mut window);
    types(&mut window, "ls");
    window.press(egui::Modifiers::NONE, egui::Key::Enter);
    types(&mut window, "pw");
    assert_eq!(written(&mut window), (String::new(), Vec::new()));
    opened(&mut window, ticket, "1");
    types(&mut window, "d");
    let (message, input) = written(&mut window);
    assert_eq!(message, "");
    assert!(input.iter().all(|(id, _)| id == "1"), "{input:?}");
    assert_eq!(input.into_iter().map(|(_, text)| text).collect::<String>(), "ls\rpwd");
}

#[test]
fn where_no_terminal_can_be_opened_nothing_is_done_with_what_was_typed_for_it() {
    let mut window = terminals(&[]);
    let ticket = a_terminal_is_asked_for(&mut window);
    types(&mut window, "rm -r x");
    window.press(egui::Modifiers::NONE, egui::Key::Enter);
    let answer = Err(Failure::new(Code::ConnectionLost, "no way there"));
    window.tell(News::Done { ticket, answer });
    window.harness.run();
    window.harness.get_by_label_contains("no way there");
    types(&mut window, "a message");
    assert_eq!(written(&mut window), ("a message".to_owned(), Vec::new()));
}

#[test]
fn who_clicks_elsewhere_while_a_terminal_is_being_opened_types_there() {
    let mut window = terminals(&[]);
    let ticket = a_terminal_is_asked_for(&mut window);
    types(&mut window, "ls");
    window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message").click();
    window.harness.run();
    types(&mut window, "a message");
    assert_eq!(written(&mut window), ("a message".to_owned(), Vec::new()));
    opened(&mut window, ticket, "1");
    let (message, input) = written(&mut window);
    assert_eq!((message.as_str(), input), ("a message", vec![("1".to_owned(), "ls".to_owned())]));
}
