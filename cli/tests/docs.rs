//! What `baton` says about itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const BATON: &str = env!("CARGO_BIN_EXE_baton");

fn baton(words: &[&str]) -> Output {
    Command::new(BATON)
        .args(words)
        .env_remove("BATON_LOG")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(words: &[&str]) -> String {
    let output = baton(words);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_reference_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == said(&["reference"]), "docs/cli.md is not current: run `make docs`");
}

#[test]
fn the_reference_has_a_section_for_each_command_and_a_row_for_each_option() {
    let reference = said(&["reference"]);
    let help = said(&["help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let names = commands.lines().take_while(|line| !line.is_empty());
    // Lines that go on with a long text are indented further.
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"exec") && names.contains(&"doctor"), "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        assert!(reference.contains(&format!("\n### baton {name}\n")), "{name} is missing");
    }
    for row in
        ["| `--tty, -t` |", "| `--cwd <D>` |", "| `--env-remove <K>` |", "| `auth_refused` | 3 |"]
    {
        assert!(reference.contains(row), "{row} is missing");
    }
}

/// What `shell` says about `script`, which it reads without running anything else.
fn read_by(shell: &str, options: &[&str], script: &str) -> Output {
    let mut child = Command::new(shell)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("apt-get install {shell}: {error}"));
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn each_shell_reads_its_completions() {
    for (shell, options) in [
        ("bash", ["--norc", "-n"]),
        ("zsh", ["-f", "-n"]),
        ("fish", ["--no-config", "--no-execute"]),
    ] {
        let script = said(&["completions", shell]);
        let read = read_by(shell, &options, &script);
        assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {read:?}");
    }
}

#[test]
fn bash_completes_the_verbs() {
    let script = said(&["completions", "bash"]);
    let ask =
        "COMP_WORDS=(baton ho); COMP_CWORD=1; _baton baton ho baton; echo \"${COMPREPLY[@]}\"";
    let answer = read_by("bash", &["--norc", "-s"], &format!("{script}\n{ask}\n"));
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "hosts", "{answer:?}");
}

#[test]
fn a_shell_that_is_not_known_is_refused_with_those_that_are() {
    let refused = baton(&["completions", "tcsh"]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("tcsh") && words.contains("hint:"), "{words}");
}

#[test]
fn every_command_has_a_manual_page() {
    assert!(said(&["man"]).contains(".TH baton 1"));
    let page = said(&["man", "hosts", "add"]);
    assert!(page.contains("identity\\-file"), "{page}");
    let document: Value = serde_json::from_str(&said(&["--json", "man", "exec"])).unwrap();
    assert!(document["page"].as_str().unwrap().contains("\\-\\-tty"));
    let refused = baton(&["man", "hosts", "fly"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("hosts fly"), "{refused:?}");
}
