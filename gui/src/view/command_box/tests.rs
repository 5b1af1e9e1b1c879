#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Completion, CompletionKind, Completions, Operation, OperationState, Outcome, SessionId,
    Work,
};

use super::*;
use crate::bridge::SharedConsole;
use crate::fetched::Fetched;
use crate::samples::at;
use crate::testing::{focused, harness};

struct Bench {
    view: CommandBoxView,
    text: String,
    blocks: Vec<Block>,
    completed: Option<Completed>,
    history: Vec<String>,
    failure: Option<Failure>,
    starting: bool,
    acts: Vec<CommandBoxAct>,
}

impl Bench {
    fn new() -> Self {
        Self {
            view: CommandBoxView::default(),
            text: String::new(),
            blocks: Vec::new(),
            completed: None,
            history: ["cargo build", "git status", "cargo test"].map(str::to_owned).to_vec(),
            failure: None,
            starting: false,
            acts: Vec::new(),
        }
    }

    fn with(blocks: Vec<Block>) -> Self {
        Self { blocks, ..Self::new() }
    }
}

/// A line that was run, and what it has printed.
fn block(id: &str, line: &str, state: OperationState, printed: &str) -> Block {
    let console = SharedConsole::default();
    console.feed(0, printed.as_bytes());
    let is_over = state.is_over();
    Block {
        operation: Operation {
            id: id.into(),
            work: Work::Line { at: At::Session(SessionId::new("s")), line: line.into() },
            host: "box".into(),
            session: Some(SessionId::new("s")),
            directory: None,
            state,
            progress: None,
            output: printed.len() as u64,
            started_at: at(0),
            ended_at: is_over.then(|| at(3)),
        },
        line: line.into(),
        host: "box".into(),
        console: Some(Arc::new(console)),
        shown: Unfolded::default(),
    }
}

fn ended(status: u8) -> OperationState {
    OperationState::Done { outcome: Outcome { status: Some(status), ..Outcome::default() } }
}

fn window(bench: Bench) -> Harness<'static, Bench> {
    let mut window = harness(bench, move |ui, bench: &mut Bench| {
        let data = CommandBoxData {
            id: egui::Id::unique("session"),
            now: at(75),
            line: LineData {
                host: "box",
                remote: true,
                directory: "/srv/app",
                completed: bench.completed.as_ref(),
                history: &bench.history,
            },
            blocks: &bench.blocks,
            failure: bench.failure.as_ref(),
            starting: bench.starting,
        };
        let acts = bench.view.ui(ui, &mut bench.text, &data);
        bench.acts.extend(acts);
    });
    window.state_mut().view.focus();
    settle(&mut window);
    window
}

/// What runs is counted: it draws a frame each second, and never rests.
fn settle(window: &mut Harness<'static, Bench>) {
    (0..4).for_each(|_| window.step());
}

fn press(window: &mut Harness<'static, Bench>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

fn write(window: &mut Harness<'static, Bench>, text: &str) {
    window.event(egui::Event::Text(text.to_owned()));
    settle(window);
}

fn click(window: &mut Harness<'static, Bench>, name: &str) {
    window.get_by_role_and_label(Role::Button, name).click();
    settle(window);
}

fn act(id: &str, act: BlockAct) -> CommandBoxAct {
    CommandBoxAct::Block(id.into(), act)
}

#[test]
fn a_line_is_typed_and_run_and_the_machine_stands_beside_it() {
    let mut window = window(Bench::new());
    assert_eq!(focused(&window).as_deref(), Some("Command on box"));
    window.get_by_label("Commands on box");
    window.get_by_label("/srv/app");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, [], "nothing is nothing to run");
    write(&mut window, "make test");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts.last(), Some(&CommandBoxAct::Run));
    // It stays until the engine has it.
    assert_eq!(window.state().text, "make test");
}

#[test]
fn several_lines_that_were_pasted_are_not_run_by_enter_alone() {
    let mut window = window(Bench::new());
    window.event(egui::Event::Paste("cd /\nrm -r tmp".into()));
    settle(&mut window);
    assert_eq!(window.state().text, "cd /\nrm -r tmp", "no line end becomes a blank");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(!window.state().acts.contains(&CommandBoxAct::Run));
    window.get_by_label_contains("These are 2 lines. All of them run on box");
    click(&mut window, "Back");
    assert!(window.query_by_role_and_label(Role::Button, "Run 2 lines").is_none());
    press(&mut window, Modifiers::NONE, Key::Enter);
    click(&mut window, "Run 2 lines");
    assert_eq!(window.state().acts.last(), Some(&CommandBoxAct::Run));
}

