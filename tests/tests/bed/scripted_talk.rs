use std::{fs, path::Path};

use agent_client_protocol_schema::v1;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    support::{agent, wait_for},
    talk::{Talk, said},
};

/// An agent whose prompts are its scripts.
fn start(format: &str, home: &Path) -> Talk {
    let mut agent = agent(&["--format", format, "--script-from-prompt"]);
    Talk::start(agent.env("HOME", home))
}

fn acp(home: &Path) -> (Talk, String) {
    let mut talk = start("acp", home);
    talk.request(1, "initialize", &json!({ "protocolVersion": 1 }));
    assert_eq!(talk.reply(1)["result"]["agentCapabilities"]["loadSession"], true);
    talk.request(2, "session/new", &json!({ "cwd": "/", "mcpServers": [] }));
    let session = talk.reply(2)["result"]["sessionId"].as_str().unwrap().to_owned();
    (talk, session)
}

fn prompt(session: &str, script: &str) -> Value {
    json!({ "sessionId": session, "prompt": [{ "type": "text", "text": script }] })
}

#[test]
fn an_acp_prompt_is_answered_in_chunks_with_tool_calls_and_usage() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    let script = "print a sentence that is longer than a piece\nprint two\n\
                  tool command {\"command\":\"ls\",\"output\":\"a\"}\nusage {\"cost\":0.5}";
    talk.request(3, "session/prompt", &prompt(&session, script));
    let mut seen = talk.until(|message| message["id"] == 3);
    let end = seen.pop().unwrap();
    assert_eq!(end["result"]["stopReason"], "end_turn");
    assert_eq!(said(&seen), "a sentence that is longer than a piece\ntwo");
    let kinds: Vec<&str> =
        seen.iter().map(|m| m["params"]["update"]["sessionUpdate"].as_str().unwrap()).collect();
    assert_eq!(kinds[kinds.len() - 3..], ["tool_call", "tool_call_update", "usage_update"]);
    assert_eq!(seen.last().unwrap()["params"]["update"]["cost"]["amount"], 0.5);
    assert!(talk.end().success());
}

/// The message as the protocol's own types read and write it.
fn by_the_schema<T: DeserializeOwned + Serialize>(message: &Value) -> Value {
    let read: T =
        serde_json::from_value(message.clone()).unwrap_or_else(|e| panic!("{e}: {message}"));
    serde_json::to_value(read).unwrap()
}

#[test]
fn every_acp_message_is_one_of_the_protocols_schema() {
    let home = tempfile::tempdir().unwrap();
    for format in ["acp", "opencode-acp"] {
        let mut talk = start(format, home.path());
        talk.request(1, "initialize", &json!({ "protocolVersion": 1 }));
        let begun = talk.reply(1)["result"].clone();
        let known = by_the_schema::<v1::InitializeResponse>(&begun);
        assert_eq!(known["agentCapabilities"]["loadSession"], true);
        talk.request(2, "session/new", &json!({ "cwd": "/", "mcpServers": [] }));
        let new = talk.reply(2)["result"].clone();
        assert_eq!(by_the_schema::<v1::NewSessionResponse>(&new), new);
        let session = new["sessionId"].as_str().unwrap();
        let script = "think hm\nprint hello\ntool file {\"path\":\"/x\"}\nask run it\ntool odd {}";
        talk.request(3, "session/prompt", &prompt(session, script));
        let mut seen = talk.until(|m| m["method"] == "session/request_permission");
        let asked = seen.pop().unwrap();
        assert_eq!(
            by_the_schema::<v1::RequestPermissionRequest>(&asked["params"]),
            asked["params"]
        );
        let outcome = v1::RequestPermissionOutcome::Cancelled;
        let answer = serde_json::to_value(v1::RequestPermissionResponse::new(outcome)).unwrap();
        talk.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": answer }));
        seen.extend(talk.until(|message| message["id"] == 3));
        let end = seen.pop().unwrap()["result"].clone();
        assert_eq!(by_the_schema::<v1::PromptResponse>(&end)["stopReason"], "end_turn");
        assert!(said(&seen).contains("answered cancelled"), "{seen:?}");
        for message in &seen {
            let params = &message["params"];
            let known = by_the_schema::<v1::SessionNotification>(params);
            for (name, value) in params["update"].as_object().unwrap() {
                // What is the schema's own default, it leaves out.
                let is_default =
                    json!(["pending", "other", []]).as_array().unwrap().contains(value);
                assert!(known["update"][name] == *value || is_default, "{name}: {known} {params}");
            }
        }
    }
}

