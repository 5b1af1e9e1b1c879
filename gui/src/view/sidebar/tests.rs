#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{HostConfig, HostId};
use orchestrator::seam::{ConnectionState, GitGlance, HostConnection, Session, SessionId};

use super::*;
use crate::memory::Memory;
use crate::samples::{at, session};
use crate::testing::harness;

#[derive(Default)]
pub(super) struct World {
    pub(super) view: SidebarView,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) version: u64,
    pub(super) memory: Memory,
    pub(super) hosts: Vec<HostConfig>,
    pub(super) connections: Vec<HostConnection>,
    pub(super) approvals: BTreeMap<SessionId, u32>,
    pub(super) unread: BTreeSet<SessionId>,
    pub(super) git: BTreeMap<SessionId, GitGlance>,
    pub(super) acts: Vec<SidebarAct>,
    pub(super) glances: BTreeSet<SessionId>,
}

pub(super) fn world(sessions: impl IntoIterator<Item = Session>) -> World {
    let sessions = sessions.into_iter().map(|session| (session.id.clone(), session)).collect();
    World { sessions, ..World::default() }
}

pub(super) fn window(world: World) -> Harness<'static, World> {
    let mut window = harness(world, |ui, world| {
        let data = SidebarData {
            sessions: &world.sessions,
            version: world.version,
            memory: &world.memory,
            hosts: &world.hosts,
            connections: &world.connections,
            approvals: &world.approvals,
            unread: &world.unread,
            git: &world.git,
            shown: None,
        };
        ui.set_max_width(280.0);
        let acts = world.view.ui(ui, &data);
        for act in acts {
            match act {
                // Nobody has to do anything for it.
                SidebarAct::GlanceAtGit(session) => drop(world.glances.insert(session)),
                act => world.acts.push(act),
            }
        }
    });
    window.run();
    window
}

pub(super) fn id(id: &str) -> SessionId {
    SessionId::new(id)
}

pub(super) fn grouped(name: &str, group: &str, made: i64) -> Session {
    Session { group: Some(group.into()), ..session(name, name, "local", made) }
}

pub(super) fn three() -> World {
    world([session("a", "api", "box", 1), grouped("b", "work", 2), grouped("c", "work", 3)])
}

#[test]
fn git_is_asked_for_the_sessions_that_are_seen_and_not_known() {
    let mut all = world((0..1_000).map(|at| session(&format!("s{at:04}"), "api", "box", at)));
    all.git.insert(id("s0001"), GitGlance::default());
    let window = window(all);
    let asked = &window.state().glances;
    assert!((5..100).contains(&asked.len()), "{}", asked.len());
    assert!(asked.contains(&id("s0000")) && !asked.contains(&id("s0001")), "{asked:?}");
}

#[test]
fn a_row_says_what_it_is_where_it_runs_and_how_it_stands() {
    let mut world = three();
    world.hosts = vec![HostConfig::new(HostId::new("box"), "Big box", "10.0.0.1")];
    world.approvals.insert(id("a"), 2);
    world.unread.insert(id("a"));
    world
        .git
        .insert(id("a"), GitGlance { repository: true, branch: Some("main".into()), changed: 7 });
    let window = window(world);
    let row = window.get_by_role_and_label(Role::ListBoxOption, "api");
    let words = row.accesskit_node().description().unwrap_or_default();
    assert_eq!(words, "needs you, unread, codex (SSH) on Big box");
    window.get_by_label("REMOTE");
    window.get_by_label("GIT 7");
    window.get_by_label("unread");
    window.get_by_label("2");
    assert_eq!(window.get_all_by_label("LOCAL").count(), 2);
}

