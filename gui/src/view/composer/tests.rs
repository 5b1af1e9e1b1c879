use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::seam::{Completion, CompletionKind, Completions, FoundFile, FoundFiles};
use proptest::prelude::*;

use super::*;
use crate::fetched::Fetched;
use crate::memory::Draft;
use crate::testing::harness;
use crate::view::command_box::{Completed, LineData};

struct Bench {
    view: ComposerView,
    draft: Draft,
    acts: Vec<ComposerAct>,
    enter_sends: bool,
    working: bool,
    sent: Vec<String>,
    files: Fetched<FoundFiles>,
    completed: Option<Completed>,
    lines: Vec<String>,
    heads: Heads,
}

fn found(paths: &[&str]) -> Fetched<FoundFiles> {
    let file = |path: &&str| FoundFile { path: (*path).to_owned(), letters: Vec::new() };
    let files = paths.iter().map(file).collect();
    Fetched::Ready(FoundFiles { files, looked_at: 3, whole: true, ..FoundFiles::default() })
}

impl Bench {
    fn new() -> Self {
        Self {
            view: ComposerView::default(),
            draft: Draft::default(),
            acts: Vec::new(),
            enter_sends: true,
            working: false,
            sent: vec!["older".into(), "newer".into()],
            files: found(&["src/main.rs", "src/lib.rs", "README.md"]),
            completed: None,
            lines: vec!["make".into(), "git status".into()],
            heads: Heads::default(),
        }
    }
}

fn window(bench: Bench) -> egui_kittest::Harness<'static, Bench> {
    let commands = [("new-tab".to_owned(), "Open a new tab".to_owned())];
    let mut window = harness(bench, move |ui, bench: &mut Bench| {
        let data = ComposerData {
            id: egui::Id::unique("tab"),
            to: "codex on box",
            enter_sends: bench.enter_sends,
            sent: &bench.sent,
            files: &bench.files,
            files_late: false,
            files_version: bench.files.ready().map_or(0, |found| found.files.len() as u64),
            heads: &bench.heads,
            commands: &commands,
            takes_images: true,
            no_read_only: None,
            read_only_session: false,
            working: bench.working,
            interrupting: false,
            sending: false,
            line: LineData {
                host: "box",
                remote: true,
                directory: "/srv/app",
                completed: bench.completed.as_ref(),
                history: &bench.lines,
            },
            failure: None,
        };
        let acts = bench.view.ui(ui, &mut bench.draft, &mut Vec::new(), &data);
        bench.acts.extend(acts);
    });
    window.state_mut().view.focus();
    window.run();
    window.run();
    window
}

fn write(window: &mut egui_kittest::Harness<'static, Bench>, text: &str) {
    window.get_by_role_and_label(Role::MultilineTextInput, "Message").focus();
    window.run();
    window.get_by_role_and_label(Role::MultilineTextInput, "Message").type_text(text);
    window.run();
}

fn press(window: &mut egui_kittest::Harness<'static, Bench>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run();
}

#[test]
fn enter_sends_and_shift_enter_breaks_the_line() {
    let mut window = window(Bench::new());
    write(&mut window, "one");
    press(&mut window, Modifiers::SHIFT, Key::Enter);
    write(&mut window, "two");
    assert_eq!(window.state().draft.text, "one\ntwo");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, [ComposerAct::Send]);
    // It is the engine's answer that empties it.
    assert_eq!(window.state().draft.text, "one\ntwo");
}

#[test]
fn where_enter_breaks_the_line_control_enter_sends() {
    let mut window = window(Bench { enter_sends: false, ..Bench::new() });
    write(&mut window, "one");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().draft.text, "one\n");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert_eq!(window.state().acts, [ComposerAct::Send]);
}

#[test]
fn nothing_is_sent_by_its_button_while_nothing_is_written() {
    let mut window = window(Bench::new());
    window.get_by_role_and_label(Role::Button, "Send").click();
    window.run();
    assert_eq!(window.state().acts, []);
    write(&mut window, "do it");
    window.get_by_role_and_label(Role::Button, "Send").click();
    window.run();
    assert_eq!(window.state().acts, [ComposerAct::Send]);
}