#[test]
fn tab_asks_the_host_and_the_list_is_used_by_keys() {
    let mut window = window(Bench::new());
    write(&mut window, "git checkout ");
    press(&mut window, Modifiers::NONE, Key::Tab);
    let wanted = CommandBoxAct::Want { line: "git checkout ".into(), now: true };
    assert_eq!(window.state().acts.last(), Some(&wanted));
    window.get_by_label("Asking box …");
    let offer = |name: &str, kind| Completion { text: name.into(), shown: name.into(), kind };
    let offers =
        vec![offer("main", CompletionKind::Branch), offer("fix/two", CompletionKind::Branch)];
    let answer = Fetched::Ready(Completions { from: 13, offers, more: false });
    window.state_mut().completed =
        Some(Completed { line: "git checkout ".into(), by_key: true, answer, version: 1 });
    settle(&mut window);
    window.get_by_role_and_label(Role::ListBoxOption, "main");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().text, "git checkout fix/two ");
    assert!(!window.state().acts.contains(&CommandBoxAct::Run));
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "main").is_none());
}

#[test]
fn an_offer_is_taken_by_a_click_and_the_keys_stay_in_the_box() {
    let mut window = window(Bench::new());
    write(&mut window, "ls s");
    let offer = |name: &str| Completion {
        text: name.into(),
        shown: name.into(),
        kind: CompletionKind::Directory,
    };
    let offers = vec![offer("src/"), offer("site/")];
    let answer = Fetched::Ready(Completions { from: 3, offers, more: false });
    window.state_mut().completed =
        Some(Completed { line: "ls s".into(), by_key: false, answer, version: 1 });
    settle(&mut window);
    window.get_by_role_and_label(Role::ListBoxOption, "site/").click();
    settle(&mut window);
    assert_eq!(window.state().text, "ls site/");
    write(&mut window, "a");
    assert_eq!(window.state().text, "ls site/a");
}

#[test]
fn old_lines_are_called_back_by_arrows_and_found_by_a_search() {
    let mut window = window(Bench::new());
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().text, "cargo test");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.state().text, "git status");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.state().text, "");
    press(&mut window, Modifiers::CTRL, Key::R);
    write(&mut window, "cargo");
    window.get_by_role_and_label(Role::ListBoxOption, "cargo test");
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "git status").is_none());
    press(&mut window, Modifiers::CTRL, Key::R);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().text, "cargo build");
    assert!(!window.state().acts.contains(&CommandBoxAct::Run), "what was found isn't run yet");
}

#[test]
fn escape_closes_what_is_open_and_then_the_box() {
    let mut window = window(Bench::new());
    write(&mut window, "half");
    press(&mut window, Modifiers::CTRL, Key::R);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().text, "half");
    assert!(!window.state().acts.contains(&CommandBoxAct::Close));
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().acts.last(), Some(&CommandBoxAct::Close));
}

#[test]
fn a_line_shows_how_it_ended_and_what_it_printed() {
    let blocks = vec![
        block("a", "make", ended(0), "one\n\x1b[31mtwo\x1b[0m\n"),
        block("b", "make test", ended(2), "three"),
        block("c", "sleep 99", OperationState::Running, ""),
    ];
    let window = window(Bench::with(blocks));
    for words in ["one", "two", "three", "1 running", "3.0 s", "1 min 15 s"] {
        assert!(window.query_all_by_label(words).next().is_some(), "{words}");
    }
    window.get_by_role_and_label(Role::Button, "make on box: done");
    window.get_by_role_and_label(Role::Button, "make test on box: exit 2");
    window.get_by_role_and_label(Role::Button, "sleep 99 on box: runs");
}

#[test]
fn what_runs_can_be_stopped_and_what_is_over_run_again() {
    let blocks =
        vec![block("a", "make", ended(1), "x"), block("b", "top", OperationState::Running, "")];
    let mut window = window(Bench::with(blocks));
    click(&mut window, "Stop top");
    click(&mut window, "Run make again");
    click(&mut window, "Insert make into the message");
    click(&mut window, "Copy what make has printed");
    let acts = [
        act("b", BlockAct::Stop),
        act("a", BlockAct::Again),
        act("a", BlockAct::Insert),
        act("a", BlockAct::CopyOutput),
    ];
    assert_eq!(window.state().acts, acts);
    assert!(window.query_by_role_and_label(Role::Button, "Stop make").is_none());
}

#[test]
fn everything_else_is_in_its_menu() {
    let mut window = window(Bench::with(vec![block("a", "make", ended(1), "x")]));
    for (entry, wanted) in [
        ("Edit in the box", BlockAct::Edit),
        ("Open in a terminal", BlockAct::Terminal),
        ("Copy the line", BlockAct::CopyLine),
        ("Show all of its output", BlockAct::Show(Unfolded::All)),
        ("Remove", BlockAct::Remove),
    ] {
        click(&mut window, "More for make");
        click(&mut window, entry);
        assert_eq!(window.state().acts.last(), Some(&act("a", wanted)));
    }
    window.get_by_role_and_label(Role::Button, "make on box: exit 1").click_secondary();
    settle(&mut window);
    click(&mut window, "Copy the output");
    assert_eq!(window.state().acts.last(), Some(&act("a", BlockAct::CopyOutput)));
}

