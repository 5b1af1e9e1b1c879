#![allow(clippy::unwrap_used)]

use egui::{Event, HoveredFile, Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::seam::FilePath;

use super::view_tests::{World, folder, press, tree, window};
use super::*;
use crate::samples::entry;

fn paths(all: &[&str]) -> Vec<FilePath> {
    all.iter().map(|path| FilePath::from(*path)).collect()
}

fn shift(window: &mut Harness<'static, World>, key: Key) {
    window.key_press_modifiers(Modifiers::SHIFT, key);
    window.run();
}

fn click(window: &mut Harness<'static, World>, name: &str, modifiers: Modifiers) {
    window.get_by_role_and_label(Role::TreeItem, name).click_modifiers(modifiers);
    window.run();
}

#[test]
fn several_files_are_chosen_with_shift_and_arrows_and_deleted_at_once() {
    let mut window = window(tree());
    window.state_mut().view.focus();
    window.run();
    // docs, src, build.rs, README.md, run.sh
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::ArrowDown);
    shift(&mut window, Key::ArrowDown);
    shift(&mut window, Key::ArrowDown);
    press(&mut window, Key::Delete);
    let wanted = paths(&["README.md", "build.rs", "run.sh"]);
    assert_eq!(window.state().acts, [FilesAct::Delete(wanted)]);
    // Back by one: the range grows smaller.
    shift(&mut window, Key::ArrowUp);
    press(&mut window, Key::Delete);
    let wanted = FilesAct::Delete(paths(&["README.md", "build.rs"]));
    assert_eq!(window.state().acts.last(), Some(&wanted));
    press(&mut window, Key::Escape);
    press(&mut window, Key::Delete);
    let wanted = FilesAct::Delete(paths(&["README.md"]));
    assert_eq!(window.state().acts.last(), Some(&wanted), "only the one with the cursor");
}

#[test]
fn ctrl_clicks_choose_one_by_one_and_open_nothing() {
    let mut window = window(tree());
    click(&mut window, "build.rs", Modifiers::NONE);
    window.state_mut().acts.clear();
    click(&mut window, "run.sh", Modifiers::COMMAND);
    click(&mut window, "docs", Modifiers::COMMAND);
    click(&mut window, "run.sh", Modifiers::COMMAND);
    assert_eq!(window.state().acts, [], "nothing opens, nothing unfolds");
    window.get_by_role_and_label(Role::TreeItem, "docs").click_secondary();
    window.run();
    window.get_by_role_and_label(Role::Button, "Download 2 items").click();
    window.run();
    assert_eq!(window.state().acts, [FilesAct::Download(paths(&["build.rs", "docs"]))]);
}

#[test]
fn a_range_is_chosen_with_shift_and_a_click_and_staged_from_the_menu_by_keys() {
    let mut window = window(tree());
    click(&mut window, "src", Modifiers::NONE);
    click(&mut window, "README.md", Modifiers::SHIFT);
    shift(&mut window, Key::F10);
    window.get_by_role_and_label(Role::Button, "Stage 3 items").click();
    window.run();
    let wanted = FilesAct::Stage(paths(&["README.md", "build.rs", "src"]));
    assert_eq!(window.state().acts.last(), Some(&wanted));
}

#[test]
fn the_menu_of_a_row_that_is_not_chosen_is_about_that_row() {
    let mut window = window(tree());
    click(&mut window, "build.rs", Modifiers::NONE);
    click(&mut window, "README.md", Modifiers::COMMAND);
    window.state_mut().acts.clear();
    window.get_by_role_and_label(Role::TreeItem, "run.sh").click_secondary();
    window.run();
    window.get_by_role_and_label(Role::Button, "Download to…").click();
    window.run();
    assert_eq!(window.state().acts, [FilesAct::DownloadTo(paths(&["run.sh"]))]);
}

