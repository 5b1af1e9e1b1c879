#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    ConnectionState, Expected, FileCommand, FileEntry, FileKind, FilePath, HostConnection, Listing,
    SessionId,
};

use super::files_testing::*;
use super::testing::{Window, window};
use crate::bridge::{Ask, FilesAsk, FilesNews, News};
use crate::memory::{Memory, RightPage};
use crate::samples::session;
use crate::view::files::Folder;

#[test]
fn the_directory_is_listed_when_it_is_looked_at_and_watched_then() {
    let mut window = files();
    let asked = window.asked();
    // It was asked for in the window's first frames, which the bench has thrown away.
    assert!(of_files(asked).is_empty());
    list(&mut window, vec![entry("a.rs", "")]);
    let look = window.asked().into_iter().find_map(|ask| match ask {
        Ask::File(FilesAsk::Look(look)) => look,
        _ => None,
    });
    let look = look.unwrap();
    assert_eq!(look.directories.get(&FilePath::default()), Some(&Some("1".to_owned())));
    window.obey(crate::commands::WindowCommand::ShowHistory);
    assert!(window.asked().iter().any(|ask| matches!(ask, Ask::File(FilesAsk::Look(None)))));
}

#[test]
fn what_is_in_sight_is_looked_at_over_a_cut_until_somebody_has_to_mend_something() {
    let memory = Memory { right_page: RightPage::Files, ..Memory::default() };
    let mut window = window(memory, vec![session("s", "api", "box", 0)]);
    let looks = |window: &mut Window, state: ConnectionState| {
        let host = "box".into();
        let connection = HostConnection { host, state, round_trip_us: None, turns: 0 };
        window.tell(News::Connections(vec![connection]));
        let told = window.asked().into_iter().filter_map(|ask| match ask {
            Ask::File(FilesAsk::Look(look)) => Some(look.is_some()),
            _ => None,
        });
        told.last()
    };
    let why = Failure::new(Code::ConnectionLost, "lost the connection to box");
    let lost =
        || ConnectionState::Reconnecting { failed: 1, at: Timestamp::now(), why: why.clone() };
    assert_eq!(looks(&mut window, lost()), None, "nobody has seen anything of it");
    looks(&mut window, ConnectionState::Connected);
    list(&mut window, vec![entry("a.rs", "")]);
    assert_eq!(looks(&mut window, ConnectionState::Connected), Some(true));
    assert_eq!(looks(&mut window, lost()), None, "it goes on");
    assert_eq!(looks(&mut window, ConnectionState::Closed), None);
    assert_eq!(looks(&mut window, ConnectionState::Blocked { why: why.clone() }), Some(false));
    assert_eq!(looks(&mut window, ConnectionState::Connected), Some(true));
}

#[test]
fn a_long_directory_shows_its_names_before_the_rest_is_known_and_looks_from_then_on() {
    let mut window = files();
    window.asked();
    let folder =
        |name: &str, size| FileEntry { kind: FileKind::Directory, size, ..entry(name, "") };
    list(&mut window, vec![folder("long", 40_000), folder("short", 4_096)]);
    let asked = |window: &mut Window, name: &str| {
        window.harness.get_by_role_and_label(Role::TreeItem, name).click();
        window.harness.run();
        let asked = of_files(window.asked());
        let [FilesAsk::List { long, seen: None, .. }] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        *long
    };
    assert!(!asked(&mut window, "short"));
    assert!(asked(&mut window, "long"));
    let mut told = |version: &str, size| {
        let file = FileEntry { size, ..entry("in it", "") };
        let (entries, version) = (vec![file], version.to_owned());
        let listing = Listing { entries, version, ..Listing::default() };
        let (session, path) = (SessionId::new("s"), FilePath::from("long"));
        let answer = Ok(Some(Arc::new(Folder::of(listing))));
        window.tell(News::File(FilesNews::Listed { session, path, answer }));
        window.harness.get_by_role_and_label(Role::TreeItem, "in it");
        let looks = window.asked().into_iter().filter_map(|ask| match ask {
            Ask::File(FilesAsk::Look(look)) => look?.directories.remove(&FilePath::from("long")),
            _ => None,
        });
        looks.last()
    };
    told("", 0);
    assert_eq!(told("2", 5), Some(Some("2".to_owned())));
}