#[test]
fn a_long_output_shows_its_end_until_all_is_wanted() {
    let printed: String = (0..100).map(|at| format!("line {at}\n")).collect();
    let mut window = window(Bench::with(vec![block("a", "seq", ended(0), &printed)]));
    assert!(window.query_by_label("line 99").is_some());
    assert!(window.query_by_label("line 20").is_none());
    click(&mut window, "88 rows above: show all");
    let wanted = act("a", BlockAct::Show(Unfolded::All));
    assert_eq!(window.state().acts.last(), Some(&wanted));
    window.state_mut().blocks[0].shown = Unfolded::All;
    settle(&mut window);
    assert!(window.query_by_label("line 99").is_some(), "the newest line stays in sight");
    window.state_mut().blocks[0].shown = Unfolded::Nothing;
    settle(&mut window);
    assert!(window.query_by_label("line 99").is_none());
}

#[test]
fn what_could_not_be_run_says_why_and_what_to_do() {
    let why = Failure::new(Code::NoRoute, "could not reach box").hint("Is it switched on?");
    let blocks = vec![
        block("a", "make", OperationState::Failed { why: why.clone() }, ""),
        block("b", "top", OperationState::Away { why: why.clone() }, ""),
    ];
    let mut window = window(Bench { failure: Some(why), ..Bench::with(blocks) });
    assert!(window.query_all_by_label_contains("could not reach box").count() >= 3);
    window.get_by_label_contains("It goes on there");
    click(&mut window, "Dismiss");
    assert_eq!(window.state().acts.last(), Some(&CommandBoxAct::Dismiss));
}

#[test]
fn while_a_line_is_on_its_way_it_is_not_run_twice() {
    let mut window = window(Bench { text: "make".into(), starting: true, ..Bench::new() });
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().acts, []);
    let field = window.get_by_role_and_label(Role::MultilineTextInput, "Command on box");
    assert!(field.accesskit_node().is_disabled());
}

#[test]
fn an_output_that_nobody_has_looked_at_is_asked_for_when_it_comes_into_sight() {
    let unknown = Block { console: None, ..block("a", "make", ended(0), "x") };
    let silent = Block { console: None, ..block("b", "true", ended(0), "") };
    let window = window(Bench::with(vec![unknown, silent]));
    assert!(window.state().acts.contains(&act("a", BlockAct::Look)));
    assert!(!window.state().acts.contains(&act("b", BlockAct::Look)));
}

/// Keys that come and go within a frame: at its end nothing is held.
fn tap(window: &mut Harness<'static, Bench>, modifiers: Modifiers, key: Key) {
    let (physical_key, repeat) = (None, false);
    let press = |pressed| egui::Event::Key { key, physical_key, pressed, repeat, modifiers };
    window.event(press(true));
    window.event(press(false));
    settle(window);
}

#[test]
fn what_is_held_counts_as_it_was_when_a_key_was_pressed() {
    let mut window = window(Bench::new());
    write(&mut window, "for i in 1");
    tap(&mut window, Modifiers::SHIFT, Key::Enter);
    assert!(!window.state().acts.contains(&CommandBoxAct::Run));
    assert_eq!(window.state().text, "for i in 1\n");
    tap(&mut window, Modifiers::CTRL | Modifiers::COMMAND, Key::R);
    window.get_by_label_contains("Lines that were run and hold this");
    tap(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().text, "for i in 1\n");
}

#[test]
fn what_is_searched_for_is_never_run_and_the_line_before_is_never_lost() {
    let mut window = window(Bench::new());
    write(&mut window, "git");
    press(&mut window, Modifiers::CTRL, Key::R);
    write(&mut window, " st");
    window.get_by_label("git status");
    assert_eq!(window.state().text, "git", "for everybody else it stands there on");
    click(&mut window, "Run");
    assert!(!window.state().acts.contains(&CommandBoxAct::Run));
    window.get_by_role_and_label(Role::MultilineTextInput, "Command on box").focus();
    settle(&mut window);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().text, "git");
    press(&mut window, Modifiers::CTRL, Key::R);
    write(&mut window, "x");
    // Somebody puts another line there.
    window.state_mut().text = "make".into();
    settle(&mut window);
    assert_eq!(window.state().text, "make");
    click(&mut window, "Run");
    assert_eq!(window.state().acts.last(), Some(&CommandBoxAct::Run));
}
