#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;

use egui::{OutputCommand, TextureOptions};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::agent::{ToolCall, ToolStatus, Usage};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Event, EventBody, MessageId, Partial, PartialKind, RunId, SessionId, TabId, Turn, TurnId,
    TurnStatus,
};
use serde_json::{Value, json};

use super::*;
use crate::testing::harness;
use crate::transcript::data::Picture;
use crate::transcript::{Piece, pieces};

struct State {
    transcript: Transcript,
    acts: Vec<TranscriptAct>,
    copied: Vec<String>,
    turn: Option<Turn>,
    older: Older,
    show_reasoning: bool,
    images: HashMap<MessageId, Fetched<Arc<[Picture]>>>,
    width: f32,
}

fn window(pieces: Vec<Piece>) -> Harness<'static, State> {
    let mut transcript = Transcript::default();
    transcript.put(pieces);
    let state = State {
        transcript,
        acts: Vec::new(),
        copied: Vec::new(),
        turn: None,
        older: Older::None,
        show_reasoning: false,
        images: HashMap::new(),
        width: 900.0,
    };
    let mut window = harness(state, |ui, state| {
        let zone = TimeZone::UTC;
        let data = TranscriptData {
            now: Timestamp::from_second(1_000).unwrap(),
            zone: &zone,
            agent: "Claude Code",
            host: "box",
            directory: "/srv/shop",
            show_reasoning: state.show_reasoning,
            turn: state.turn.as_ref(),
            older: state.older,
            images: &state.images,
            keys: true,
        };
        ui.set_max_width(state.width);
        state.acts.extend(state.transcript.ui(ui, &data));
        let copied = ui.ctx().output(|output| output.commands.clone());
        state.copied.extend(copied.into_iter().filter_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text),
            _ => None,
        }));
    });
    window.run();
    window
}

fn event(seq: u64, turn: &str, body: EventBody) -> Piece {
    let at = Timestamp::from_second(i64::try_from(seq).unwrap()).unwrap();
    let (session, tab, turn) =
        (SessionId::new("s"), Some(TabId::new("t")), Some(TurnId::new(turn)));
    pieces::piece(&Event { seq, at, session, tab, turn, body }).unwrap()
}

fn question(seq: u64, turn: &str, prompt: &str, images: u32) -> Piece {
    event(
        seq,
        turn,
        EventBody::TurnStarted {
            message: MessageId::new(turn),
            prompt: prompt.into(),
            images,
            read_only: false,
            run: RunId::new("r"),
            synopsis: false,
        },
    )
}

fn text(seq: u64, turn: &str, text: &str) -> Piece {
    event(seq, turn, EventBody::Text { text: text.into(), plain: false })
}

fn tool(seq: u64, id: &str, status: ToolStatus, input: Value, output: Option<&str>) -> Piece {
    let (id, name, output) = (id.to_owned(), "Bash".to_owned(), output.map(str::to_owned));
    event(seq, "u", EventBody::ToolCall(ToolCall { id, name, status, input, output }))
}

fn error(failure: Failure, recoverable: bool) -> Piece {
    event(9, "u", EventBody::Error { failure, recoverable, resets_at: None })
}

fn turn() -> Turn {
    Turn {
        id: TurnId::new("u"),
        run: RunId::new("r"),
        host: "box".into(),
        started_at: Timestamp::from_second(988).unwrap(),
        read_only: false,
        status: None,
        link: LinkState::Restored,
        interrupting: false,
        stopping: false,
        usage: Usage::default(),
        save_to_history: true,
        synopsis: false,
        message: None,
    }
}

fn click(window: &mut Harness<'_, State>, role: Role, label: &str) {
    window.get_by_role_and_label(role, label).click();
    window.run();
}

#[test]
fn an_empty_transcript_says_what_to_do() {
    let window = window(Vec::new());
    window.get_by_label("Ask Claude Code anything");
    window.get_by_label_contains("/srv/shop on box");
}