#[test]
fn what_lies_in_a_chosen_directory_goes_with_it_and_what_is_gone_is_chosen_no_more() {
    let mut tree = tree();
    tree.put(&"src".into(), Ok(Some(folder(vec![entry("main.rs")]))));
    tree.unfold(&"src".into(), true);
    let mut window = window(tree);
    window.state_mut().view.focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    press(&mut window, Key::Delete);
    let all = paths(&["README.md", "build.rs", "docs", "run.sh", "src"]);
    assert_eq!(window.state().acts, [FilesAct::Delete(all)]);
    let left = folder(["src/", "README.md"].into_iter().map(entry).collect());
    window.state_mut().tree.put(&"".into(), Ok(Some(left)));
    window.run();
    press(&mut window, Key::Home);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    press(&mut window, Key::Delete);
    let wanted = FilesAct::Delete(paths(&["README.md", "src"]));
    assert_eq!(window.state().acts.last(), Some(&wanted));
}

#[test]
fn a_directory_and_a_file_offer_a_terminal_the_difference_and_a_download_elsewhere() {
    for (name, words, act) in [
        ("docs", "Open terminal here", FilesAct::OpenTerminal("docs".into())),
        ("run.sh", "Open terminal here", FilesAct::OpenTerminal("".into())),
        ("run.sh", "Open the difference", FilesAct::Diff("run.sh".into())),
        ("docs", "Download to…", FilesAct::DownloadTo(paths(&["docs"]))),
        ("docs", "Stage for the next commit", FilesAct::Stage(paths(&["docs"]))),
    ] {
        let mut window = window(tree());
        window.get_by_role_and_label(Role::TreeItem, name).click_secondary();
        window.run();
        window.get_by_role_and_label(Role::Button, words).click();
        window.run();
        assert_eq!(window.state().acts, [act], "{name}: {words}");
    }
}

fn over(window: &mut Harness<'static, World>, name: &str) {
    let at = window.get_by_role_and_label(Role::TreeItem, name).rect().center();
    window.event(Event::PointerMoved(at));
    window.run();
}

#[test]
fn what_is_dropped_falls_into_the_directory_under_the_pointer() {
    for (name, into) in [("docs", "docs"), ("run.sh", ""), ("src", "src")] {
        let mut window = window(tree());
        window.state_mut().dropping = true;
        over(&mut window, name);
        window.run();
        let falls = FilesAct::Drop(FilePath::from(into));
        assert_eq!(window.state().acts.last(), Some(&falls), "onto {name}");
    }
}

#[test]
fn what_is_only_held_over_the_tree_is_not_taken_yet() {
    let mut window = window(tree());
    window.state_mut().dropping = true;
    let at = window.get_by_role_and_label(Role::TreeItem, "docs").rect().center();
    window.input_mut().hovered_files.push(HoveredFile::default());
    window.event(Event::PointerMoved(at));
    // While something is held over a window, egui draws it again and again.
    window.run_steps(3);
    assert_eq!(window.state().acts, []);
}

#[test]
fn the_menu_is_used_by_keys_and_gives_the_tree_its_focus_back() {
    let mut window = window(tree());
    window.state_mut().view.focus();
    window.run();
    press(&mut window, Key::ArrowDown);
    shift(&mut window, Key::F10);
    assert!(window.get_by_role_and_label(Role::Button, "New file…").is_focused());
    press(&mut window, Key::ArrowDown);
    assert!(window.get_by_role_and_label(Role::Button, "New folder…").is_focused());
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::Enter);
    assert_eq!(window.state().acts, [FilesAct::OpenTerminal("src".into())]);
    shift(&mut window, Key::F10);
    press(&mut window, Key::Escape);
    assert!(window.query_by_role_and_label(Role::Button, "New file…").is_none());
    press(&mut window, Key::Delete);
    let wanted = FilesAct::Delete(paths(&["src"]));
    assert_eq!(window.state().acts.last(), Some(&wanted), "the tree has the keys again");
}