#[test]
fn an_acp_permission_waits_for_its_answer_and_what_was_chosen_is_done() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    for (option, is_allowed) in [("proceed_once", true), ("cancel", false)] {
        let made = home.path().join(option);
        let script =
            format!("ask run it\nif-allowed touch {}\nif-rejected print no", made.display());
        talk.request(3, "session/prompt", &prompt(&session, &script));
        let asked =
            talk.until(|message| message["method"] == "session/request_permission").pop().unwrap();
        assert_eq!(asked["params"]["toolCall"]["title"], "run it");
        let offered = asked["params"]["options"].as_array().unwrap();
        assert!(offered.iter().any(|offer| offer["optionId"] == option));
        assert!(!made.exists(), "nothing is done before the answer");
        let outcome = json!({ "outcome": { "outcome": "selected", "optionId": option } });
        talk.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": outcome }));
        let seen = talk.until(|message| message["id"] == 3);
        assert!(said(&seen).starts_with(&format!("answered {option}")), "{seen:?}");
        assert_eq!(said(&seen).ends_with("no"), !is_allowed);
        assert_eq!(made.exists(), is_allowed);
        let status = if is_allowed { "completed" } else { "failed" };
        assert!(seen.iter().any(|m| m["params"]["update"]["status"] == status), "{seen:?}");
    }
}

#[test]
fn an_acp_turn_is_cancelled_while_it_is_silent_and_while_it_asks() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    for script in
        ["print up\nquiet\nprint never", "ask run it\nprint never", "print up\nlines 100000 50"]
    {
        talk.request(3, "session/prompt", &prompt(&session, script));
        talk.next();
        talk.send(&json!({ "jsonrpc": "2.0", "method": "session/cancel", "params": { "sessionId": session } }));
        let seen = talk.until(|message| message["id"] == 3);
        assert_eq!(seen.last().unwrap()["result"]["stopReason"], "cancelled", "{script}");
        assert!(!said(&seen).contains("never"));
    }
    talk.request(4, "session/prompt", &prompt(&session, "print lives on"));
    assert_eq!(said(&talk.until(|message| message["id"] == 4)), "lives on");
}

#[test]
fn an_acp_session_is_loaded_by_another_process_with_all_that_was_said() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    talk.request(3, "session/prompt", &prompt(&session, "print hello"));
    talk.reply(3);
    assert!(talk.end().success());

    let mut talk = start("acp", home.path());
    talk.request(1, "session/load", &json!({ "sessionId": session, "cwd": "/", "mcpServers": [] }));
    let seen = talk.until(|message| message["id"] == 1);
    assert_eq!(seen[0]["params"]["update"]["sessionUpdate"], "user_message_chunk");
    assert_eq!(said(&seen), "hello");
    talk.request(2, "session/prompt", &prompt(&session, "session"));
    assert_eq!(said(&talk.until(|message| message["id"] == 2)), format!("resumed {session}"));
    talk.request(3, "session/load", &json!({ "sessionId": "nowhere", "cwd": "/" }));
    assert_eq!(talk.reply(3)["error"]["code"], -32002);
}

