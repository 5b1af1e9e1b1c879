//! A person writes to an agent.

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::seam::{EventBody, TurnStatus};

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

/// A machine whose codex says what the prompt says.
fn machine() -> AgentHost {
    AgentHost::start().with_scripted("codex")
}

#[test]
fn a_message_is_written_sent_and_answered() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.read("Ask Codex anything");
    window.fill("Message", "print The answer is **42**.");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("The answer is 42.");
    window.read("Done in");
    // The engine has it: nothing is left to be sent.
    window.until("an empty field", |window| {
        let field = window.get_by_role_and_label(Role::MultilineTextInput, "Message");
        field.value().unwrap_or_default().is_empty().then_some(())
    });
    window.close();
}

#[test]
fn what_was_begun_is_there_again_after_a_restart_and_so_is_everything_that_was_said() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print First answer");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.fill("Message", "half of a thought");
    window.close();

    let mut window = Window::open(&desktop.setup);
    window.read("First answer");
    let draft = window.until("the draft", |window| {
        let field =
            window.query_all_by_role_and_label(Role::MultilineTextInput, "Message").next()?;
        field.value().filter(|text| !text.is_empty())
    });
    assert_eq!(draft, "half of a thought");
    window.close();
    let started = |body: &EventBody| matches!(body, EventBody::TurnStarted { .. });
    let events = desktop.events(&session.id);
    assert_eq!(events.iter().filter(|event| started(&event.body)).count(), 1);
}

#[test]
fn a_message_that_waits_can_be_changed_and_taken_out() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let gate = machine.home().join("go");
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", &format!("wait-for {}\nprint One", gate.display()));
    window.key(Modifiers::NONE, Key::Enter);
    window.see(Role::Button, "Interrupt");
    window.fill("Message", "print Tow");
    window.press("Queue");
    window.read("1 message waits");
    window.fill("Message", "print Never");
    window.press("Queue");
    window.read("2 messages wait");
    window.press("Remove message 2");
    window.read("1 message waits");
    // Taken out, put back, and taken out for good.
    window.press("Undo");
    window.read("2 messages wait");
    window.press("Remove message 2");
    window.read("1 message waits");
    window.press("Edit message 1");
    window.fill("Edited message", "print Two");
    window.press("Save");
    window.read_no_more("Edit the message");
    std::fs::write(&gate, "").unwrap();
    window.hear("Two");
    window.until("both turns' ends", |window| {
        (window.query_all_by_label_contains("Done in").count() == 2).then_some(())
    });
    window.close();
    assert_eq!(desktop.said(&session.id), ["One", "Two"]);
}

#[test]
fn a_turn_that_is_interrupted_says_so_and_the_next_one_works() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print Began\nwait 60000\nprint Never");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Began");
    window.key(Modifiers::COMMAND, Key::Period);
    window.read("Interrupted");
    window.fill("Message", "print Afterwards");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.close();
    let ends: Vec<TurnStatus> = desktop
        .events(&session.id)
        .into_iter()
        .filter_map(|event| match event.body {
            EventBody::TurnEnded { status, .. } => Some(status),
            _ => None,
        })
        .collect();
    assert_eq!(ends.first(), Some(&TurnStatus::Interrupted));
}

#[test]
fn the_desktop_is_told_of_a_turns_end_only_while_nobody_looks() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.look(true);
    window.fill("Message", "print Seen");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.look(false);
    window.fill("Message", "print Unseen");
    window.key(Modifiers::NONE, Key::Enter);
    let told = std::sync::Arc::clone(&window.told);
    window.until("a notification", |_| {
        told.0.lock().unwrap().iter().any(|notice| notice.words == "Unseen").then_some(())
    });
    let told = told.0.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].heading, "notes");
    window.close();
}

#[test]
fn conversations_are_named_and_put_into_another_order_and_stay_so() {
    let machine = machine();
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print First");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.press("New tab");
    window.fill("Message", "print Second");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Second");
    window.until("the second tab at rest", |window| {
        window.query_all_by_label_contains("Done in").next().map(drop)
    });
    window.key(Modifiers::COMMAND, Key::K);
    window.harness.event(egui::Event::Text("Rename tab".into()));
    window.key(Modifiers::NONE, Key::Enter);
    window.fill("Tab name", "parser");
    window.key(Modifiers::NONE, Key::Enter);
    window.see(Role::Tab, "parser");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::PageUp);
    let is_left = |window: &egui_kittest::Harness<'static, Option<baton_gui::app::App>>| {
        let place = |names: &[&str]| {
            let mut tabs = window.query_all_by_role(Role::Tab);
            let is_it = |label: String| names.iter().any(|name| label.contains(name));
            tabs.find(|tab| tab.accesskit_node().label().is_some_and(is_it))
                .map(|tab| tab.rect().left())
        };
        // What was said first in a tab is known once it was looked at.
        (place(&["parser"])? < place(&["First", "Conversation 1"])?).then_some(())
    };
    window.until("the tab on the left", is_left);
    window.close();
    let names = |session: &orchestrator::seam::Session| -> Vec<String> {
        session.tabs.iter().map(|tab| tab.name.clone()).collect()
    };
    assert_eq!(names(&desktop.sessions()[0]), ["parser", "1"]);
    let mut window = Window::open(&desktop.setup);
    window.see(Role::Tab, "parser");
    window.until("the tab on the left", is_left);
    window.close();
    assert_eq!(desktop.said(&session.id), ["First", "Second"]);
}
