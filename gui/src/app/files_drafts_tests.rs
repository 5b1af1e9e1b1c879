#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Expected, FileCommand, FileEntry, FilePath, SessionId};

use super::files_testing::*;
use super::testing::Window;
use crate::bridge::{Ask, FileDraft, FilesAsk, FilesNews, News};
use crate::samples::session;

#[test]
fn unsaved_text_outlives_the_window() {
    let (mut window, _) = editing("one\n");
    write(&mut window, "x");
    let mut kept = Vec::new();
    for _ in 0..4 {
        kept.extend(of_files(window.asked()));
        window.harness.step();
    }
    let (name, draft) = kept
        .into_iter()
        .find_map(|ask| match ask {
            FilesAsk::Keep { name, draft: Some(draft) } => Some((name, draft)),
            _ => None,
        })
        .unwrap();
    assert_eq!((draft.text.as_str(), draft.version.as_str()), ("xone\n", "v1"));

    let mut window = files();
    window.tell(News::File(FilesNews::Drafts(vec![(name.clone(), *draft)])));
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved").click();
    window.harness.run();
    let (ticket, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xone\n", Expected::Version("v1".into())));
    done(&mut window, ticket, "v2");
    window.harness.run();
    let gone = of_files(window.asked())
        .into_iter()
        .any(|ask| matches!(ask, FilesAsk::Keep { name: of, draft: None } if of == name));
    assert!(gone, "a saved text is kept no more");
}

#[test]
fn what_isn_t_saved_when_its_session_is_removed_is_put_aside_and_said() {
    let (mut window, _) = editing("one\n");
    write(&mut window, "x");
    window.tell(News::Removed(SessionId::new("s")));
    let aside = of_files(window.asked()).into_iter().find_map(|ask| match ask {
        FilesAsk::PutAside { path, text, .. } => Some((path, text)),
        _ => None,
    });
    assert_eq!(aside, Some((FilePath::from("a.rs"), "xone\n".to_owned())));
    let (path, answer) = (FilePath::from("a.rs"), Ok("/data/unsaved/a.rs".into()));
    let session = SessionId::new("s");
    window.tell(News::File(FilesNews::PutAside { session, path, answer }));
    window.harness.get_by_label_contains("the session of a.rs is gone");
    window.harness.get_by_label("What wasn't saved of it is in /data/unsaved/a.rs");
}

#[test]
fn a_draft_whose_session_is_gone_is_put_aside() {
    let mut window = files();
    let draft = FileDraft {
        session: SessionId::new("gone"),
        path: FilePath::from("b.rs"),
        text: "new\n".into(),
        ..draft()
    };
    window.tell(News::File(FilesNews::Drafts(vec![("7.json".into(), draft)])));
    let aside = of_files(window.asked()).into_iter().find_map(|ask| match ask {
        FilesAsk::PutAside { kept, path, text, .. } => Some((kept, path, text)),
        _ => None,
    });
    let expected = (Some("7.json".into()), FilePath::from("b.rs"), "new\n".to_owned());
    assert_eq!(aside, Some(expected));
}

#[test]
fn a_draft_of_something_new_is_saved_as_new() {
    let draft = FileDraft {
        path: "b.txt".into(),
        version: String::new(),
        base: None,
        text: "b".into(),
        ..draft()
    };
    let mut window = restored(draft);
    assert_eq!(save(&mut window).2, Expected::Absent);
}

#[test]
fn a_draft_remembers_where_its_session_was_and_that_it_lies_outside() {
    for (place, refused) in [("/srv/app", false), ("/srv/before", true)] {
        let place = Some(("local".into(), Some(place.into())));
        let mut window = restored(FileDraft { place, outside: true, ..draft() });
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
        let said = window.harness.query_by_label_contains("and the session is in");
        assert_eq!(said.is_some(), refused);
        let asks = window.harness.query_by_label("Change what lies outside?");
        assert_eq!(asks.is_some(), !refused);
    }
}

fn moved(window: &mut Window, host: &str, cwd: &str) {
    let mut moved = session("s", "api", host, 0);
    moved.cwd = Some(cwd.into());
    window.tell(News::Sessions(vec![moved]));
}

#[test]
fn what_was_written_for_one_place_is_not_saved_in_another_without_a_word() {
    for (host, cwd) in [("local", "/srv/other"), ("box", "/srv/app")] {
        let (mut window, id) = editing("one\n");
        write(&mut window, "x");
        moved(&mut window, host, cwd);
        // What lies there is another file: it says nothing of this one.
        stands(&mut window, id, Ok(entry("/srv/other/a.rs", "other")));
        assert!(window.harness.query_by_label_contains("This file was changed").is_none());
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
        window.harness.get_by_label_contains("and the session is in");
        let (_, bytes, expected) = save(&mut window);
        assert_eq!((bytes.as_str(), expected), ("xone\n", Expected::Absent), "nothing is replaced");
    }
}

/// What is kept of files from now on, by its names.
fn kept(window: &mut Window) -> Vec<(String, Option<Box<FileDraft>>)> {
    let mut kept = Vec::new();
    for _ in 0..4 {
        let of = |ask| match ask {
            FilesAsk::Keep { name, draft } => Some((name, draft)),
            _ => None,
        };
        kept.extend(of_files(window.asked()).into_iter().filter_map(of));
        window.harness.step();
    }
    kept
}

#[test]
fn a_draft_that_is_to_be_written_elsewhere_says_so_also_after_a_restart() {
    let said = "It isn't saved: it was read in /srv/app on this machine, and the session is in /srv/other on this machine now";
    let hint =
        "Save it again to write it in /srv/other on this machine, where nothing is replaced unseen";
    let mut window =
        restored(FileDraft { place: Some(("local".into(), Some("/srv/app".into()))), ..draft() });
    moved(&mut window, "local", "/srv/other");
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_label(said);
    let (_, draft) = kept(&mut window).pop().unwrap();

    let mut window = files();
    moved(&mut window, "local", "/srv/other");
    window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), *draft.unwrap())])));
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved").click();
    window.harness.run();
    assert!(window.harness.query_by_label_contains("no longer there").is_none());
    window.harness.get_by_label(said);
    window.harness.get_by_label(hint);
    // It moves once more before it is saved.
    moved(&mut window, "local", "/srv/third");
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_label(&said.replace("other", "third"));
    let (ticket, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xone\n", Expected::Absent));
    done(&mut window, ticket, "w1");
    assert!(window.harness.query_by_label_contains("it was read in").is_none());
}

