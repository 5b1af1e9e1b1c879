#![allow(clippy::unwrap_used, clippy::panic)]

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;

use super::{TerminalAct, TerminalData, TerminalView};
use crate::testing;

struct Bench {
    view: TerminalView,
    screen: Screen,
    state: TerminalState,
    unkept: Option<Failure>,
    copy_on_select: bool,
    acts: Vec<TerminalAct>,
}

fn bench(printed: &str) -> Bench {
    let mut screen = Screen::new(80, 24);
    screen.feed(printed.as_bytes());
    let mut view = TerminalView::default();
    view.focus();
    Bench {
        view,
        screen,
        state: TerminalState::Open,
        unkept: None,
        copy_on_select: false,
        acts: Vec::new(),
    }
}

fn window<'a>(bench: Bench) -> Harness<'a, Bench> {
    let mut window = testing::harness(bench, |ui, bench: &mut Bench| {
        let data = TerminalData {
            name: "Terminal 1",
            state: &bench.state,
            unkept: bench.unkept.as_ref(),
            directory: Some("/srv/app"),
            copy_on_select: bench.copy_on_select,
            font_size: 13.0,
        };
        let acts = bench.view.ui(ui, &mut bench.screen, &data);
        bench.acts.extend(acts);
    });
    window.run();
    window.run();
    window
}

fn sent(window: &mut Harness<'_, Bench>) -> String {
    let bytes: Vec<u8> = std::mem::take(&mut window.state_mut().acts)
        .into_iter()
        .filter_map(|act| match act {
            TerminalAct::Send(bytes) => Some(bytes),
            _ => None,
        })
        .flatten()
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The middle of a cell of the view.
fn cell(window: &Harness<'_, Bench>, row: usize, column: usize) -> Pos2 {
    let rect = window.get_by_role_and_label(Role::Terminal, "Terminal 1").rect();
    let screen = &window.state().screen;
    // As many as fit, and a part of one is left over at most.
    let width = (rect.width() / screen.columns() as f32).floor();
    let height = (rect.height() / screen.rows() as f32).floor();
    rect.min + vec2((column as f32 + 0.5) * width, (row as f32 + 0.5) * height)
}

fn press(window: &mut Harness<'_, Bench>, pos: Pos2, pressed: bool, modifiers: Modifiers) {
    window.event(Event::PointerMoved(pos));
    window.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
    window.run();
}

fn drag(window: &mut Harness<'_, Bench>, from: Pos2, to: Pos2, modifiers: Modifiers) {
    press(window, from, true, modifiers);
    window.event(Event::PointerMoved(to));
    window.run();
    press(window, to, false, modifiers);
}

fn wheel(window: &mut Harness<'_, Bench>, pos: Pos2, notches: f32) {
    window.event(Event::PointerMoved(pos));
    window.run();
    window.event(Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: vec2(0.0, notches),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    window.run();
}

#[test]
fn what_the_program_shows_can_be_read_aloud() {
    let window = window(bench("\x1b[31mhello\x1b[0m\r\nworld"));
    let node = window.get_by_role_and_label(Role::Terminal, "Terminal 1");
    assert_eq!(node.accesskit_node().value().as_deref(), Some("hello\nworld"));
}

#[test]
fn it_takes_the_size_that_fits_at_once() {
    let window = window(bench(""));
    let sizes: Vec<_> = window
        .state()
        .acts
        .iter()
        .filter(|act| matches!(act, TerminalAct::Resize { .. }))
        .collect();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    assert!(window.state().screen.columns() > 100, "{:?}", window.state().screen);
}

#[test]
fn what_is_typed_goes_to_the_program_with_every_key() {
    let mut window = window(bench(""));
    window.event(Event::Text("ls".into()));
    window.key_press(Key::Enter);
    window.run();
    window.key_press_modifiers(Modifiers::CTRL, Key::C);
    window.key_press(Key::Tab);
    window.key_press(Key::Escape);
    window.key_press(Key::ArrowUp);
    window.run();
    assert_eq!(sent(&mut window), "ls\r\x03\t\x1b\x1b[A");
    assert_eq!(testing::focused(&window).as_deref(), Some("Terminal 1"), "no key leads away");
}

#[test]
fn text_is_selected_with_the_mouse_and_copied_with_a_key() {
    let mut window = window(bench("one two three\r\nfour"));
    let (from, to) = (cell(&window, 0, 4), cell(&window, 0, 6));
    drag(&mut window, from - vec2(3.0, 0.0), to + vec2(3.0, 0.0), Modifiers::NONE);
    assert_eq!(window.state().screen.selected_text().as_deref(), Some("two"));
    assert!(window.state().acts.contains(&TerminalAct::Selected("two".into())));
    assert!(!window.state().acts.contains(&TerminalAct::Copy("two".into())));
    window.key_press_modifiers(Modifiers::CTRL | Modifiers::SHIFT, Key::C);
    window.run();
    assert!(window.state().acts.contains(&TerminalAct::Copy("two".into())));
    // A click takes the selection away.
    let there = cell(&window, 1, 1);
    window.step();
    press(&mut window, there, true, Modifiers::NONE);
    press(&mut window, there, false, Modifiers::NONE);
    assert_eq!(window.state().screen.selected_text(), None);
}

#[test]
fn two_clicks_select_a_word_and_three_a_line() {
    let mut window = window(Bench { copy_on_select: true, ..bench("one two three\r\nfour") });
    // Frames of a test take longer than hands.
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 60.0);
    let there = cell(&window, 0, 5);
    let click = |window: &mut Harness<'_, Bench>| {
        press(window, there, true, Modifiers::NONE);
        press(window, there, false, Modifiers::NONE);
    };
    click(&mut window);
    click(&mut window);
    assert!(window.state().acts.contains(&TerminalAct::Copy("two".into())), "copied at once");
    click(&mut window);
    assert_eq!(window.state().screen.selected_text().as_deref(), Some("one two three\n"));
}

