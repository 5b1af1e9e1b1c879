//! Living with the window: tabs, palette, other programs beside it, history, many sessions.

use std::fs;

use baton_tests::{AgentHost, TestSshd};
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::seam::{Command, Program, Request, Seam, SessionChange};

use crate::bus::Portal;
use crate::desktop::{Desktop, new_session};
use crate::window::Window;

/// An image as any program writes it.
const ICON: &[u8] = include_bytes!("../../../gui/assets/icon/baton-32.png");

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
fn the_window_is_as_dark_as_the_desktop_also_when_that_changes() {
    let portal = Portal::start(2);
    let sshd = TestSshd::start();
    let mut desktop = Desktop::knowing_over(sshd.write_client_config("box", &[]));
    let address = ("DBUS_SESSION_BUS_ADDRESS".into(), portal.address.clone().into());
    desktop.setup.env.push(address);
    let mut window = Window::open(&desktop.setup);
    let is_dark = |window: &mut Window, wanted: bool| {
        window.until("the desktop's colours", |window| {
            (window.ctx.global_style().visuals.dark_mode == wanted).then_some(())
        });
    };
    is_dark(&mut window, false);
    portal.like(1);
    is_dark(&mut window, true);
    portal.like(2);
    is_dark(&mut window, false);
    window.close();
}

#[test]
fn each_session_that_is_seen_says_what_git_makes_of_its_directory() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let project = |name: &str, changed: usize| {
        let dir = desktop.setup.home.join(name);
        std::fs::create_dir(&dir).unwrap();
        let made = std::process::Command::new("git").args(["init", "-q"]).arg(&dir).status();
        assert!(made.unwrap().success());
        (0..changed).for_each(|at| std::fs::write(dir.join(at.to_string()), "new").unwrap());
        desktop.make(new_session(name, "codex", "local", &dir));
    };
    project("one", 1);
    project("two", 2);
    let mut window = Window::open(&desktop.setup);
    window.read("GIT 1");
    window.read("GIT 2");
    window.close();
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
fn closing_the_only_tab_leads_to_the_start_page_and_loses_nothing() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    desktop.make(new_session("older", "codex", "box", &machine.project()));
    desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.see(Role::Button, "Rename notes");
    window.fill("Message", "print First");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear("First");
    window.read("Done in");
    window.fill("Message", "begun");
    window.press("Close print First");
    window.read("Pick up where you left off");
    // The newest stands first, each with a name to click.
    let recent = window.until("the recent sessions", |window| {
        let mut all: Vec<(i32, String)> = ["older", "notes"]
            .into_iter()
            .filter_map(|name| {
                let found = window.query_all_by_role_and_label(Role::Button, name).last()?;
                Some((found.rect().top() as i32, name.to_owned()))
            })
            .collect();
        all.sort();
        (all.len() == 2).then(|| all.into_iter().map(|(_, name)| name).collect::<Vec<_>>())
    });
    assert_eq!(recent, ["notes", "older"]);
    window.press("Undo");
    window.hear("First");
    window.key(Modifiers::COMMAND, Key::W);
    window.read("Pick up where you left off");
    window.key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::T);
    window.hear("First");
    window.key(Modifiers::COMMAND, Key::W);
    window.read("Pick up where you left off");
    window.press("notes");
    window.hear("First");
    window.until("the draft", |window| {
        let field = window.get_by_role_and_label(Role::MultilineTextInput, "Message");
        (field.accesskit_node().value().as_deref() == Some("begun")).then_some(())
    });
    window.close();
}

#[test]
fn images_of_a_draft_are_there_again_after_a_restart_and_go_with_its_message() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let session = desktop.make(new_session("notes", "codex", "box", &machine.project()));
    let kept = desktop.setup.paths.data.join("draft-images");
    let files = || fs::read_dir(&kept).map_or(0, Iterator::count);
    for name in ["cat.png", "dog.png"] {
        fs::write(desktop.setup.home.join(name), ICON).unwrap();
    }
    let mut window = Window::open(&desktop.setup);
    window.see(Role::Button, "Rename notes");
    window.fill("Message", "print Seen");
    for name in ["cat.png", "dog.png"] {
        window.press("Add images");
        window.fill("Path", &desktop.setup.home.join(name).display().to_string());
        window.press("Choose");
        window.see(Role::Button, &format!("Remove {name}"));
    }
    window.press("Remove dog.png");
    window.close();
    assert_eq!(files(), 1, "the one that was removed is gone");

    let mut window = Window::open(&desktop.setup);
    window.see(Role::Button, "Remove cat.png");
    assert!(window.harness.query_by_label("Remove dog.png").is_none());
    window.press("Send");
    window.hear("Seen");
    window.read("Done in");
    window.close();
    assert_eq!(files(), 0, "it was sent");
    let sent = desktop.events(&session.id);
    let images = sent.iter().any(|event| format!("{event:?}").contains("images: 1"));
    assert!(images, "{sent:?}");
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
