#![allow(clippy::unwrap_used)]

use orchestrator::agent::{ToolStatus, Usage};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{LinkState, TurnStatus};
use serde_json::{Value, json};

use super::*;
use crate::watch::fake::{self, event};

fn line(body: EventBody) -> Value {
    serde_json::to_value(Lines::default().event(&event(7, "t9", body))).unwrap()
}

/// What every line has, with `more`.
fn with(more: Value) -> Value {
    let mut line = json!({
        "seq": 7, "at": "2025-10-09T08:53:20.7Z", "session": "s1", "tab": "t1", "turn": "t9",
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

#[test]
fn each_kind_has_the_fields_that_are_promised() {
    assert_eq!(
        line(fake::started("m1")),
        with(json!({
            "type": "turn_started", "message": "m1", "prompt": "do it", "images": 0, "read_only": false, "run": "r1",
        }))
    );
    let id = "abc".to_owned();
    assert_eq!(
        line(EventBody::AgentSession { id }),
        with(json!({ "type": "agent_session", "id": "abc" }))
    );
    assert_eq!(
        line(fake::text("a")),
        with(json!({ "type": "text", "text": "a", "partial": false }))
    );
    assert_eq!(
        line(EventBody::Reasoning { text: "a".into() }),
        with(json!({ "type": "reasoning", "text": "a", "partial": false }))
    );
    assert_eq!(
        line(EventBody::ToolCall(fake::tool(ToolStatus::Done))),
        with(json!({
            "type": "tool_call", "id": "c1", "name": "Bash", "status": "done",
            "input": { "command": "ls -la" }, "output": null,
        }))
    );
    assert_eq!(
        line(EventBody::Usage(Usage { input_tokens: 3, ..Usage::default() })),
        with(json!({
            "type": "usage", "input_tokens": 3, "output_tokens": 0, "cache_read_tokens": 0,
            "cache_write_tokens": 0, "reasoning_tokens": 0, "cost_usd": null,
            "context_window": null, "context_tokens": null,
        }))
    );
    assert_eq!(
        line(EventBody::Link { state: LinkState::Lost, why: None }),
        with(json!({ "type": "link", "state": "lost" }))
    );
    let failure = Failure::new(Code::RateLimited, "slow down").hint("Wait");
    assert_eq!(
        line(EventBody::Error { failure, recoverable: true, resets_at: None }),
        with(json!({
            "type": "error", "code": "rate_limited", "message": "slow down", "hint": "Wait",
            "recoverable": true,
        }))
    );
    assert_eq!(
        line(fake::ended(TurnStatus::Done)),
        with(json!({
            "type": "turn_ended", "status": "done", "exit_status": 0, "elapsed_ms": 12400, "text": "",
        }))
    );
    let asked =
        line(EventBody::ApprovalRequested { approval: Box::new(fake::approval("q", "t9")) });
    assert_eq!((&asked["type"], &asked["id"]), (&json!("approval_requested"), &json!("q")));
    assert_eq!(asked["options"][0], json!({ "id": "yes", "name": "yes", "kind": "allow_once" }));
    assert_eq!((&asked["session"], &asked["turn"]), (&json!("s1"), &json!("t9")));
}

#[test]
fn a_line_begins_with_what_all_have_and_says_where_nothing_is() {
    let event = Event { tab: None, turn: None, ..event(7, "", EventBody::SessionRemoved) };
    let text = serde_json::to_string(&Lines::default().event(&event)).unwrap();
    let begin =
        r#"{"seq":7,"at":"2025-10-09T08:53:20.7Z","session":"s1","tab":null,"turn":null,"type":""#;
    assert_eq!(text, format!("{begin}session_removed\"}}"));
}

#[test]
fn pieces_tell_only_what_was_added() {
    let mut lines = Lines::default();
    let mut told = |text: &str| {
        let piece = fake::partial("t9", text);
        let line = lines.partial(&piece, fake::at(0))?;
        let line = serde_json::to_value(line).unwrap();
        assert_eq!((&line["seq"], &line["partial"]), (&Value::Null, &json!(true)));
        Some(line["text"].as_str().unwrap().to_owned())
    };
    assert_eq!(told("one").as_deref(), Some("one"));
    assert_eq!(told("one two").as_deref(), Some(" two"));
    assert_eq!(told("one two"), None);
    // One that comes late says nothing new.
    assert_eq!(told("one"), None);
    assert_eq!(told("other").as_deref(), Some("other"));
    serde_json::to_value(lines.event(&event(1, "t9", fake::text("other")))).unwrap();
    let next = fake::partial("t9", "one");
    let line = serde_json::to_value(lines.partial(&next, fake::at(0)).unwrap()).unwrap();
    assert_eq!(line["text"], "one");
}
