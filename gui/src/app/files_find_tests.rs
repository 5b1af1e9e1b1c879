#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FoundFile, FoundFiles, SessionId};

use super::files_testing::{files, of_files};
use super::testing::Window;
use crate::bridge::{FilesAsk, FilesNews, Finder, News};

/// Tells what fits.
fn found(window: &mut Window, finder: Finder, typed: &str, paths: &[&str]) {
    let file = |path: &&str| FoundFile { path: (*path).to_owned(), letters: Vec::new() };
    let files = paths.iter().map(file).collect();
    let found = FoundFiles { files, looked_at: 12, whole: true, ..FoundFiles::default() };
    let (session, typed) = (SessionId::new("s"), typed.to_owned());
    window.tell(News::File(FilesNews::Found { finder, session, typed, answer: Ok(found) }));
}

fn quick(window: &mut Window, typed: &str, paths: &[&str]) {
    found(window, Finder::Quick, typed, paths);
}

fn enter(window: &mut Window) {
    window.press(Modifiers::NONE, Key::Enter);
}

fn write(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.harness.run();
}

/// What was opened since the last time.
fn opened(window: &mut Window) -> Vec<String> {
    let open = |ask| match ask {
        FilesAsk::Open { path, .. } => Some(path.to_string()),
        _ => None,
    };
    of_files(window.asked()).into_iter().filter_map(open).collect()
}

/// A window that goes to a file: what fits `m` is there, and `ma` is typed by now.
fn typed() -> Window {
    let mut window = files();
    window.press(Modifiers::COMMAND, Key::P);
    write(&mut window, "m");
    quick(&mut window, "m", &["mod.rs", "memo.txt"]);
    write(&mut window, "a");
    window
}

fn is_open(window: &Window) -> bool {
    window.harness.query_by_label("File").is_some()
}

#[test]
fn enter_opens_what_fits_all_letters_also_where_that_is_not_known_yet() {
    let mut window = typed();
    enter(&mut window);
    assert_eq!(opened(&mut window), Vec::<String>::new());
    assert!(is_open(&window));
    // A late answer to what was typed before.
    quick(&mut window, "m", &["mod.rs"]);
    assert_eq!(opened(&mut window), Vec::<String>::new());
    quick(&mut window, "ma", &["src/main.rs", "make.rs"]);
    assert_eq!(opened(&mut window), ["src/main.rs"]);
    assert!(!is_open(&window));

    // Whoever is quicker than the first answer.
    let mut window = files();
    window.press(Modifiers::COMMAND, Key::P);
    write(&mut window, "ma");
    window.press(Modifiers::COMMAND, Key::Enter);
    quick(&mut window, "ma", &["src/main.rs"]);
    assert_eq!(opened(&mut window), ["src/main.rs"]);
    let id = window.app().shown_file().unwrap();
    assert!(window.app().open_of(id).unwrap().stays, "Ctrl+Enter keeps its tab");
}

#[test]
fn letters_and_enter_that_come_together_are_one_after_the_other() {
    let mut window = typed();
    quick(&mut window, "ma", &["src/main.rs"]);
    let (key, modifiers) = (Key::Enter, Modifiers::NONE);
    let pressed = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    window.harness.input_mut().events.extend([Event::Text("p".into()), pressed]);
    window.harness.run();
    assert_eq!(opened(&mut window), Vec::<String>::new());
    quick(&mut window, "map", &["src/map.rs"]);
    assert_eq!(opened(&mut window), ["src/map.rs"]);
}

#[test]
fn an_enter_that_waits_is_over_when_something_else_is_typed_or_it_is_left_or_nothing_fits() {
    let mut window = typed();
    enter(&mut window);
    write(&mut window, "p");
    quick(&mut window, "map", &["src/map.rs"]);
    assert_eq!(opened(&mut window), Vec::<String>::new());
    enter(&mut window);
    assert_eq!(opened(&mut window), ["src/map.rs"]);

    let mut window = typed();
    enter(&mut window);
    window.press(Modifiers::NONE, Key::Escape);
    quick(&mut window, "ma", &["src/main.rs"]);
    assert_eq!(opened(&mut window), Vec::<String>::new());

    let mut window = typed();
    enter(&mut window);
    quick(&mut window, "ma", &[]);
    assert!(is_open(&window));
    // Files come and go: what fits later wasn't waited for.
    quick(&mut window, "ma", &["src/main.rs"]);
    assert_eq!(opened(&mut window), Vec::<String>::new());

    let mut window = typed();
    enter(&mut window);
    let (finder, session, typed) = (Finder::Quick, SessionId::new("s"), "ma".to_owned());
    let answer = Err(Failure::new(Code::ConnectionLost, "lost the connection"));
    window.tell(News::File(FilesNews::Found { finder, session, typed, answer }));
    assert_eq!(opened(&mut window), Vec::<String>::new());
    assert!(is_open(&window));
}

#[test]
fn a_row_that_was_gone_to_is_opened_at_once() {
    let mut window = typed();
    window.press(Modifiers::NONE, Key::ArrowDown);
    enter(&mut window);
    assert_eq!(opened(&mut window), ["memo.txt"]);
}

fn message(window: &mut Window) -> String {
    window.harness.get_by_role_and_label(Role::MultilineTextInput, "Message").value().unwrap()
}

/// A window in which `@ma` is being typed in a message, and what fits `@m` is offered.
fn mentioning() -> Window {
    let mut window = files();
    window.app().composer.focus();
    window.harness.run();
    write(&mut window, "see @m");
    found(&mut window, Finder::Mention, "m", &["mod.rs", "memo.txt"]);
    window.harness.get_by_label("mod.rs");
    write(&mut window, "a");
    window
}

#[test]
fn a_message_names_what_fits_all_letters_also_where_that_is_not_known_yet() {
    let mut window = mentioning();
    enter(&mut window);
    assert_eq!(message(&mut window), "see @ma");
    found(&mut window, Finder::Mention, "ma", &["src/main.rs", "make.rs"]);
    assert_eq!(message(&mut window), "see @src/main.rs ");

    let mut window = mentioning();
    enter(&mut window);
    write(&mut window, "p");
    found(&mut window, Finder::Mention, "map", &["src/map.rs"]);
    assert_eq!(message(&mut window), "see @map");

    let mut window = mentioning();
    enter(&mut window);
    window.press(Modifiers::NONE, Key::Escape);
    found(&mut window, Finder::Mention, "ma", &["src/main.rs"]);
    assert_eq!(message(&mut window), "see @ma");

    let mut window = mentioning();
    enter(&mut window);
    found(&mut window, Finder::Mention, "ma", &[]);
    found(&mut window, Finder::Mention, "ma", &["src/main.rs"]);
    assert_eq!(message(&mut window), "see @ma");

    let mut window = mentioning();
    window.press(Modifiers::NONE, Key::ArrowDown);
    enter(&mut window);
    assert_eq!(message(&mut window), "see @memo.txt ");
}

#[test]
fn letters_and_enter_that_come_together_name_no_file_of_the_letters_before() {
    let mut window = mentioning();
    found(&mut window, Finder::Mention, "ma", &["src/main.rs"]);
    let (key, modifiers) = (Key::Enter, Modifiers::NONE);
    let pressed = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    window.harness.input_mut().events.extend([Event::Text("p".into()), pressed]);
    window.harness.run();
    assert_eq!(message(&mut window), "see @map");
    found(&mut window, Finder::Mention, "map", &["src/map.rs"]);
    assert_eq!(message(&mut window), "see @src/map.rs ");
}