#[test]
fn the_wheel_scrolls_what_is_above_and_typing_leads_back() {
    let lines: String = (0..500).map(|line| format!("{line}\r\n")).collect();
    let mut window = window(bench(&lines));
    let there = cell(&window, 3, 3);
    wheel(&mut window, there, 2.0);
    assert_eq!(window.state().screen.offset(), 6);
    window.key_press_modifiers(Modifiers::SHIFT, Key::PageUp);
    window.run();
    assert_eq!(window.state().screen.offset(), 6 + window.state().screen.rows());
    window.event(Event::Text("x".into()));
    window.run();
    assert_eq!((window.state().screen.offset(), sent(&mut window)), (0, "x".into()));
}

#[test]
fn a_program_that_wants_the_mouse_has_it_and_shift_takes_it_back() {
    let mut window = window(bench("one two\x1b[?1000h\x1b[?1006h"));
    let there = cell(&window, 0, 5);
    press(&mut window, there, true, Modifiers::NONE);
    press(&mut window, there, false, Modifiers::NONE);
    wheel(&mut window, there, 1.0);
    assert_eq!(sent(&mut window), "\x1b[<0;6;1M\x1b[<0;6;1m\x1b[<64;6;1M");
    window.event(Event::ModifiersChanged(Modifiers::SHIFT));
    let (from, to) = (cell(&window, 0, 0), cell(&window, 0, 2));
    drag(&mut window, from - vec2(3.0, 0.0), to + vec2(3.0, 0.0), Modifiers::SHIFT);
    assert_eq!(sent(&mut window), "");
    assert_eq!(window.state().screen.selected_text().as_deref(), Some("one"));
}

#[test]
fn the_wheel_is_arrows_in_a_pager() {
    let mut window = window(bench("\x1b[?1049h\x1b[?1hpage"));
    let there = cell(&window, 0, 1);
    wheel(&mut window, there, -1.0);
    assert_eq!(sent(&mut window), "\x1bOB\x1bOB\x1bOB");
}

#[test]
fn a_paste_of_several_lines_is_asked_about_where_each_would_be_carried_out() {
    let mut window = window(bench("$ "));
    window.event(Event::Paste("one".into()));
    window.run();
    assert_eq!(sent(&mut window), "one");
    window.event(Event::Paste("rm a\nrm b\n".into()));
    window.run();
    assert_eq!(sent(&mut window), "");
    window.get_by_label("Paste it").click();
    window.run();
    assert_eq!(sent(&mut window), "rm a\rrm b\r");
    window.state_mut().screen.feed(b"\x1b[?2004h");
    window.event(Event::Paste("a\nb".into()));
    window.run();
    assert_eq!(sent(&mut window), "\x1b[200~a\rb\x1b[201~", "the program knows what a paste is");
}

#[test]
fn nothing_is_copied_for_a_program_until_a_person_agrees() {
    let mut window = window(bench(""));
    window.state_mut().screen.feed(b"\x1b]52;c;c2VjcmV0\x07");
    window.run();
    assert_eq!(
        window.state().acts.iter().filter(|act| matches!(act, TerminalAct::Copy(_))).count(),
        0
    );
    window.get_by_label("Don't copy").click();
    window.run();
    window.state_mut().screen.feed(b"\x1b]52;c;d29yZA==\x07");
    window.run();
    window.get_by_label("Copy").click();
    window.run();
    assert!(window.state().acts.contains(&TerminalAct::Copy("word".into())));
    assert!(!window.state().acts.contains(&TerminalAct::Copy("secret".into())));
}

#[test]
fn a_program_can_not_change_the_question_that_is_being_answered() {
    let mut window = window(bench(""));
    // "00A", "00B" and so on.
    let coded = ["MDBB", "MDBC", "MDBD", "MDBE", "MDBF", "MDBG", "MDBH", "MDBI", "MDBJ", "MDBK"];
    for (letter, coded) in "ABCDEFGHIJ".chars().zip(coded) {
        window.state_mut().screen.feed(format!("\x1b]52;c;{coded}\x07").as_bytes());
        window.run();
        window.get_by_label_contains("00A");
        let text = format!("00{letter}");
        assert!(letter == 'A' || window.query_by_label_contains(&text).is_none(), "{text}");
    }
    window.get_by_label("Copy").click();
    window.run();
    assert!(window.state().acts.contains(&TerminalAct::Copy("00A".into())));
}

