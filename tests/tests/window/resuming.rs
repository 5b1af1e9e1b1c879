//! A person goes on with a conversation that the history tells of.

use baton_tests::AgentHost;
use egui::{Key, Modifiers, Role};
use orchestrator::seam::{Command, Request};

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

#[test]
fn a_conversation_of_a_session_that_is_gone_goes_on_in_a_new_one() {
    let machine = AgentHost::start().with_scripted("codex");
    let desktop = Desktop::knowing(&machine);
    let gone = desktop.make(new_session("gone", "codex", "box", &machine.project()));
    let mut window = Window::open(&desktop.setup);
    window.fill("Message", "session");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Done in");
    window.close();
    let conversation = desktop.sessions()[0].tabs[0].agent_session.clone().unwrap();
    let remove = Command::RemoveSession { session: gone.id, force: false };
    desktop.ask(vec![Request::command(remove)]);
    // What the form is filled in like.
    desktop.make(new_session("notes", "codex", "box", &machine.project()));

    let mut window = Window::open(&desktop.setup);
    window.see(Role::Tab, "History");
    // Its session is gone, so it is of no session's project any more.
    window.press("Of: This project");
    window.click_containing("Everything");
    window.press("Resume this conversation");
    window.read("Goes on with conversation");
    window.press("Create");
    window.read_no_more("Goes on with conversation");
    window.read("Ask Codex anything");
    window.fill("Message", "session");
    window.key(Modifiers::NONE, Key::Enter);
    window.hear(&format!("resumed {conversation}"));
    window.close();
    let shown = desktop.sessions();
    let resumed = shown.iter().find(|session| session.name != "notes").unwrap();
    assert_eq!(resumed.tabs[0].agent_session.as_ref(), Some(&conversation));
}