#[test]
fn what_an_agent_that_talks_may_do_is_set_by_its_client() {
    let home = tempfile::tempdir().unwrap();
    for (format, method, name, usual) in [
        ("acp", "session/set_mode", "modeId", "default"),
        ("opencode-acp", "session/set_config_option", "value", "build"),
    ] {
        let mut talk = start(format, home.path());
        talk.request(1, "session/new", &json!({ "cwd": "/" }));
        let begun = talk.reply(1)["result"].clone();
        assert!(begun.to_string().contains("plan"), "{begun}");
        let session = begun["sessionId"].as_str().unwrap();
        for (id, mode) in [(2, usual), (4, "plan")] {
            let params = json!({ "sessionId": session, "configId": "mode", name: mode });
            talk.request(id, method, &params);
            assert!(talk.reply(id)["result"].is_object(), "{format} {mode}");
            talk.request(id + 1, "session/prompt", &prompt(session, "mode"));
            assert_eq!(said(&talk.until(|message| message["id"] == id + 1)), mode);
        }
        talk.request(6, method, &json!({ "sessionId": session, name: "dance" }));
        assert_eq!(talk.reply(6)["error"]["code"], -32602);
    }
    let mut talk = start("codex-app-server", home.path());
    let params = json!({ "cwd": "/", "approvalPolicy": "untrusted", "sandbox": "read-only" });
    talk.request(1, "thread/start", &params);
    let thread = talk.reply(1)["result"]["thread"]["id"].as_str().unwrap().to_owned();
    talk.request(2, "turn/start", &input(&thread, "mode"));
    let seen = talk.until(is_completed);
    assert!(seen.iter().any(|m| m["params"]["item"]["text"] == "untrusted read-only"), "{seen:?}");
}

#[test]
fn an_agent_that_talks_sends_its_client_any_request() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    let script = "request fs/write_text_file {\"path\":\"/x\"}";
    talk.request(3, "session/prompt", &prompt(&session, script));
    let asked = talk.until(|message| message["method"] == "fs/write_text_file").pop().unwrap();
    assert_eq!(asked["params"]["path"], "/x");
    let error = json!({ "code": -32601, "message": "no" });
    talk.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error }));
    let seen = talk.until(|message| message["id"] == 3);
    assert_eq!(said(&seen), format!("answered {}", json!({ "error": error })));
}

#[test]
fn acp_reports_what_went_wrong_and_takes_one_prompt_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    for (script, code) in [
        ("error-object auth", -32000),
        ("error-object session_not_found", -32002),
        ("error-object context", -32603),
        ("dance", -32602),
    ] {
        talk.request(3, "session/prompt", &prompt(&session, script));
        assert_eq!(talk.reply(3)["error"]["code"], code, "{script}");
    }
    talk.request(4, "session/prompt", &prompt(&session, "print up\nquiet"));
    talk.next();
    talk.request(5, "session/prompt", &prompt(&session, "print second"));
    assert_eq!(talk.reply(5)["error"]["code"], -32600);
    talk.request(6, "session/unheard", &json!({}));
    assert_eq!(talk.reply(6)["error"]["code"], -32601);
    talk.write("no json");
    assert_eq!(talk.next()["error"]["code"], -32700);
    assert!(talk.end().success(), "the end of stdin ends a turn that runs, and the agent");
}

#[test]
fn an_agent_that_talks_dies_in_the_middle_of_a_turn() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, session) = acp(home.path());
    talk.request(3, "session/prompt", &prompt(&session, "print up\nexit 9"));
    talk.next();
    let (rest, status) = talk.die();
    assert_eq!((rest.as_str(), status.code()), ("", Some(9)), "no answer");
}

fn codex(home: &Path) -> (Talk, String) {
    let mut talk = start("codex-app-server", home);
    talk.request(1, "initialize", &json!({ "clientInfo": { "name": "bed", "version": "0" } }));
    assert!(talk.reply(1)["result"]["userAgent"].is_string());
    talk.send(&json!({ "method": "initialized" }));
    talk.request(2, "thread/start", &json!({ "cwd": "/", "approvalPolicy": "untrusted" }));
    let thread = talk.reply(2)["result"]["thread"]["id"].as_str().unwrap().to_owned();
    assert_eq!(talk.next()["method"], "thread/started");
    (talk, thread)
}

fn input(thread: &str, script: &str) -> Value {
    json!({ "threadId": thread, "input": [{ "type": "text", "text": script }] })
}

fn is_completed(message: &Value) -> bool {
    message["method"] == "turn/completed"
}

