#![allow(clippy::unwrap_used, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::seam::{
    ChangeKind, DiffLine, DiffOf, FileDiff, FilePath, GitDiff, Hunk, LineKind, LinesHow,
};

use super::*;
use crate::fetched::Fetched;
use crate::testing::harness;
use crate::view::git::DiffAct;

struct World {
    view: DiffView,
    of: DiffOf,
    diff: Fetched<GitDiff>,
    side_by_side: bool,
    version: u64,
    busy: bool,
    acts: Vec<DiffAct>,
}

fn line(kind: LineKind, text: &str) -> DiffLine {
    DiffLine { kind, text: text.into(), no_newline: false }
}

fn diff() -> GitDiff {
    use LineKind::{Added, Context, Removed};
    let hunk = Hunk {
        old_start: 1,
        old_lines: 3,
        new_start: 1,
        new_lines: 3,
        heading: "fn main()".into(),
        lines: vec![
            line(Context, "fn main() {"),
            line(Removed, "    old(1);"),
            line(Added, "    new(1);"),
            line(Context, "}"),
        ],
    };
    let file = FileDiff {
        path: FilePath::from("src/main.rs"),
        from: None,
        kind: ChangeKind::Modified,
        modes: None,
        binary: false,
        old_blob: "a".into(),
        new_blob: "b".into(),
        added: 1,
        removed: 1,
        hunks: vec![hunk],
        cut: false,
    };
    let binary = FileDiff {
        path: FilePath::from("logo.png"),
        binary: true,
        hunks: Vec::new(),
        ..file.clone()
    };
    GitDiff { files: vec![file, binary], more: false }
}

fn window(of: DiffOf, side_by_side: bool) -> Harness<'static, World> {
    let world = World {
        view: DiffView::default(),
        of,
        diff: Fetched::Ready(diff()),
        side_by_side,
        version: 1,
        busy: false,
        acts: Vec::new(),
    };
    let mut window = harness(world, |ui, world| {
        let data = DiffData {
            version: world.version,
            of: &world.of,
            title: "Changes",
            diff: &world.diff,
            side_by_side: world.side_by_side,
            busy: world.busy,
        };
        let acts = world.view.ui(ui, &data);
        world.acts.extend(acts);
    });
    window.run();
    window
}

#[test]
fn single_lines_are_chosen_and_staged() {
    for side_by_side in [false, true] {
        let mut window = window(DiffOf::Unstaged, side_by_side);
        window.get_by_label("+    new(1);").click();
        window.run();
        window.get_by_label("Stage 1 line").click();
        window.run();
        let lines = DiffAct::Lines { how: LinesHow::Stage, file: 0, lines: vec![(0, 2)] };
        assert_eq!(window.state().acts, [lines]);
        assert!(window.query_by_label("Stage 1 line").is_none(), "they are chosen no more");
    }
}

#[test]
fn a_hunk_is_taken_back_whole() {
    let mut window = window(DiffOf::Staged, false);
    window.get_by_label("Unstage hunk 1 of src/main.rs").click();
    window.run();
    let lines = vec![(0, 0), (0, 1), (0, 2), (0, 3)];
    assert_eq!(window.state().acts, [DiffAct::Lines { how: LinesHow::Unstage, file: 0, lines }]);
}

#[test]
fn lines_are_discarded_only_after_a_question() {
    let mut window = window(DiffOf::Unstaged, false);
    window.get_by_label("Discard hunk 1 of src/main.rs").click();
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("Keep them").click();
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("+    new(1);").click();
    window.run();
    window.get_by_label("Discard 1 line").click();
    window.run();
    window.get_by_label("Discard").click();
    window.run();
    let lines = DiffAct::Lines { how: LinesHow::Discard, file: 0, lines: vec![(0, 2)] };
    assert_eq!(window.state().acts, [lines]);
}

#[test]
fn shift_chooses_every_changed_line_between_two() {
    let mut window = window(DiffOf::Unstaged, false);
    window.get_by_label("-    old(1);").click();
    window.run();
    window.get_by_label("+    new(1);").click_modifiers(egui::Modifiers::SHIFT);
    window.run();
    window.get_by_label("Stage 2 lines").click();
    window.run();
    let lines = vec![(0, 1), (0, 2)];
    assert_eq!(window.state().acts, [DiffAct::Lines { how: LinesHow::Stage, file: 0, lines }]);
}

#[test]
fn a_diff_that_changes_while_it_is_read_keeps_what_is_folded() {
    let mut window = window(DiffOf::Unstaged, false);
    window.get_by_label("src/main.rs, modified").click();
    window.run();
    let mut other = diff();
    let new = FileDiff { path: FilePath::from("a.rs"), ..other.files[1].clone() };
    other.files.insert(0, new);
    let world = window.state_mut();
    world.diff = Fetched::Ready(other);
    world.version = 2;
    window.run();
    window.get_by_label("a.rs, modified");
    assert!(window.query_by_label("+    new(1);").is_none());
}

#[test]
fn what_is_pressed_while_something_is_done_is_done_next_and_the_same_only_once() {
    let mut window = window(DiffOf::Staged, false);
    window.get_by_label("Unstage hunk 1 of src/main.rs").click();
    window.run();
    assert_eq!(window.state().acts.len(), 1);
    window.state_mut().busy = true;
    window.get_by_label("Unstage hunk 1 of src/main.rs").click();
    window.run();
    window.state_mut().busy = false;
    window.run();
    assert_eq!(window.state().acts.len(), 1, "it was pressed twice");
    window.state_mut().busy = true;
    window.get_by_label("-    old(1);").click();
    window.run();
    window.get_by_label("Unstage 1 line").click();
    window.run();
    assert_eq!(window.state().acts.len(), 1);
    window.state_mut().busy = false;
    window.run();
    let line = DiffAct::Lines { how: LinesHow::Unstage, file: 0, lines: vec![(0, 1)] };
    assert_eq!(window.state().acts[1], line);
}

#[test]
fn nothing_is_staged_of_a_commit() {
    let window = window(DiffOf::Commit { id: "1".into() }, false);
    assert!(window.query_by_label("Stage hunk 1 of src/main.rs").is_none());
    assert!(window.query_by_label("+    new(1);").is_none());
}

#[test]
fn a_file_folds() {
    let mut window = window(DiffOf::Unstaged, false);
    window.get_by_label("src/main.rs, modified").click();
    window.run();
    window.run();
    assert!(window.query_by_label("+    new(1);").is_none());
    window.get_by_label("src/main.rs, modified").click();
    window.run();
    window.run();
    window.get_by_label("+    new(1);");
}
