#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::prelude::*;

use super::stream::{Carry, Parser, ParserKind, Saved};
use crate::agent::{AgentErrorKind, Item, ToolStatus, Usage};

/// The recorded and the hand-written streams: their format stands at the beginning of their names.
const FIXTURES: [&str; 22] = [
    "claude_run.jsonl",
    "claude_limit.jsonl",
    "claude_errors.jsonl",
    "codex_exec.jsonl",
    "codex_err429.jsonl",
    "codex_err500.jsonl",
    "codex_exec_disconnect.jsonl",
    "codex_resume.jsonl",
    "codex_rollout.jsonl",
    "copilot_run.jsonl",
    "copilot_denied.jsonl",
    "copilot_err429.jsonl",
    "copilot_joined.jsonl",
    "droid_run.jsonl",
    "droid_error.jsonl",
    "gemini_run.jsonl",
    "gemini_resume.jsonl",
    "gemini_err429.jsonl",
    "gemini_failed.jsonl",
    "opencode_run.jsonl",
    "opencode_continue.jsonl",
    "opencode_err429.jsonl",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/fixtures")
}

fn kind_of(name: &str) -> ParserKind {
    let format = name.split('_').next().unwrap();
    serde_json::from_value(format.into()).unwrap()
}

fn stream(name: &str) -> Vec<u8> {
    fs::read(fixtures().join(name)).unwrap()
}

fn items_of(kind: ParserKind, bytes: &[u8]) -> Vec<Item> {
    let mut parser = Parser::new(kind, Carry::default());
    let mut items = Vec::new();
    let consumed = parser.push(bytes, &mut items);
    assert!(consumed <= bytes.len() as u64);
    parser.finish(&mut items);
    assert_eq!(parser.save().consumed, bytes.len() as u64);
    items
}

fn items(name: &str) -> Vec<Item> {
    items_of(kind_of(name), &stream(name))
}

fn errors(items: &[Item]) -> Vec<(AgentErrorKind, bool)> {
    let error = |item: &Item| match item {
        Item::Error(error) => Some((error.kind, error.goes_on)),
        _ => None,
    };
    items.iter().filter_map(error).collect()
}

fn texts(items: &[Item]) -> Vec<&str> {
    fn text(item: &Item) -> Option<&str> {
        match item {
            Item::Text { text } => Some(text),
            _ => None,
        }
    }
    items.iter().filter_map(text).collect()
}

