#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::Expected;

use super::files_testing::*;
use super::testing::Window;
use crate::bridge::{Ask, FileDraft, FilesAsk, FilesNews, News, OpenId};

const CHANGED: &str = "This file was changed on this machine";

fn conflicted() -> (Window, OpenId) {
    let (mut window, id) = editing("1\n2\n3\n");
    write(&mut window, "mine ");
    let (ticket, ..) = save(&mut window);
    failed(&mut window, ticket, Code::Conflict);
    let file = entry("/srv/a.rs", "v9");
    let (_, news) = compared(&mut window, id, file, "theirs 1\n2\nthree\n").unwrap();
    window.tell(news);
    (window, id)
}

#[test]
fn a_conflict_is_merged_difference_by_difference_and_then_saved() {
    let (mut window, id) = conflicted();
    window.harness.get_by_label("Somebody else has changed this file");
    window.harness.get_by_label("2 differences, 1 not chosen yet");
    window.harness.get_by_role_and_label(Role::RadioButton, "Mine for difference 1").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Use what is chosen").click();
    window.harness.run();
    // Only they have changed the last line.
    assert_eq!(text(&mut window, id), "mine 1\n2\nthree\n");
    let (ticket, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("mine 1\n2\nthree\n", Expected::Version("v9".into())));
    done(&mut window, ticket, "v10");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs");
}

#[test]
fn mine_may_be_kept_over_what_was_shown_and_over_nothing_newer() {
    let (mut window, _) = conflicted();
    window.harness.get_by_role_and_label(Role::Button, "Keep mine").click();
    window.harness.run();
    let (_, bytes, expected) = written(&mut window);
    assert_eq!((bytes.as_str(), expected), ("mine 1\n2\n3\n", Expected::Version("v9".into())));
}

#[test]
fn theirs_may_be_taken_and_mine_had_back() {
    let (mut window, id) = conflicted();
    window.harness.get_by_role_and_label(Role::Button, "Take theirs").click();
    window.harness.run();
    assert_eq!(text(&mut window, id), "theirs 1\n2\nthree\n");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs");
    window.app().open_of(id).unwrap().editor().unwrap().area.focus();
    window.harness.run();
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&mut window, id), "mine 1\n2\n3\n");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved");
    let (_, bytes, expected) = save(&mut window);
    let theirs_are_known = Expected::Version("v9".into());
    assert_eq!((bytes.as_str(), expected), ("mine 1\n2\n3\n", theirs_are_known));
}

#[test]
fn letters_that_are_typed_while_texts_are_compared_are_in_what_comes_of_it() {
    let (mut window, id) = editing("1\n2\n3\n");
    write(&mut window, "mine ");
    let (ticket, ..) = save(&mut window);
    failed(&mut window, ticket, Code::Conflict);
    let compare =
        |window: &mut Window| compared(window, id, entry("/srv/a.rs", "v9"), "1\n2\nthree\n");
    let (_, news) = compare(&mut window).unwrap();
    write(&mut window, "and more ");
    window.tell(news);
    let (mine, news) = compare(&mut window).expect("it is compared again");
    assert_eq!(mine, "mine and more 1\n2\n3\n");
    window.tell(news);
    window.press(Modifiers::COMMAND, Key::S);
    assert_eq!(text(&mut window, id), "mine and more 1\n2\nthree\n", "all was chosen");
}

#[test]
fn saving_in_the_middle_of_a_conflict_throws_no_choice_away() {
    let (mut window, id) = conflicted();
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_label_contains("1 difference isn't chosen yet");
    assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
    window.harness.get_by_role_and_label(Role::RadioButton, "Mine for difference 1").click();
    window.harness.run();
    window.press(Modifiers::COMMAND, Key::S);
    assert_eq!(text(&mut window, id), "mine 1\n2\nthree\n");
    let (_, bytes, _) = save(&mut window);
    assert_eq!(bytes, "mine 1\n2\nthree\n");
}