#[test]
fn a_connection_in_trouble_is_seen_on_the_row() {
    let why = Failure::new(Code::AuthRefused, "refused");
    let states = [
        (ConnectionState::Connecting { failed: 0 }, "connecting"),
        (
            ConnectionState::Reconnecting { failed: 1, at: at(9), why: why.clone() },
            "connection lost, trying again",
        ),
        (ConnectionState::Blocked { why }, "connection blocked"),
    ];
    for (state, words) in states {
        let mut world = three();
        let host = "box".to_owned();
        world.connections = vec![HostConnection { host, state, round_trip_us: None, turns: 1 }];
        window(world).get_by_label(words);
    }
}

#[test]
fn a_click_opens_a_session_and_folds_a_heading() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::ListBoxOption, "b").click();
    window.run();
    window.get_by_role_and_label(Role::DisclosureTriangle, "work").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "New session").click();
    window.run();
    let fold = SidebarAct::Fold { key: "work".into(), folded: true };
    assert_eq!(window.state().acts, [SidebarAct::Look(id("b")), fold, SidebarAct::NewSession]);
}

#[test]
fn a_row_that_was_clicked_has_the_keys() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::DisclosureTriangle, "work").click();
    window.run();
    window.key_press(Key::ArrowDown);
    window.run();
    assert!(window.get_by_role_and_label(Role::ListBoxOption, "b").is_focused());
    window.get_by_role_and_label(Role::ListBoxOption, "c").click();
    window.run();
    assert!(window.get_by_role_and_label(Role::ListBoxOption, "c").is_focused());
    window.state_mut().acts.clear();
    for key in [Key::Delete, Key::ArrowUp, Key::Enter, Key::F2] {
        window.key_press(key);
        window.run();
    }
    assert_eq!(window.state().acts, [SidebarAct::Remove(id("c")), SidebarAct::Open(id("b"))]);
    window.get_by_role_and_label(Role::TextInput, "Session name");
}

#[test]
fn the_list_is_used_by_keys_alone() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::TextInput, "Filter sessions").focus();
    window.run();
    for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown] {
        window.key_press(key);
        window.run();
    }
    assert!(window.get_by_role_and_label(Role::ListBoxOption, "c").is_focused());
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    window.run();
    assert_eq!(window.state().acts, [SidebarAct::Order(vec![id("c"), id("b"), id("a")])]);
    window.state_mut().acts.clear();
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    window.run();
    let group = SidebarAct::Group { session: id("c"), group: None };
    assert_eq!(window.state().acts[0], group, "into the part below");
    window.state_mut().acts.clear();
    window.key_press(Key::Enter);
    window.run();
    window.key_press(Key::Delete);
    window.run();
    let acts = [SidebarAct::Open(id("c")), SidebarAct::Remove(id("c"))];
    assert_eq!(window.state().acts, acts);
}

#[test]
fn a_session_is_renamed_in_its_row_and_escape_leaves_its_name() {
    let mut window = window(three());
    for (last, acts) in [
        (Key::Escape, vec![]),
        (Key::Enter, vec![SidebarAct::Rename { session: id("b"), name: "b2".into() }]),
    ] {
        window.get_by_role_and_label(Role::ListBoxOption, "b").focus();
        window.run();
        window.key_press(Key::F2);
        window.run();
        window.get_by_role_and_label(Role::TextInput, "Session name").type_text("2");
        window.run();
        window.key_press(last);
        window.run();
        assert_eq!(window.state().acts, acts);
        assert!(window.query_by_role_and_label(Role::TextInput, "Session name").is_none());
    }
}

#[test]
fn a_name_that_is_typed_in_a_row_counts_when_the_row_goes_and_its_field_does_not_come_back() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::ListBoxOption, "b").focus();
    window.run();
    window.key_press(Key::F2);
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Session name").type_text("2");
    window.run();
    // Somewhere else the group was folded, or the session moved into one that is.
    window.state_mut().memory.folded.insert("work".into());
    window.state_mut().version += 1;
    window.run();
    let renamed = SidebarAct::Rename { session: id("b"), name: "b2".into() };
    assert_eq!(window.state().acts, [renamed]);
    window.state_mut().memory.folded.clear();
    window.state_mut().version += 1;
    window.run();
    assert!(window.query_by_role_and_label(Role::TextInput, "Session name").is_none());
}