#[test]
fn a_link_is_opened_with_ctrl_after_its_address_was_shown() {
    let made = "\x1b]8;;https://real.example/\x1b\\https://shown.example\x1b]8;;\x1b\\";
    let mut window = window(bench(made));
    let there = cell(&window, 0, 3);
    window.event(Event::ModifiersChanged(Modifiers::CTRL));
    press(&mut window, there, true, Modifiers::CTRL);
    press(&mut window, there, false, Modifiers::CTRL);
    window.event(Event::ModifiersChanged(Modifiers::NONE));
    window.run();
    window.get_by_label("Open https://real.example/?");
    window.get_by_label("Open").click();
    window.run();
    assert!(window.state().acts.contains(&TerminalAct::OpenLink("https://real.example/".into())));
}

#[test]
fn what_is_searched_is_found_from_the_newest_on() {
    let lines: String = (0..2000)
        .map(|line| format!("{line} {}\r\n", if line % 500 == 0 { "needle" } else { "hay" }))
        .collect();
    let mut window = window(bench(&lines));
    window.key_press_modifiers(Modifiers::CTRL | Modifiers::SHIFT, Key::F);
    window.run();
    window.event(Event::Text("needle".into()));
    window.run();
    let selected = |window: &Harness<'_, Bench>| {
        let screen = &window.state().screen;
        let line = screen.selected().unwrap().start.line;
        (screen.selected_text().unwrap(), screen.row_text(screen.row_of(line).unwrap()))
    };
    assert_eq!(selected(&window), ("needle".into(), "1500 needle".into()));
    window.get_by_label("Older").click();
    window.run();
    assert_eq!(selected(&window).1, "1000 needle");
    window.get_by_label("Newer").click();
    window.run();
    assert_eq!(selected(&window).1, "1500 needle");
    window.get_by_label("Close the search").click();
    window.run();
    assert!(window.query_by_label("Older").is_none());
    assert_eq!(sent(&mut window), "", "nothing of it went to the program");
}

#[test]
fn each_state_says_what_it_means_and_what_can_be_done() {
    let mut window = window(bench("last words"));
    let why = || Failure::new(Code::ConnectionLost, "the network is gone");
    window.state_mut().state = TerminalState::Away { why: why() };
    window.run();
    window.get_by_label_contains("The link is cut");
    window.event(Event::Text("x".into()));
    window.run();
    assert_eq!(sent(&mut window), "x", "the engine sends it when the link is back");
    window.state_mut().state = TerminalState::Lost { why: why() };
    window.run();
    window.event(Event::Text("y".into()));
    window.run();
    assert_eq!(sent(&mut window), "", "nobody is there to read it");
    window.get_by_label("Open again in /srv/app").click();
    window.run();
    assert!(window.state().acts.contains(&TerminalAct::Reopen));
    assert_eq!(window.state().screen.row_text(0), "last words");
    window.state_mut().state = TerminalState::Ended { status: Some(3) };
    window.run();
    window.get_by_label_contains("status 3");
    window.state_mut().state = TerminalState::Open;
    window.state_mut().unkept = Some(Failure::new(Code::Unsupported, "box has no tmux"));
    window.run();
    window.get_by_label_contains("box has no tmux");
}

#[test]
fn only_rows_that_changed_are_drawn_again_and_nothing_while_nothing_happens() {
    let mut window = window(bench("a\r\nb\r\nc\r\n"));
    let drawn = window.state().view.rows_drawn();
    window.run();
    window.step();
    assert_eq!(window.state().view.rows_drawn(), drawn);
    window.state_mut().screen.feed(b"d");
    window.step();
    assert_eq!(window.state().view.rows_drawn(), drawn + 1);
    // Another line: the others are the same, one further up.
    let rows = window.state().screen.rows();
    window.state_mut().screen.feed("\r\nx".repeat(rows).as_bytes());
    window.step();
    assert!(window.state().view.rows_drawn() <= drawn + 3);
}

#[test]
fn the_program_hears_of_the_focus_when_it_wants_to() {
    let mut window = window(bench("\x1b[?1004h"));
    sent(&mut window);
    window.input_mut().focused = false;
    window.run();
    assert_eq!(sent(&mut window), "\x1b[O");
    window.input_mut().focused = true;
    window.run();
    assert_eq!(sent(&mut window), "\x1b[I");
}

#[test]
fn the_menu_offers_what_a_terminal_can_do() {
    let lines: String = (0..200).map(|line| format!("{line}\r\n")).collect();
    let mut window = window(bench(&lines));
    let there = cell(&window, 1, 1);
    window.event(Event::PointerMoved(there));
    for pressed in [true, false] {
        window.event(Event::PointerButton {
            pos: there,
            button: PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        window.run();
    }
    for item in ["Copy", "Paste", "Select all", "Search …", "Open again", "Close terminal"] {
        window.get_by_label(item);
    }
    window.get_by_label("Clear scrollback").click();
    window.run();
    assert_eq!(window.state().screen.scrollback(), 0);
}