#[test]
fn arrow_up_calls_back_what_was_sent_and_arrow_down_what_was_begun() {
    let mut window = window(Bench::new());
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "newer");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "older");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "older");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.state().draft.text, "");
}

#[test]
fn a_file_is_mentioned_by_a_few_of_its_letters() {
    let mut window = window(Bench::new());
    write(&mut window, "look at @mai");
    assert_eq!(window.state().acts.last(), Some(&ComposerAct::WantFiles("mai".into())));
    window.state_mut().files = found(&["src/main.rs", "x/main.c"]);
    window.run();
    window.get_by_label("src/main.rs");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().draft.text, "look at @src/main.rs ");
    assert!(!window.state().acts.contains(&ComposerAct::Send));
    write(&mut window, "now");
    assert_eq!(window.state().draft.text, "look at @src/main.rs now");
}

#[test]
fn the_files_are_asked_for_when_they_are_wanted() {
    let mut window = window(Bench { files: Fetched::Missing, ..Bench::new() });
    write(&mut window, "@");
    assert_eq!(window.state().acts, [ComposerAct::WantFiles(String::new())]);
    write(&mut window, "a");
    window.run();
    let wanted = [String::new(), "a".to_owned()].map(ComposerAct::WantFiles);
    assert_eq!(window.state().acts, wanted);
}

#[test]
fn escape_closes_the_list_and_leaves_the_text() {
    let mut window = window(Bench::new());
    write(&mut window, "@");
    window.get_by_label("README.md");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.query_by_label("README.md").is_none());
    assert_eq!(window.state().draft.text, "@");
}

#[test]
fn a_command_behind_a_slash_is_carried_out_and_not_sent() {
    let mut window = window(Bench::new());
    write(&mut window, "/new");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, [ComposerAct::Command(0)]);
    assert_eq!(window.state().draft.text, "");
}

#[test]
fn a_turn_under_way_can_be_interrupted_and_a_further_message_waits() {
    let mut window = window(Bench { working: true, ..Bench::new() });
    window.get_by_role_and_label(Role::Button, "Interrupt").click();
    write(&mut window, "next");
    window.get_by_role_and_label(Role::Button, "Queue").click();
    window.run();
    assert_eq!(window.state().acts, [ComposerAct::Interrupt, ComposerAct::Send]);
}

#[test]
fn switches_belong_to_the_draft() {
    let mut window = window(Bench::new());
    window.get_by_label("Read-only: change nothing").click();
    window.run();
    window.get_by_label("Save to history").click();
    window.run();
    assert!(window.state().draft.read_only);
    assert!(!window.state().draft.save_to_history);
}

#[test]
fn the_file_that_is_chosen_is_shown_with_its_first_lines() {
    let mut bench = Bench::new();
    let (session, now) = (orchestrator::seam::SessionId::new("s"), std::time::Instant::now());
    assert_eq!(bench.heads.wanted(&session, ["src/main.rs"].into_iter(), now), ["src/main.rs"]);
    let read = orchestrator::seam::FileBeginning {
        bytes: b"fn main() {}\n".to_vec(),
        end: true,
        ..Default::default()
    };
    let heads = vec![
        ("src/main.rs".to_owned(), Head::new("src/main.rs", Ok(read))),
        ("src/lib.rs".to_owned(), Head::new("src/lib.rs", Ok(Default::default()))),
    ];
    bench.heads.put(&session, heads, now);
    let mut window = window(bench);
    write(&mut window, "see @");
    window.get_by_label("Beginning of src/main.rs: fn main() {}");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    window.get_by_label("Beginning of src/lib.rs: Empty");
    // What isn't known yet holds nobody up.
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    window.get_by_label("Beginning of README.md: …");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().draft.text, "see @README.md ");
}

