use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::host::{HostConfig, HostId};
use orchestrator::seam::{GitGlance, Session};

use super::*;
use crate::commands::WindowCommand;
use crate::samples::{session, turn};
use crate::testing::harness;

struct World {
    view: HeaderView,
    session: Session,
    git: Option<GitGlance>,
    width: f32,
    acts: Vec<HeaderAct>,
}

fn busy() -> Session {
    let mut of = session("s", "api-fix", "box", 0);
    of.tabs[0].agent_session = Some("0b8f2f0e-7d0b-4c55-8a3b".into());
    of.totals.usage.cost_usd = Some(1.25);
    of.totals.turns = 3;
    let mut running = turn(None);
    running.usage.cost_usd = Some(0.5);
    running.usage.context_tokens = Some(160_000);
    running.usage.context_window = Some(200_000);
    of.tabs[0].turn = Some(running);
    of
}

fn window(session: Session, width: f32) -> Harness<'static, World> {
    let git = Some(GitGlance { repository: true, branch: Some("main".into()), changed: 3 });
    let world = World { view: HeaderView::default(), session, git, width, acts: Vec::new() };
    let mut window = harness(world, |ui, world| {
        let tab = world.session.tabs[0].id.clone();
        let hosts = [HostConfig::new(HostId::new("box"), "Big box", "10.0.0.1")];
        let data = HeaderData {
            session: &world.session,
            tab: Some(&tab),
            hosts: &hosts,
            git: world.git.as_ref(),
            bookmarked: false,
            left_open: true,
            right_open: true,
        };
        ui.set_max_width(world.width);
        let acts = world.view.ui(ui, &data);
        world.acts.extend(acts);
    });
    window.run();
    window
}

#[test]
fn everything_about_the_session_is_on_one_line() {
    let window = window(busy(), 980.0);
    for words in ["BIG BOX", "codex (SSH)", "main ±3", "$1.75", "Context 80 %"] {
        window.get_by_label(words);
    }
    window.get_by_role_and_label(Role::Button, "Copy the directory");
    window.get_by_role_and_label(Role::Button, "Copy the conversation's id");
}

#[test]
fn with_little_room_the_directory_goes_and_nothing_is_cut_off() {
    let window = window(busy(), 560.0);
    assert!(window.query_by_label("Copy the directory").is_none());
    window.get_by_label("Context 80 %");
    let right = window.get_by_label("Hide the right bar").rect().right();
    assert!(right <= 575.0, "{right}");
    let heights = ["BIG BOX", "Context 80 %", "Session menu"]
        .map(|label| window.get_by_label(label).rect().center().y);
    assert!(heights.iter().all(|y| (y - heights[0]).abs() < 3.0), "{heights:?}");
}

#[test]
fn a_click_on_the_name_renames() {
    let mut window = window(busy(), 980.0);
    window.get_by_role_and_label(Role::Button, "Rename api-fix").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Name of this session").type_text("2");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [HeaderAct::Rename("api-fix2".into())]);
}

#[test]
fn directory_and_conversation_are_copied_whole() {
    let mut window = window(busy(), 980.0);
    window.get_by_label("Copy the directory").click();
    window.run();
    window.get_by_label("Copy the conversation's id").click();
    window.run();
    let copied = |act: &HeaderAct| match act {
        HeaderAct::Copy { text, .. } => text.clone(),
        HeaderAct::Rename(_) | HeaderAct::Command(_) => String::new(),
    };
    let texts: Vec<String> = window.state().acts.iter().map(copied).collect();
    assert_eq!(texts, ["/srv/app", "0b8f2f0e-7d0b-4c55-8a3b"]);
}

#[test]
fn the_menu_has_the_sessions_acts() {
    for (words, command) in [
        ("Edit…", WindowCommand::EditSession),
        ("Fresh conversation", WindowCommand::FreshConversation),
        ("Test connection", WindowCommand::TestHost),
        ("Remove…", WindowCommand::RemoveSession),
    ] {
        let mut window = window(busy(), 980.0);
        window.get_by_role_and_label(Role::Button, "Session menu").click();
        window.run();
        window.get_by_role_and_label(Role::Button, words).click();
        window.run();
        assert_eq!(window.state().acts, [HeaderAct::Command(command)]);
    }
}

#[test]
fn a_session_of_this_machine_says_so() {
    let window = window(session("s", "notes", "local", 0), 980.0);
    window.get_by_label("THIS MACHINE");
    window.get_by_label("codex");
}

#[test]
fn a_context_that_is_told_to_be_empty_or_too_full_harms_nothing() {
    assert_eq!(Context { used: 5, window: 0 }.percent(), 100);
    assert_eq!(Context { used: u64::MAX, window: 10 }.percent(), 100);
    assert_eq!(Context { used: 50, window: 200 }.percent(), 25);
}

#[test]
fn a_name_that_is_being_edited_is_never_given_to_another_session() {
    let mut window = window(busy(), 980.0);
    window.get_by_role_and_label(Role::Button, "Rename api-fix").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Name of this session").type_text("2");
    window.run();
    window.state_mut().session = session("other", "notes", "local", 0);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(window.state().acts.is_empty());
    assert_eq!(window.state().session.name, "notes");
    window.get_by_role_and_label(Role::Button, "Rename notes");
}

#[test]
fn everything_in_the_header_has_a_name() {
    assert_eq!(window(busy(), 980.0).unnamed_widgets(), [""; 0]);
}

#[test]
fn it_stays_on_one_line_and_inside_of_its_place_at_every_width() {
    for width in (300..1000).step_by(23) {
        let window = window(busy(), width as f32);
        let left = window.get_by_label("Hide the left bar").rect();
        let right = window.get_by_label("Hide the right bar").rect();
        let place = width as f32 + left.left();
        assert!(right.right() <= place + 1.0, "{width}: {right:?}");
        assert!((left.center().y - right.center().y).abs() < 3.0, "{width}");
        let menu = window.get_by_label("Session menu").rect();
        let badge = window.get_by_label("BIG BOX").rect();
        assert!(badge.right() < menu.left() + 1.0, "{width}: {badge:?} {menu:?}");
        if let Some(context) = window.query_by_label("Context 80 %") {
            assert!(context.rect().right() < menu.left() + 1.0, "{width}");
        }
    }
}

#[test]
fn a_name_that_is_being_edited_pushes_nothing_out() {
    for width in [420.0, 560.0, 660.0, 800.0] {
        let mut window = window(busy(), width);
        window.get_by_role_and_label(Role::Button, "Rename api-fix").click();
        window.run();
        let field = window.get_by_role_and_label(Role::TextInput, "Name of this session").rect();
        let badge = window.get_by_label("BIG BOX").rect();
        let menu = window.get_by_label("Session menu").rect();
        assert!(field.right() < badge.left() && badge.right() < menu.left(), "{width}");
        let right = window.get_by_label("Hide the right bar").rect().right();
        let left = window.get_by_label("Hide the left bar").rect().left();
        assert!(right <= width + left + 1.0, "{width}: {right}");
    }
}
