#![allow(clippy::unwrap_used, clippy::panic)]

use orchestrator::seam::Completions;
use proptest::prelude::*;

use super::*;

fn offer(text: &str, kind: CompletionKind) -> Completion {
    Completion { text: text.into(), shown: text.into(), kind }
}

fn answer(version: u64, line: &str, from: u32, offers: Vec<Completion>) -> Completed {
    let answer = Fetched::Ready(Completions { from, offers, more: false });
    Completed { line: line.into(), by_key: true, answer, version }
}

fn files(version: u64, line: &str, from: u32, names: &[&str]) -> Completed {
    let offers = names.iter().map(|name| offer(name, CompletionKind::File)).collect();
    answer(version, line, from, offers)
}

fn history() -> Vec<String> {
    ["cargo build", "git status", "cargo test -p gui"].map(str::to_owned).to_vec()
}

/// Presses Tab, and hears that answer.
fn tab(line: &str, answer: &Completed) -> (Assist, Done) {
    let mut assist = Assist::default();
    let now = Typed::whole(line);
    assert_eq!(assist.press(Press::Tab, &now, &[]).want, Some(true));
    let done = assist.hear(&now, Some(answer), &[]);
    (assist, done)
}

#[test]
fn a_tab_completes_what_can_be_only_one_thing() {
    let (assist, done) = tab("cat READ", &files(1, "cat READ", 4, &["README.md"]));
    assert_eq!(done.put, Some(Typed::whole("cat README.md ")));
    assert!(!assist.is_open());
}

#[test]
fn a_tab_goes_as_far_as_it_is_certain_and_the_next_one_shows_what_there_is() {
    let known = files(1, "cat s", 4, &["setup.py", "setup.cfg"]);
    let (mut assist, done) = tab("cat s", &known);
    let now = done.put.unwrap();
    assert_eq!(now, Typed::whole("cat setup."));
    assert!(assist.is_open() && !assist.has_keys());
    assert!(assist.press(Press::Tab, &now, &[]).taken);
    assert!(assist.has_keys());
    assert!(assist.press(Press::Down, &now, &[]).taken);
    let done = assist.press(Press::Enter, &now, &[]);
    assert_eq!(done.put, Some(Typed::whole("cat setup.cfg ")));
}

#[test]
fn what_is_behind_the_cursor_stays() {
    let mut assist = Assist::default();
    let now = Typed { line: "cp a /tmp".into(), cursor: 4 };
    assist.press(Press::Tab, &now, &[]);
    let done = assist.hear(&now, Some(&files(1, "cp a", 3, &["a.txt"])), &[]);
    assert_eq!(done.put, Some(Typed { line: "cp a.txt /tmp".into(), cursor: 8 }));
}

#[test]
fn a_directory_is_gone_on_with() {
    let known = answer(1, "cd s", 3, vec![offer("src/", CompletionKind::Directory)]);
    let (_, done) = tab("cd s", &known);
    assert_eq!((done.put, done.want), (Some(Typed::whole("cd src/")), Some(false)));
}

#[test]
fn a_tab_asks_for_what_a_pause_does_not() {
    let mut assist = Assist::default();
    let now = Typed::whole("make t");
    assist.typed(&now);
    let paused = Completed { by_key: false, ..files(1, "make t", 5, &["tests"]) };
    assist.hear(&now, Some(&paused), &[]);
    assert!(assist.is_open());
    assert_eq!(assist.press(Press::Tab, &now, &[]).want, Some(true));
    // One of a pause that comes late isn't what is waited for.
    let late = Completed { version: 2, ..paused };
    assert_eq!(assist.hear(&now, Some(&late), &[]), Done::default());
    let done = assist.hear(&now, Some(&files(3, "make t", 5, &["tests", "test-all"])), &[]);
    assert_eq!(done.put, Some(Typed::whole("make test")));
    // What is known by then goes on without another question.
    assert_eq!(assist.press(Press::Tab, &done.put.unwrap(), &[]).want, None);
    assert!(assist.has_keys());
}

#[test]
fn what_is_offered_as_one_types_takes_no_keys_until_one_goes_into_it() {
    let mut assist = Assist::default();
    let now = Typed::whole("cat s");
    assert!(assist.typed(&now));
    assist.hear(&now, Some(&files(1, "cat s", 4, &["src", "setup"])), &[]);
    assert!(assist.is_open());
    assert!(!assist.press(Press::Enter, &now, &history()).taken, "Enter runs the line");
    assist.press(Press::Down, &now, &history());
    assert_eq!(assist.press(Press::Enter, &now, &[]).put, Some(Typed::whole("cat src ")));
}