#[test]
fn a_newer_list_leaves_the_choice_where_it_is() {
    let mut window = window(Bench::new());
    write(&mut window, "see @");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    window.state_mut().files = found(&["new.rs", "src/main.rs", "src/lib.rs", "README.md"]);
    window.run();
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().draft.text, "see @src/lib.rs ");
}

#[test]
fn only_a_word_that_begins_with_its_sign_is_a_mention() {
    let file = |range, typed: &str| Some(Mention::File { range, typed: typed.into() });
    assert_eq!(mention("see @sr", 7), file(4..7, "sr"));
    assert_eq!(mention("see @src now", 6), file(4..6, "s"));
    assert_eq!(mention("me@box", 6), None);
    assert_eq!(mention("ä\u{2003}@x", 7), file(5..7, "x"));
    let command = |range, typed: &str| Some(Mention::Command { range, typed: typed.into() });
    assert_eq!(mention("/ne", 3), command(0..3, "ne"));
    assert_eq!(mention("/usr/bin", 8), None);
    assert_eq!(mention("and /ne", 7), None);
}

proptest! {
    #[test]
    fn a_mention_lies_within_the_text_whatever_that_is(text: String, at: usize) {
        let at = if text.is_empty() { 0 } else { at % (text.len() + 1) };
        if let Some(found) = mention(&text, at) {
            prop_assert!(text.get(found.range()).is_some());
        }
    }

    #[test]
    fn no_more_is_offered_than_there_is_and_nothing_twice(typed in ".{0,6}", all in prop::collection::vec(".{0,9}", 0..40)) {
        let found = offers(&typed, all.iter().map(String::as_str));
        let mut places: Vec<usize> = found.iter().map(|offer| offer.at).collect();
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), found.len());
        prop_assert!(found.len() <= 8 && found.iter().all(|offer| all[offer.at] == offer.words));
    }
}

fn offers_for(version: u64, line: &str, from: u32, names: &[&str]) -> Option<Completed> {
    let offer = |name: &&str| Completion {
        text: (*name).to_owned(),
        shown: (*name).to_owned(),
        kind: CompletionKind::File,
    };
    let offers = names.iter().map(offer).collect();
    let answer = Fetched::Ready(Completions { from, offers, more: false });
    Some(Completed { line: line.into(), by_key: true, answer, version })
}

#[test]
fn behind_an_exclamation_mark_enter_runs_a_line_and_sends_nothing() {
    let mut window = window(Bench::new());
    write(&mut window, "!make test");
    // Where it runs is said, and that it isn't a message.
    window.get_by_label("box");
    window.get_by_label("/srv/app");
    window.get_by_label_contains("the agent isn't told");
    assert!(window.query_by_role_and_label(Role::Button, "Send").is_none());
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts.last(), Some(&ComposerAct::RunLine));
    assert!(!window.state().acts.contains(&ComposerAct::Send));
    assert_eq!(window.state().draft.text, "!make test");
    window.get_by_role_and_label(Role::Button, "Run");
}

#[test]
fn an_exclamation_mark_alone_runs_nothing_and_a_backslash_makes_it_a_message() {
    let mut window = window(Bench::new());
    write(&mut window, "!");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, []);
    let mut window = self::window(Bench::new());
    write(&mut window, "\\!important");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, [ComposerAct::Send]);
}

#[test]
fn several_lines_run_only_after_a_word_of_the_persons() {
    let mut window = window(Bench::new());
    write(&mut window, "!rm -r a\nrm -r b");
    press(&mut window, Modifiers::NONE, Key::Enter);
    let ran = |window: &egui_kittest::Harness<'static, Bench>| {
        window.state().acts.contains(&ComposerAct::RunLine)
    };
    assert!(!ran(&window));
    window.get_by_label_contains("these 2 lines are for the shell of box");
    window.get_by_role_and_label(Role::Button, "Make it a message").click();
    window.run();
    assert_eq!(window.state().draft.text, "\\!rm -r a\nrm -r b");
    assert!(!ran(&window));
    window.state_mut().draft.text = "!rm -r a\nrm -r b".into();
    window.run();
    window.get_by_role_and_label(Role::Button, "Run").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Run 2 lines").click();
    window.run();
    assert!(ran(&window));
}

