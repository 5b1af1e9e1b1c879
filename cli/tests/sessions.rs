//! The verbs for sessions: what is wrong with a line is said before anything is opened, sent or changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod home;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::{Output, Stdio};

use home::{BATON, Home};
use serde_json::Value;

impl Home {
    fn run(&self, words: &[impl AsRef<OsStr>], stdin: &[u8]) -> Output {
        let mut command = self.of(BATON, words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that has ended reads nothing more.
        child.stdin.take().unwrap().write_all(stdin).ok(); // One that refuses the line reads nothing.
        child.wait_with_output().unwrap()
    }

    /// The error of a line, which must have ended with `status` and left nothing behind.
    #[track_caller]
    fn refused(&self, words: &[impl AsRef<OsStr>], stdin: &[u8], status: i32) -> Value {
        let output = self.run(words, stdin);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        assert!(!self.path("baton").exists(), "something was opened");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(document["error"]["hint"].is_string(), "{document}");
        document["error"].clone()
    }

    #[track_caller]
    fn usage(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let error = self.refused(&words, b"", 2);
        assert_eq!(error["code"], "usage", "{line}: {error}");
        error["message"].as_str().unwrap().to_owned()
    }
}

#[test]
fn an_empty_prompt_is_not_sent() {
    let home = Home::new();
    for (prompt, stdin) in [("", &b""[..]), (" \n ", b""), ("-", b""), ("-", b" \n\t\n")] {
        let error = home.refused(&["send", "s", prompt, "--json"], stdin, 2);
        assert_eq!(error["code"], "usage");
        assert_eq!(error["message"], "the prompt is empty");
    }
}

#[test]
fn a_prompt_that_is_no_text_is_refused_with_the_place() {
    let home = Home::new();
    let error = home.refused(&["send", "s", "-", "--json"], b"one\ntw\xff\n", 2);
    assert_eq!(error["message"], "the prompt is not UTF-8: byte 7 (in line 2) is no text");
    let word = OsString::from_vec(b"a\xffb".to_vec());
    let words = ["send".into(), "s".into(), word, "--json".into()];
    assert_eq!(home.refused(&words, b"", 2)["code"], "usage");
}

#[test]
fn an_image_that_cannot_be_sent_is_named() {
    let home = Home::new();
    let script = home.path("shot.png");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    let large = home.path("large.png");
    let file = fs::File::create(&large).unwrap();
    (&file).write_all(b"\x89PNG\r\n\x1a\n").unwrap();
    file.set_len(20_000_001).unwrap();
    for (image, status, code) in [
        ("gone.png", 4, "not_found"),
        ("shot.png", 2, "usage"),
        ("large.png", 1, "too_large"),
        (".", 1, "is_directory"),
    ] {
        let error = home.refused(&["send", "s", "look", "--image", image, "--json"], b"", status);
        assert_eq!(error["code"], code);
        assert!(error["message"].as_str().unwrap().contains(image), "{error}");
    }
}

#[test]
fn a_line_that_contradicts_itself_changes_nothing() {
    let home = Home::new();
    for line in [
        "--json send s",
        "--json send s p --tab t --new-tab",
        "--json send s p --fresh --new-tab",
        "--json follow s --since x",
        "--json follow s --since 1 --new",
        "--json queue s move m",
        "--json queue s move m --first --last",
        "--json queue s fly",
        "--json session new --host local",
        "--json session new --agent codex",
        "--json session new --agent codex --host local --name=",
        "--json session edit s",
        "--json session edit s --read-only --read-write",
        "--json session edit s --arg a --no-args",
        "--json interrupt",
        "--json approve",
    ] {
        home.usage(line);
    }
}

#[test]
fn a_secret_in_a_line_that_is_refused_is_not_repeated() {
    let home = Home::new();
    for line in [
        "--json session new --agent a --host local --env 1X=hunter2",
        "--json session edit s --env hunter2",
    ] {
        assert!(!home.usage(line).contains("hunter2"));
    }
}

#[test]
fn a_prompt_may_begin_with_a_dash() {
    let home = Home::new();
    // It is refused for its image, so the line was understood.
    let words = ["send", "s", "- fix this", "--image", "gone.png", "--json"];
    assert_eq!(home.refused(&words, b"", 4)["code"], "not_found");
    let words = ["send", "--json", "--image", "gone.png", "--", "s", "--read-only"];
    assert_eq!(home.refused(&words, b"", 4)["code"], "not_found");
}