#[test]
fn a_tool_call_is_one_line_until_it_is_opened() {
    let call = tool(1, "a", ToolStatus::Done, json!({"command": "ls -a"}), Some("one\ntwo"));
    let mut window = window(vec![call]);
    assert!(window.query_by_label("two").is_none());
    click(&mut window, Role::Button, "Bash, ls -a, done");
    window.get_by_label("ls -a");
    window.get_by_label("two");
    click(&mut window, Role::Button, "Copy output");
    assert_eq!(window.state().copied, ["one\ntwo"]);
    window.get_by_role_and_label(Role::Button, "Bash, ls -a, done").focus();
    window.key_press(Key::Enter);
    window.run();
    assert!(window.query_by_label("two").is_none());
}

#[test]
fn a_failed_call_says_so() {
    let failed = tool(1, "a", ToolStatus::Failed, json!({"command": "ls"}), None);
    window(vec![failed]).get_by_role_and_label(Role::Button, "Bash, ls, failed");
}

#[test]
fn many_calls_in_a_row_are_one_line() {
    let calls = |count: u64| {
        let call = |seq: u64| {
            let status = if seq == 2 { ToolStatus::Failed } else { ToolStatus::Done };
            tool(seq, &seq.to_string(), status, json!({"command": format!("step {seq}")}), None)
        };
        (0..count).map(call).collect::<Vec<_>>()
    };
    let mut window = window(calls(6));
    window.get_by_label("Bash, step 5, done");
    let more = calls(12).split_off(6);
    window.state_mut().transcript.put(more);
    window.run();
    assert!(window.query_by_label("Bash, step 5, done").is_none());
    click(&mut window, Role::Button, "12 tool calls, 1 failed");
    window.get_by_label("Bash, step 5, done");
}

#[test]
fn a_link_is_a_wish_and_opens_nothing_by_itself() {
    let mut window =
        window(vec![text(1, "u", "See [the page](https://a.org/x) and [that](file:///x).")]);
    click(&mut window, Role::Link, "the page");
    assert_eq!(window.state().acts, [TranscriptAct::OpenLink("https://a.org/x".into())]);
    assert_eq!(window.query_all_by_role(Role::Link).count(), 1);
}

#[test]
fn questions_code_and_answers_are_copied_as_they_were_written() {
    let ended = EventBody::TurnEnded {
        status: TurnStatus::Done,
        exit_status: Some(0),
        elapsed_ms: 12_000,
        text: String::new(),
    };
    let usage = EventBody::Usage(Usage { cost_usd: Some(1.5), ..Usage::default() });
    let mut window = window(vec![
        question(1, "u", "why?", 0),
        text(2, "u", "**Because**"),
        tool(3, "a", ToolStatus::Done, json!({"command": "ls"}), None),
        text(4, "u", "```rust\nfn f() {}\n```"),
        event(5, "u", usage),
        event(6, "u", ended),
    ]);
    window.get_by_label("Done in 12 s  ·  $1.50");
    for name in ["Copy question", "Copy code", "Copy answer"] {
        click(&mut window, Role::Button, name);
    }
    assert_eq!(
        window.state().copied,
        ["why?", "fn f() {}", "**Because**\n\n```rust\nfn f() {}\n```"]
    );
}

#[test]
fn reasoning_is_folded_unless_it_is_wished() {
    let thought = event(1, "u", EventBody::Reasoning { text: "first\n\nthe whole thought".into() });
    let mut window = window(vec![thought]);
    assert!(window.query_by_label("the whole thought").is_none());
    window.state_mut().show_reasoning = true;
    window.run();
    window.get_by_label("the whole thought");
}

#[test]
fn what_baton_asked_by_itself_is_folded_with_its_answer() {
    let asked = event(
        1,
        "x",
        EventBody::TurnStarted {
            message: MessageId::new("m"),
            prompt: "Say what you did".into(),
            images: 0,
            read_only: false,
            run: RunId::new("r"),
            synopsis: true,
        },
    );
    let mut window = window(vec![asked, text(2, "x", "I did things")]);
    assert!(window.query_by_label("I did things").is_none());
    click(&mut window, Role::Button, "Baton asked what was done, for the history");
    window.get_by_label("Say what you did");
    window.get_by_label("I did things");
}

fn long(count: u64) -> Vec<Piece> {
    (1..=count)
        .map(|seq| match seq % 20 {
            1 => question(seq, &seq.to_string(), &format!("question {seq}"), 0),
            _ => text(seq, "u", &format!("answer {seq}")),
        })
        .collect()
}

