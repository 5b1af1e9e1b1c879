use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use baton_tests::AgentHost;

use crate::support::{json_lines, run, ssh, stderr, stdout, wait_for};

#[test]
fn a_stock_command_line_over_ssh_plays_the_script_that_is_its_prompt() {
    let host = AgentHost::start().with_scripted("claude");
    let config = host.sshd().write_client_config("box", &[]);
    let count = host.project().join("count");
    let command =
        "exec bash -lc 'claude --print --verbose --output-format stream-json --resume abc'";
    let mut child = ssh(&config, &["box", command]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let script = format!("Be kind.\n#!script\ncount-file {}\nprint hello\n", count.display());
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = json_lines(&output);
    assert_eq!(lines[0]["session_id"], "abc", "{}", host.sshd().log());
    assert_eq!(lines.last().unwrap()["result"], "hello");
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 1, "it ran once");
}

#[test]
fn only_the_agents_that_a_test_put_there_are_found() {
    let host = AgentHost::start().with_scripted("codex").with_scripted_by("helper", "print fixed");
    host.write_program("odd", "echo odd $1\n");
    let config = host.sshd().write_client_config("box", &[]);
    let find = "command -v claude; command -v opencode; command -v gemini; codex --version";
    for command in [find.to_owned(), format!("exec bash -lc '{find}'")] {
        let found = run(&config, &["box", &command]);
        assert_eq!(stdout(&found), "codex-cli 0.169.0\n", "{}", stderr(&found));
    }
    assert_eq!(stdout(&run(&config, &["box", "helper; odd one"])), "fixed\nodd one\n");
    host.set_script("helper", "print changed");
    assert_eq!(stdout(&run(&config, &["box", "helper"])), "changed\n");
    host.remove_program("codex");
    assert_eq!(run(&config, &["box", "codex --version"]).status.code(), Some(127));
    let home = stdout(&run(&config, &["box", "ls -A ~; pwd"]));
    assert!(home.starts_with(".profile\n"), "the home is empty: {home}");
}

#[test]
fn what_agents_left_behind_is_gone_with_their_host() {
    let host = AgentHost::start().with_scripted_by("agent", "setsid-child\nprint up\nquiet");
    let config = host.sshd().write_client_config("box", &[]);
    let mut child = ssh(&config, &["box", "exec agent"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut up = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut up).unwrap();
    assert_eq!(up, "up\n");
    let mark = format!("BATON_TEST_SSHD={}", host.sshd().dir().display());
    wait_for("both run", || marked(&mark).len() >= 2);
    let dir = host.sshd().dir().to_owned();
    drop(host);
    assert_eq!(child.wait().unwrap().code(), Some(255));
    assert_eq!(marked(&mark), Vec::<String>::new());
    assert!(!dir.exists());
}

/// The names of living processes with this in their environment.
fn marked(mark: &str) -> Vec<String> {
    let list = Command::new("sh")
        .args(["-c", "grep -lsF -- \"$1\" /proc/[0-9]*/environ", "sh", mark])
        .output()
        .unwrap();
    let name = |path: &str| fs::read_to_string(Path::new(path).with_file_name("comm")).ok(); // It may have ended.
    // `grep` and `sh` of this very test don't carry it.
    stdout(&list).lines().filter_map(name).collect()
}

#[test]
fn a_host_starts_on_a_server_with_settings_of_its_own() {
    let settings = baton_tests::TestSshd::builder().max_sessions(1).environment("COLOUR", "blue");
    let host = AgentHost::start_with(settings).with_scripted_by("agent", "env COLOUR\nenv NOWHERE");
    let config = host.sshd().write_client_config("box", &[]);
    assert_eq!(stdout(&run(&config, &["box", "agent"])), "blue\n(not set)\n");
}
