#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Message, Prompt, SavedTalk, Step, TalkSettings, Talker};
use crate::agent::{AgentErrorKind, ChoiceKind, Image, Item, Protocol, ToolStatus};
use crate::failure::Code;

/// Both directions of a recorded conversation.
fn recorded(name: &str) -> Vec<(bool, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/fixtures").join(name);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (line["dir"] == "<", line["msg"].clone())).collect()
}

pub(super) fn settings() -> TalkSettings {
    TalkSettings { cwd: "/srv/shop".into(), client_version: "0".into(), ..TalkSettings::default() }
}

pub(super) fn prompt(text: &str) -> Prompt {
    Prompt { text: text.into(), ..Prompt::default() }
}

pub(super) fn sent(messages: &[Message]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::from_slice(&message.line).unwrap()).collect()
}

pub(super) fn say(talker: &mut Talker, message: &Value) -> Step {
    let mut step = Step::default();
    talker.push(format!("{message}\n").as_bytes(), &mut step);
    step
}

pub(super) fn codes(step: &Step) -> Vec<AgentErrorKind> {
    let kind = |item: &Item| match item {
        Item::Error(error) if !error.goes_on => Some(error.kind),
        _ => None,
    };
    step.items.iter().filter_map(kind).collect()
}

pub(super) fn ended(step: &Step) -> Option<bool> {
    step.items.iter().find_map(|item| match item {
        Item::Ended { ok, .. } => Some(*ok),
        _ => None,
    })
}

/// A message without what may differ: our name, and the name of the version.
fn comparable(message: &Value) -> Value {
    let mut message = message.clone();
    if let Some(params) = message.get_mut("params").and_then(Value::as_object_mut) {
        params.remove("clientInfo");
        // Said by default: no file system, no terminal.
        params.remove("clientCapabilities");
    }
    message
}

/// Says the agent's lines, and answers with the first option whatever is asked; `restore` stores and restores all between.
fn replay(name: &str, protocol: Protocol, restore: bool) -> (Vec<Item>, Vec<Message>) {
    let (mut talker, mut step) = Talker::start(protocol, settings());
    talker.prompt(&prompt("Create hello.txt"), &mut step).unwrap();
    for (from_agent, message) in recorded(name) {
        if !from_agent {
            continue;
        }
        let line = format!("{message}\n");
        let (head, tail) = line.split_at(line.len() / 2);
        let mut at = talker.save().consumed;
        for part in [head, tail] {
            talker.push(part.as_bytes(), &mut step);
        }
        at += line.len() as u64;
        if restore {
            let saved = serde_json::to_string(&talker.save()).unwrap();
            let saved: SavedTalk = serde_json::from_str(&saved).unwrap();
            assert_eq!(saved.consumed, at);
            talker = Talker::restore(saved);
        }
        for request in talker.waiting().into_iter().cloned().collect::<Vec<_>>() {
            let yes = step.items.iter().rev().find_map(|item| match item {
                Item::Approval(approval) if approval.request == request => {
                    approval.options.iter().find(|option| option.kind == ChoiceKind::AllowOnce)
                }
                _ => None,
            });
            talker.answer(&request, &yes.unwrap().id.clone(), &mut step).unwrap();
        }
    }
    assert!(!talker.is_busy());
    talker.finish(&mut step);
    (step.items, step.send)
}

const RECORDED: [(&str, Protocol); 3] = [
    ("gemini_acp.jsonl", Protocol::Acp),
    ("opencode_acp.jsonl", Protocol::Acp),
    ("codex_appserver.jsonl", Protocol::CodexAppServer),
];

#[test]
fn a_recorded_conversation_is_led_as_it_was() {
    for (name, protocol) in RECORDED {
        let (items, messages) = replay(name, protocol, false);
        let ours: Vec<Value> = sent(&messages).iter().map(comparable).collect();
        let theirs: Vec<Value> = recorded(name)
            .iter()
            .filter(|(from_agent, _)| !from_agent)
            .map(|(_, message)| comparable(message))
            .collect();
        assert_eq!(ours, theirs, "{name}");
        let numbers: Vec<u64> = messages.iter().map(|message| message.number).collect();
        assert_eq!(numbers, (1..=messages.len() as u64).collect::<Vec<_>>());

        let text = Some("Done: the mock model has finished the task.".to_owned());
        assert_eq!(items.last(), Some(&Item::Ended { ok: true, text: text.clone() }), "{name}");
        let said =
            |item: &&Item| matches!(item, Item::Text { text: said } if Some(said) == text.as_ref());
        assert_eq!(items.iter().filter(said).count(), 1, "{name}");
        assert!(
            !items.iter().any(|item| matches!(item, Item::Unknown { .. })),
            "{name}: {items:#?}"
        );
        let done =
            |item: &&Item| matches!(item, Item::ToolCall(call) if call.status == ToolStatus::Done);
        assert_eq!(items.iter().filter(done).count(), 2, "{name}");
    }
}