#[test]
fn an_answer_for_another_line_is_no_answer_and_a_closed_list_stays_closed() {
    let mut assist = Assist::default();
    let now = Typed::whole("cat se");
    assist.typed(&now);
    assist.hear(&now, Some(&files(1, "cat s", 4, &["src"])), &[]);
    assert!(!assist.is_open());
    assist.hear(&now, Some(&files(2, "cat se", 4, &["setup"])), &[]);
    assert!(assist.press(Press::Escape, &now, &[]).taken);
    assist.hear(&now, Some(&files(3, "cat se", 4, &["setup"])), &[]);
    assert!(!assist.is_open());
    assert!(!assist.press(Press::Escape, &now, &[]).taken);
}

#[test]
fn typing_on_narrows_what_was_offered() {
    let mut assist = Assist::default();
    let now = Typed::whole("cat s");
    assist.typed(&now);
    assist.hear(&now, Some(&files(1, "cat s", 4, &["src", "setup"])), &[]);
    assist.typed(&Typed::whole("cat se"));
    let Some(List::Offers { all, .. }) = &assist.list else { panic!("it is closed") };
    assert_eq!(all.len(), 1);
    assist.typed(&Typed::whole("dog se"));
    assert!(!assist.is_open());
}

#[test]
fn arrows_call_back_what_was_run_and_what_was_being_typed() {
    let mut assist = Assist::default();
    let (history, typing) = (history(), Typed::whole("half"));
    let newest = assist.press(Press::Up, &typing, &history).put.unwrap();
    assert_eq!(newest.line, "cargo test -p gui");
    let older = assist.press(Press::Up, &newest, &history).put.unwrap();
    assert_eq!(older.line, "git status");
    let newer = assist.press(Press::Down, &older, &history).put.unwrap();
    assert_eq!(assist.press(Press::Down, &newer, &history).put, Some(typing.clone()));
    assert!(!assist.press(Press::Down, &typing, &history).taken);
}

#[test]
fn a_search_finds_the_newest_first_and_escape_gives_back_what_stood_there() {
    let mut assist = Assist::default();
    let (history, now) = (history(), Typed::whole("CARGO"));
    assist.press(Press::Search, &now, &history);
    assist.hear(&now, None, &history);
    let Some(List::Search { found, .. }) = &assist.list else { panic!("it is closed") };
    assert_eq!(found, &["cargo test -p gui", "cargo build"]);
    assist.press(Press::Search, &now, &history);
    assert_eq!(assist.press(Press::Enter, &now, &history).put, Some(Typed::whole("cargo build")));
    assist.press(Press::Search, &now, &history);
    let other = Typed::whole("nowhere");
    assist.hear(&other, None, &history);
    let none_holds_it = assist.press(Press::Enter, &other, &history);
    assert_eq!(none_holds_it.put, Some(now.clone()), "the line is there again");
    assist.press(Press::Search, &now, &history);
    assert_eq!(assist.press(Press::Escape, &other, &history).put, Some(now));
}

#[test]
fn what_all_offers_share_can_stand_by_itself() {
    assert_eq!(shared(["a\\ b", "a\\'c"].into_iter()), "");
    assert_eq!(shared(["a\\ b", "a\\ c"].into_iter()), "a\\ ");
    assert_eq!(shared(["a\\ b", "a\\\\c"].into_iter()), "a");
    assert_eq!(shared(["日本", "日"].into_iter()), "日");
    assert_eq!(shared([].into_iter()), "");
}

proptest! {
    #[test]
    fn whatever_is_offered_for_whatever_the_cursor_stays_in_the_line(
        line in "\\PC{0,12}", cursor: usize, from: u32, offers in prop::collection::vec("\\PC{0,6}", 0..5),
        presses in prop::collection::vec(0_usize..7, 0..12),
    ) {
        let places: Vec<usize> = (0..=line.len()).filter(|at| line.is_char_boundary(*at)).collect();
        let cursor = places[cursor % places.len()];
        let mut now = Typed { line, cursor };
        let mut assist = Assist::default();
        let all = [Press::Tab, Press::Offer, Press::Up, Press::Down, Press::Enter, Press::Escape, Press::Search];
        let offers: Vec<Completion> = offers.iter().map(|text| offer(text, CompletionKind::File)).collect();
        for (at, press) in presses.into_iter().enumerate() {
            let known = answer(at as u64 + 1, now.before(), from % 16, offers.clone());
            for done in [assist.press(all[press], &now, &history()), assist.hear(&now, Some(&known), &history())] {
                if let Some(put) = done.put {
                    prop_assert!(put.line.is_char_boundary(put.cursor));
                    now = put;
                }
            }
        }
    }
}
