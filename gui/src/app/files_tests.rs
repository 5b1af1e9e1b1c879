#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Expected, FileCommand, FileEntry, FileKind, FilePath, FileReply, Listing, Reply,
    SessionId,
};

use super::testing::{Window, window};
use crate::bridge::{
    Ask, Comparison, Contents, FileDraft, FilesAsk, FilesNews, News, OpenId, Opened,
};
use crate::memory::{Memory, RightPage};
use crate::samples::{self, session};
use crate::view::editor::{Document, Merge};
use crate::view::files::Folder;

fn entry(name: &str, version: &str) -> FileEntry {
    FileEntry { version: version.to_owned(), ..samples::entry(name) }
}

fn files() -> Window {
    let memory = Memory { right_page: RightPage::Files, ..Memory::default() };
    let mut window = window(memory, vec![session("s", "api", "local", 0)]);
    window.harness.run();
    window
}

fn of_files(asks: Vec<Ask>) -> Vec<FilesAsk> {
    let of = |ask| match ask {
        Ask::File(FilesAsk::Look(_) | FilesAsk::Colour { .. }) => None,
        Ask::File(ask) => Some(ask),
        _ => None,
    };
    asks.into_iter().filter_map(of).collect()
}

fn list(window: &mut Window, entries: Vec<FileEntry>) {
    let listing =
        Listing { entries, version: "1".into(), directory: "/srv".into(), ..Listing::default() };
    let (session, path) = (SessionId::new("s"), FilePath::default());
    let answer = Ok(Some(Arc::new(Folder::of(listing))));
    window.tell(News::File(FilesNews::Listed { session, path, answer }));
}

fn opened(text: &str, version: &str) -> Result<Box<Opened>, Failure> {
    let contents = Contents::Text(Box::new(Document::new(text)), text.into());
    Ok(Box::new(Opened { file: entry("/srv/a.rs", version), contents }))
}

/// A window in which a file of that text is open.
fn editing(text: &str) -> (Window, OpenId) {
    let mut window = files();
    window.asked();
    list(&mut window, vec![entry("a.rs", "")]);
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click();
    window.harness.run();
    let asked = of_files(window.asked());
    let [FilesAsk::Open { id, path, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*path, FilePath::from("a.rs"));
    let id = *id;
    window.tell(News::File(FilesNews::Opened { id, answer: opened(text, "v1") }));
    window.asked();
    (window, id)
}

fn write(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.harness.run();
}

/// What is being written: its ticket, bytes and what is expected there.
fn written(window: &mut Window) -> (u64, String, Expected) {
    let found = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::File(FileCommand::Write { bytes, expected, .. }) => {
                Some((ticket, String::from_utf8(bytes).unwrap(), expected))
            }
            _ => None,
        },
        _ => None,
    });
    found.expect("something is written")
}

fn done(window: &mut Window, ticket: u64, version: &str) {
    let reply = Reply::File(FileReply::File(entry("/srv/a.rs", version)));
    window.tell(News::Done { ticket, answer: Ok(Box::new(reply)) });
}

fn failed(window: &mut Window, ticket: u64, code: Code) {
    let failure = Failure::new(code, "it can't be");
    window.tell(News::Done { ticket, answer: Err(failure) });
}

fn text(window: &mut Window, id: OpenId) -> String {
    window.app().open_of(id).unwrap().reader().unwrap().document.text()
}

fn save(window: &mut Window) -> (u64, String, Expected) {
    window.press(Modifiers::COMMAND, Key::S);
    written(window)
}

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