/// `BATON_WRITE_EXPECTED=1` writes the files anew: look at what has changed before you commit them.
#[test]
fn every_recorded_stream_gives_the_items_that_stand_beside_it() {
    #[expect(clippy::disallowed_methods, reason = "a developer asks for new files in this way")]
    let write = std::env::var_os("BATON_WRITE_EXPECTED").is_some();
    let mut names: Vec<&str> = FIXTURES.to_vec();
    names.push("plain_run.txt");
    for name in names {
        let expected = fixtures().join("expected").join(name).with_extension("json");
        let items = items(name);
        if write {
            let mut text = serde_json::to_string_pretty(&items).unwrap();
            text.push('\n');
            fs::write(&expected, text).unwrap();
        }
        let text = fs::read_to_string(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted: Vec<Item> = serde_json::from_str(&text).unwrap();
        assert_eq!(items, wanted, "{name}");
    }
}

#[test]
fn a_whole_turn_says_its_session_its_calls_its_use_and_its_end() {
    for name in
        ["claude_run", "codex_exec", "opencode_run", "gemini_run", "copilot_run", "droid_run"]
    {
        let items = items(&format!("{name}.jsonl"));
        let count = |wanted: fn(&Item) -> bool| items.iter().filter(|item| wanted(item)).count();
        assert_eq!(count(|item| matches!(item, Item::AgentSession { .. })), 1, "{name}");
        let done =
            |item: &Item| matches!(item, Item::ToolCall(call) if call.status == ToolStatus::Done);
        assert!(count(done) >= 1, "{name}");
        let Some(Item::Ended { ok: true, text: Some(last) }) = items.last() else {
            panic!("{name} has no end: {items:?}");
        };
        // The final text stands in the items once.
        assert_eq!(texts(&items).iter().filter(|text| *text == last).count(), 1, "{name}");
        // A result is told with the name of its call.
        let nameless = |item: &Item| matches!(item, Item::ToolCall(call) if call.name.is_empty());
        assert_eq!(count(nameless), 0, "{name}");
    }
}

#[test]
fn errors_come_from_error_objects_and_never_from_prose() {
    use AgentErrorKind as Kind;
    let of = |name: &str| errors(&items(name));
    assert_eq!(of("claude_run.jsonl"), []);
    assert_eq!(
        of("claude_errors.jsonl"),
        [
            (Kind::SessionNotFound, false),
            (Kind::NotLoggedIn, false),
            (Kind::NotLoggedIn, false),
            (Kind::RateLimited, false),
            (Kind::ContextExhausted, false),
            (Kind::Other, false),
        ]
    );
    assert_eq!(
        of("claude_limit.jsonl"),
        [(Kind::Provider, true), (Kind::RateLimited, false), (Kind::RateLimited, false)]
    );
    // The first is a warning about the model's metadata.
    assert_eq!(of("codex_err429.jsonl"), [(Kind::Other, true), (Kind::RateLimited, false)]);
    assert_eq!(
        of("codex_err500.jsonl"),
        [(Kind::Other, true), (Kind::Provider, true), (Kind::Provider, false)]
    );
    assert_eq!(of("opencode_err429.jsonl"), [(Kind::RateLimited, false)]);
    assert_eq!(of("copilot_err429.jsonl").last(), Some(&(Kind::RateLimited, false)));
    assert_eq!(of("copilot_denied.jsonl"), []);
    assert_eq!(of("droid_error.jsonl"), [(Kind::NotLoggedIn, false)]);
    assert_eq!(of("gemini_failed.jsonl").last(), Some(&(Kind::RateLimited, false)));
    assert_eq!(of("gemini_err429.jsonl"), []);
}

#[test]
fn a_rate_limit_says_when_it_ends() {
    let end = |name: &str| {
        items(name).into_iter().find_map(|item| match item {
            Item::Error(error) => error.resets_at,
            _ => None,
        })
    };
    let at = |seconds| Some(Timestamp::from_second(seconds).unwrap());
    assert_eq!(end("claude_limit.jsonl"), at(1_795_240_000));
    assert_eq!(end("codex_rollout.jsonl"), at(1_795_500_000));
    assert_eq!(end("claude_errors.jsonl"), at(1_749_924_000));
    let retry = r#"{"type":"error","timestamp":1795229676551,"error":{"name":"APIError","data":{"message":"x","statusCode":429,"responseHeaders":{"retry-after":"60"}}}}"#;
    let Item::Error(error) = &items_of(ParserKind::Opencode, retry.as_bytes())[0] else { panic!() };
    assert_eq!(error.resets_at.unwrap().as_second(), 1_795_229_736);
}

#[test]
fn codex_counts_threads_and_a_turn_is_told_its_own_use() {
    let usage = |items: &[Item]| {
        let found = items.iter().find_map(|item| match item {
            Item::Usage(usage) => Some(usage.clone()),
            _ => None,
        });
        found.unwrap()
    };
    let mut first = Parser::new(ParserKind::Codex, Carry::default());
    let mut items = Vec::new();
    first.push(&stream("codex_exec.jsonl"), &mut items);
    assert_eq!(usage(&items).input_tokens, 300);
    // The carry is stored between turns.
    let carry: Carry =
        serde_json::from_value(serde_json::to_value(first.carry()).unwrap()).unwrap();
    let mut second = Parser::new(ParserKind::Codex, carry);
    let mut items = Vec::new();
    second.push(&stream("codex_resume.jsonl"), &mut items);
    let want = Usage {
        input_tokens: 100,
        output_tokens: 30,
        cache_read_tokens: 20,
        reasoning_tokens: 8,
        ..Usage::default()
    };
    assert_eq!(usage(&items), want);
}

#[test]
fn what_a_conversation_used_elsewhere_is_not_taken_for_its_first_turns_here() {
    let usage = |items: &[Item]| {
        let found = items.iter().find_map(|item| match item {
            Item::Usage(usage) => Some(usage.clone()),
            _ => None,
        });
        found.unwrap()
    };
    let mut parser = Parser::new(ParserKind::Codex, Carry::begun_elsewhere());
    let mut items = Vec::new();
    parser.push(&stream("codex_exec.jsonl"), &mut items);
    assert_eq!(usage(&items), Usage::default(), "nobody can tell it apart");
    // From there on it is counted.
    let carry: Carry =
        serde_json::from_value(serde_json::to_value(parser.carry()).unwrap()).unwrap();
    assert!(!carry.uncounted);
    let mut next = Parser::new(ParserKind::Codex, carry);
    let mut items = Vec::new();
    next.push(&stream("codex_resume.jsonl"), &mut items);
    assert_eq!(usage(&items).input_tokens, 100);
    // A turn that tells nothing of its use leaves it to the next one.
    assert!(Parser::new(ParserKind::Codex, Carry::begun_elsewhere()).carry().uncounted);
}

#[test]
fn a_long_line_is_skipped_and_what_follows_is_read() {
    let mut bytes = vec![b'x'; 64 * 1024 * 1024];
    bytes.extend(b"\n{\"type\":\"new\"}\n");
    for kind in [ParserKind::Claude, ParserKind::Copilot, ParserKind::Plain] {
        // In pieces, and stored and restored twice while it is skipped.
        let items = resumed(kind, &bytes, &[20 * 1024 * 1024, 1024 * 1024]);
        assert_eq!(items, items_of(kind, &bytes));
        let Item::Error(error) = &items[0] else { panic!("{items:?}") };
        assert_eq!((error.kind, error.goes_on), (AgentErrorKind::Other, true));
        assert!(error.message.contains("67108864 bytes"), "{}", error.message);
        assert_eq!(items.len(), if kind == ParserKind::Plain { 3 } else { 2 });
    }
}

#[test]
fn a_line_that_is_skipped_takes_no_memory_and_isnt_read_again() {
    let mib = vec![b'x'; 1024 * 1024];
    let mut parser = Parser::new(ParserKind::Claude, Carry::default());
    let mut items = Vec::new();
    for pushed in 1..=64 {
        let consumed = parser.push(&mib, &mut items);
        let want = if pushed <= 16 { 0 } else { pushed * 1024 * 1024 };
        assert_eq!(consumed, want);
    }
    assert!(serde_json::to_string(&parser.save()).unwrap().len() < 1000);
    assert_eq!(items, []);
}

#[test]
fn what_is_not_understood_is_kept_as_it_is() {
    let unknown = |kind, line: &[u8]| match items_of(kind, line).as_slice() {
        [Item::Unknown { kind, line }] => (kind.clone(), line.clone()),
        other => panic!("{other:?}"),
    };
    let kinds = [
        ParserKind::Claude,
        ParserKind::Codex,
        ParserKind::Opencode,
        ParserKind::Gemini,
        ParserKind::Copilot,
        ParserKind::Droid,
    ];
    for kind in kinds {
        assert_eq!(unknown(kind, b"Warning: \xff\n"), (String::new(), "Warning: \u{fffd}".into()));
        let (name, line) = unknown(kind, br#"{"type":"from_tomorrow","data":[1]}"#);
        assert_eq!((name.as_str(), line.len()), ("from_tomorrow", 35));
        assert_eq!(unknown(kind, b"{\"type\":17}").0, "");
        assert_eq!(unknown(kind, b"[1,2]").0, "");
        assert_eq!(items_of(kind, b"\r\n  \n\n"), []);
    }
}

#[test]
fn outputs_of_tools_are_cut_in_their_middle() {
    let long = "x".repeat(200_000);
    let line = format!(
        r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"t","content":"a{long}b"}}]}}}}"#
    );
    let items = items_of(ParserKind::Claude, line.as_bytes());
    let Item::ToolCall(call) = &items[0] else { panic!("{items:?}") };
    let output = call.output.as_ref().unwrap();
    assert!(output.len() < 66_000 && output.starts_with('a') && output.ends_with('b'));
}