#[test]
fn everything_that_can_be_done_stands_in_the_menu() {
    let acts = [
        ("Bookmark", SidebarAct::Bookmark { session: id("a"), on: true }),
        ("Edit…", SidebarAct::Edit(id("a"))),
        ("Fresh conversation", SidebarAct::Fresh(id("a"))),
        ("Duplicate…", SidebarAct::Duplicate(id("a"))),
        ("Remove…", SidebarAct::Remove(id("a"))),
    ];
    for (words, act) in acts {
        let mut window = window(three());
        window.get_by_role_and_label(Role::ListBoxOption, "api").click_secondary();
        window.run();
        window.get_by_role_and_label(Role::Button, words).click();
        window.run();
        assert_eq!(window.state().acts, [act]);
    }
}

#[test]
fn the_menu_opens_by_keys_too() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::ListBoxOption, "api").focus();
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run();
    window.get_by_role_and_label(Role::Button, "Rename…").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Session name");
}

#[test]
fn a_group_is_renamed_and_taken_away_by_keys_alone() {
    let mut window = window(three());
    let on_group = |window: &mut Harness<'static, World>, modifiers, key| {
        window.get_by_role_and_label(Role::DisclosureTriangle, "work").focus();
        window.run();
        window.key_press_modifiers(modifiers, key);
        window.run();
    };
    on_group(&mut window, Modifiers::SHIFT, Key::F10);
    window.get_by_role_and_label(Role::Button, "Take the group away").click();
    window.run();
    let away = SidebarAct::RenameGroup { from: "work".into(), to: None };
    assert_eq!(window.state().acts, [away]);
    on_group(&mut window, Modifiers::NONE, Key::F2);
    window.get_by_role_and_label(Role::TextInput, "Name").type_text("s");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    let renamed = SidebarAct::RenameGroup { from: "work".into(), to: Some("works".into()) };
    assert_eq!(window.state().acts.last(), Some(&renamed));
}

#[test]
fn a_session_is_put_into_a_new_group() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::ListBoxOption, "api").click_secondary();
    window.run();
    window.get_by_label_contains("Move to group").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "New group…").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Name").type_text("night");
    window.run();
    window.get_by_role_and_label(Role::Button, "Create").click();
    window.run();
    let group = SidebarAct::Group { session: id("a"), group: Some("night".into()) };
    assert_eq!(window.state().acts, [group]);
    assert!(window.query_by_label("New group").is_none());
}

#[test]
fn a_session_is_dragged_onto_another_groups_heading() {
    let mut window = window(three());
    let from = window.get_by_role_and_label(Role::ListBoxOption, "api").rect().center();
    let to = window.get_by_role_and_label(Role::DisclosureTriangle, "work").rect().center();
    window.drag_at(from);
    window.run();
    window.hover_at(to);
    window.run();
    window.drop_at(to);
    window.run();
    let acts = &window.state().acts;
    let group = SidebarAct::Group { session: id("a"), group: Some("work".into()) };
    assert_eq!(acts[..], [group, SidebarAct::Order(vec![id("a"), id("b"), id("c")])]);
}

#[test]
fn the_filter_narrows_the_list_and_escape_clears_it() {
    let mut window = window(three());
    let field = |window: &mut Harness<'static, World>| {
        window.get_by_role_and_label(Role::TextInput, "Filter sessions").focus();
        window.run();
    };
    field(&mut window);
    window.get_by_role_and_label(Role::TextInput, "Filter sessions").type_text("api");
    window.run();
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "b").is_none());
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [SidebarAct::Open(id("a"))]);
    field(&mut window);
    window.key_press(Key::Escape);
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "b");
    window.get_by_role_and_label(Role::TextInput, "Filter sessions").type_text("qqq");
    window.run();
    window.get_by_label("Nothing found");
    window.get_by_role_and_label(Role::Button, "Show all").click();
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "b");
}