#[test]
fn a_save_with_the_windows_last_breath_is_nobody_elses_change() {
    for (theirs, tab) in [("xone\n", "a.rs"), ("other\n", "a.rs, not saved")] {
        let mut window = restored(draft());
        let id = window.app().shown_file().unwrap();
        window.asked();
        stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
        let file = entry("/srv/a.rs", "v2");
        let (_, news) = compared(&mut window, id, file, theirs).expect("it is compared");
        window.tell(news);
        window.harness.get_by_role_and_label(Role::Tab, tab);
        let changed = window.harness.query_by_label(CHANGED);
        assert_eq!(changed.is_some(), theirs != "xone\n");
    }
}

/// Whether something was asked to be compared.
fn compares(window: &mut Window) -> bool {
    of_files(window.asked()).iter().any(|ask| matches!(ask, FilesAsk::Compare { .. }))
}

/// Tells that nothing could be compared.
fn not_compared(window: &mut Window, id: OpenId) {
    let answer = Err(Failure::new(Code::TooLarge, "it is too large to be compared now"));
    window.tell(News::File(FilesNews::Compared { id, answer }));
    window.harness.run();
}

#[test]
fn a_comparison_that_nobody_asked_for_fails_once_and_quietly() {
    let mut window = restored(draft());
    let id = window.app().shown_file().unwrap();
    window.asked();
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
    assert!(compares(&mut window));
    not_compared(&mut window, id);
    window.harness.get_by_label(CHANGED);
    let failed = |window: &Window| {
        window.harness.query_by_label_contains("it is too large to be compared now").is_some()
    };
    assert!(!failed(&window), "nobody has asked");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v3")));
    assert!(!compares(&mut window), "once is enough");
    assert_eq!(text(&mut window, id), "xone\n");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved");
    // Who asks is told.
    window.harness.get_by_role_and_label(Role::Button, "Compare").click();
    window.harness.run();
    assert!(compares(&mut window));
    not_compared(&mut window, id);
    assert!(failed(&window));
}

#[test]
fn a_comparison_that_nobody_asked_for_takes_nobody_from_what_is_written() {
    // It was gone for a while, or was never read.
    for base in [Some("one\n".to_owned()), None] {
        let mut window = restored(FileDraft { base, ..draft() });
        let id = window.app().shown_file().unwrap();
        window.asked();
        let gone = Failure::new(Code::NotFound, "a.rs isn't there");
        stands(&mut window, id, Err(gone));
        stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
        let file = entry("/srv/a.rs", "v2");
        let (_, news) = compared(&mut window, id, file, "other\n").expect("it is compared");
        window.tell(news);
        window.harness.run();
        window.harness.get_by_label(CHANGED);
        assert!(window.harness.query_by_label("Somebody else has changed this file").is_none());
        assert_eq!(text(&mut window, id), "xone\n");
    }
}

#[test]
fn a_second_conflict_is_told_from_what_was_saved_or_merged_last() {
    let base = |window: &mut Window| {
        let (ticket, ..) = save(window);
        failed(window, ticket, Code::Conflict);
        let compared = of_files(window.asked()).into_iter().find_map(|ask| match ask {
            FilesAsk::Compare { base, .. } => Some(base),
            _ => None,
        });
        compared.flatten().map(|base| base.to_string())
    };
    let (mut window, _) = editing("one\n");
    write(&mut window, "x");
    let (ticket, ..) = save(&mut window);
    done(&mut window, ticket, "v2");
    write(&mut window, "y");
    assert_eq!(base(&mut window).as_deref(), Some("xone\n"));

    let (mut window, _) = conflicted();
    window.harness.get_by_role_and_label(Role::RadioButton, "Mine for difference 1").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Use what is chosen").click();
    window.harness.run();
    assert_eq!(base(&mut window).as_deref(), Some("theirs 1\n2\nthree\n"));
}