fn resumed(kind: ParserKind, bytes: &[u8], cuts: &[usize]) -> Vec<Item> {
    let mut parser = Parser::new(kind, Carry::default());
    let mut items = Vec::new();
    let mut at = 0;
    for cut in cuts {
        let to = (at + cut).min(bytes.len());
        parser.push(&bytes[at..to], &mut items);
        let saved = serde_json::to_string(&parser.save()).unwrap();
        let saved: Saved = serde_json::from_str(&saved).unwrap();
        at = usize::try_from(saved.consumed).unwrap();
        parser = Parser::restore(saved);
        assert!(at <= to);
    }
    parser.push(&bytes[at..], &mut items);
    parser.finish(&mut items);
    items
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_gives_the_same_items(
        which in 0..FIXTURES.len(),
        splits in prop::collection::vec(1usize..900, 1..20),
    ) {
        let (kind, bytes) = (kind_of(FIXTURES[which]), stream(FIXTURES[which]));
        let mut parser = Parser::new(kind, Carry::default());
        let mut items = Vec::new();
        let mut rest = bytes.as_slice();
        for split in splits.iter().cycle() {
            let (now, later) = rest.split_at((*split).min(rest.len()));
            parser.push(now, &mut items);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        parser.finish(&mut items);
        prop_assert_eq!(items, items_of(kind, &bytes));
    }

    #[test]
    fn a_parser_that_is_stored_and_restored_goes_on_as_if_nothing_had_been(
        which in 0..FIXTURES.len(),
        cuts in prop::collection::vec(0usize..2500, 0..12),
    ) {
        let (kind, bytes) = (kind_of(FIXTURES[which]), stream(FIXTURES[which]));
        prop_assert_eq!(resumed(kind, &bytes, &cuts), items_of(kind, &bytes));
    }

    #[test]
    fn no_bytes_bring_a_parser_down(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        which in 0..FIXTURES.len(),
        at in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(0usize..200, 0..6),
    ) {
        let kind = kind_of(FIXTURES[which]);
        let mut broken = stream(FIXTURES[which]);
        let at = at.index(broken.len());
        broken.splice(at..at, bytes);
        prop_assert_eq!(resumed(kind, &broken, &cuts), items_of(kind, &broken));
    }
}

/// The kinds of items, and the line of the last unknown one.
fn kinds(items: &[Item]) -> (Vec<String>, String) {
    let kind = |item: &Item| serde_json::to_value(item).unwrap()["type"].as_str().unwrap().into();
    let line = items.iter().rev().find_map(|item| match item {
        Item::Unknown { line, .. } => Some(line.clone()),
        _ => None,
    });
    (items.iter().map(kind).collect(), line.unwrap_or_default())
}

#[test]
fn what_is_known_of_a_line_counts_also_beside_what_is_not() {
    let known = r#"{"type":"text","text":"the answer"}"#;
    let call = r#"{"type":"tool_use","id":"t","name":"Bash","input":{}}"#;
    let result = r#"{"type":"tool_result","tool_use_id":"t","content":"done"}"#;
    let text = r#"{"type":"text","text":"a note"}"#;
    // Of a kind that isn't known, and of a shape that can't be read.
    for strange in [r#"{"type":"hologram","mark":1}"#, r#"{"type":"text","text":{"mark":1}}"#] {
        let line = |kind: &str, blocks: &[&str]| {
            let blocks = blocks.join(",");
            format!("{{\"type\":\"{kind}\",\"message\":{{\"content\":[{blocks}]}}}}\n")
        };
        let said = line("assistant", &[known, strange, call]);
        let items = items_of(ParserKind::Claude, said.as_bytes());
        let (kinds_of, rest) = kinds(&items);
        assert_eq!(kinds_of, ["text", "tool_call", "unknown"], "{items:#?}");
        assert!(rest.contains("mark") && !rest.contains("the answer"), "{rest}");
        // The result repeats no text that was said, and the call ends.
        let stream = [
            said,
            line("user", &[text, result, strange]),
            "{\"type\":\"result\",\"result\":\"the answer\"}\n".into(),
        ];
        let items = items_of(ParserKind::Claude, stream.concat().as_bytes());
        assert_eq!(texts(&items), ["the answer"]);
        let ended = |item: &Item| matches!(item, Item::ToolCall(call) if call.status == ToolStatus::Done && call.name == "Bash");
        assert!(items.iter().any(ended), "{items:#?}");
        let (_, rest) = kinds(&items);
        assert!(rest.contains("a note") && rest.contains("mark"), "{rest}");
        // Nothing known: the line as it is.
        let alone = line("assistant", &[strange]);
        assert_eq!(kinds(&items_of(ParserKind::Claude, alone.as_bytes())).1, alone.trim_end());
    }
    // A tool's output of another shape is still its output.
    let done = |kind, line: &str| match &items_of(kind, line.as_bytes())[..] {
        [.., Item::ToolCall(call)] => (call.status, call.output.clone().unwrap()),
        items => panic!("{items:#?}"),
    };
    let copilot = r#"{"type":"tool.execution_complete","data":{"toolCallId":"t","success":true,"result":{"content":[{"type":"text","text":"out"}]}}}"#;
    let gemini =
        r#"{"type":"tool_result","tool_id":"t","status":"success","output":[{"text":"out"}]}"#;
    let opencode = r#"{"type":"tool_use","part":{"tool":"bash","callID":"t","state":{"status":"completed","output":[{"text":"out"}]}}}"#;
    for (kind, line) in [
        (ParserKind::Copilot, copilot),
        (ParserKind::Gemini, gemini),
        (ParserKind::Opencode, opencode),
    ] {
        assert_eq!(done(kind, line), (ToolStatus::Done, "out".into()));
    }
    let rollout = r#"{"type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"seen"},{"type":"output_image","mark":1}]}}"#;
    let (kinds_of, rest) = kinds(&items_of(ParserKind::Codex, rollout.as_bytes()));
    assert_eq!(kinds_of, ["text", "unknown"]);
    assert!(rest.contains("mark"));
}
