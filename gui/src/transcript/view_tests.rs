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

fn ended(status: TurnStatus) -> EventBody {
    EventBody::TurnEnded { status, exit_status: None, elapsed_ms: 12_000, text: String::new() }
}

#[test]
fn questions_code_and_answers_are_copied_as_they_were_written() {
    let usage = EventBody::Usage(Usage { cost_usd: Some(1.5), ..Usage::default() });
    let mut window = window(vec![
        question(1, "u", "why?", 0),
        text(2, "u", "**Because**"),
        tool(3, "a", ToolStatus::Done, json!({"command": "ls"}), None),
        text(4, "u", "```rust\nfn f() {}\n```"),
        event(5, "u", usage),
        event(6, "u", ended(TurnStatus::Done)),
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
fn a_turn_that_went_on_after_an_error_and_is_done_is_not_sent_again() {
    for (status, retries) in [(TurnStatus::Done, 0), (TurnStatus::Failed, 1)] {
        let warning = error(Failure::new(Code::AgentFailed, "no metadata"), true);
        let pieces = vec![question(1, "u", "do it", 0), warning, event(10, "u", ended(status))];
        let mut window = window(pieces);
        click(&mut window, Role::Button, "Retry");
        assert_eq!(window.state().acts.len(), retries, "{status:?}");
    }
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

#[path = "view_selection_tests.rs"]
mod selection;
