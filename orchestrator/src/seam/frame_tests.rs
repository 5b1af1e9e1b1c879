#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::*;
use crate::seam::{
    CommandId, Decision, Image, MessageChange, NewMessage, NewSession, Place, SessionChange,
    SessionId, TabChoice,
};

fn asked(line: &str) -> Asked {
    match serde_json::from_str(line).unwrap() {
        FromClient::Request(asked) => asked,
        FromClient::Hello(_) => panic!("a hello"),
    }
}

fn every_command() -> Vec<Command> {
    let session = || SessionId::new("s");
    let message = || crate::seam::MessageId::new("m");
    let tab = || crate::seam::TabId::new("t");
    vec![
        Command::NewSession(NewSession {
            name: None,
            group: Some("g".into()),
            agent: "codex".into(),
            host: "box".into(),
            cwd: None,
            env: [("A".to_owned(), "b".to_owned())].into(),
            model: None,
            arguments: vec!["-x".into()],
            read_only: false,
            talks: true,
            sync_history: false,
            synopsis: true,
            resume: Some("c-1".into()),
            parent: Some(SessionId::new("p")),
        }),
        Command::EditSession {
            session: session(),
            change: SessionChange { group: Some(None), ..SessionChange::default() },
        },
        Command::RemoveSession { session: session(), force: true },
        Command::Send {
            session: session(),
            tab: TabChoice::Id(tab()),
            message: NewMessage {
                prompt: "line\n\"quote\" \0".into(),
                images: vec![Image { name: "i".into(), bytes: vec![0, 255] }],
                read_only: true,
                save_to_history: false,
            },
        },
        Command::Interrupt { session: session(), tab: None, turn: None, stop: true },
        Command::Interrupt {
            session: session(),
            tab: Some(tab()),
            turn: Some(crate::seam::TurnId::new("t")),
            stop: false,
        },
        Command::EditMessage {
            session: session(),
            message: message(),
            change: MessageChange { paused: Some(true), ..MessageChange::default() },
        },
        Command::MoveMessage {
            session: session(),
            message: message(),
            to: Place::Before(message()),
        },
        Command::RemoveMessage { session: session(), message: message() },
        Command::PauseQueue { session: session(), tab: Some(tab()), paused: true },
        Command::FreshConversation { session: session(), tab: tab() },
        Command::RestoreMessage { session: session(), message: message() },
        Command::RenameTab { session: session(), tab: tab(), name: Some("n".into()) },
        Command::MoveTab { session: session(), tab: tab(), before: None },
        Command::ResolveApproval {
            approval: crate::seam::ApprovalId::new("a"),
            decision: Decision::Deny { option: None },
        },
        Command::RetryHost { host: "box".into() },
        Command::AnswerQuestion {
            question: crate::seam::QuestionId::new("q"),
            answer: Some(crate::seam::Secret("s3cret \"x\"".into())),
        },
    ]
}

fn every_query() -> Vec<Query> {
    let (session, tab) = (|| SessionId::new("s"), || crate::seam::TabId::new("t"));
    let message = || crate::seam::MessageId::new("m");
    vec![
        Query::Snapshot,
        Query::Session { named: "n".into() },
        Query::Events { since: 1, session: None, tab: None, limit: 2 },
        Query::EventsBefore { before: 7, session: session(), tab: tab(), limit: 2 },
        Query::Agents { host: Some("box".into()), refresh: true },
        Query::Directory { host: "box".into(), typed: "~/pro".into() },
        Query::Git { session: session() },
        Query::Images { session: session(), message: message() },
        Query::Approvals { session: None },
        Query::Prompt { session: SessionId::new("s"), message: crate::seam::MessageId::new("m") },
        Query::CommandStatus { id: CommandId::new("c") },
    ]
}

#[test]
fn every_request_reads_as_it_was_written_and_only_once_a_line() {
    let commands = every_command().into_iter().map(Request::command);
    for request in commands.chain(every_query().into_iter().map(Request::query)) {
        let line = String::from_utf8(request_line("7", &request).unwrap()).unwrap();
        assert!(!line.contains('\n'), "{line}");
        let asked = asked(&line);
        assert_eq!(asked.id, "7");
        let Wish::Call(read) = asked.wish(line.len()).unwrap() else { panic!("{line}") };
        assert_eq!(read, request);
    }
}

