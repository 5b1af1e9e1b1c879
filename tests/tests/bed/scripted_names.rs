use std::{
    fs,
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::support::{feed, json_lines, stderr, stdout};

/// The scripted agent under the names of others.
struct Names(TempDir);

impl Names {
    fn new() -> Self {
        let names = Self(tempfile::tempdir().unwrap());
        for name in ["claude", "codex", "opencode", "gemini"] {
            symlink(env!("CARGO_BIN_EXE_scripted-agent"), names.0.path().join(name)).unwrap();
        }
        names
    }

    /// A command line as a definition has it: words between blanks.
    fn command(&self, line: &str) -> Command {
        let mut words = line.split(' ');
        let mut command = Command::new(self.0.path().join(words.next().unwrap()));
        command.args(words).env_remove("SCRIPTED_AGENT_SCRIPT").stdin(Stdio::null());
        command
    }
}

/// What each CLI is started with for a turn, with the prompt on stdin, and the first line's `type`.
const TURNS: [(&str, &str); 8] = [
    (
        "claude --print --verbose --output-format stream-json --include-partial-messages --dangerously-skip-permissions",
        "system",
    ),
    (
        "claude -p --verbose --output-format=stream-json --permission-mode plan --model opus --effort high",
        "system",
    ),
    (
        "codex exec --json --dangerously-bypass-approvals-and-sandbox --skip-git-repo-check -C / -m gpt-5",
        "thread.started",
    ),
    (
        "codex exec --json --sandbox read-only --skip-git-repo-check -c model_reasoning_effort=low -",
        "thread.started",
    ),
    ("opencode run --format json --model mock/mock-1 --agent plan", "step_start"),
    ("gemini -y --output-format stream-json -m gemini-2.5-flash", "init"),
    ("gemini --approval-mode yolo --skip-trust -o stream-json", "init"),
    ("codex exec --json --skip-git-repo-check --image /tmp/a.png", "thread.started"),
];

#[test]
fn under_the_name_of_a_cli_it_takes_that_clis_options_and_plays_its_prompt() {
    let names = Names::new();
    for (line, first) in TURNS {
        let output = feed(&mut names.command(line), b"print played\n");
        assert!(output.status.success(), "{line}: {}", stderr(&output));
        let lines = json_lines(&output);
        assert_eq!(lines[0]["type"], first, "{line}");
        assert!(stdout(&output).contains("played"), "{line}: {}", stdout(&output));
    }
}

#[test]
fn it_goes_on_with_a_session_as_each_cli_does() {
    let names = Names::new();
    for line in [
        "claude --print --verbose --output-format stream-json --resume ID-1",
        "codex exec --json --skip-git-repo-check resume ID-1",
        "codex exec --json resume --skip-git-repo-check ID-1 -",
        "opencode run --format json --session ID-1",
        "gemini -y --output-format stream-json --resume ID-1",
    ] {
        let output = feed(&mut names.command(line), b"session\n");
        let first = json_lines(&output)[0].to_string();
        assert!(first.contains("\"ID-1\""), "{line}: {first}");
        assert!(stdout(&output).contains("resumed ID-1"), "{line}: {}", stdout(&output));
    }
    let fresh = "claude --print --verbose --output-format stream-json --session-id ID-2";
    let output = feed(&mut names.command(fresh), b"session\n");
    assert!(stdout(&output).contains("new ID-2"), "{}", stdout(&output));
}

#[test]
fn a_prompt_on_the_command_line_counts_and_stdin_is_added() {
    let names = Names::new();
    let script = names.0.path().join("script");
    fs::write(&script, "prompt\n").unwrap();
    let mut claude = names.command("claude --print --verbose --output-format stream-json -- words");
    let output = claude.env("SCRIPTED_AGENT_SCRIPT", &script).output().unwrap();
    assert_eq!(json_lines(&output).last().unwrap()["result"], "words");
    let mut codex = names.command("codex exec --json words");
    let output = feed(codex.env("SCRIPTED_AGENT_SCRIPT", &script), b"more");
    assert_eq!(json_lines(&output)[2]["item"]["text"], "words\nmore");
    let stream = r#"{"type":"user","message":{"role":"user","content":[
        {"type":"image","source":{}},{"type":"text","text":"look"}]}}"#
        .replace('\n', "")
        + "\n";
    let line = "claude -p --verbose --input-format stream-json --output-format stream-json";
    let mut claude = names.command(line);
    let output = feed(claude.env("SCRIPTED_AGENT_SCRIPT", &script), stream.as_bytes());
    assert_eq!(json_lines(&output).last().unwrap()["result"], "look");
}

#[test]
fn without_the_json_option_a_cli_prints_text() {
    let names = Names::new();
    for line in ["claude -p", "codex exec", "opencode run", "gemini -y"] {
        let output = feed(&mut names.command(line), b"print hello\n");
        assert_eq!(stdout(&output), "hello\n", "{line}");
    }
}

#[test]
fn each_says_its_version_and_refuses_options_that_the_cli_does_not_have() {
    let names = Names::new();
    let login = names.command("codex login status").output().unwrap();
    assert!(login.status.success() && stdout(&login).starts_with("Logged in"));
    for (name, version) in [
        ("claude", "2.1.0 (Claude Code)\n"),
        ("codex", "codex-cli 0.169.0\n"),
        ("opencode", "1.18.33\n"),
        ("gemini", "0.61.0\n"),
    ] {
        assert_eq!(stdout(&names.command(&format!("{name} --version")).output().unwrap()), version);
        let refused = names.command(&format!("{name} --no-such-option")).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{name}");
        assert!(stderr(&refused).contains("has no option --no-such-option"), "{name}");
    }
}
