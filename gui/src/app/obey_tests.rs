#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::agent::Protocol;
use orchestrator::seam::{GitStatus, KnownAgent, KnownAgents, SessionId, TabId};

use super::testing::{Window, window};
use crate::bridge::{News, RepositoryNews};
use crate::commands::{TABLE, WindowCommand};
use crate::memory::{DraftKey, Memory};
use crate::samples::session;

fn is_read_only(window: &mut Window) -> bool {
    let key = DraftKey::Tab(TabId::new("s-tab"));
    window.app().memory.drafts.get(&key).is_some_and(|draft| draft.read_only)
}

fn open() -> Window {
    let mut notes = session("s", "notes", "local", 1);
    notes.talks = false;
    let mut window = window(Memory::default(), vec![notes]);
    window.app().show(&SessionId::new("s"), None);
    window.harness.run();
    window
}

fn agents(read_only: bool, images: bool) -> News {
    let codex = KnownAgent {
        id: "codex".into(),
        name: "Codex".into(),
        program: "codex".into(),
        install: None,
        login_hint: String::new(),
        batch: true,
        talks: Some(Protocol::CodexAppServer),
        read_only,
        images,
        there: None,
    };
    let known = KnownAgents { agents: vec![codex], ..KnownAgents::default() };
    News::Agents { host: None, answer: Ok(Box::new(known)) }
}

#[test]
fn a_session_is_renamed_in_the_header_wherever_its_row_is() {
    for way in ["folded", "filtered", "shown"] {
        let mut notes = session("s", "notes", "local", 1);
        notes.group = Some("work".into());
        let other = session("t", "other", "local", 2);
        let mut memory = Memory::default();
        if way == "folded" {
            memory.folded.insert("work".into());
        }
        let mut window = window(memory, vec![notes, other]);
        window.app().show(&SessionId::new("s"), None);
        window.harness.run();
        if way == "filtered" {
            window.harness.get_by_role_and_label(Role::TextInput, "Filter sessions").focus();
            window.harness.run();
            window.harness.event(egui::Event::Text("other".into()));
            window.harness.run();
        }
        window.obey(WindowCommand::RenameSession);
        let field = window.harness.get_by_role_and_label(Role::TextInput, "Name of this session");
        assert!(field.is_focused(), "{way}");
    }
}

#[test]
fn an_agent_that_can_change_anything_is_not_told_to_change_nothing() {
    let mut window = open();
    window.tell(agents(false, true));
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    assert!(!is_read_only(&mut window));
    let why = "This agent can't be kept from changing anything";
    let said = window.harness.query_all_by_role_and_label(Role::Label, why).count();
    assert_eq!(said, 1);
    let mut window = open();
    window.tell(agents(true, true));
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    assert!(is_read_only(&mut window));
}

#[test]
fn a_draft_that_was_to_be_read_only_is_shown_so_where_the_agent_cannot_and_can_be_put_right() {
    let mut window = open();
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    assert!(is_read_only(&mut window), "nothing is known of the agent yet");
    window.tell(agents(false, true));
    let name = "Read-only: this agent can't be kept from changing anything";
    window.harness.get_by_role_and_label(Role::CheckBox, name).click();
    window.harness.run();
    assert!(!is_read_only(&mut window));
}

#[test]
fn images_for_an_agent_that_takes_none_are_refused_in_words() {
    let mut window = open();
    window.tell(agents(true, false));
    let pixels = egui::ColorImage::filled([2, 2], egui::Color32::BLACK);
    window.harness.event(egui::Event::PasteImage(Arc::new(pixels)));
    window.harness.run();
    window.harness.get_by_label_contains("Codex takes no images");
}

