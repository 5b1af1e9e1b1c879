//! A new person: hosts, tests of hosts, the first session.

use std::fs;

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

#[test]
fn a_new_person_comes_from_the_first_screen_to_a_running_remote_agent() {
    let machine = AgentHost::start().with_scripted_by("codex", "print Hello from the box");
    let desktop = Desktop::beside(&machine);
    let mut window = Window::open(&desktop.setup);
    window.read("Where do your agents run?");
    window.press("Add & test box");
    window.read("Connected to");
    window.press("Start a session");
    window.choose("SSH Remote Execution", "box");
    window.read("Agent will run on");
    window.read("Codex");
    window.fill("Directory", &machine.project().display().to_string());
    window.read("Directory found on");
    window.press("Create");
    window.read("Ask Codex anything");
    window.fill("Message", "hello");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Hello from the box");
    window.read("Done in");
    window.close();
    let sessions = desktop.sessions();
    assert_eq!((sessions.len(), sessions[0].host.as_str()), (1, "box"));

    // The first screen was left for good.
    let mut window = Window::open(&desktop.setup);
    window.read("Hello from the box");
    assert!(window.harness.query_by_label_contains("Where do your agents run?").is_none());
    window.close();
}

#[test]
fn a_host_is_imported_from_the_ssh_config_tested_and_saved() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    fs::write(desktop.setup.paths.hosts_toml(), "").unwrap();
    let mut window = Window::open(&desktop.setup);
    window.key(Modifiers::COMMAND, Key::Comma);
    window.click(Role::Tab, "SSH Hosts");
    window.press("Add SSH Remote");
    window.click(Role::ComboBox, "Import from SSH Config (1 host found)");
    window.click_containing("box");
    window.read("Using SSH Config");
    window.press("Test Connection");
    window.read("Connected to");
    window.press("Save");
    window.until("the saved host", |_| {
        let text = fs::read_to_string(desktop.setup.paths.hosts_toml()).unwrap();
        text.contains("ssh_config = \"box\"").then_some(())
    });
    window.close();
}

#[test]
fn a_test_that_fails_says_why_and_what_to_do() {
    let machine = AgentHost::start();
    let desktop = Desktop::knowing(&machine);
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("[host.gone]\nhost = \"127.0.0.1\"\nport = {free}\n");
    fs::write(desktop.setup.paths.hosts_toml(), text).unwrap();
    let mut window = Window::open(&desktop.setup);
    window.key(Modifiers::COMMAND, Key::Comma);
    window.click(Role::Tab, "SSH Hosts");
    window.click_containing("Test");
    window.read("refused");
    window.close();
}

#[test]
fn a_broken_hosts_toml_is_shown_with_its_line_and_the_last_good_one_stays() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.read("REMOTE");
    fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\nprot = 5\n")
        .unwrap();
    window.read("hosts.toml:3");
    window.see(Role::Button, "Open the file");
    window.press("Hosts in force…");
    window.see(Role::Button, "Edit box");
    window.close();
}

#[test]
fn a_host_that_was_never_saved_is_tested_too() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    fs::write(desktop.setup.paths.hosts_toml(), "").unwrap();
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.press("Session menu");
    window.click_containing("Test connection");
    window.read("Connected to");
    window.see(Role::Button, "Save");
    window.close();
}

#[test]
fn a_session_whose_host_is_switched_off_refuses_to_run_and_what_was_written_stays() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let off = "[host.box]\nssh_config = \"box\"\nenabled = false\n";
    fs::write(desktop.setup.paths.hosts_toml(), off).unwrap();
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print Never");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("is disabled");
    let written = window.until("the message", |window| {
        window.get_by_role_and_label(Role::MultilineTextInput, "Message").value()
    });
    assert_eq!(written, "print Never");
    window.close();
}

#[test]
fn on_the_first_screen_keys_open_what_stands_over_it_and_it_is_there_again_behind() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::beside(&machine);
    desktop.make(new_session("notes", "codex", "local", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    let first = "Where do your agents run?";
    window.read(first);
    for (key, words) in
        [(Key::N, "New session"), (Key::Comma, "Settings"), (Key::K, "Command or session")]
    {
        window.key(Modifiers::COMMAND, key);
        window.read(words);
        window.read(first);
        window.key(Modifiers::NONE, Key::Escape);
        window.read(first);
    }
    for key in [Key::Num1, Key::T, Key::W, Key::B, Key::PageDown, Key::L] {
        window.key(Modifiers::COMMAND, key);
    }
    window.read(first);
    window.press("Skip for now");
    // Nothing happened behind it.
    window.see(Role::Button, "Rename notes");
    window.see(Role::TextInput, "Filter sessions");
    window.close();
}

#[test]
fn a_host_is_added_by_mouse_over_the_form_of_a_new_session() {
    let machine = AgentHost::start();
    let desktop = Desktop::knowing(&machine);
    let mut window = Window::open(&desktop.setup);
    window.press("New session");
    window.choose("SSH Remote Execution", "Add SSH Remote…");
    window.fill("Name*", "Second");
    window.fill("Host*", "second.example");
    window.press("Save");
    window.until("the saved host", |_| {
        let text = fs::read_to_string(desktop.setup.paths.hosts_toml()).unwrap();
        text.contains("second.example").then_some(())
    });
    window.close();
}