fn conflicted() -> (Window, OpenId) {
    let (mut window, id) = editing("1\n2\n3\n");
    write(&mut window, "mine ");
    let (ticket, ..) = save(&mut window);
    failed(&mut window, ticket, Code::Conflict);
    let asked = of_files(window.asked());
    let [FilesAsk::Compare { base, mine, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let theirs = "theirs 1\n2\nthree\n";
    let merge = Merge::new(base.as_deref(), mine, theirs);
    let comparison = Comparison { merge, file: entry("/srv/a.rs", "v9"), theirs: theirs.into() };
    window.tell(News::File(FilesNews::Compared { id, answer: Ok(Box::new(comparison)) }));
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
}

fn stands(window: &mut Window, id: OpenId, answer: Result<FileEntry, Failure>) {
    window.tell(News::File(FilesNews::Stands { id, answer }));
}

#[test]
fn a_file_that_changes_is_read_again_quietly_and_never_over_what_is_written() {
    let (mut window, id) = editing("one\n");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
    assert!(matches!(of_files(window.asked()).as_slice(), [FilesAsk::Open { .. }]));
    window.tell(News::File(FilesNews::Opened { id, answer: opened("two\n", "v2") }));
    assert_eq!(text(&mut window, id), "two\n");
    window.harness.get_by_role_and_label(Role::Tab, "a.rs");
    write(&mut window, "x");
    stands(&mut window, id, Ok(entry("/srv/a.rs", "v3")));
    let reads = of_files(window.asked());
    assert!(!reads.iter().any(|ask| matches!(ask, FilesAsk::Open { .. })), "{reads:?}");
    window.harness.get_by_label("This file was changed on this machine");
    // One that was on its way when somebody began to type.
    window.tell(News::File(FilesNews::Opened { id, answer: opened("three\n", "v3") }));
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
}

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
    window.tell(News::File(FilesNews::PutAside { path, answer }));
    window.harness.get_by_label("What wasn't saved of it is in /data/unsaved/a.rs");
}

#[test]
fn a_draft_whose_session_is_gone_is_put_aside() {
    let mut window = files();
    let draft = FileDraft {
        session: SessionId::new("gone"),
        path: FilePath::from("b.rs"),
        version: "v1".into(),
        base: Some("old\n".into()),
        text: "new\n".into(),
        place: None,
        outside: false,
    };
    window.tell(News::File(FilesNews::Drafts(vec![("7.json".into(), draft)])));
    let aside = of_files(window.asked()).into_iter().find_map(|ask| match ask {
        FilesAsk::PutAside { kept, path, text } => Some((kept, path, text)),
        _ => None,
    });
    let expected = (Some("7.json".into()), FilePath::from("b.rs"), "new\n".to_owned());
    assert_eq!(aside, Some(expected));
}

#[test]
fn a_draft_of_something_new_is_saved_as_new() {
    let mut window = files();
    let draft = FileDraft {
        session: SessionId::new("s"),
        path: "b.txt".into(),
        version: String::new(),
        base: None,
        text: "b".into(),
        place: None,
        outside: false,
    };
    window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), draft)])));
    window.harness.get_by_role_and_label(Role::Tab, "b.txt, not saved").click();
    window.harness.run();
    assert_eq!(save(&mut window).2, Expected::Absent);
}

#[test]
fn what_leads_outside_is_written_only_when_a_person_agrees() {
    let mut window = files();
    window.asked();
    list(&mut window, vec![entry("a.rs", "")]);
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click();
    window.harness.run();
    let asked = of_files(window.asked());
    let [FilesAsk::Open { id, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let file = FileEntry { outside: true, ..entry("/etc/a.rs", "v1") };
    let contents = Contents::Text(Box::new(Document::new("a")), "a".into());
    let answer = Ok(Box::new(Opened { file, contents }));
    window.tell(News::File(FilesNews::Opened { id: *id, answer }));
    write(&mut window, "x");
    window.asked();
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_label("Change what lies outside?");
    assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
    window.harness.get_by_role_and_label(Role::Button, "Change it").click();
    window.harness.run();
    let outside = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::File(FileCommand::Write { outside, .. }) => Some(outside),
            _ => None,
        },
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
    let deleted = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::File(FileCommand::Delete { paths, recursive, .. }) => Some((paths, recursive)),
            _ => None,
        },
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
fn letters_that_are_typed_while_texts_are_compared_are_in_what_comes_of_it() {
    let (mut window, id) = editing("1\n2\n3\n");
    write(&mut window, "mine ");
    let (ticket, ..) = save(&mut window);
    failed(&mut window, ticket, Code::Conflict);
    let compare = |window: &mut Window| {
        let asked = of_files(window.asked()).into_iter().find_map(|ask| match ask {
            FilesAsk::Compare { base, mine, .. } => Some((base, mine)),
            _ => None,
        });
        let (base, mine) = asked?;
        let theirs = "1\n2\nthree\n";
        let merge = Merge::new(base.as_deref(), &mine, theirs);
        let file = entry("/srv/a.rs", "v9");
        let comparison = Comparison { merge, file, theirs: theirs.into() };
        Some((mine, News::File(FilesNews::Compared { id, answer: Ok(Box::new(comparison)) })))
    };
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
    let mut window = files();
    window.asked();
    list(&mut window, vec![entry("a.rs", "")]);
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click();
    window.harness.run();
    let asked = of_files(window.asked());
    let [FilesAsk::Open { id, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let id = *id;
    let file = FileEntry { outside: true, ..entry("/etc/a.rs", "v1") };
    let contents = Contents::Text(Box::new(Document::new("a")), "a".into());
    window.tell(News::File(FilesNews::Opened {
        id,
        answer: Ok(Box::new(Opened { file, contents })),
    }));
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
fn a_save_with_the_windows_last_breath_is_nobody_elses_change() {
    for (theirs, tab) in [("xone\n", "a.rs"), ("other\n", "a.rs, not saved")] {
        let mut window = files();
        let draft = FileDraft {
            session: SessionId::new("s"),
            path: FilePath::from("a.rs"),
            version: "v1".into(),
            base: Some("one\n".into()),
            text: "xone\n".into(),
            place: None,
            outside: false,
        };
        window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), draft)])));
        window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved").click();
        window.harness.run();
        let id = window.app().shown_file().unwrap();
        window.asked();
        stands(&mut window, id, Ok(entry("/srv/a.rs", "v2")));
        let asked = of_files(window.asked());
        let Some((base, mine)) = asked.iter().find_map(|ask| match ask {
            FilesAsk::Compare { base, mine, .. } => Some((base, mine)),
            _ => None,
        }) else {
            panic!("{asked:?}")
        };
        let merge = Merge::new(base.as_deref(), mine, theirs);
        let comparison =
            Comparison { merge, file: entry("/srv/a.rs", "v2"), theirs: theirs.into() };
        window.tell(News::File(FilesNews::Compared { id, answer: Ok(Box::new(comparison)) }));
        window.harness.get_by_role_and_label(Role::Tab, tab);
        let changed = window.harness.query_by_label("This file was changed on this machine");
        assert_eq!(changed.is_some(), theirs != "xone\n");
    }
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