#[test]
fn a_codex_turn_streams_its_items_and_asks_for_approval() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, thread) = codex(home.path());
    for (decision, is_allowed) in [("accept", true), ("decline", false)] {
        let made = home.path().join(decision);
        let script = format!("print hello\nask ls\nif-allowed touch {}", made.display());
        talk.request(3, "turn/start", &input(&thread, &script));
        let mut seen = talk.until(|m| m["method"] == "item/commandExecution/requestApproval");
        assert_eq!(seen[0]["result"]["turn"]["status"], "inProgress", "the answer comes first");
        assert_eq!(seen[1]["method"], "turn/started");
        assert!(seen.iter().all(|message| message.get("jsonrpc").is_none()), "codex leaves it out");
        let delta = seen.iter().find(|m| m["method"] == "item/agentMessage/delta").unwrap();
        assert_eq!(delta["params"]["delta"], "hello");
        let asked = seen.pop().unwrap();
        assert_eq!(asked["params"]["command"], "ls");
        assert!(!made.exists());
        talk.send(&json!({ "id": asked["id"], "result": { "decision": decision } }));
        let seen = talk.until(is_completed);
        assert_eq!(seen[0]["method"], "serverRequest/resolved");
        assert_eq!(seen.last().unwrap()["params"]["turn"]["status"], "completed");
        assert!(seen.iter().any(|m| m["method"] == "thread/tokenUsage/updated"));
        assert_eq!(made.exists(), is_allowed);
    }
    assert!(talk.end().success());
}

#[test]
fn a_codex_turn_is_interrupted_or_fails_and_its_thread_is_resumed() {
    let home = tempfile::tempdir().unwrap();
    let (mut talk, thread) = codex(home.path());
    let go = home.path().join("go");
    let script = format!("touch {}\nquiet", go.display());
    talk.request(3, "turn/start", &input(&thread, &script));
    wait_for("the turn is silent", || go.exists());
    talk.request(4, "turn/interrupt", &json!({ "threadId": thread, "turnId": "turn_1" }));
    let end = talk.until(is_completed).pop().unwrap();
    assert_eq!(end["params"]["turn"]["status"], "interrupted");

    talk.request(5, "turn/start", &input(&thread, "error-object rate_limit 1900000000"));
    let seen = talk.until(is_completed);
    let limits = seen.iter().find(|m| m["method"] == "account/rateLimits/updated").unwrap();
    assert_eq!(limits["params"]["rateLimits"]["primary"]["resetsAt"], 1_900_000_000);
    let end = &seen.last().unwrap()["params"]["turn"];
    assert_eq!(end["status"], "failed");
    assert_eq!(end["error"]["codexErrorInfo"], "usageLimitExceeded");
    assert!(talk.end().success());

    let mut talk = start("codex-app-server", home.path());
    talk.request(1, "thread/resume", &json!({ "threadId": thread }));
    assert_eq!(talk.reply(1)["result"]["thread"]["id"], thread);
    talk.request(2, "turn/start", &input(&thread, "session"));
    let seen = talk.until(is_completed);
    let text = format!("resumed {thread}");
    assert!(seen.iter().any(|m| m["params"]["item"]["text"] == text), "{seen:?}");
    talk.request(3, "thread/resume", &json!({ "threadId": "nowhere" }));
    let message = talk.reply(3)["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "no rollout found for thread id nowhere");
}

#[test]
fn a_script_from_the_environment_is_played_for_every_prompt() {
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("script");
    fs::write(&script, "prompt\n").unwrap();
    let mut agent = agent(&["--format", "acp"]);
    let agent = agent.env("HOME", home.path()).env("SCRIPTED_AGENT_SCRIPT", &script);
    let mut talk = Talk::start(agent);
    talk.request(2, "session/new", &json!({ "cwd": "/" }));
    let session = talk.reply(2)["result"]["sessionId"].as_str().unwrap().to_owned();
    for (id, words) in [(3, "first words"), (4, "others")] {
        talk.request(id, "session/prompt", &prompt(&session, words));
        assert_eq!(said(&talk.until(|message| message["id"] == id)), words);
    }
}
