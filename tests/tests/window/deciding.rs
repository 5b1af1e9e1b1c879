//! An agent, ssh or a server asks, and a person answers.

use std::fs;
use std::process::Command as Program;

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

const SECRET: &str = "correct-horse-battery-staple";
const ASKS: &str =
    "ask Delete the build directory\nif-allowed print It is gone\nif-rejected print It stays";

/// A window with a session whose agent asks, and what it asks on the screen.
fn asked(machine: &AgentHost, desktop: &Desktop) -> Window {
    let mut session = new_session("notes", "opencode", "box", &machine.project());
    session.talks = true;
    desktop.make(session);
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "clean up");
    window.key(Modifiers::NONE, Key::Enter);
    window.see(Role::Button, "Allow once");
    window.read("Delete the build directory");
    window.read("needs you");
    window
}

#[test]
fn a_tool_call_is_approved_by_its_button_and_denied_by_keys() {
    let machine = AgentHost::start().with_scripted_by("opencode", ASKS);
    let desktop = Desktop::knowing(&machine);
    let mut window = asked(&machine, &desktop);
    window.press("Allow once");
    window.read("It is gone");
    window.read_no_more("needs you");

    window.fill("Message", "once more");
    window.key(Modifiers::NONE, Key::Enter);
    window.see(Role::Button, "Deny");
    // A card that has just come takes no keys: who is typing meant something else.
    window.let_time_pass();
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    window.read("It stays");
    window.close();
}

#[test]
fn a_question_is_still_there_after_a_restart() {
    let machine = AgentHost::start().with_scripted_by("opencode", ASKS);
    let desktop = Desktop::knowing(&machine);
    asked(&machine, &desktop).close();
    let mut window = Window::open(&desktop.setup);
    window.press("Allow once");
    window.read("It is gone");
    window.close();
}

#[test]
fn a_locked_key_is_asked_for_in_a_dialog_and_its_passphrase_is_kept_nowhere() {
    let machine = AgentHost::start().with_scripted("codex");
    let sshd = machine.sshd();
    let key = sshd.dir().join("locked_key");
    let mut keygen = Program::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", SECRET, "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    fs::copy(key.with_extension("pub"), sshd.authorized_keys_path()).unwrap();
    let identity = format!("IdentityFile {}", key.display());
    let config = sshd.write_client_config("box", &[&identity, "IdentityAgent none"]);
    let desktop = Desktop::knowing_over(config);
    fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    desktop.make(new_session("notes", "codex", "box", &machine.project()));

    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print Unlocked");
    window.key(Modifiers::NONE, Key::Enter);
    window.look(false);
    window.read("locked_key");
    // Whoever looks elsewhere is called.
    let told = std::sync::Arc::clone(&window.told);
    let called = told.0.lock().unwrap().iter().any(|notice| notice.heading == "box needs you");
    assert!(called, "{told:?}");
    window.look(true);
    window.fill("Passphrase", SECRET);
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Unlocked");
    window.read("Done in");
    assert!(!window.shown().contains(SECRET));
    window.close();
    for folder in
        [&desktop.setup.paths.data, &desktop.setup.paths.state, &desktop.setup.paths.config]
    {
        for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let bytes = fs::read(file.path()).unwrap_or_default();
            let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
            assert!(!found, "{}", file.path().display());
        }
    }
}

#[test]
fn a_host_that_shows_another_key_says_so_over_everything_and_nothing_goes_on_regardless() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    machine.sshd_mut().change_host_key();
    window.fill("Message", "print Nothing of this");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("This may not be your machine");
    window.read("ssh-keygen");
    window.press("Close");
    window.read_no_more("This may not be your machine");
    window.read("is not the one on record");
    window.close();
}

#[test]
fn an_unknown_host_key_is_shown_with_its_fingerprint_and_is_not_trusted_by_itself() {
    let machine = AgentHost::start().with_scripted("codex");
    let sshd = machine.sshd();
    let unknown = sshd.dir().join("unknown_hosts");
    let known = format!("UserKnownHostsFile {}", unknown.display());
    // The first line that says something counts.
    let config = sshd.write_client_config("box", &[]);
    let text = fs::read_to_string(&config).unwrap();
    let own = sshd.dir().join("ask_config");
    fs::write(&own, format!("Host box\n  {known}\n  StrictHostKeyChecking ask\n{text}")).unwrap();
    let desktop = Desktop::knowing_over(own);
    fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    desktop.make(new_session("notes", "codex", "box", &machine.project()));

    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print Trusted");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("SHA256:");
    assert!(!unknown.exists());
    window.press("Trust and connect");
    window.hear("Trusted");
    window.close();
    assert!(unknown.exists());
}