#[test]
fn the_end_is_followed_only_while_one_is_at_it() {
    let mut window = window(long(100));
    window.get_by_label("answer 100");
    window.state_mut().transcript.put(vec![text(101, "u", "answer 101")]);
    window.run();
    window.get_by_label("answer 101");
    window.key_press(Key::PageUp);
    window.run();
    assert!(window.query_by_label("answer 101").is_none());
    window.state_mut().transcript.put(vec![text(102, "u", "a"), text(103, "u", "answer 103")]);
    window.run();
    assert!(window.query_by_label("answer 103").is_none());
    click(&mut window, Role::Button, "Jump to the end  ·  2 new");
    window.get_by_label("answer 103");
    assert!(window.query_by_label_contains("Jump to the end").is_none());
}

#[test]
fn keys_go_to_the_beginning_the_end_and_from_question_to_question() {
    let mut window = window(long(100));
    for (modifiers, key, shown) in [
        (Modifiers::NONE, Key::Home, "question 1"),
        (Modifiers::NONE, Key::End, "answer 100"),
        (Modifiers::COMMAND, Key::ArrowUp, "question 81"),
        (Modifiers::COMMAND, Key::ArrowUp, "question 61"),
        (Modifiers::COMMAND, Key::ArrowDown, "question 81"),
        (Modifiers::COMMAND, Key::ArrowDown, "answer 100"),
    ] {
        window.key_press_modifiers(modifiers, key);
        window.run();
        assert!(window.query_by_label(shown).is_some(), "{shown}");
    }
}

#[test]
fn search_goes_from_place_to_place_and_opens_what_is_folded() {
    let mut pieces = long(60);
    let (input, output) = (json!({"command": "ls"}), Some("the NEEDLE is here"));
    pieces.insert(10, tool(11, "a", ToolStatus::Done, input, output));
    pieces.push(text(99, "u", "another needle"));
    let mut window = window(pieces);
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Search").type_text("needle");
    window.run();
    window.get_by_label("0 of 2");
    window.key_press(Key::Enter);
    window.run();
    // The first one from where the person is.
    window.get_by_label("2 of 2");
    window.get_by_label("another needle");
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("1 of 2");
    window.get_by_label("the NEEDLE is here");
    window.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    window.run();
    window.get_by_label("2 of 2");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("Search").is_none());
}

#[test]
fn a_search_over_very_much_goes_on_from_frame_to_frame() {
    let words = "some words to search through. ".repeat(400);
    let pieces = (0..200).map(|seq| text(seq, "u", &words)).collect();
    let mut window = window(pieces);
    window.state_mut().transcript.open_search();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Search").type_text("through");
    window.step();
    window.step();
    let early = window.state().transcript.search.as_ref().unwrap().total();
    assert!(early < 80_000, "{early}");
    window.run_steps(40);
    assert_eq!(window.state().transcript.search.as_ref().unwrap().total(), 80_000);
}

#[test]
fn images_are_wished_for_once_and_shown_large_on_a_click() {
    let mut window = window(vec![question(1, "m", "look", 1)]);
    let message = MessageId::new("m");
    window.run();
    assert_eq!(window.state().acts, [TranscriptAct::WantImages(message.clone())]);
    let pixels = egui::ColorImage::filled([40, 30], egui::Color32::RED);
    let texture = window.ctx.load_texture("t", pixels, TextureOptions::default());
    let picture = Picture { name: "cat.png".into(), texture };
    window.state_mut().images.insert(message, Fetched::Ready(vec![picture].into()));
    window.run();
    click(&mut window, Role::Button, "Show image cat.png");
    window.get_by_role_and_label(Role::Button, "Close");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_role_and_label(Role::Button, "Close").is_none());
}

#[test]
fn older_pieces_are_wished_for_once_near_the_beginning() {
    let mut window = window(long(100));
    window.state_mut().older = Older::There;
    window.run();
    assert!(window.state().acts.is_empty());
    window.key_press(Key::Home);
    window.run();
    window.run();
    assert_eq!(window.state().acts, [TranscriptAct::WantOlder]);
    let older = (0..50).map(|seq| text(1000 + seq, "u", &format!("older {seq}"))).collect();
    window.state_mut().transcript.put_older(older);
    window.step();
    // What was seen is seen still.
    window.get_by_label("question 1");
}

