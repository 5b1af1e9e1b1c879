use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{agent, stderr, stdout};

#[test]
fn an_agent_does_what_its_script_says() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    let text = "# comments say nothing\nprint hello\nerror oh\nlines 2\n\nbytes 28\nraw \nexit 9\nprint never\n";
    std::fs::write(&script, text).unwrap();
    let output = agent(&[script.to_str().unwrap(), "--", "a prompt"]).output().unwrap();
    let alphabet = "abcdefghijklmnopqrstuvwxyzab";
    assert_eq!(stdout(&output), format!("hello\nline 1\nline 2\n{alphabet}\n"));
    assert_eq!(stderr(&output), "oh\n");
    assert_eq!(output.status.code(), Some(9));
}

#[test]
fn it_speaks_the_lines_of_codex() {
    let steps = ["print hi", r#"tool command {"command":"ls","output":"a\n"}"#, "exit 0"];
    let arguments = ["--format", "codex", "-e", steps[0], "-e", steps[1], "-e", steps[2]];
    let output = agent(&arguments).output().unwrap();
    let lines: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    let expected = [
        "thread.started",
        "turn.started",
        "item.completed",
        "item.started",
        "item.completed",
        "turn.completed",
    ];
    assert_eq!(types, expected);
    assert_eq!(lines[2]["item"]["text"], "hi");
    assert_eq!(lines[4]["item"]["aggregated_output"], "a\n");

    let failed = agent(&["--format", "codex", "-e", "exit 4"]).output().unwrap();
    assert_eq!(failed.status.code(), Some(4));
    assert!(stdout(&failed).contains("turn.failed"));
}

#[test]
fn it_reads_and_echoes() {
    let mut child = agent(&["-e", "read", "-e", "read-all"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one\ntwo\nthree").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "one\ntwo\nthree\n");
}

#[test]
fn it_dies_by_a_signal_and_ignores_one() {
    let killed = agent(&["-e", "signal KILL"]).status().unwrap();
    assert_eq!(killed.signal(), Some(9));

    let mut stubborn =
        agent(&["-e", "ignore TERM", "-e", "print ready", "-e", "read", "-e", "exit 5"]);
    let stubborn = stubborn.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut stubborn = stubborn.unwrap();
    let mut ready = String::new();
    BufReader::new(stubborn.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    kill_process(Pid::from_child(&stubborn), Signal::TERM).unwrap();
    stubborn.stdin.take().unwrap().write_all(b"still here\n").unwrap();
    assert_eq!(stubborn.wait().unwrap().code(), Some(5));
}

#[test]
fn a_forked_child_holds_the_output_after_the_end() {
    let mut child = agent(&["-e", "fork-holding-output"]);
    let mut child =
        child.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let group = Pid::from_child(&child);
    assert!(child.wait().unwrap().success());
    // The agent is gone; its group lives in the one that holds on to the pipe.
    rustix::process::kill_process_group(group, Signal::KILL).unwrap();
    let mut rest = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_wrong_script_is_a_usage_error() {
    for arguments in [&["-e", "dance"][..], &["-e", "wait soon"], &["--format", "morse"], &[]] {
        let output = agent(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("usage:"), "{arguments:?}");
    }
}
