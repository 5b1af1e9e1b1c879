#![allow(clippy::unwrap_used)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::seam::{GitGlance, Session};

use super::arrange_tests::{arranged, shown};
use super::tests::{World, id, window, world};
use super::*;
use crate::samples::session;

fn below(name: &str, parent: &str, made: i64) -> Session {
    Session { parent: Some(id(parent)), ..session(name, name, "box", made) }
}

/// `a` with `a1` (and `a11` below it) and `a2`; `b`.
fn family() -> World {
    world([
        session("a", "a", "box", 1),
        session("b", "b", "box", 2),
        below("a1", "a", 3),
        below("a2", "a", 4),
        below("a11", "a1", 5),
    ])
}

fn order(moved: &Moved) -> Vec<&str> {
    moved.order.iter().map(|id| id.as_str()).collect()
}

#[test]
fn a_worktrees_session_stands_below_its_parent() {
    let list = arranged(&family(), "");
    assert_eq!(shown(&list), ["a", "a1", "a11", "a2", "b"]);
    let depths: Vec<usize> = list.sessions.iter().map(|place| place.depth).collect();
    assert_eq!(depths, [0, 1, 2, 1, 0]);
    assert_eq!(list.below(0).len(), 3);
}

#[test]
fn it_moves_up_when_its_parent_is_gone() {
    let mut world = family();
    world.sessions.remove(&id("a1"));
    assert_eq!(shown(&arranged(&world, "")), ["a", "a2", "b", "a11"]);
    world.sessions.remove(&id("a"));
    assert_eq!(shown(&arranged(&world, "")), ["b", "a2", "a11"]);
}

#[test]
fn what_is_below_a_bookmark_goes_with_it_and_a_bookmark_of_its_own_stands_by_itself() {
    let mut world = family();
    world.memory.bookmarks.insert(id("a"));
    let rows = ["-Bookmarks 4", "a", "a1", "a11", "a2", "-No group 1", "b"];
    assert_eq!(shown(&arranged(&world, "")), rows);
    world.memory.bookmarks = [id("a2")].into();
    let rows = ["-Bookmarks 1", "a2", "-No group 4", "a", "a1", "a11", "b"];
    assert_eq!(shown(&arranged(&world, "")), rows);
}

#[test]
fn in_another_group_than_its_parent_it_stands_by_itself() {
    let mut world = family();
    world.sessions.get_mut(&id("a1")).unwrap().group = Some("night".into());
    let rows = ["-night 1", "a1", "-No group 4", "a", "a2", "b", "a11"];
    assert_eq!(shown(&arranged(&world, "")), rows);
}

#[test]
fn a_filter_finds_what_is_folded_away() {
    let mut world = family();
    world.memory.folded.insert(below_key(&id("a")));
    assert_eq!(shown(&arranged(&world, "")), ["a", "b"]);
    assert_eq!(arranged(&world, "").sessions.len(), 5, "they keep their places");
    assert_eq!(shown(&arranged(&world, "a2")), ["a2"]);
}

#[test]
fn a_session_takes_what_is_below_it_along() {
    let list = arranged(&family(), "");
    let down = moved(&list, &id("a"), &Target::Behind(id("b"))).unwrap();
    assert_eq!(order(&down), ["b", "a", "a1", "a11", "a2"]);
    for onto in [Target::Before(id("a2")), Target::Behind(id("a11")), Target::Behind(id("a"))] {
        assert!(moved(&list, &id("a"), &onto).is_none(), "onto itself: {onto:?}");
    }
    let up = moved(&list, &id("b"), &Target::Before(id("a"))).unwrap();
    assert_eq!(order(&up), ["b", "a", "a1", "a11", "a2"]);
    for onto in [Target::Before(id("a11")), Target::Behind(id("a"))] {
        assert!(moved(&list, &id("b"), &onto).is_none(), "it is behind all of that: {onto:?}");
    }
}

#[test]
fn with_a_session_all_that_is_below_it_changes_the_group() {
    let mut world = family();
    world.sessions.get_mut(&id("b")).unwrap().group = Some("work".into());
    let list = arranged(&world, "");
    let into = moved(&list, &id("a"), &Target::Under(Heading::Group("work".into()))).unwrap();
    assert_eq!(into.group, Some(Some("work".into())));
    assert_eq!(into.below, [id("a1"), id("a11"), id("a2")]);
    assert_eq!(order(&into), ["a", "a1", "a11", "a2", "b"]);
}