#[test]
fn a_size_that_is_offered_is_taken_as_it_is_and_keys_go_on_from_it_in_tenths() {
    let mut window = window(Memory::default(), Vec::new());
    window.obey(WindowCommand::Settings);
    let size = |window: &mut Window| (window.app().memory.zoom * 100.0).round();
    window.harness.get_by_role_and_label(Role::RadioButton, "125 %").click();
    window.harness.run();
    assert_eq!(size(&mut window), 125.0);
    window.obey(WindowCommand::ZoomIn);
    assert_eq!(size(&mut window), 130.0);
    window.obey(WindowCommand::ZoomOut);
    assert_eq!(size(&mut window), 120.0);
    (0..30).for_each(|_| window.obey(WindowCommand::ZoomIn));
    assert_eq!(size(&mut window), 250.0);
}

fn is_offered(window: &mut Window) -> bool {
    let now = window.app().situation();
    let fresh = TABLE.iter().find(|entry| entry.command == WindowCommand::FreshConversation);
    fresh.unwrap().when.holds(&now)
}

#[test]
fn a_fresh_conversation_is_offered_only_where_one_has_begun_and_else_it_is_said_that_none_has() {
    let mut window = open();
    assert!(is_offered(&mut window));
    window.app().new_tab();
    window.harness.run();
    assert!(!is_offered(&mut window));
    window.obey(WindowCommand::FreshConversation);
    window.harness.get_by_label_contains("hasn't begun yet");
}

#[test]
fn each_page_of_git_is_a_command_away() {
    let mut window = open();
    let status = RepositoryNews::Status(Ok(Some(Box::new(GitStatus::default()))));
    window.obey(WindowCommand::ShowGit);
    window.tell(News::Repository { session: SessionId::new("s"), news: Box::new(status) });
    for (command, page) in [
        (WindowCommand::ShowWorktrees, "Worktrees"),
        (WindowCommand::ShowLog, "Log"),
        (WindowCommand::ShowBranches, "Branches"),
        (WindowCommand::ShowGit, "Branches"),
        (WindowCommand::WriteCommit, "Changes"),
    ] {
        window.obey(command);
        let page = window.harness.get_by_role_and_label(Role::Tab, page);
        assert_eq!(page.accesskit_node().is_selected(), Some(true), "{command:?}");
    }
}

#[test]
fn who_clicks_a_session_walks_through_the_list_by_keys_and_who_writes_then_writes_a_message() {
    let sessions = vec![session("s", "notes", "local", 1), session("t", "other", "local", 2)];
    let mut window = window(Memory::default(), sessions);
    window.app().show(&SessionId::new("t"), None);
    window.harness.run();
    let row = |window: &Window, name: &str| {
        window.harness.get_by_role_and_label(Role::ListBoxOption, name).is_focused()
    };
    let is_writing = |window: &Window| {
        window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message").is_focused()
    };
    let written = |window: &mut Window, of: &str| {
        let key = DraftKey::Tab(TabId::new(of));
        window.app().memory.drafts.get(&key).map(|draft| draft.text.clone()).unwrap_or_default()
    };
    let write = |window: &mut Window, letters: &str| {
        for letter in letters.chars() {
            window.harness.event(egui::Event::Text(letter.into()));
            window.harness.run();
        }
    };
    assert!(is_writing(&window));
    window.harness.get_by_role_and_label(Role::ListBoxOption, "notes").click();
    window.harness.run();
    assert!(window.app().is_session_shown(&SessionId::new("s")));
    assert!(row(&window, "notes"));
    write(&mut window, "hello");
    assert_eq!(written(&mut window, "s-tab"), "hello", "every letter");
    assert!(is_writing(&window));
    window.harness.get_by_role_and_label(Role::ListBoxOption, "notes").click();
    window.harness.run();
    window.harness.event(egui::Event::Paste(", you".into()));
    window.harness.run();
    assert_eq!(written(&mut window, "s-tab"), "hello, you");
    window.harness.get_by_role_and_label(Role::ListBoxOption, "notes").click();
    window.harness.run();
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert!(row(&window, "other"));
    write(&mut window, "x");
    let drafts = (written(&mut window, "s-tab"), written(&mut window, "t-tab"));
    assert_eq!(drafts, ("hello, you".to_owned(), String::new()), "it isn't the one that is shown");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.app().is_session_shown(&SessionId::new("t")));
    assert!(is_writing(&window));
}