#[test]
fn a_file_is_edited_and_saved_over_what_was_read() {
    let (mut window, id) = editing("one\n");
    write(&mut window, "x");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved");
    let (ticket, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xone\n", Expected::Version("v1".into())));
    // What is typed meanwhile isn't saved with it.
    write(&mut window, "y");
    done(&mut window, ticket, "v2");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved");
    let (ticket, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xyone\n", Expected::Version("v2".into())));
    done(&mut window, ticket, "v3");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs");
    assert_eq!(text(&mut window, id), "xyone\n");
}

#[test]
fn a_save_that_fails_says_why_and_loses_nothing() {
    let (mut window, id) = editing("one\n");
    write(&mut window, "x");
    let (ticket, ..) = save(&mut window);
    failed(&mut window, ticket, Code::ConnectionLost);
    window.harness.get_by_label("It isn't saved: it can't be");
    assert_eq!(text(&mut window, id), "xone\n");
    window.harness.get_by_role_and_label(Role::Button, "Try again").click();
    window.harness.run();
    let (ticket, bytes, _) = written(&mut window);
    assert_eq!(bytes, "xone\n");
    done(&mut window, ticket, "v2");
    assert!(window.harness.query_by_label("It isn't saved: it can't be").is_none());
}

#[test]
fn a_file_that_changes_is_read_again_quietly_and_never_over_what_is_written() {
    let (mut window, id) = editing("one\n");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
    assert!(matches!(of_files(window.asked()).as_slice(), [FilesAsk::Open { .. }]));
    opened(&mut window, id, entry("/srv/a.rs", "v2"), "two\n");
    assert_eq!(text(&mut window, id), "two\n");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs");
    write(&mut window, "x");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v3")));
    let reads = of_files(window.asked());
    assert!(!reads.iter().any(|ask| matches!(ask, FilesAsk::Open { .. })), "{reads:?}");
    window.harness.get_by_label("This file was changed on this machine");
    // One that was on its way when somebody began to type.
    opened(&mut window, id, entry("/srv/a.rs", "v3"), "three\n");
    assert_eq!(text(&mut window, id), "xtwo\n");
    let (_, _, expected) = save(&mut window);
    assert_eq!(expected, Expected::Version("v2".into()));
}

#[test]
fn a_file_that_is_gone_can_be_saved_as_new() {
    let (mut window, id) = editing("one\n");
    stands(&mut window, id, Err(Failure::new(Code::NotFound, "gone")));
    window.harness.get_by_role_and_label(Role::Button, "Save as new").click();
    window.harness.run();
    let (ticket, bytes, expected) = written(&mut window);
    assert_eq!((bytes.as_str(), expected), ("one\n", Expected::Absent));
    done(&mut window, ticket, "v2");
    assert!(window.harness.query_by_label("Save as new").is_none());

    // It was there when it was looked for, and gone when it was read.
    let (mut window, id) = editing("one\n");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
    let answer = Err(Failure::new(Code::NotFound, "gone"));
    window.tell(News::File(FilesNews::Opened { id, answer }));
    assert_eq!(text(&mut window, id), "one\n");
    window.harness.get_by_role_and_label(Role::Button, "Save as new");
}

#[test]
fn what_isn_t_saved_is_asked_about_before_it_is_closed() {
    let (mut window, id) = editing("one\n");
    write(&mut window, "x");
    window.press(Modifiers::COMMAND, Key::W);
    window.harness.get_by_label("Save a.rs before it is closed?");
    window.harness.get_by_role_and_label(Role::Button, "Go on editing").click();
    window.harness.run();
    assert_eq!(text(&mut window, id), "xone\n");
    window.press(Modifiers::COMMAND, Key::W);
    window.harness.get_by_role_and_label(Role::Button, "Save and close").click();
    window.harness.run();
    let (ticket, ..) = written(&mut window);
    assert!(window.app().open_of(id).is_some());
    done(&mut window, ticket, "v2");
    assert!(window.app().open_of(id).is_none());
}

#[test]
fn a_close_that_can_t_save_keeps_the_file_open() {
    let (mut window, id) = editing("one\n");
    write(&mut window, "x");
    window.press(Modifiers::COMMAND, Key::W);
    window.harness.get_by_role_and_label(Role::Button, "Save and close").click();
    window.harness.run();
    let (ticket, ..) = written(&mut window);
    failed(&mut window, ticket, Code::PermissionDenied);
    window.harness.get_by_label("It isn't saved: it can't be");
    assert_eq!(text(&mut window, id), "xone\n");
    // A later save was to close nothing.
    let (ticket, ..) = save(&mut window);
    done(&mut window, ticket, "v2");
    assert!(window.app().open_of(id).is_some());
}

#[test]
fn what_leads_outside_is_written_only_when_a_person_agrees() {
    let (mut window, id) = clicked("a.rs");
    let file = FileEntry { outside: true, ..entry("/etc/a.rs", "v1") };
    opened(&mut window, id, file, "a");
    write(&mut window, "x");
    window.asked();
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_label("Change what lies outside?");
    assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
    window.harness.get_by_role_and_label(Role::Button, "Change it").click();
    window.harness.run();
    let outside = commands(&mut window).into_iter().find_map(|(_, command)| match command {
        FileCommand::Write { outside, .. } => Some(outside),
        _ => None,
    });
    assert_eq!(outside, Some(true));
}

#[test]
fn deleting_asks_and_names_what_goes() {
    let mut window = files();
    list(&mut window, vec![entry("a.rs", "")]);
    window.app().right.files.focus();
    window.harness.run();
    window.press(Modifiers::NONE, Key::Delete);
    window.harness.get_by_label("Delete a.rs?");
    window.asked();
    window.harness.get_by_role_and_label(Role::Button, "Delete").click();
    window.harness.run();
    let deleted = commands(&mut window).into_iter().find_map(|(_, command)| match command {
        FileCommand::Delete { paths, recursive, .. } => Some((paths, recursive)),
        _ => None,
    });
    assert_eq!(deleted, Some((vec!["a.rs".into()], false)));
}

#[test]
fn a_file_is_gone_to_by_a_few_letters() {
    use crate::bridge::Finder;
    use orchestrator::seam::{FoundFile, FoundFiles};
    let mut window = files();
    window.asked();
    window.press(Modifiers::COMMAND, Key::P);
    window.harness.event(Event::Text("ma".into()));
    window.harness.run();
    let asked = of_files(window.asked());
    let typed: Vec<&str> = asked
        .iter()
        .filter_map(|ask| match ask {
            FilesAsk::Find { typed, .. } => Some(typed.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(typed, ["", "ma"]);
    let found = |path: &str| FoundFiles {
        files: vec![FoundFile { path: path.into(), letters: vec![4, 5] }],
        looked_at: 12,
        whole: true,
        ..FoundFiles::default()
    };
    let news = |typed: &str, path: &str| {
        let (finder, session, typed) = (Finder::Quick, SessionId::new("s"), typed.to_owned());
        News::File(FilesNews::Found { finder, session, typed, answer: Ok(found(path)) })
    };
    // An answer to what was typed before comes late.
    window.tell(news("", "other.rs"));
    assert!(window.harness.query_by_label("other.rs").is_none());
    window.tell(news("ma", "src/main.rs"));
    window.press(Modifiers::NONE, Key::Enter);
    let asked = of_files(window.asked());
    assert!(
        matches!(asked.as_slice(), [FilesAsk::Open { path, .. }] if *path == "src/main.rs".into()),
        "{asked:?}"
    );
    window.harness.get_by_role_and_label(Role::Tab, "main.rs");
}

#[test]
fn tabs_of_files_are_turned_to_like_those_of_conversations() {
    let (mut window, _) = editing("one\n");
    let is_file = |window: &mut Window| window.app().shown_file().is_some();
    assert!(is_file(&mut window));
    window.press(Modifiers::CTRL, Key::Tab);
    assert!(!is_file(&mut window));
    window.press(Modifiers::CTRL, Key::Tab);
    assert!(is_file(&mut window));
    window.press(Modifiers::COMMAND, Key::L);
    assert!(!is_file(&mut window));
}

#[test]
fn what_lies_behind_a_difference_is_neither_closed_nor_saved() {
    let (mut window, id) = editing("one\n");
    write(&mut window, "x");
    window.obey(crate::commands::WindowCommand::ShowChanges);
    window.asked();
    window.press(Modifiers::COMMAND, Key::S);
    assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.app().is_diff_shown());
    assert_eq!(text(&mut window, id), "xone\n");
    assert!(window.harness.query_by_label("Save a.rs before it is closed?").is_none());
}

#[test]
fn a_file_is_not_closed_by_a_later_save_when_the_one_that_was_to_close_it_was_not_made() {
    let (mut window, id) = clicked("a.rs");
    let file = FileEntry { outside: true, ..entry("/etc/a.rs", "v1") };
    opened(&mut window, id, file, "a");
    write(&mut window, "x");
    let click = |window: &mut Window, name: &str| {
        window.harness.get_by_role_and_label(Role::Button, name).click();
        window.harness.run();
    };
    window.press(Modifiers::COMMAND, Key::W);
    click(&mut window, "Save and close");
    click(&mut window, "Leave it alone");
    window.press(Modifiers::COMMAND, Key::S);
    click(&mut window, "Change it");
    let (ticket, ..) = written(&mut window);
    done(&mut window, ticket, "v2");
    assert!(window.app().open_of(id).is_some(), "this save was to close nothing");
    window.app().open_of(id).unwrap().editor().unwrap().area.focus();
    window.harness.run();
    write(&mut window, "y");
    window.press(Modifiers::COMMAND, Key::W);
    click(&mut window, "Save and close");
    let (ticket, ..) = written(&mut window);
    done(&mut window, ticket, "v3");
    assert!(window.app().open_of(id).is_none());
}

#[test]
fn a_file_that_was_found_in_one_session_is_never_gone_to_in_another() {
    use crate::bridge::Finder;
    use orchestrator::seam::{FoundFile, FoundFiles};
    let memory = Memory { right_page: RightPage::Files, ..Memory::default() };
    let sessions = vec![session("s", "api", "local", 0), session("t", "web", "local", 1)];
    let mut window = window(memory, sessions);
    window.app().show(&SessionId::new("s"), None);
    window.harness.run();
    window.press(Modifiers::COMMAND, Key::P);
    let found = |window: &mut Window, of: &str, path: &str| {
        let files = vec![FoundFile { path: path.into(), letters: Vec::new() }];
        let answer = Ok(FoundFiles { files, whole: true, ..FoundFiles::default() });
        let (finder, session, typed) = (Finder::Quick, SessionId::new(of), String::new());
        window.tell(News::File(FilesNews::Found { finder, session, typed, answer }));
        window.harness.run();
    };
    found(&mut window, "s", "src/main.rs");
    window.harness.get_by_label("src/main.rs");
    // As when a message of the desktop is clicked.
    window.app().show(&SessionId::new("t"), None);
    window.asked();
    window.press(Modifiers::NONE, Key::Enter);
    let asked = of_files(window.asked());
    let session = match asked.as_slice() {
        [FilesAsk::Find { session, typed, .. }] if typed.is_empty() => session.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(session, SessionId::new("t"));
    found(&mut window, "t", "index.html");
    window.harness.get_by_label("index.html");
}

#[test]
fn a_file_that_is_made_late_hides_nothing_of_another_session() {
    use crate::commands::WindowCommand;
    let memory = Memory { right_page: RightPage::Files, ..Memory::default() };
    let sessions = vec![session("s", "api", "local", 0), session("t", "web", "local", 1)];
    let mut window = window(memory, sessions);
    window.app().show(&SessionId::new("t"), None);
    window.obey(WindowCommand::ShowChanges);
    window.app().open_file(&SessionId::new("s"), &"a.rs".into(), true);
    window.harness.run();
    assert!(window.app().is_diff_shown());
    assert!(window.app().shown_file().is_none());
    window.app().show(&SessionId::new("s"), None);
    window.harness.run();
    assert!(window.app().shown_file().is_some());
}

#[test]
fn why_git_could_not_be_asked_is_said_where_a_file_was_to_be_staged() {
    use super::files_git::GitWish;
    use crate::bridge::RepositoryNews;
    let mut window = files();
    let of = SessionId::new("s");
    window.app().git_wish(&of, GitWish::Stage(vec!["a.rs".into()]));
    let answer = Err(Failure::new(Code::NotFound, "git isn't on this machine"));
    let news = Box::new(RepositoryNews::Status(answer));
    window.tell(News::Repository { session: of, news });
    window.harness.get_by_label_contains("git isn't on this machine");
}

#[test]
fn a_file_that_is_written_on_takes_no_keys() {
    let (mut window, id) = clicked("a.log");
    let told = |window: &mut Window, text: &str, version: &str| {
        let file = FileEntry { writable: Some(false), ..entry("/srv/a.log", version) };
        opened(window, id, file, text);
    };
    told(&mut window, "one\n", "v1");
    window.app().right.files.focus();
    window.harness.run();
    let before = window.harness.ctx.memory(egui::Memory::focused);
    told(&mut window, "one\ntwo\n", "v2");
    assert_eq!(window.harness.ctx.memory(egui::Memory::focused), before);
    assert_eq!(text(&mut window, id), "one\ntwo\n");
    // Somebody may write it now.
    opened(&mut window, id, entry("/srv/a.log", "v3"), "one\ntwo\nthree\n");
    assert!(window.app().open_of(id).unwrap().editor().is_some());
    assert_eq!(window.harness.ctx.memory(egui::Memory::focused), before);
}