#[test]
fn a_line_is_completed_by_its_host_as_far_as_it_is_certain() {
    let mut window = window(Bench::new());
    write(&mut window, "!cat READ");
    let asked = |window: &egui_kittest::Harness<'static, Bench>, now| {
        let wanted = ComposerAct::WantOffers { line: "cat READ".into(), now };
        window.state().acts.contains(&wanted)
    };
    assert!(asked(&window, false));
    press(&mut window, Modifiers::NONE, Key::Tab);
    assert!(asked(&window, true));
    window.state_mut().completed = offers_for(1, "cat READ", 4, &["README.md"]);
    window.run();
    assert_eq!(window.state().draft.text, "!cat README.md ");
    write(&mut window, "x");
    assert_eq!(window.state().draft.text, "!cat README.md x", "the cursor stands behind it");
}

#[test]
fn arrows_call_back_lines_behind_an_exclamation_mark_and_messages_else() {
    let mut window = window(Bench::new());
    write(&mut window, "!");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "!git status");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "!make");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.state().draft.text, "!");
}

#[test]
fn a_message_that_is_called_back_is_no_line_for_the_shell() {
    let sent = vec!["!important".to_owned()];
    let mut window = window(Bench { sent, ..Bench::new() });
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().draft.text, "\\!important");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, [ComposerAct::Send]);
}

#[test]
fn what_is_held_counts_as_it_was_when_a_key_was_pressed() {
    let mut window = window(Bench::new());
    write(&mut window, "one");
    let (key, physical_key, repeat, modifiers) = (Key::Enter, None, false, Modifiers::SHIFT);
    let press = |pressed| egui::Event::Key { key, physical_key, pressed, repeat, modifiers };
    window.event(press(true));
    window.event(press(false));
    window.run();
    assert_eq!(window.state().acts, []);
    assert_eq!(window.state().draft.text, "one\n");
}

#[test]
fn what_is_typed_to_find_a_line_is_no_message_whatever_it_takes_the_place_of() {
    for takes_its_place in [Key::Backspace, Key::Delete, Key::O] {
        let mut window = window(Bench::new());
        write(&mut window, "!make test");
        press(&mut window, Modifiers::CTRL, Key::R);
        press(&mut window, Modifiers::COMMAND, Key::A);
        match takes_its_place {
            Key::O => {
                window.get_by_role_and_label(Role::MultilineTextInput, "Message").type_text("one")
            }
            key => window.key_press_modifiers(Modifiers::NONE, key),
        }
        window.run();
        if takes_its_place == Key::O {
            // None holds it.
            press(&mut window, Modifiers::NONE, Key::Enter);
        }
        let runs = |act: &ComposerAct| matches!(act, ComposerAct::Send | ComposerAct::RunLine);
        assert!(!window.state().acts.iter().any(runs), "{takes_its_place:?}");
        press(&mut window, Modifiers::NONE, Key::Escape);
        assert_eq!(window.state().draft.text, "!make test", "{takes_its_place:?}");
    }
}

#[test]
fn a_search_behind_an_exclamation_mark_runs_nothing_and_loses_nothing() {
    let mut bench = Bench::new();
    bench.enter_sends = false;
    let mut window = window(bench);
    write(&mut window, "! half");
    press(&mut window, Modifiers::CTRL, Key::R);
    window.get_by_role_and_label(Role::MultilineTextInput, "Message").type_text("git");
    window.run();
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(!window.state().acts.contains(&ComposerAct::RunLine));
    assert_eq!(window.state().draft.text, "! half");
    press(&mut window, Modifiers::NONE, Key::Escape);
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert_eq!(window.state().acts.last(), Some(&ComposerAct::RunLine));
    assert_eq!(window.state().draft.text, "! half");
}