#[test]
fn each_error_offers_what_helps() {
    let card = |code, hint: &str| Failure::new(code, "it failed").hint(hint).on("box");
    let host = || "box".to_owned();
    let cases = [
        (
            error(card(Code::TooLarge, "a"), false),
            "Fresh session",
            TranscriptAct::FreshConversation,
        ),
        (
            error(card(Code::NotFound, "a"), false),
            "Fresh session",
            TranscriptAct::FreshConversation,
        ),
        (error(card(Code::HostUnknown, "a"), false), "Open settings", TranscriptAct::OpenSettings),
        (error(card(Code::HostDisabled, "a"), false), "Edit host", TranscriptAct::EditHost(host())),
        (error(card(Code::AuthRefused, "a"), false), "Test host", TranscriptAct::TestHost(host())),
        (
            error(card(Code::HostKeyChanged, "a"), false),
            "Try again",
            TranscriptAct::RetryHost(host()),
        ),
        (
            error(card(Code::RateLimited, "a"), true),
            "Retry",
            TranscriptAct::Retry { turn: TurnId::new("u"), question: None },
        ),
    ];
    for (piece, button, act) in cases {
        let mut window = window(vec![piece]);
        window.get_by_label("box: it failed");
        click(&mut window, Role::Button, button);
        assert_eq!(window.state().acts, [act], "{button}");
    }
    let missing = error(card(Code::AgentMissing, "Install it with `npm i -g codex`"), false);
    let mut window = window(vec![missing]);
    click(&mut window, Role::Button, "Copy command");
    assert_eq!(window.state().copied, ["npm i -g codex"]);
}

#[test]
fn a_retry_carries_the_message_and_waits_for_its_turn() {
    let failed = error(Failure::new(Code::AgentFailed, "it crashed"), true);
    let mut window = window(vec![question(1, "u", "do it", 0), failed]);
    window.state_mut().turn = Some(turn());
    window.step();
    window.get_by_role_and_label(Role::Button, "Retry").click();
    window.step();
    assert!(window.state().acts.is_empty());
    window.state_mut().turn = None;
    window.run();
    click(&mut window, Role::Button, "Retry");
    let [TranscriptAct::Retry { question: Some(question), .. }] = &window.state().acts[..] else {
        panic!("{:?}", window.state().acts)
    };
    assert_eq!(&*question.prompt, "do it");
}

#[test]
fn a_limit_says_when_it_ends() {
    let resets_at = Some(Timestamp::from_second(7260).unwrap());
    let failure = Failure::new(Code::RateLimited, "wait");
    let piece = event(1, "u", EventBody::Error { failure, recoverable: true, resets_at });
    window(vec![piece]).get_by_label("The limit ends at 02:01");
}

#[test]
fn a_turn_under_way_says_how_long_and_how_the_way_stands() {
    let mut window =
        window(vec![tool(1, "a", ToolStatus::Running, json!({"command": "ls"}), None)]);
    window.state_mut().turn = Some(turn());
    window.step();
    window.step();
    window.get_by_label("working for 12 s  ·  1 tool call");
    window.state_mut().turn = Some(Turn { link: LinkState::Lost, ..turn() });
    window.step();
    window.step();
    window.get_by_label_contains("connection lost, trying again; the agent works on");
}

#[test]
fn a_transcript_at_rest_asks_for_no_frame() {
    let mut window = window(long(50));
    window.run();
    // `run` panics when frames go on for ever; this says so of the frame after that, too.
    let before = window.state().transcript.blocks_laid_out();
    window.step();
    assert!(window.run_ok().is_some());
    assert_eq!(window.state().transcript.blocks_laid_out(), before);
}

#[test]
fn scrolling_a_hundred_thousand_pieces_lays_out_what_comes_into_sight() {
    let mut window = window(long(100_000));
    let start = window.state().transcript.blocks_laid_out();
    assert!(start < 100, "{start}");
    for frames in 1..=50 {
        window.state_mut().transcript.scroll_by(-200.0);
        window.step();
        let laid_out = window.state().transcript.blocks_laid_out() - start;
        assert!(laid_out < frames * 20 + 50, "{laid_out} in {frames} frames");
    }
    window.key_press(Key::Home);
    window.run();
    window.get_by_label("question 1");
    assert!(window.state().transcript.blocks_kept() < 600);
}