#[test]
fn of_two_texts_that_were_kept_of_a_file_none_is_lost_and_none_comes_for_ever() {
    for (text, differs) in [("xone\n", false), ("other\n", true)] {
        let mut window = restored(draft());
        window.asked();
        let other = FileDraft { text: text.into(), ..draft() };
        window.tell(News::File(FilesNews::Drafts(vec![("2.json".into(), other)])));
        let mut asked = of_files(window.asked());
        asked.retain(|ask| matches!(ask, FilesAsk::Keep { .. } | FilesAsk::PutAside { .. }));
        match (asked.as_slice(), differs) {
            ([FilesAsk::Keep { name, draft: None }], false) => assert_eq!(name, "2.json"),
            ([FilesAsk::PutAside { kept: Some(name), text: aside, .. }], true) => {
                assert_eq!((name.as_str(), aside.as_str()), ("2.json", text));
            }
            _ => panic!("{asked:?}"),
        }
        let id = window.app().shown_file().unwrap();
        assert_eq!(super::files_testing::text(&mut window, id), "xone\n");
        let (path, answer) = (FilePath::from("a.rs"), Ok("/data/unsaved/a.rs".into()));
        let session = SessionId::new("s");
        window.tell(News::File(FilesNews::PutAside { session, path, answer }));
        window.harness.get_by_label_contains("an earlier window has kept another text of a.rs");
        window.harness.get_by_label("It is in /data/unsaved/a.rs");
    }
}

#[test]
fn what_is_kept_while_drafts_are_read_is_not_put_aside() {
    let (mut window, _) = editing("one\n");
    write(&mut window, "x");
    let (name, early) = kept(&mut window).pop().unwrap();
    write(&mut window, "y");
    window.asked();
    window.tell(News::File(FilesNews::Drafts(vec![(name.clone(), *early.unwrap())])));
    let gone = |ask: &FilesAsk| {
        matches!(ask, FilesAsk::PutAside { .. })
            || matches!(ask, FilesAsk::Keep { name: of, draft: None } if *of == name)
    };
    let asked = of_files(window.asked());
    assert!(!asked.iter().any(gone), "{asked:?}");
}