#[test]
fn the_items_of_recorded_conversations_stand_beside_them() {
    #[expect(clippy::disallowed_methods, reason = "a developer asks for new files in this way")]
    let write = std::env::var_os("BATON_WRITE_EXPECTED").is_some();
    for (name, protocol) in RECORDED {
        let items = replay(name, protocol, false).0;
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/fixtures/expected");
        let path = dir.join(name).with_extension("json");
        if write {
            let mut text = serde_json::to_string_pretty(&items).unwrap();
            text.push('\n');
            fs::write(&path, text).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        let wanted: Vec<Item> = serde_json::from_str(&text).unwrap();
        assert_eq!(items, wanted, "{name}");
    }
}

#[test]
fn a_conversation_that_is_stored_and_restored_after_each_line_is_the_same() {
    for (name, protocol) in RECORDED {
        assert_eq!(replay(name, protocol, true), replay(name, protocol, false), "{name}");
    }
}

/// An ACP agent that has said what it can and opened a session.
pub(super) fn ready(settings: TalkSettings, can: &Value, session: &Value) -> (Talker, Step) {
    let (mut talker, _) = Talker::start(Protocol::Acp, settings);
    let answer = json!({"id": 1, "result": {"protocolVersion": 1, "agentCapabilities": can}});
    let mut step = say(&mut talker, &answer);
    let opened = say(&mut talker, &json!({"id": 2, "result": session}));
    step.items.extend(opened.items);
    step.send.extend(opened.send);
    (talker, step)
}

pub(super) fn ask() -> Value {
    json!({"id": "q-7", "method": "session/request_permission", "params": {
        "sessionId": "s", "toolCall": {"toolCallId": "t", "title": "rm -rf x", "kind": "execute"},
        "options": [{"optionId": "y", "name": "Yes", "kind": "allow_once"}, {"optionId": "n", "name": "No", "kind": "reject_once"}],
    }})
}

#[test]
fn an_answer_goes_to_the_question_that_it_is_for_and_once() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    let mut step = Step::default();
    talker.prompt(&prompt("x"), &mut step).unwrap();
    let asked = say(&mut talker, &ask());
    let Some(Item::Approval(approval)) = asked.items.last() else { panic!("{asked:?}") };
    assert_eq!((approval.title.as_str(), &approval.request), ("rm -rf x", &json!("q-7")));
    // It waits over a restart of ours.
    let mut talker = Talker::restore(talker.save());
    let mut step = Step::default();
    let refused = talker.answer(&json!("q-7"), "maybe", &mut step).unwrap_err();
    assert_eq!(refused.code, Code::Usage);
    assert_eq!(talker.answer(&json!("q-8"), "y", &mut step).unwrap_err().code, Code::NotFound);
    assert_eq!(step, Step::default());
    talker.answer(&json!("q-7"), "n", &mut step).unwrap();
    assert_eq!(sent(&step.send)[0]["result"]["outcome"]["optionId"], "n");
    assert_eq!(talker.answer(&json!("q-7"), "n", &mut step).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_cancelled_turn_leaves_no_question_open() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    let mut step = Step::default();
    talker.prompt(&prompt("x"), &mut step).unwrap();
    say(&mut talker, &ask());
    let mut step = Step::default();
    talker.cancel(&mut step);
    let messages = sent(&step.send);
    assert_eq!(messages[0]["method"], "session/cancel");
    assert_eq!(messages[1]["result"]["outcome"]["outcome"], "cancelled");
    assert_eq!(step.withdrawn, [json!("q-7")]);
    let step = say(&mut talker, &json!({"id": 3, "result": {"stopReason": "cancelled"}}));
    assert_eq!(ended(&step), Some(false));
    assert!(codes(&step).is_empty() && !talker.is_busy());
}

#[test]
fn images_go_only_to_an_agent_that_takes_them() {
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 16]].concat();
    let image = Image::new("a.png", png).unwrap();
    for takes in [true, false] {
        let can = json!({"promptCapabilities": {"image": takes}});
        let (mut talker, _) = ready(settings(), &can, &json!({"sessionId": "s"}));
        let mut step = Step::default();
        let prompt = Prompt { images: vec![image.clone()], ..prompt("x") };
        talker.prompt(&prompt, &mut step).unwrap();
        assert_eq!(step.send.len(), usize::from(takes));
        assert_eq!(ended(&step), (!takes).then_some(false));
    }
}