#[test]
fn the_lists_of_methods_are_complete() {
    // serde's refusal names every variant that there is.
    fn names<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> String {
        serde_json::from_value::<T>(json!({"method": "?"})).unwrap_err().to_string()
    }
    let list = |methods: &[&str]| {
        methods.iter().map(|method| format!("`{method}`")).collect::<Vec<_>>().join(", ")
    };
    assert!(names::<Command>().ends_with(&list(&COMMANDS)), "{}", names::<Command>());
    assert!(names::<Query>().ends_with(&list(&QUERIES)), "{}", names::<Query>());
}

#[test]
fn a_refusal_tells_the_shape_and_never_a_value() {
    let line = r#"{"type":"request","id":"1","commandId":"c","method":"new_session",
        "params":{"agent":"a","host":"b","env":"TOKEN=\"hunter2\""}}"#;
    let failure = asked(line).wish(line.len()).unwrap_err();
    assert_eq!(failure.code, Code::Usage);
    assert!(!failure.message.contains("hunter2"), "{failure}");
    assert!(failure.message.contains("invalid type: string …, expected a map"), "{failure}");
}

#[test]
fn an_answer_to_a_question_is_seen_by_nobody_who_looks_on() {
    let command = every_command().pop().unwrap();
    assert!(matches!(command, Command::AnswerQuestion { .. }));
    let request = Request::command(command);
    assert!(!format!("{request:?}").contains("s3cret"));
    let line = String::from_utf8(request_line("1", &request).unwrap()).unwrap();
    assert!(line.contains("s3cret"));
    let failure = asked(&line.replace("\"question\":\"q\"", "\"question\":7")).wish(9).unwrap_err();
    assert!(failure.code == Code::Usage && !failure.message.contains("s3cret"), "{failure}");
}

#[test]
fn a_message_of_an_older_front_end_goes_into_the_history() {
    let line = r#"{"type":"request","id":"1","commandId":"c","method":"send","params":{"session":"s",
        "tab":{"tab":"last"},"message":{"prompt":"p","images":[],"read_only":false}}}"#;
    let wish = asked(line).wish(line.len()).unwrap();
    let Wish::Call(Request::Command { command: Command::Send { message, .. }, .. }) = wish else {
        panic!("{wish:?}")
    };
    assert!(message.save_to_history);
}

#[test]
fn a_subscription_may_leave_everything_out() {
    let line = r#"{"type":"request","id":"1","method":"subscribe"}"#;
    let Wish::Subscribe(wanted) = asked(line).wish(line.len()).unwrap() else { panic!() };
    assert_eq!(wanted, Subscribe::default());
}

#[test]
fn only_what_carries_a_prompt_may_be_large() {
    let request =
        |method: &str| asked(&json!({"type": "request", "id": "1", "method": method}).to_string());
    for (method, bytes, large) in [
        ("snapshot", FRAME_BYTES + 1, true),
        ("interrupt", FRAME_BYTES + 1, true),
        ("send", FRAME_BYTES + 1, false),
        ("edit_message", LARGE_BYTES, false),
        ("snapshot", FRAME_BYTES, false),
    ] {
        let refused =
            matches!(request(method).wish(bytes), Err(failure) if failure.code == Code::TooLarge);
        assert_eq!(refused, large, "{method} of {bytes}");
    }
}

#[test]
fn a_message_that_fits_is_one_whose_line_fits() {
    let send = |bytes: usize| {
        Request::command(Command::Send {
            session: SessionId::new("s"),
            tab: TabChoice::New,
            message: NewMessage {
                prompt: "\u{1}".repeat(1000),
                images: vec![Image { name: "i".into(), bytes: vec![1; bytes] }; 2],
                read_only: false,
                save_to_history: true,
            },
        })
    };
    let largest = (LARGE_BYTES - ENVELOPE_BYTES - 6100) / 8 * 3;
    assert_eq!(fits(&send(largest)), Ok(()));
    assert!(request_line("0", &send(largest)).unwrap().len() <= LARGE_BYTES);
    assert_eq!(fits(&send(largest + 100)).unwrap_err().code, Code::TooLarge);
}

#[test]
fn frames_of_a_newer_engine_are_passed_over() {
    let frame: FromEngine =
        serde_json::from_value(json!({"type": "weather", "sky": "blue"})).unwrap();
    assert!(matches!(frame, FromEngine::Unknown));
    let frame: FromEngine = serde_json::from_value(
        json!({"type": "response", "id": "1", "ok": true, "payload": {"reply": "done"}, "took": 5}),
    )
    .unwrap();
    let FromEngine::Response(response) = frame else { panic!() };
    assert_eq!(response.into_answer(), Ok(Reply::Done));
}
