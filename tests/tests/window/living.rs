//! Living with the window: tabs, palette, other programs beside it, history, many sessions.

use std::fs;

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::seam::{Command, Program, Request, Seam, SessionChange};

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

#[test]
fn a_second_conversation_is_begun_closed_and_opened_again() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print First");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.press("New tab");
    window.read("Ask Codex anything");
    window.fill("Message", "print Second");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Second");
    window.read("Done in");
    window.key(Modifiers::COMMAND, Key::W);
    window.hear("First");
    window.press("Undo");
    window.hear("Second");
    window.close();
    let sessions = desktop.sessions();
    let tabs = &sessions.iter().find(|known| known.id == session.id).unwrap().tabs;
    assert_eq!(tabs.len(), 2);
}

#[test]
fn everything_can_be_told_through_the_palette() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("alpha", "codex", "box", &machine.project()));
    desktop.make(new_session("beta", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.see(Role::Button, "Rename beta");
    window.key(Modifiers::COMMAND, Key::K);
    window.harness.event(egui::Event::Text("alpha".into()));
    window.read("alpha");
    window.key(Modifiers::NONE, Key::Enter);
    window.see(Role::Button, "Rename alpha");
    window.key(Modifiers::COMMAND, Key::K);
    window.harness.event(egui::Event::Text("ssh hosts".into()));
    window.key(Modifiers::NONE, Key::Enter);
    window.read("SSH Remote Hosts");
    window.close();
}

#[test]
fn a_window_beside_another_program_shows_what_that_does_and_takes_over_when_it_ends() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let program = Program { name: "baton".into(), version: "1".into(), pid: std::process::id() };
    let other = runtime.block_on(desktop.setup.open_engine(program, None)).unwrap();
    assert!(other.is_host());
    let mut window = Window::open(&desktop.setup);
    window.read("engine in another process");
    let change =
        SessionChange { name: Some("renamed elsewhere".into()), ..SessionChange::default() };
    let command = Command::EditSession { session: session.id.clone(), change };
    runtime.block_on(other.call(Request::command(command))).unwrap();
    window.see(Role::Button, "Rename renamed elsewhere");
    let gate = machine.home().join("go");
    window.fill("Message", &format!("print One\nwait-for {}\nprint Two", gate.display()));
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("One");
    runtime.block_on(other.shutdown());
    fs::write(&gate, "").unwrap();
    window.hear("Two");
    window.read("Done in");
    window.read_no_more("engine in another process");
    let ones = window.harness.query_all_by_role_and_label(Role::Label, "One").count();
    assert_eq!(ones, 1);
    window.close();
}

#[test]
fn what_a_turn_came_to_stands_in_the_history_and_can_be_kept_out_of_it() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.read("No history yet");
    window.fill("Message", "print Remember this");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.read_no_more("No history yet");
    window.click(Role::CheckBox, "Save to history");
    window.fill("Message", "print Not this");
    window.key(Modifiers::NONE, Key::Enter);
    window.until("two turns' ends", |window| {
        (window.query_all_by_label_contains("Done in").count() == 2).then_some(())
    });
    window.close();
    let mut window = Window::open(&desktop.setup);
    window.until("the card alone", |window| {
        let cards = window.query_all_by_label_contains("Remember this").count();
        (cards >= 2).then_some(())
    });
    window.close();
}

#[test]
fn a_long_list_of_sessions_is_filtered_by_a_few_letters() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    // As many as a test can wait for are made one by one; how the list copes with ten thousand is the left bar's own test.
    let wishes = (0..200).map(|number| {
        let session =
            new_session(&format!("session {number:05}"), "codex", "box", &machine.project());
        Request::command(Command::NewSession(session))
    });
    desktop.ask(wishes.collect());
    let mut window = Window::open(&desktop.setup);
    window.until("sessions", |window| {
        (window.state().as_ref()?.session_count() == 200).then_some(())
    });
    window.fill("Filter sessions", "00123");
    window.see(Role::ListBoxOption, "session 00123");
    let rows = window.harness.query_all_by_role(Role::ListBoxOption).count();
    assert!(rows < 20, "{rows}");
    window.close();
}

#[test]
fn a_bar_that_was_hidden_and_a_theme_that_was_chosen_are_remembered() {
    let machine = AgentHost::start();
    let desktop = Desktop::knowing(&machine);
    let mut window = Window::open(&desktop.setup);
    window.see(Role::Tab, "History");
    window.key(Modifiers::COMMAND | Modifiers::ALT, Key::B);
    window.until("no right bar", |window| {
        window.query_by_role_and_label(Role::Tab, "History").is_none().then_some(())
    });
    window.key(Modifiers::COMMAND, Key::K);
    window.harness.event(egui::Event::Text("light".into()));
    window.key(Modifiers::NONE, Key::Enter);
    window.until("a light window", |window| {
        (!window.ctx.global_style().visuals.dark_mode).then_some(())
    });
    window.close();
    let mut window = Window::open(&desktop.setup);
    window.read("Start an agent on any of your machines");
    assert!(window.harness.query_by_role_and_label(Role::Tab, "History").is_none());
    assert!(!window.harness.ctx.global_style().visuals.dark_mode);
    window.close();
}

#[test]
fn a_group_that_was_taken_away_is_there_again_with_its_sessions() {
    let machine = AgentHost::start();
    let desktop = Desktop::knowing(&machine);
    for name in ["api", "web"] {
        let group = Some("work".to_owned());
        let new = new_session(name, "codex", "box", &machine.project());
        desktop.make(orchestrator::seam::NewSession { group, ..new });
    }
    let mut window = Window::open(&desktop.setup);
    window.see(Role::DisclosureTriangle, "work");
    let heading = Role::DisclosureTriangle;
    window.harness.get_by_role_and_label(heading, "work").click_secondary();
    window.press("Take the group away");
    window.until("no group", |window| {
        window.query_by_role_and_label(heading, "work").is_none().then_some(())
    });
    window.press("Undo");
    window.see(heading, "work");
    window.close();
    let groups = desktop.sessions().into_iter().map(|session| session.group);
    assert_eq!(groups.collect::<Vec<_>>(), [Some("work".to_owned()), Some("work".to_owned())]);
}