#[test]
fn one_below_another_moves_among_those_beside_it() {
    let list = arranged(&family(), "");
    let up = moved(&list, &id("a2"), &Target::Before(id("a1"))).unwrap();
    assert_eq!(order(&up), ["a", "a2", "a1", "a11", "b"]);
    assert_eq!(order(&step(&list, &id("a2"), Step::Up).unwrap()), order(&up));
    assert_eq!(order(&step(&list, &id("a1"), Step::Down).unwrap()), order(&up));
    assert!(moved(&list, &id("a2"), &Target::Behind(id("b"))).is_none(), "it stays below");
    assert!(moved(&list, &id("a11"), &Target::Behind(id("a2"))).is_none(), "and below its own");
    assert!(step(&list, &id("a2"), Step::Down).is_none());
    assert!(step(&list, &id("a1"), Step::Up).is_none());
    let past = step(&list, &id("a"), Step::Down).unwrap();
    assert_eq!(order(&past), ["b", "a", "a1", "a11", "a2"], "past its neighbour");
}

#[test]
fn it_is_folded_and_unfolded_by_a_click_by_keys_and_from_the_menu() {
    let fold = |folded| SidebarAct::Fold { key: below_key(&id("a")), folded };
    let mut window = window(family());
    window.get_by_role_and_label(Role::DisclosureTriangle, "Below a").click();
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "a").focus();
    window.run();
    window.key_press(Key::ArrowLeft);
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run();
    window.get_by_role_and_label(Role::Button, "Fold what is below").click();
    window.run();
    assert_eq!(window.state().acts, [fold(true), fold(true), fold(true)]);
    window.state_mut().acts.clear();
    window.state_mut().memory.folded.insert(below_key(&id("a")));
    window.state_mut().version += 1;
    window.run();
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "a1").is_none());
    window.get_by_role_and_label(Role::ListBoxOption, "a").focus();
    window.run();
    window.key_press(Key::ArrowRight);
    window.run();
    assert_eq!(window.state().acts, [fold(false)]);
}

#[test]
fn left_leads_to_the_one_above_and_a_row_that_has_nothing_below_keeps_the_focus() {
    let mut window = window(family());
    for (from, to) in [("a11", "a1"), ("a2", "a"), ("b", "b")] {
        window.get_by_role_and_label(Role::ListBoxOption, from).focus();
        window.run();
        if from == "a11" || from == "a2" || from == "b" {
            window.key_press(Key::ArrowLeft);
            window.run();
        }
        assert!(window.get_by_role_and_label(Role::ListBoxOption, to).is_focused(), "{from}");
    }
    assert_eq!(window.state().acts, []);
}

#[test]
fn its_branch_stands_in_its_row_and_what_waits_in_a_folded_one_is_seen_above() {
    let mut world = family();
    let branch = Some("fix/login".to_owned());
    let glance = GitGlance { repository: true, branch, ..GitGlance::default() };
    world.git.insert(id("a1"), glance.clone());
    world.git.insert(id("a"), glance);
    world.approvals.insert(id("a11"), 3);
    let mut window = window(world);
    let about = |window: &egui_kittest::Harness<'static, World>, name| {
        let row = window.get_by_role_and_label(Role::ListBoxOption, name);
        row.accesskit_node().description().unwrap_or_default()
    };
    assert!(about(&window, "a1").ends_with("on box, on fix/login, below a"));
    assert!(about(&window, "a").ends_with("on box"), "{}", about(&window, "a"));
    assert!(about(&window, "a").starts_with("ready"), "{}", about(&window, "a"));
    window.state_mut().memory.folded.insert(below_key(&id("a")));
    window.state_mut().version += 1;
    window.run();
    assert!(about(&window, "a").starts_with("needs you"), "{}", about(&window, "a"));
    window.get_by_label("3");
    window.get_by_label("+3");
}

#[test]
fn a_thousand_below_one_cost_a_frame_no_more_than_ten() {
    let many = (0..5_000).map(|n| below(&format!("s{n:04}"), "a", 10 + n));
    let mut window = window(world(many.chain([session("a", "a", "box", 1)])));
    let begin = std::time::Instant::now();
    for _ in 0..20 {
        window.step();
    }
    // Unoptimized and on busy cores, as for those that stand side by side.
    let each = begin.elapsed() / 20;
    assert!(each.as_millis() < 40, "{each:?}");
}
