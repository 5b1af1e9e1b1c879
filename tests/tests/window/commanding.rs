//! A person runs command lines on the session's machine, from the window.

use std::fs;
use std::path::Path;

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

/// The box's field.
const BOX: &str = "Command on box";

/// A machine, a person's desktop that knows it, and a session there.
fn world() -> (AgentHost, Desktop, orchestrator::seam::Session) {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    (machine, desktop, session)
}

fn opened(desktop: &Desktop) -> Window {
    let mut window = Window::open(&desktop.setup);
    window.read("Ask Codex anything");
    window.key(Modifiers::COMMAND, Key::Backtick);
    window.see(Role::MultilineTextInput, BOX);
    window
}

/// Waits until that stands in the field.
fn holds(window: &mut Window, field: &str, text: &str) {
    window.until(&format!("{text:?} in {field:?}"), |window| {
        let found = window.query_all_by_role_and_label(Role::MultilineTextInput, field).next()?;
        (found.value().unwrap_or_default() == text).then_some(())
    });
}

fn run(window: &mut Window, line: &str) {
    window.fill(BOX, line);
    window.key(Modifiers::NONE, Key::Enter);
}

#[test]
fn a_line_runs_on_the_host_in_the_sessions_directory_and_shows_what_came_of_it() {
    let (machine, desktop, session) = world();
    let mut window = opened(&desktop);
    run(
        &mut window,
        "pwd -P > where; printf 'out\\n'; printf '\\033[31mwrong\\033[0m\\n' >&2; exit 3",
    );
    window.hear("out");
    window.hear("wrong");
    window.read("exit 3");
    holds(&mut window, BOX, "");
    let stands = |path: &Path| fs::canonicalize(path).unwrap();
    let ran_in = fs::read_to_string(machine.project().join("where")).unwrap();
    assert_eq!(stands(Path::new(ran_in.trim())), stands(&machine.project()));
    // A second one, and both are called back.
    run(&mut window, "echo second");
    window.read("echo second on box: done");
    window.key(Modifiers::NONE, Key::ArrowUp);
    holds(&mut window, BOX, "echo second");
    window.close();
    // What was typed, and what was run, are there with the next start; the agent knows of nothing.
    let mut window = Window::open(&desktop.setup);
    window.read("echo second on box: done");
    window.hear("wrong");
    holds(&mut window, BOX, "echo second");
    window.fill(BOX, "");
    window.key(Modifiers::CTRL, Key::R);
    window.harness.event(egui::Event::Text("PWD".to_owned()));
    window.until("the line of the former start", |window| {
        let mut offers = window.query_all_by_role(Role::ListBoxOption);
        let is_it = |offer: &egui_kittest::Node<'_>| {
            let label = offer.accesskit_node().label();
            label.is_some_and(|label| label.contains("pwd -P > where"))
        };
        offers.find(is_it).map(drop)
    });
    window.key(Modifiers::NONE, Key::Enter);
    window.until("the line that was found", |window| {
        let found = window.query_all_by_role_and_label(Role::MultilineTextInput, BOX).next()?;
        found.value().unwrap_or_default().starts_with("pwd -P > where").then_some(())
    });
    window.close();
    assert_eq!(desktop.said(&session.id), [""; 0]);
}

#[test]
fn files_commands_and_branches_of_the_host_are_completed() {
    let (machine, desktop, _) = world();
    fs::write(machine.project().join("an unlikely name.txt"), "").unwrap();
    machine.write_program("baton-unlikely", "#!/bin/sh\n");
    let mut window = opened(&desktop);
    window.fill(BOX, "cat an");
    window.key(Modifiers::NONE, Key::Tab);
    holds(&mut window, BOX, "cat an\\ unlikely\\ name.txt ");
    run(
        &mut window,
        "git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git branch odd/branch",
    );
    window.read(": done");
    window.fill(BOX, "git checkout odd");
    window.key(Modifiers::NONE, Key::Tab);
    holds(&mut window, BOX, "git checkout odd/branch ");
    // Nobody has pressed a key for it.
    window.fill(BOX, "cat a");
    window.see(Role::ListBoxOption, "an unlikely name.txt");
    window.close();
}

#[test]
fn a_line_goes_on_without_the_window_and_is_taken_up_and_stopped_by_the_next() {
    let (machine, desktop, _) = world();
    let gate = machine.project().join("go");
    let mut window = opened(&desktop);
    run(&mut window, "echo begun; until [ -e go ]; do sleep 0.1; done; echo over");
    window.hear("begun");
    run(&mut window, "echo two; sleep 300");
    window.hear("two");
    window.read("2 running");
    window.close();
    let mut window = Window::open(&desktop.setup);
    window.read("2 running");
    window.hear("begun");
    fs::write(&gate, "").unwrap();
    window.hear("over");
    window.press("Stop echo two; sleep 300");
    window.read("sleep 300 on box: stopped");
    window.close();
}

#[test]
fn a_line_behind_an_exclamation_mark_in_the_composer_runs_and_its_output_goes_where_a_person_sends_it()
 {
    let (_machine, desktop, session) = world();
    let mut window = Window::open(&desktop.setup);
    window.read("Ask Codex anything");
    window.fill("Message", "!echo from the shell");
    window.read("the agent isn't told");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("from the shell");
    window.read("echo from the shell on box: done");
    holds(&mut window, "Message", "");
    assert!(desktop.said(&session.id).is_empty());
    window.press("Insert echo from the shell into the message");
    window.until("the output in the message", |window| {
        let found =
            window.query_all_by_role_and_label(Role::MultilineTextInput, "Message").next()?;
        let text = found.value().unwrap_or_default();
        text.contains("$ echo from the shell\nfrom the shell\n").then_some(())
    });
    window.close();
}

#[test]
fn a_line_for_a_machine_that_is_down_says_so_and_is_there_to_be_run_again() {
    let (mut machine, desktop, _) = world();
    let mut window = opened(&desktop);
    machine.sshd_mut().stop();
    run(&mut window, "echo here I am");
    window.read("echo here I am on box: failed");
    holds(&mut window, BOX, "echo here I am");
    machine.sshd_mut().restart();
    window.press("Run");
    window.hear("here I am");
    window.close();
}
