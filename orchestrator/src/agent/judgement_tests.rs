#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::agent::Definitions;

const QUIET: Ended<'_> = Ended {
    exit: Exit::Status(0),
    said: false,
    told: false,
    resumed: false,
    stderr: b"",
    unknown: "",
};

fn of(ended: Ended<'_>) -> Option<Failure> {
    judge(Definitions::embedded().0.get("codex").unwrap(), ended)
}

fn status(status: i32, stderr: &str) -> Failure {
    of(Ended { exit: Exit::Status(status), stderr: stderr.as_bytes(), ..QUIET }).unwrap()
}

#[test]
fn a_program_that_is_not_there_is_told_from_an_interpreter_that_is_not() {
    let missing = status(127, "sh: 3: exec: codex: not found\n");
    assert_eq!(missing.code, Code::AgentMissing);
    assert!(missing.hint.unwrap().contains("npm install -g @openai/codex"));
    let interpreter = status(127, "/usr/bin/env: ‘node’: No such file or directory\n");
    assert_eq!(interpreter.code, Code::InterpreterMissing);
    assert!(interpreter.message.contains("node"), "{interpreter}");
    assert_eq!(status(126, "env: node: No such file or directory").code, Code::InterpreterMissing);
    // Once it has said something, 127 is its own status.
    let own = Ended { exit: Exit::Status(127), said: true, stderr: b"sh: x: not found", ..QUIET };
    assert_eq!(of(own).unwrap().code, Code::AgentFailed);
}

#[test]
fn a_turn_that_told_how_it_ended_isnt_judged_again() {
    let told = Ended { told: true, said: true, ..QUIET };
    assert_eq!(of(told), None);
    assert_eq!(of(Ended { exit: Exit::Status(1), ..told }), None);
    assert_eq!(of(Ended { said: true, ..QUIET }), None);
}

#[test]
fn an_agent_that_says_nothing_at_all_has_failed() {
    assert!(status(0, "").message.contains("without a word"));
    let stderr = "WARNING: proceeding\n\u{1b}[91mError: \u{1b}[0mYou must provide a message\n";
    let failure = status(0, stderr);
    assert_eq!(failure.code, Code::AgentFailed);
    assert_eq!(failure.message, "Codex said nothing but: Error: You must provide a message");
}

#[test]
fn a_status_is_told_with_the_first_line_that_says_something() {
    let failure = status(2, "warning: old node\n  unexpected argument '--x'\n");
    assert_eq!(failure.message, "Codex ended with status 2: unexpected argument '--x'");
    assert!(status(3, "").message.contains("status 3"));
    let long = "x".repeat(5000);
    assert!(status(1, &long).message.len() < 300);
}

#[test]
fn a_lost_conversation_is_known_by_the_words_of_the_definition() {
    let words = b"Error: thread/resume failed: no rollout found for thread id 01a1 (code -32600)\n";
    let ended = Ended { exit: Exit::Status(1), resumed: true, stderr: words, ..QUIET };
    let failure = of(ended).unwrap();
    assert_eq!(failure.code, Code::NotFound);
    assert!(failure.hint.unwrap().contains("fresh"));
    // Not where there was no conversation to go on with, and not once it has said something.
    assert_eq!(of(Ended { resumed: false, ..ended }).unwrap().code, Code::AgentFailed);
    assert_eq!(of(Ended { said: true, ..ended }).unwrap().code, Code::AgentFailed);
}

#[test]
fn a_signal_is_named() {
    let ended = Ended { exit: Exit::Signal(Signal(9)), said: true, ..QUIET };
    let failure = of(ended).unwrap();
    assert!(failure.message.contains("signal KILL"), "{failure}");
    assert!(failure.hint.unwrap().contains("memory"));
    assert_eq!(of(Ended { told: true, ..ended }), None);
    assert_eq!(Signal(64).name(), "64");
}

fn by(agent: &str, status: i32, stderr: &str) -> Option<Failure> {
    let ended = Ended { exit: Exit::Status(status), stderr: stderr.as_bytes(), ..QUIET };
    judge(Definitions::embedded().0.get(agent).unwrap(), ended)
}

#[test]
fn a_command_line_may_be_silent_and_its_failures_are_its_own() {
    assert_eq!(by("shell", 0, ""), None);
    assert_eq!(by("shell", 0, "a warning of its own\n"), None);
    let unknown = by("shell", 127, "/r/files/script: 1: nosuchprog: not found\n").unwrap();
    assert_eq!(unknown.code, Code::AgentFailed);
    assert!(unknown.message.contains("nosuchprog: not found"), "{unknown}");
    assert!(unknown.message.contains("status 127"), "{unknown}");
    let denied = by("shell", 126, "script: 1: ./x: Permission denied\n").unwrap();
    assert_eq!(denied.code, Code::AgentFailed);
    assert!(denied.message.contains("Permission denied"), "{denied}");
    // A program that prints plain text and isn't there is missing all the same.
    let mut own = Definitions::embedded().0.get("shell").unwrap().clone();
    own.program = "mine".into();
    own.batch.as_mut().unwrap().prompt = PromptBy::Stdin;
    let ended = Ended { exit: Exit::Status(127), stderr: b"exec: mine: not found", ..QUIET };
    assert_eq!(judge(&own, ended).unwrap().code, Code::AgentMissing);
    assert_eq!(judge(&own, QUIET), None);
}

#[test]
fn a_status_that_means_no_login_says_how_to_log_in() {
    let words = "YOLO mode is enabled. All tool calls will be automatically approved.\n\
                 Please set an Auth method in your settings.json or specify one of the following\n";
    let failure = by("gemini-cli", 41, words).unwrap();
    assert_eq!(failure.code, Code::AgentNotLoggedIn);
    assert!(failure.message.contains("Please set an Auth method"), "{failure}");
    assert!(failure.hint.unwrap().contains("log in"));
    assert_eq!(by("codex", 41, words).unwrap().code, Code::AgentFailed);
}
