#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use orchestrator::agent::{ToolCall, ToolStatus, Usage};
use orchestrator::failure::Code;
use orchestrator::seam::{MessageId, RunId, SessionId, TabId, TurnStatus};
use serde_json::json;

use super::*;

fn event(seq: u64, body: EventBody) -> Event {
    Event {
        seq,
        at: Timestamp::from_second(i64::try_from(seq).unwrap()).unwrap(),
        session: SessionId::new("s"),
        tab: Some(TabId::new("t")),
        turn: Some(TurnId::new("u")),
        body,
    }
}

fn shown(body: EventBody) -> Piece {
    piece(&event(7, body)).unwrap()
}

fn words(piece: &Piece) -> Vec<&str> {
    let mut words = Vec::new();
    piece.blocks.iter().for_each(|block| block.body.each_text(|text| words.push(text)));
    words
}

fn tool(seq: u64, status: ToolStatus, input: serde_json::Value, output: Option<&str>) -> Piece {
    let call = ToolCall {
        id: "1".into(),
        name: "Bash".into(),
        status,
        input,
        output: output.map(str::to_owned),
    };
    piece(&event(seq, EventBody::ToolCall(call))).unwrap()
}

#[test]
fn pieces_may_go_from_thread_to_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Piece>();
}

#[test]
fn a_question_is_shown_as_it_was_written() {
    let piece = shown(EventBody::TurnStarted {
        message: MessageId::new("m"),
        prompt: "**not** bold\n  kept".into(),
        images: 2,
        read_only: true,
        run: RunId::new("r"),
        synopsis: false,
    });
    assert_eq!(words(&piece), ["**not** bold\n  kept"]);
    assert_eq!(&*piece.source, "**not** bold\n  kept");
    assert!(matches!(piece.blocks[2].body, Body::Images { count: 2, .. }));
    let Body::Asked { read_only, .. } = piece.blocks[0].body else { panic!() };
    assert!(read_only);
}

#[test]
fn an_answer_is_markdown_unless_it_was_printed_for_people() {
    let answer = shown(EventBody::Text { text: "# Head".into(), plain: false });
    assert_eq!((words(&answer), &*answer.source), (vec!["Head"], "# Head"));
    let printed = shown(EventBody::Text { text: "# Head\n  | x |".into(), plain: true });
    assert_eq!(words(&printed), ["# Head\n  | x |"]);
}

#[test]
fn terminal_escapes_are_never_passed_on() {
    for piece in [
        shown(EventBody::Text { text: "a\x1b[2Jb".into(), plain: false }),
        shown(EventBody::Reasoning { text: "a\x1b[2Jb".into() }),
        tool(1, ToolStatus::Done, json!({"command": "a\x1b[2Jb"}), Some("a\x1b[2Jb")),
        shown(EventBody::Raw { kind: "\x1b".into(), line: "a\x1b[2Jb".into() }),
        shown(EventBody::Quiet { seconds: 5, stderr: "\x1b[2J".into() }),
        shown(EventBody::Error {
            failure: Failure::new(Code::AgentFailed, "a\x1b[2J").hint("\x1b"),
            recoverable: false,
            resets_at: None,
        }),
    ] {
        assert!(words(&piece).iter().all(|text| !text.contains('\x1b')), "{piece:?}");
        assert!(!piece.source.contains('\x1b'));
    }
}

#[test]
fn a_tool_call_keeps_what_was_told_when_it_began() {
    let began = tool(1, ToolStatus::Running, json!({"command": "ls"}), None);
    let mut ended = tool(4, ToolStatus::Done, json!(null), Some("out"));
    assert_eq!(began.key, ended.key);
    ended.follow(began);
    assert_eq!(words(&ended), ["Bash", "ls", "command", "ls", "out"]);
    assert_eq!(ended.until.duration_since(ended.at).as_secs(), 3);
    assert_eq!(ended.seq, 1);
    let Kind::Tool { progress, given } = ended.kind else { panic!() };
    assert_eq!((progress, given), (crate::text::Progress::Done, 2));
}

#[test]
fn a_tool_call_that_is_told_whole_again_is_not_doubled() {
    let began = tool(1, ToolStatus::Running, json!({"command": "ls"}), None);
    let mut ended = tool(2, ToolStatus::Done, json!({"command": "ls"}), Some("out"));
    ended.follow(began);
    assert_eq!(words(&ended), ["Bash", "ls", "command", "ls", "out"]);
}

#[test]
fn what_happens_to_the_way_is_told_and_what_is_blocked_is_a_card() {
    let why = Failure::new(Code::AuthRefused, "box accepted none of our keys").on("box");
    let lost = shown(EventBody::Link { state: LinkState::Lost, why: Some(why.clone()) });
    assert!(words(&lost)[0].contains("The agent works on"), "{lost:?}");
    let blocked = shown(EventBody::Link { state: LinkState::Blocked, why: Some(why) });
    assert!(matches!(blocked.kind, Kind::Error));
    let back = shown(EventBody::Link { state: LinkState::Restored, why: None });
    assert!(matches!(back.kind, Kind::Mark));
}

#[test]
fn reasoning_and_strange_lines_are_folded() {
    let thought = shown(EventBody::Reasoning { text: "**Plan** the work\n\nmore".into() });
    let raw = shown(EventBody::Raw { kind: "weather".into(), line: "{}".into() });
    for piece in [&thought, &raw] {
        assert!(matches!(piece.blocks[0].body, Body::Head(_)));
        assert!(piece.blocks[1..].iter().all(|block| block.folded));
    }
    assert_eq!(words(&thought)[..2], ["Thinking", "Plan the work"]);
}

#[test]
fn what_only_counts_or_steers_is_not_shown() {
    let usage = shown(EventBody::Usage(Usage::default()));
    assert!(usage.blocks.is_empty());
    assert_eq!(piece(&event(1, EventBody::TurnLaunched)), None);
    assert_eq!(piece(&event(1, EventBody::AgentSession { id: "x".into() })), None);
    assert!(piece(&event(1, EventBody::Unknown)).is_some());
    let ended = shown(EventBody::TurnEnded {
        status: TurnStatus::Done,
        exit_status: Some(0),
        elapsed_ms: 5,
        text: "the answer".into(),
    });
    assert!(matches!(ended.blocks[0].body, Body::Ended { elapsed_ms: 5, .. }));
}

#[test]
fn an_unfinished_piece_begins_with_the_same_blocks_as_the_finished_one() {
    let text = "one\n\ntwo\n\n```rust\nfn a() {}\n```\n\nthree";
    let partial = |text: &str| Partial {
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new("u"),
        kind: PartialKind::Text,
        text: text.into(),
    };
    let now = Timestamp::UNIX_EPOCH;
    let half = unfinished(&partial("one\n\ntwo\n\nthr"), 3, now);
    let whole = unfinished(&partial(text), 3, now);
    let finished = shown(EventBody::Text { text: text.into(), plain: false });
    assert_eq!(half.key, whole.key);
    let hashes = |piece: &Piece| piece.blocks.iter().map(|block| block.hash).collect::<Vec<_>>();
    assert_eq!(hashes(&half)[..2], hashes(&whole)[..2]);
    assert_eq!(hashes(&whole), hashes(&finished));
}
