mod acp;
mod gemini;
mod opencode;
mod over_ssh;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use baton_tests::{
    LoginShells, MockModel, TestSshd, codex_config, install_codex, write_codex_config,
};

use crate::support::{run, stderr, stdout};

/// Runs codex in a throw-away home and directory.
fn codex(home: &Path, dir: &Path, prompt: &str) -> Output {
    let mut codex = Command::new(install_codex());
    codex.args(["exec", "--json", "--skip-git-repo-check", prompt]).current_dir(dir);
    codex.env("HOME", home).env_remove("CODEX_HOME").stdin(Stdio::null()).output().unwrap()
}

/// Sends a request as it stands and returns everything that comes back.
fn http(model: &MockModel, request: &str) -> String {
    let mut stream = TcpStream::connect(model.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn post(model: &MockModel, path: &str, body: &str) -> String {
    let length = body.len();
    http(
        model,
        &format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}"),
    )
}

#[test]
fn codex_finishes_a_turn_with_the_mock_model_and_writes_its_file() {
    let model = MockModel::start();
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_codex_config(home.path(), model.port());
    let output = codex(home.path(), dir.path(), "Create hello.txt");
    let lines = stdout(&output);
    assert!(output.status.success(), "{lines}{}", stderr(&output));
    assert!(lines.contains(MockModel::COMMAND_OUTPUT), "{lines}");
    assert!(lines.contains(MockModel::FINAL_TEXT), "{lines}");
    assert!(lines.contains(r#""type":"turn.completed""#), "{lines}");
    let file = fs::read_to_string(dir.path().join(MockModel::FILE_NAME)).unwrap();
    assert_eq!(file, MockModel::FILE_TEXT);

    let asked: Vec<_> =
        model.requests().into_iter().filter(|r| r.path == "/v1/responses").collect();
    assert_eq!(asked.len(), 3, "a command, a file, the end");
    assert!(asked[0].body["input"].to_string().contains("Create hello.txt"));
}

#[test]
fn words_in_the_prompt_steer_the_model() {
    let model = MockModel::start();
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_codex_config(home.path(), model.port());
    let plain = stdout(&codex(home.path(), dir.path(), "NOTOOLS please"));
    assert!(plain.contains(MockModel::PLAIN_TEXT), "{plain}");
    assert!(!plain.contains("command_execution"), "{plain}");
    let long = stdout(&codex(home.path(), dir.path(), "a LONG answer, NOTOOLS"));
    assert!(long.contains("Line 200 of a long answer"), "{long}");
    for (word, says) in [("ERR429", "429 Too Many Requests"), ("ERR500", "turn.failed")] {
        let failed = codex(home.path(), dir.path(), word);
        assert_eq!(failed.status.code(), Some(1), "{word}");
        assert!(stdout(&failed).contains(says), "{word}: {}", stdout(&failed));
    }
}

#[test]
fn codex_runs_over_ssh_from_an_account_of_the_bed() {
    let model = MockModel::start();
    let shells = LoginShells::named(&["zsh"]);
    let sshd = TestSshd::builder().login_shells(shells).start();
    let program = install_codex();
    sshd.write_in_home("zsh", ".codex/config.toml", &codex_config(model.port()));
    sshd.write_in_home("zsh", "work/README", "a project\n");
    let config = sshd.write_client_config_as("zsh", "box", &[]);
    let command = format!(
        "cd work && {} exec --json --skip-git-repo-check 'Create hello.txt' </dev/null",
        program.display()
    );
    let output = run(&config, &["box", &command]);
    assert!(stdout(&output).contains(MockModel::FINAL_TEXT), "{}", stderr(&output));
    let file = sshd.home_of("zsh").join("work").join(MockModel::FILE_NAME);
    assert_eq!(fs::read_to_string(file).unwrap(), MockModel::FILE_TEXT);
}

#[test]
fn chat_completions_stream_a_tool_call_and_then_the_end() {
    let model = MockModel::start();
    let tools = r#""tools":[{"type":"function","function":{"name":"bash",
        "parameters":{"properties":{"command":{"type":"string"}}}}}]"#;
    let user = r#"{"role":"user","content":[{"type":"text","text":"go"}]}"#;
    let ask = |rest: &str| {
        let body = format!(r#"{{"model":"m","stream":true,{tools},"messages":[{user}{rest}]}}"#);
        post(&model, "/v1/chat/completions", &body)
    };
    let first = ask("");
    assert!(first.contains(r#"{\"command\":\"echo hello from the tool\"}"#), "{first}");
    assert!(first.contains(r#""finish_reason":"tool_calls""#), "{first}");
    let end = ask(r#",{"role":"tool","content":"1"},{"role":"tool","content":"2"}"#);
    assert!(end.contains(r#""finish_reason":"stop""#), "{end}");
    assert!(end.ends_with("data: [DONE]\n\n"), "{end}");
}

#[test]
fn gemini_requests_stream_a_tool_call_and_then_the_end() {
    let model = MockModel::start();
    let tools = r#""tools":[{"functionDeclarations":[{"name":"run_shell_command",
        "parametersJsonSchema":{"properties":{"command":{"type":"string"}}}}]}]"#;
    let user = |word: &str| format!(r#"{{"role":"user","parts":[{{"text":"{word}"}}]}}"#);
    let ask = |method: &str, word: &str, rest: &str| {
        let body = format!(r#"{{{tools},"contents":[{}{rest}]}}"#, user(word));
        post(&model, &format!("/v1beta/models/m-1:{method}?alt=sse"), &body)
    };
    let first = ask("streamGenerateContent", "go", "");
    assert!(first.contains("text/event-stream"), "{first}");
    assert!(first.contains(r#""args":{"command":"echo hello from the tool"}"#), "{first}");
    let done = r#",{"role":"user","parts":[{"functionResponse":{}},{"functionResponse":{}}]}"#;
    let end = ask("generateContent", "go", done);
    assert!(end.contains(MockModel::FINAL_TEXT), "{end}");
    assert!(end.contains(r#""finishReason":"STOP""#) && end.contains("m-1"), "{end}");
    let limited = ask("streamGenerateContent", "ERR429", "");
    assert!(
        limited.starts_with("HTTP/1.1 429 ") && limited.contains("RESOURCE_EXHAUSTED"),
        "{limited}"
    );
    assert!(ask("countTokens", "go", "").starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_server_reads_chunked_requests_and_lists_its_model() {
    let model = MockModel::start();
    let (one, two) = (r#"{"model":"m","input":"#, r#""NOTOOLS"}"#);
    let request = format!(
        "POST /v1/responses?x=1 HTTP/1.1\r\nAuthorization: Bearer secret\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x};note\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len(),
    );
    let answer = http(&model, &request);
    assert!(answer.contains(MockModel::PLAIN_TEXT), "{answer}");
    let seen = model.requests();
    assert_eq!(
        (seen[0].path.as_str(), &seen[0].body["input"]),
        ("/v1/responses", &"NOTOOLS".into())
    );
    assert_eq!(seen[0].header("authorization"), Some("(left out)"));

    assert!(http(&model, "GET /v1/models HTTP/1.1\r\n\r\n").contains("mock-1"));
    assert!(http(&model, "GET /elsewhere HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(post(&model, "/v1/responses", "{").starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_hanging_model_says_nothing_until_it_is_dropped() {
    let model = MockModel::start();
    let mut stream = TcpStream::connect(model.address()).unwrap();
    let body = r#"{"stream":true,"input":"HANG"}"#;
    write!(stream, "POST /v1/responses HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0; 16]).is_err(), "nothing comes");
    stream.set_read_timeout(None).unwrap();
    let dropped = thread::spawn(move || drop(model));
    assert_eq!(stream.read(&mut [0; 16]).unwrap_or(0), 0);
    dropped.join().unwrap();
}
