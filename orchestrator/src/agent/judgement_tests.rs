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
