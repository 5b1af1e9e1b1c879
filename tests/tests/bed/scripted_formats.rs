use serde_json::{Value, json};

use crate::support::{agent, json_lines, stderr, steps};

const SCRIPT: [&str; 6] = [
    "think hm",
    "print hello",
    r#"tool command {"command":"ls","output":"a\n","exit_code":2}"#,
    r#"tool file {"path":"new.txt"}"#,
    r#"usage {"input":1000,"cached":400,"output":50,"reasoning":5,"cost":0.25,"window":1000000}"#,
    "print bye",
];

fn run(format: &str, script: &[&str], more: &[&str]) -> Vec<Value> {
    let output = agent(&[&steps(format, script)[..], more].concat()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    json_lines(&output)
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

#[test]
fn it_speaks_the_stream_of_claude() {
    let lines = run("claude", &SCRIPT, &["--resume", "s-1", "--model", "m-1"]);
    let expected = [
        "system",
        "assistant",
        "assistant",
        "assistant",
        "user",
        "assistant",
        "user",
        "assistant",
        "result",
    ];
    assert_eq!(kinds(&lines), expected);
    assert!(lines.iter().all(|line| line["session_id"] == "s-1"));
    assert_eq!((&lines[0]["subtype"], &lines[0]["model"]), (&json!("init"), &json!("m-1")));
    let block = |line: usize| &lines[line]["message"]["content"][0];
    assert_eq!((&block(1)["type"], &block(1)["thinking"]), (&json!("thinking"), &json!("hm")));
    assert_eq!(block(2)["text"], "hello");
    assert_eq!(
        (&block(3)["name"], &block(3)["input"]),
        (&json!("Bash"), &json!({ "command": "ls" }))
    );
    assert_eq!(block(4)["tool_use_id"], block(3)["id"]);
    assert_eq!((&block(4)["content"], &block(4)["is_error"]), (&json!("a\n"), &json!(true)));
    assert_eq!(block(5)["input"]["file_path"], "new.txt");
    let result = &lines[8];
    assert_eq!((&result["result"], &result["is_error"]), (&json!("bye"), &json!(false)));
    assert_eq!(result["usage"]["input_tokens"], 600);
    assert_eq!(result["usage"]["cache_read_input_tokens"], 400);
    assert_eq!(result["total_cost_usd"], 0.25);
    assert_eq!(result["modelUsage"]["m-1"]["contextWindow"], 1_000_000);
}

#[test]
fn claude_prints_the_pieces_of_a_message_when_asked_to() {
    let text = "a sentence that is longer than one piece of it";
    let step = format!("print {text}");
    let lines = run("claude", &[&step], &["--include-partial-messages"]);
    let events: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "stream_event")
        .map(|line| &line["event"])
        .collect();
    let pieces: Vec<&str> =
        events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert!(pieces.len() > 1, "{pieces:?}");
    assert_eq!(pieces.concat(), text);
    assert_eq!(events[0]["type"], "message_start");
    assert_eq!(events.last().unwrap()["type"], "message_stop");
    let whole = lines.iter().find(|line| line["type"] == "assistant").unwrap();
    assert_eq!(whole["message"]["content"][0]["text"], text);
    assert!(run("claude", &[&step], &[]).iter().all(|line| line["type"] != "stream_event"));
}

#[test]
fn it_speaks_the_lines_of_opencode() {
    let lines = run("opencode", &SCRIPT, &["--resume", "ses_1"]);
    let expected = [
        "step_start",
        "reasoning",
        "text",
        "tool_use",
        "step_finish",
        "step_start",
        "tool_use",
        "step_finish",
        "step_start",
        "text",
        "step_finish",
    ];
    assert_eq!(kinds(&lines), expected);
    assert!(lines.iter().all(|line| line["sessionID"] == "ses_1"));
    let state = &lines[3]["part"]["state"];
    assert_eq!((&state["output"], &state["metadata"]["exit"]), (&json!("a\n"), &json!(2)));
    assert_eq!(lines[6]["part"]["state"]["input"]["filePath"], "new.txt");
    let finish = |line: usize| &lines[line]["part"];
    assert_eq!(finish(4)["reason"], "tool-calls");
    assert_eq!((&finish(10)["reason"], &finish(10)["cost"]), (&json!("stop"), &json!(0.25)));
    let tokens = &finish(10)["tokens"];
    assert_eq!((&tokens["input"], &tokens["cache"]["read"]), (&json!(600), &json!(400)));
    assert_eq!((&tokens["output"], &tokens["reasoning"]), (&json!(50), &json!(5)));
}

#[test]
fn it_speaks_the_stream_of_gemini() {
    let lines = run("gemini", &SCRIPT, &["--resume", "g-1", "--", "the prompt"]);
    let expected = [
        "init",
        "message",
        "message",
        "tool_use",
        "tool_result",
        "tool_use",
        "tool_result",
        "message",
        "result",
    ];
    assert_eq!(kinds(&lines), expected);
    assert_eq!(lines[0]["session_id"], "g-1");
    assert_eq!((&lines[2]["content"], &lines[2]["delta"]), (&json!("hello"), &json!(true)));
    assert_eq!(lines[3]["tool_name"], "run_shell_command");
    assert_eq!((&lines[4]["status"], &lines[4]["output"]), (&json!("error"), &json!("a\n")));
    assert_eq!(lines[4]["tool_id"], lines[3]["tool_id"]);
    let stats = &lines[8]["stats"];
    assert_eq!((&stats["input_tokens"], &stats["output_tokens"]), (&json!(1000), &json!(55)));
    assert_eq!(stats["tool_calls"], 2);
}

#[test]
fn codex_reports_thoughts_and_what_a_turn_cost() {
    let lines = run("codex", &SCRIPT, &["--resume", "t-1"]);
    assert_eq!(lines[0]["thread_id"], "t-1");
    assert_eq!(
        (&lines[2]["item"]["type"], &lines[2]["item"]["text"]),
        (&json!("reasoning"), &json!("hm"))
    );
    let usage = &lines.last().unwrap()["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["cached_input_tokens"]),
        (&json!(1000), &json!(400))
    );
}

#[test]
fn every_format_says_each_failure_in_its_own_object() {
    let fail = |format: &str, kind: &str| {
        let step = format!("error-object {kind}");
        let output = agent(&[&steps(format, &[&step])[..], &["--resume", "gone"]].concat())
            .output()
            .unwrap();
        let lines = json_lines(&output);
        (output.status.code().unwrap(), lines, stderr(&output))
    };
    let (code, lines, _) = fail("claude", "rate_limit 1900000000");
    assert_eq!(code, 1);
    assert_eq!(lines[1]["rate_limit_info"]["resetsAt"], 1_900_000_000);
    assert_eq!(lines[2]["error"], "rate_limit");
    assert_eq!(lines.last().unwrap()["is_error"], true);
    assert_eq!(fail("claude", "auth").1[1]["error"], "authentication_failed");
    let (_, lines, _) = fail("claude", "session_not_found");
    assert_eq!(lines.len(), 1, "nothing begins: {lines:?}");
    assert_eq!(lines[0]["errors"][0], "No conversation found with session ID: gone");

    let (code, lines, _) = fail("codex", "context");
    assert_eq!((code, kinds(&lines).last()), (1, Some(&"turn.failed")));
    let (code, lines, said) = fail("codex", "session_not_found");
    assert!(
        code == 1 && lines.is_empty() && said.contains("no rollout found for thread id gone"),
        "{said}"
    );

    let (_, lines, _) = fail("opencode", "rate_limit");
    let data = &lines[0]["error"]["data"];
    assert_eq!(data["statusCode"], 429);
    let wait: u64 = data["responseHeaders"]["retry-after"].as_str().unwrap().parse().unwrap();
    assert!((3500..=3600).contains(&wait), "an hour, unless said: {wait}");
    assert_eq!(fail("opencode", "auth").1[0]["error"]["name"], "ProviderAuthError");
    assert_eq!(fail("opencode", "context").1[0]["error"]["name"], "ContextOverflowError");

    let (code, lines, _) = fail("gemini", "context");
    assert_eq!((code, &lines.last().unwrap()["status"]), (1, &json!("error")));
    assert_eq!(fail("gemini", "session_not_found").0, 42);
    assert_eq!(agent(&steps("gemini", &["error-object auth"])).status().unwrap().code(), Some(41));
}

#[test]
fn an_exit_that_is_not_0_is_a_failed_turn() {
    for (format, kind) in [
        ("claude", "result"),
        ("codex", "turn.failed"),
        ("opencode", "error"),
        ("gemini", "result"),
    ] {
        let output = agent(&steps(format, &["print x", "exit 7"])).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{format}");
        let lines = json_lines(&output);
        assert_eq!(kinds(&lines).last(), Some(&kind), "{format}");
        assert!(lines.last().unwrap().to_string().contains("the script says exit 7"), "{format}");
    }
}

#[test]
fn new_sessions_have_ids_of_their_own() {
    let id = |format: &str| run(format, &["print x"], &[])[0].to_string();
    for format in ["claude", "codex", "opencode", "gemini"] {
        assert_ne!(id(format), id(format), "{format}");
    }
}