#[test]
fn a_file_that_was_only_read_is_the_one_where_its_session_is_then() {
    let (mut window, id) = editing("one\n");
    moved(&mut window, "local", "/srv/other");
    assert!(of_files(window.asked()).iter().any(|ask| matches!(ask, FilesAsk::Open { .. })));
    window.tell(News::File(FilesNews::Opened { id, answer: opened("two\n", "w1") }));
    window.harness.run();
    write(&mut window, "x");
    let (_, bytes, expected) = save(&mut window);
    assert_eq!((bytes.as_str(), expected), ("xtwo\n", Expected::Version("w1".into())));
}

#[test]
fn a_draft_remembers_where_its_session_was_and_that_it_lies_outside() {
    for (place, refused) in [("/srv/app", false), ("/srv/before", true)] {
        let mut window = files();
        let draft = FileDraft {
            session: SessionId::new("s"),
            path: FilePath::from("a.rs"),
            version: "v1".into(),
            base: Some("one\n".into()),
            text: "xone\n".into(),
            place: Some(("local".into(), Some(place.into()))),
            outside: true,
        };
        window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), draft)])));
        window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved").click();
        window.harness.run();
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Do { .. })));
        let said = window.harness.query_by_label_contains("and the session is in");
        assert_eq!(said.is_some(), refused);
        let asks = window.harness.query_by_label("Change what lies outside?");
        assert_eq!(asks.is_some(), !refused);
    }
}

#[test]
fn a_save_that_the_host_refuses_since_it_lies_outside_is_asked_about() {
    // A file that was read by an earlier version, and one that was gone.
    for base in [Some("one\n"), None] {
        let mut window = files();
        let draft = FileDraft {
            session: SessionId::new("s"),
            path: FilePath::from("link/a.rs"),
            version: "v1".into(),
            base: base.map(str::to_owned),
            text: "xone\n".into(),
            place: None,
            outside: false,
        };
        window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), draft)])));
        window.harness.get_by_role_and_label(Role::Tab, "a.rs, not saved").click();
        window.harness.run();
        window.asked();
        window.press(Modifiers::COMMAND, Key::S);
        let writes = |window: &mut Window| {
            let asked = window.asked().into_iter();
            let written = asked.filter_map(|ask| match ask {
                Ask::Do { ticket, command } => match *command {
                    Command::File(FileCommand::Write { outside, .. }) => Some((ticket, outside)),
                    _ => None,
                },
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
fn a_file_that_is_written_on_takes_no_keys() {
    let mut window = files();
    window.asked();
    list(&mut window, vec![entry("a.log", "")]);
    window.harness.get_by_role_and_label(Role::TreeItem, "a.log").click();
    window.harness.run();
    let asked = of_files(window.asked());
    let [FilesAsk::Open { id, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let id = *id;
    let told = |window: &mut Window, text: &str, version: &str| {
        let file = FileEntry { writable: Some(false), ..entry("/srv/a.log", version) };
        let contents = Contents::Text(Box::new(Document::new(text)), text.into());
        let answer = Ok(Box::new(Opened { file, contents }));
        window.tell(News::File(FilesNews::Opened { id, answer }));
    };
    told(&mut window, "one\n", "v1");
    window.app().right.files.focus();
    window.harness.run();
    let before = window.harness.ctx.memory(egui::Memory::focused);
    told(&mut window, "one\ntwo\n", "v2");
    assert_eq!(window.harness.ctx.memory(egui::Memory::focused), before);
    assert_eq!(text(&mut window, id), "one\ntwo\n");
}