#[test]
fn what_an_agent_may_not_ask_for_is_refused_and_it_goes_on() {
    for protocol in [Protocol::Acp, Protocol::CodexAppServer] {
        let (mut talker, _) = Talker::start(protocol, settings());
        let step = say(&mut talker, &json!({"id": 4, "method": "fs/read_text_file", "params": {}}));
        let answer = &sent(&step.send)[0];
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(4), &json!(-32601)));
        let mut step = Step::default();
        talker.push(b"not json\n{\"method\":\"new/thing\",\"params\":{}}\n", &mut step);
        assert_eq!(step.items.len(), 2);
        assert!(step.items.iter().all(|item| matches!(item, Item::Unknown { .. })));
    }
    let (mut talker, _) = Talker::start(Protocol::Acp, settings());
    let broken = json!({"id": 5, "method": "session/request_permission", "params": {"options": 3}});
    assert_eq!(sent(&say(&mut talker, &broken).send)[0]["error"]["code"], -32602);
}

#[test]
fn a_conversation_is_gone_on_with_in_the_way_that_the_agent_knows() {
    let resume = TalkSettings { resume: Some("old".into()), ..settings() };
    let can = json!({"loadSession": true, "sessionCapabilities": {"resume": {}}});
    let (_, step) = ready(resume.clone(), &can, &json!({}));
    assert_eq!(sent(&step.send)[0]["method"], "session/resume");
    assert_eq!(step.items, [Item::AgentSession { id: "old".into() }]);

    let (mut talker, _) = Talker::start(Protocol::Acp, resume.clone());
    let can = json!({"id": 1, "result": {"agentCapabilities": {"loadSession": true}}});
    let step = say(&mut talker, &can);
    assert_eq!(sent(&step.send)[0]["method"], "session/load");
    // What it tells of the past is in the transcript already.
    let past = json!({"method": "session/update", "params": {"sessionId": "old", "update": {
        "sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "before"}}}});
    assert_eq!(say(&mut talker, &past).items, []);
    let lost = json!({"id": 2, "error": {"code": -32602, "message": "Invalid params"}});
    assert_eq!(codes(&say(&mut talker, &lost)), [AgentErrorKind::SessionNotFound]);

    let (step, _) = {
        let (mut talker, _) = Talker::start(Protocol::Acp, resume);
        (say(&mut talker, &json!({"id": 1, "result": {}})), ())
    };
    assert_eq!(codes(&step), [AgentErrorKind::SessionNotFound]);
}

#[test]
fn a_question_that_crosses_a_cancel_is_answered_at_once() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    talker.prompt(&prompt("x"), &mut Step::default()).unwrap();
    talker.cancel(&mut Step::default());
    let mut talker = Talker::restore(talker.save());
    let step = say(&mut talker, &ask());
    assert_eq!(sent(&step.send)[0]["result"]["outcome"]["outcome"], "cancelled");
    assert!(step.items.is_empty() && talker.waiting().is_empty());
    let step = say(&mut talker, &json!({"id": 3, "result": {"stopReason": "cancelled"}}));
    assert_eq!(ended(&step), Some(false));
    // The next turn's are put to the person again.
    talker.prompt(&prompt("y"), &mut Step::default()).unwrap();
    say(&mut talker, &ask());
    assert_eq!(talker.waiting().len(), 1);

    let (mut talker, _) = Talker::start(Protocol::CodexAppServer, settings());
    say(&mut talker, &json!({"id": 1, "result": {}}));
    say(&mut talker, &json!({"id": 2, "result": {"thread": {"id": "t"}}}));
    talker.prompt(&prompt("x"), &mut Step::default()).unwrap();
    say(&mut talker, &json!({"id": 3, "result": {"turn": {"id": "u"}}}));
    talker.cancel(&mut Step::default());
    let ask = json!({"id": 0, "method": "item/commandExecution/requestApproval", "params": {"command": "rm x"}});
    let step = say(&mut talker, &ask);
    assert_eq!(sent(&step.send)[0]["result"], json!({"decision": "cancel"}));
    assert!(step.items.is_empty() && talker.waiting().is_empty());
    let stopped = json!({"method": "turn/completed", "params": {"turn": {"id": "u", "status": "interrupted"}}});
    say(&mut talker, &stopped);
    talker.prompt(&prompt("y"), &mut Step::default()).unwrap();
    say(&mut talker, &ask);
    assert_eq!(talker.waiting().len(), 1);
}

#[test]
fn what_is_said_of_a_call_that_has_ended_is_added_to_it() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    talker.prompt(&prompt("x"), &mut Step::default()).unwrap();
    let mut update = |fields: Value| -> Vec<Item> {
        let mut update = json!({"sessionUpdate": "tool_call_update", "toolCallId": "t"});
        for (key, value) in fields.as_object().unwrap() {
            update[key] = value.clone();
        }
        let params = json!({"sessionId": "s", "update": update});
        say(&mut talker, &json!({"method": "session/update", "params": params})).items
    };
    update(json!({"kind": "execute", "title": "ls", "status": "in_progress"}));
    let done = update(json!({"status": "completed"}));
    let [Item::ToolCall(done)] = &done[..] else { panic!("{done:?}") };
    assert_eq!((done.name.as_str(), done.status), ("execute", ToolStatus::Done));
    // Nothing new; then its output.
    assert_eq!(update(json!({"title": "ls"})), []);
    let text = json!([{"type": "content", "content": {"type": "text", "text": "a.txt"}},
        {"type": "content", "content": {"type": "image", "data": "AA==", "mimeType": "image/png"}}]);
    let more = update(json!({"content": text}));
    let [Item::ToolCall(more)] = &more[..] else { panic!("{more:?}") };
    assert_eq!((more.name.as_str(), more.status), ("execute", ToolStatus::Done));
    assert_eq!(more.output.as_deref(), Some("a.txt\n[image]"));
    let failed = update(json!({"status": "failed"}));
    let [Item::ToolCall(failed)] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(failed.status, ToolStatus::Failed);
    // It is taken up again.
    let again = update(json!({"status": "in_progress", "rawInput": {"command": "ls -a"}}));
    let [Item::ToolCall(again)] = &again[..] else { panic!("{again:?}") };
    assert_eq!((again.name.as_str(), again.status), ("execute", ToolStatus::Running));
}

#[test]
fn what_an_agent_says_outside_of_a_turn_is_no_part_of_the_answer() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    let chunk = json!({"method": "session/update", "params": {"sessionId": "s", "update": {
        "sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "[MODE_UPDATE] plan"}}}});
    let step = say(&mut talker, &chunk);
    assert!(matches!(step.items.as_slice(), [Item::Unknown { .. }]));
}

#[test]
fn an_agent_that_wants_a_login_says_so_and_is_not_asked_again() {
    let (mut talker, mut step) = Talker::start(Protocol::Acp, settings());
    talker.prompt(&prompt("x"), &mut step).unwrap();
    say(&mut talker, &json!({"id": 1, "result": {}}));
    let refused = json!({"id": 2, "error": {"code": -32000, "message": "Authentication required"}});
    let step = say(&mut talker, &refused);
    assert_eq!((codes(&step), ended(&step)), (vec![AgentErrorKind::NotLoggedIn], Some(false)));
    let mut step = Step::default();
    talker.prompt(&prompt("x"), &mut step).unwrap();
    assert!(step.send.is_empty() && !talker.is_busy());
    assert_eq!(ended(&step), Some(false));
}

#[test]
fn a_process_that_ends_ends_its_turn_and_its_questions() {
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    let mut step = Step::default();
    talker.prompt(&prompt("x"), &mut step).unwrap();
    assert_eq!(talker.prompt(&prompt("y"), &mut step).unwrap_err().code, Code::Busy);
    assert_eq!(talker.prompt(&prompt(" "), &mut step).unwrap_err().code, Code::Usage);
    let chunk = json!({"method": "session/update", "params": {"sessionId": "s", "update": {
        "sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "half"}}}});
    say(&mut talker, &chunk);
    say(&mut talker, &ask());
    let mut step = Step::default();
    talker.finish(&mut step);
    assert_eq!(step.withdrawn, [json!("q-7")]);
    assert_eq!(ended(&step), Some(false));
    assert!(!talker.is_busy());
}