#[test]
fn ten_megabytes_cost_a_few_blocks() {
    let mut words = String::new();
    while words.len() < 10 << 20 {
        words.push_str("## Part\n\nSome **bold** words that go on.\n\n- one\n- two\n\n");
    }
    let mut window = window(vec![text(1, "u", &words)]);
    let laid_out = window.state().transcript.blocks_laid_out();
    assert!(laid_out < 100, "{laid_out}");
    window.state_mut().width = 700.0;
    window.step();
    let after = window.state().transcript.blocks_laid_out() - laid_out;
    assert!(after < 100, "{after}");
}

#[test]
fn what_is_still_written_is_laid_out_only_where_it_grows() {
    let mut window = window(vec![text(1, "u", "before")]);
    let mut words = String::new();
    let mut laid_out = window.state().transcript.blocks_laid_out();
    for number in 0..200 {
        words.push_str(&format!("Paragraph {number} of it.\n\n"));
        let partial = Partial {
            session: SessionId::new("s"),
            tab: TabId::new("t"),
            turn: TurnId::new("u"),
            kind: PartialKind::Text,
            text: words.clone(),
        };
        let piece = pieces::unfinished(&partial, 1, Timestamp::UNIX_EPOCH);
        window.state_mut().transcript.set_unfinished(Some(piece));
        window.step();
        let now = window.state().transcript.blocks_laid_out();
        assert!(now - laid_out <= 2, "{} at {number}", now - laid_out);
        laid_out = now;
    }
    // The finished piece is the same: nothing is laid out again, and nothing jumps.
    window.state_mut().transcript.put(vec![text(2, "u", &words)]);
    window.step();
    assert_eq!(window.state().transcript.blocks_laid_out(), laid_out);
    window.get_by_label("Paragraph 199 of it.");
}

/// Presses at a place, and lets go at another one.
fn drag(window: &mut Harness<'_, State>, from: egui::Pos2, to: egui::Pos2) {
    press(window, from, true);
    window.event(egui::Event::PointerMoved(to));
    window.step();
    press(window, to, false);
}

fn press(window: &mut Harness<'_, State>, pos: egui::Pos2, pressed: bool) {
    let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
    window.event(egui::Event::PointerMoved(pos));
    window.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
    window.step();
}

fn copied(window: &mut Harness<'_, State>) -> Vec<String> {
    window.event(egui::Event::Copy);
    window.run();
    std::mem::take(&mut window.state_mut().copied)
}

fn rect(window: &Harness<'_, State>, label: &str) -> Rect {
    window.get_by_role_and_label(Role::Label, label).rect()
}

#[test]
fn what_is_dragged_over_is_copied_as_it_was_written() {
    let written = "One two\n\n- first\n- [x] second\n\n| a | b |\n|---|---|\n| c | d |\n\nthe end";
    let mut window = window(vec![question(1, "u", "why?", 0), text(2, "u", written)]);
    let (from, to) = (rect(&window, "why?"), rect(&window, "the end"));
    drag(&mut window, from.left_center(), to.right_center() + vec2(9.0, 0.0));
    let expected = "why?\n\nOne two\n\n- first\n- [x] second\n\na\tb\nc\td\n\nthe end";
    assert_eq!(copied(&mut window), [expected]);
    // And backwards.
    drag(&mut window, to.right_center(), from.left_center());
    assert_eq!(copied(&mut window), [expected]);
    window.key_press(Key::Escape);
    window.run();
    assert!(copied(&mut window).is_empty());
}

#[test]
fn two_presses_select_a_word_three_a_paragraph_and_one_nothing() {
    let mut window = window(vec![text(1, "u", "one two three")]);
    let middle = rect(&window, "one two three").center();
    // Each event is a frame here, a quarter of a second long.
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    for (presses, expected) in [(2, "two"), (3, "one two three")] {
        let left = rect(&window, "one two three").left_center();
        press(&mut window, left, true);
        press(&mut window, left, false);
        assert!(copied(&mut window).is_empty());
        for _ in 0..presses {
            press(&mut window, middle, true);
            press(&mut window, middle, false);
        }
        assert_eq!(copied(&mut window), [expected]);
    }
    let left = rect(&window, "one two three").left_center();
    press(&mut window, left, true);
    press(&mut window, left, false);
    assert!(copied(&mut window).is_empty());
}

