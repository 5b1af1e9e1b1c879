//! What goes wrong around the window, and what is lost of it: nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use baton_tests::{AgentHost, TestSshd, Wan};
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::seam::EventBody;

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

#[test]
fn a_turn_goes_on_over_a_cut_link_and_the_window_says_when_it_is_lost_and_back() {
    let machine = AgentHost::start().with_scripted("codex");
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let config = machine.sshd().write_client_config_through("box", wan.port(), &[]);
    let desktop = Desktop::knowing_over(config);
    fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let gate = machine.home().join("go");
    let mut window = Window::open(&desktop.setup);
    let script = format!("print Before\nwait-for {}\nprint Behind", gate.display());
    window.fill("Message", &script);
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Before");
    wan.reset();
    window.until("a link that is not connected", |window| {
        let words = ["reconnecting", "connecting", "Lost the connection", "lost"];
        words.iter().find_map(|word| window.query_all_by_label_contains(word).next().map(drop))
    });
    fs::write(&gate, "").unwrap();
    window.hear("Behind");
    window.read("Done in");
    window.close();
    assert_eq!(desktop.said(&session.id), ["Before", "Behind"]);
}

#[test]
fn an_engine_that_is_killed_in_the_middle_of_a_turn_is_followed_by_another_and_nothing_is_lost_or_done_twice()
 {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let engine = desktop.baton(&["follow", "notes"]);
    let mut window = Window::open(&desktop.setup);
    window.read("engine in another process");
    let gate = machine.home().join("go");
    window.fill("Message", &format!("print One\nwait-for {}\nprint Two", gate.display()));
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("One");
    engine.kill();
    window.read_no_more("engine in another process");
    fs::write(&gate, "").unwrap();
    window.hear("Two");
    window.read("Done in");
    window.close();
    assert_eq!(desktop.said(&session.id), ["One", "Two"]);
}

#[test]
fn escapes_and_signs_of_control_in_an_answer_are_shown_and_not_obeyed() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print \u{1b}]0;title\u{7}red \u{1b}[31mtext\u{1b}[0m \u{202e}end");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    let shown = window.shown();
    assert!(shown.contains("text"), "{shown}");
    let hidden = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    let texts = shown.lines().filter(|line| line.trim_start().starts_with("Label"));
    assert!(
        !texts.into_iter().any(|line| line.contains("\\u{1b}") || line.chars().any(hidden)),
        "{shown}"
    );
    window.close();
}

#[test]
fn what_the_window_remembers_and_cannot_be_read_is_set_aside_and_said() {
    let sshd = TestSshd::start();
    let desktop = Desktop::knowing_over(sshd.write_client_config("box", &[]));
    let file = desktop.setup.paths.data.join("window.json");
    fs::write(&file, "{ half").unwrap();
    let mut window = Window::open(&desktop.setup);
    window.read("can't be understood");
    window.close();
    let aside = desktop.setup.paths.data.join("window.json.corrupt");
    assert_eq!(fs::read_to_string(aside).unwrap(), "{ half");
}

#[test]
fn a_data_directory_that_is_no_directory_is_said_and_tried_again_when_mended() {
    let sshd = TestSshd::start();
    let desktop = Desktop::knowing_over(sshd.write_client_config("box", &[]));
    let data = desktop.setup.paths.data.clone();
    fs::remove_dir_all(&data).unwrap();
    fs::write(&data, "in the way").unwrap();
    let mut window = Window::open(&desktop.setup);
    window.skip_welcome();
    window.read("data");
    window.see(Role::Button, "Try again");
    fs::remove_file(&data).unwrap();
    window.press("Try again");
    window.read("Start an agent on any of your machines");
    assert!(fs::metadata(&data).unwrap().permissions().mode() & 0o077 == 0);
    window.close();
}

#[test]
fn a_line_of_a_megabyte_and_letters_of_many_scripts_are_shown() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "long-line 1000000\nprint Ende: größer — ещё, Ελληνικά");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Ελληνικά");
    window.read("Done in");
    assert!(window.harness.query_by_label_contains("Ask Codex anything").is_none());
    window.close();
}

#[test]
fn what_is_sent_with_the_last_key_press_is_stored_once_and_is_no_draft_any_more() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.read("Ask Codex anything");
    window.fill("Message", "print Sent at last");
    window.press_last(Key::Enter);
    window.close();
    let memory = fs::read_to_string(desktop.setup.paths.data.join("window.json")).unwrap();
    assert!(!memory.contains("Sent at last"), "{memory}");
    let mut window = Window::open(&desktop.setup);
    window.hear("Sent at last");
    window.close();
    let turns = desktop.events(&session.id).into_iter();
    let turns = turns.filter(|event| matches!(event.body, EventBody::TurnStarted { .. }));
    assert_eq!(turns.count(), 1);
}

#[test]
fn a_draft_that_says_what_was_sent_before_is_there_again_after_a_restart() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "print Again");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("Again");
    window.read("Done in");
    window.fill("Message", "print Again");
    window.close();
    let mut window = Window::open(&desktop.setup);
    window.until("the draft", |window| {
        let field = window.query_by_role_and_label(Role::MultilineTextInput, "Message")?;
        (field.value().as_deref() == Some("print Again")).then_some(())
    });
    window.close();
}

#[test]
fn what_is_there_and_cannot_even_be_read_is_not_written_over() {
    let sshd = TestSshd::start();
    let desktop = Desktop::knowing_over(sshd.write_client_config("box", &[]));
    let file = desktop.setup.paths.data.join("window.json");
    fs::write(&file, [b'{', 0xff, b'}']).unwrap();
    fs::write(file.with_extension("json.corrupt"), "an earlier one").unwrap();
    let mut window = Window::open(&desktop.setup);
    window.read("can't be understood");
    window.close();
    let aside = |name: &str| fs::read(desktop.setup.paths.data.join(name)).unwrap();
    assert_eq!(aside("window.json.corrupt"), b"an earlier one");
    assert_eq!(aside("window.json.corrupt-1"), [b'{', 0xff, b'}']);
}