#[test]
fn a_file_that_was_only_read_is_the_one_where_its_session_is_then() {
    let (mut window, id) = editing("one\n");
    moved(&mut window, "local", "/srv/other");
    assert!(of_files(window.asked()).iter().any(|ask| matches!(ask, FilesAsk::Open { .. })));
    opened(&mut window, id, entry("/srv/a.rs", "w1"), "two\n");
    window.harness.run();
    write(&mut window, "x");
    let (_, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xtwo\n", Expected::Version("w1".into())));
}

#[test]
fn theirs_are_of_the_place_that_they_were_read_in() {
    for way in ["Take theirs", "Compare"] {
        let (mut window, id) = editing("one\n");
        // A person has agreed that the first one lies outside.
        window.app().open_of(id).unwrap().outside = true;
        write(&mut window, "x");
        stands(&mut window, id, Ok(entry("/srv/app/a.rs", "v2")));
        moved(&mut window, "local", "/srv/other");
        window.asked();
        window.harness.get_by_role_and_label(Role::Button, way).click();
        window.harness.run();
        let theirs = FileEntry { outside: true, ..entry("/srv/other/a.rs", "w1") };
        if way == "Compare" {
            let (_, news) = compared(&mut window, id, theirs, "other\n").unwrap();
            window.tell(news);
            window.harness.get_by_role_and_label(Role::Button, "Take theirs").click();
            window.harness.run();
        } else {
            opened(&mut window, id, theirs, "other\n");
        }
        window.app().open_of(id).unwrap().editor().unwrap().area.focus();
        window.harness.run();
        write(&mut window, "y");
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        assert!(window.harness.query_by_label_contains("and the session is in").is_none());
        window.harness.get_by_label("Change what lies outside?");
        window.harness.get_by_role_and_label(Role::Button, "Change it").click();
        window.harness.run();
        assert_eq!(written(&mut window).2, Expected::Version("w1".into()), "{way}");
    }
}

#[test]
fn what_was_read_of_the_place_before_is_not_shown_for_the_one_after() {
    let (mut window, id) = clicked("a.rs");
    // Nobody looks while it moves.
    window.app().files.shown.clear();
    moved(&mut window, "local", "/srv/other");
    opened(&mut window, id, entry("/srv/app/a.rs", "v1"), "one\n");
    window.app().show_file(id);
    window.harness.run();
    let asked = of_files(window.asked());
    assert!(asked.iter().any(|ask| matches!(ask, FilesAsk::Open { .. })), "{asked:?}");
    opened(&mut window, id, entry("/srv/other/a.rs", "w1"), "two\n");
    assert_eq!(text(&mut window, id), "two\n");
}

#[test]
fn a_save_that_the_host_refuses_since_it_lies_outside_is_asked_about() {
    // A file that was read by an earlier version, and one that was gone.
    for base in [Some("one\n"), None] {
        let base = base.map(str::to_owned);
        let mut window = restored(FileDraft { path: "link/a.rs".into(), base, ..draft() });
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        let writes = |window: &mut Window| {
            let written =
                commands(window).into_iter().filter_map(|(ticket, command)| match command {
                    FileCommand::Write { outside, .. } => Some((ticket, outside)),
                    _ => None,
                });
            written.collect::<Vec<_>>()
        };
        let first = writes(&mut window);
        let [(ticket, false)] = first.as_slice() else { panic!("{first:?}") };
        let message = "link/a.rs lies outside of the directory in which work is done";
        let refused = Failure::new(Code::PermissionDenied, message);
        window.tell(News::Done { ticket: *ticket, answer: Err(refused) });
        assert_eq!(writes(&mut window), []);
        window.harness.get_by_label("Change what lies outside?");
        assert!(window.harness.query_by_label_contains(message).is_none());
        window.harness.get_by_role_and_label(Role::Button, "Change it").click();
        window.harness.run();
        assert!(matches!(writes(&mut window).as_slice(), [(_, true)]));
    }
}

#[test]
fn a_file_that_turns_out_to_lie_outside_is_closed_with_a_persons_word_and_with_no_later_save() {
    for agrees in [true, false] {
        let mut window = restored(FileDraft { path: "link/a.rs".into(), ..draft() });
        let id = window.app().shown_file().unwrap();
        window.asked();
        let click = |window: &mut Window, name: &str| {
            window.harness.get_by_role_and_label(Role::Button, name).click();
            window.harness.run();
        };
        window.press(Modifiers::COMMAND, Key::W);
        click(&mut window, "Save and close");
        let (ticket, ..) = written(&mut window);
        let message = "link/a.rs lies outside of the directory in which work is done";
        let refused = Failure::new(Code::PermissionDenied, message);
        window.tell(News::Done { ticket, answer: Err(refused) });
        click(&mut window, if agrees { "Change it" } else { "Leave it alone" });
        if !agrees {
            window.press(Modifiers::COMMAND, Key::S);
            click(&mut window, "Change it");
        }
        let (ticket, ..) = written(&mut window);
        done(&mut window, ticket, "v2");
        assert_eq!(window.app().open_of(id).is_none(), agrees);
    }
}