#[test]
fn an_empty_bar_says_what_will_be_there_and_offers_the_first_step() {
    let mut window = window(World::default());
    window.get_by_label("No sessions yet");
    window.get_by_role_and_label(Role::Button, "Start the first session").click();
    window.run();
    assert_eq!(window.state().acts, [SidebarAct::NewSession]);
}

#[test]
fn names_from_elsewhere_are_text_and_nothing_else() {
    let world = world([session("a", "evil\x1b[2J\nname", "box", 1)]);
    window(world).get_by_role_and_label(Role::ListBoxOption, "evil^[[2J name");
}

#[test]
fn ten_thousand_sessions_cost_a_frame_no_more_than_ten() {
    let many = (0..10_000).map(|n| session(&format!("s{n}"), &format!("name {n}"), "box", n));
    let mut window = window(world(many));
    let drawn = window.get_all_by_role(Role::ListBoxOption).count();
    assert!(drawn < 20, "{drawn} rows were drawn");
    let begin = Instant::now();
    for _ in 0..20 {
        window.step();
    }
    // Unoptimized and on busy cores; arranging anew would take over a second.
    let each = begin.elapsed() / 20;
    assert!(each.as_millis() < 40, "{each:?}");
    window.get_by_role_and_label(Role::ListBoxOption, "name 0").focus();
    window.run();
    window.key_press(Key::End);
    window.run();
    let last = window.get_by_role_and_label(Role::ListBoxOption, "name 9999");
    assert!(last.is_focused());
}

#[test]
fn a_session_that_is_moved_by_keys_keeps_the_focus() {
    let many = (0..200).map(|n| session(&format!("s{n:03}"), &format!("name {n}"), "box", n));
    let mut window = window(world(many));
    window.get_by_role_and_label(Role::ListBoxOption, "name 5").focus();
    window.run();
    for _ in 0..3 {
        window.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
        window.run();
        let Some(SidebarAct::Order(order)) = window.state_mut().acts.pop() else { panic!() };
        window.state_mut().memory.order = order;
        window.state_mut().version += 1;
        window.run();
        assert!(window.get_by_role_and_label(Role::ListBoxOption, "name 5").is_focused());
    }
    assert_eq!(window.state().memory.order[8], id("s005"));
}

#[test]
fn everything_in_the_bar_has_a_name() {
    let mut world = three();
    world.approvals.insert(id("a"), 2);
    world.git.insert(id("a"), GitGlance::default());
    assert_eq!(window(world).unnamed_widgets(), [""; 0]);
}

#[test]
fn the_list_is_arranged_anew_only_when_something_of_it_changed() {
    let mut window = window(three());
    window.state_mut().memory.order = vec![id("c")];
    window.run();
    let order = |window: &Harness<'static, World>| -> Vec<String> {
        window.state().view.shown_order().map(ToString::to_string).collect()
    };
    assert_eq!(order(&window), ["b", "c", "a"], "no work while the version is the same");
    window.state_mut().version += 1;
    window.run();
    assert_eq!(order(&window), ["c", "b", "a"]);
}

#[test]
fn headings_are_folded_and_moved_by_keys() {
    let mut world = three();
    world.sessions.insert(id("d"), grouped("d", "alpha", 4));
    let mut window = window(world);
    window.get_by_role_and_label(Role::DisclosureTriangle, "work").focus();
    window.run();
    window.key_press(Key::ArrowLeft);
    window.run();
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    window.run();
    let fold = SidebarAct::Fold { key: "work".into(), folded: true };
    let order = SidebarAct::GroupOrder(vec!["work".into(), "alpha".into()]);
    assert_eq!(window.state().acts, [fold, order]);
}
