use std::fs;

use baton_tests::{AgentHost, MockModel};
use serde_json::json;

use crate::{
    support::ssh,
    talk::{Talk, said},
};

/// One turn of a real agent over ssh that asks before it writes its file.
fn asks_before_it_writes(host: &AgentHost, command: &str) {
    let config = host.sshd().write_client_config("box", &[]);
    let line = format!("cd {} && exec {command}", host.project().display());
    let mut talk = Talk::start(&mut ssh(&config, &["box", &line]));
    let capabilities = json!({ "fs": { "readTextFile": false, "writeTextFile": false } });
    let params = json!({ "protocolVersion": 1, "clientCapabilities": capabilities });
    talk.request(1, "initialize", &params);
    talk.reply(1);
    talk.request(2, "session/new", &json!({ "cwd": host.project(), "mcpServers": [] }));
    let answer = talk.reply(2);
    let session = answer["result"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let prompt = json!([{ "type": "text", "text": "Create hello.txt" }]);
    talk.request(3, "session/prompt", &json!({ "sessionId": session, "prompt": prompt }));

    let file = host.project().join(MockModel::FILE_NAME);
    let mut seen = Vec::new();
    let mut asked = 0;
    loop {
        let message = talk.next();
        if message["method"] == "session/request_permission" {
            asked += 1;
            assert!(!file.exists(), "nothing is written before the answer");
            let options = message["params"]["options"].as_array().unwrap();
            let once = options.iter().find(|option| option["kind"] == "allow_once").unwrap();
            let outcome = json!({ "outcome": "selected", "optionId": once["optionId"] });
            talk.send(&json!({ "jsonrpc": "2.0", "id": message["id"],
                               "result": { "outcome": outcome } }));
        } else if message["id"] == 3 && message.get("method").is_none() {
            assert_eq!(message["result"]["stopReason"], "end_turn", "{message}");
            break;
        } else if message.get("method").is_some() && message.get("id").is_some() {
            // opencode hands an edit to its client's editor, also to one that has said it has none.
            talk.send(&json!({ "jsonrpc": "2.0", "id": message["id"],
                               "error": { "code": -32601, "message": "Method not found" } }));
        } else {
            seen.push(message);
        }
    }
    assert!(asked > 0, "{seen:?}");
    assert!(said(&seen).ends_with(MockModel::FINAL_TEXT), "{seen:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), MockModel::FILE_TEXT);
    assert!(talk.end().success(), "it ends with its stdin");
}

#[test]
fn opencode_asks_its_client_before_it_writes() {
    asks_before_it_writes(&AgentHost::start().with_opencode_that_asks(), "opencode acp");
}

#[test]
fn gemini_asks_its_client_before_it_writes() {
    let command = "gemini -m gemini-2.5-flash --skip-trust --acp";
    asks_before_it_writes(&AgentHost::start().with_gemini(), command);
}