#[test]
fn a_selection_stays_when_its_ends_leave_the_view_and_older_pieces_come() {
    let mut window = window(long(200).split_off(100));
    let last = rect(&window, "answer 200");
    press(&mut window, last.right_center(), true);
    window.event(egui::Event::PointerMoved(last.left_center()));
    window.step();
    press(&mut window, last.left_center(), false);
    window.state_mut().transcript.put_older(long(100));
    window.state_mut().transcript.put(vec![text(201, "u", "more")]);
    window.key_press(Key::Home);
    window.run();
    assert!(window.query_by_label("answer 200").is_none());
    assert_eq!(copied(&mut window), ["answer 200"]);
}

#[test]
fn dragging_past_an_edge_moves_the_view() {
    let mut window = window(long(200));
    let last = rect(&window, "answer 200");
    press(&mut window, last.right_center(), true);
    let above = pos2(last.left(), -40.0);
    let mut laid_out = window.state().transcript.blocks_laid_out();
    for _ in 0..400 {
        if window.query_by_label("answer 150").is_some() {
            break;
        }
        window.event(egui::Event::PointerMoved(above));
        window.step();
        let now = window.state().transcript.blocks_laid_out();
        assert!(now - laid_out < 60, "a frame costs what is in view");
        laid_out = now;
    }
    press(&mut window, above, false);
    let copied = copied(&mut window).remove(0);
    assert!(copied.contains("answer 160") && copied.ends_with("answer 200"), "{copied}");
}

#[test]
fn what_is_folded_is_copied_only_while_it_is_seen() {
    let call = tool(2, "a", ToolStatus::Done, json!({"command": "ls"}), Some("one\ntwo"));
    let mut window = window(vec![text(1, "u", "before"), call, text(3, "u", "behind")]);
    let select = |window: &mut Harness<'_, State>| {
        let (from, to) = (rect(window, "before"), rect(window, "behind"));
        drag(window, from.left_center(), to.right_center());
        copied(window)
    };
    assert_eq!(select(&mut window), ["before\n\nBash  ls\n\nbehind"]);
    click(&mut window, Role::Button, "Bash, ls, done");
    // Opening it takes nothing from what is selected.
    let expected = "before\n\nBash  ls\n\nls\n\none\ntwo\n\nbehind";
    assert_eq!(copied(&mut window), [expected]);
    assert_eq!(select(&mut window), [expected]);
}

#[test]
fn a_drag_after_two_presses_goes_on_by_words() {
    let mut window = window(vec![text(1, "u", "one two three"), text(2, "u", "four five")]);
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    let (first, second) = (rect(&window, "one two three"), rect(&window, "four five"));
    press(&mut window, first.center(), true);
    press(&mut window, first.center(), false);
    drag(&mut window, first.center(), second.left_center() + vec2(3.0, 0.0));
    assert_eq!(copied(&mut window), ["two three\n\nfour"]);
}

#[test]
fn a_selection_ends_with_a_press_elsewhere_and_keys_with_more_keys_are_left_alone() {
    let mut window = window(vec![text(1, "u", "one two three")]);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.run();
    assert!(copied(&mut window).is_empty());
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    assert_eq!(copied(&mut window), ["one two three"]);
    let inside = rect(&window, "one two three").center() + vec2(0.0, 300.0);
    press(&mut window, inside, true);
    press(&mut window, inside, false);
    assert!(copied(&mut window).is_empty());
}

#[test]
fn everything_that_is_loaded_can_be_selected() {
    let code = format!("```\n{}```", "line\n".repeat(120));
    let prose = "word ".repeat(2_000);
    let mut window = window(vec![text(1, "u", &code), text(2, "u", prose.trim())]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    let expected = format!("{}\n\n{}", "line\n".repeat(120).trim(), prose.trim());
    assert_eq!(copied(&mut window), [expected]);
}

#[test]
fn a_link_in_selected_text_still_opens() {
    let mut window = window(vec![text(1, "u", "See [the page](https://a.org/x).")]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    click(&mut window, Role::Link, "the page");
    assert_eq!(window.state().acts, [TranscriptAct::OpenLink("https://a.org/x".into())]);
}
