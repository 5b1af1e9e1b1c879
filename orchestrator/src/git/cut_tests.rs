//! What comes of calls whose way breaks in the middle.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Write;
use std::process::{Command, Stdio};

use super::call::ENTER;
use super::job_bed::Bed;

const SCRIPTS: [&str; 4] = [
    ENTER,
    include_str!("scripts/status.sh"),
    include_str!("scripts/diff.sh"),
    include_str!("scripts/stage.sh"),
];

/// Calls a function in the repository `work`, with that on stdin and no more; its status.
fn call(bed: &Bed, words: &str, stdin: &str) -> i32 {
    let script = format!("{}\nbg_do '{}'; {words}", SCRIPTS.concat(), bed.path("work").display());
    let mut shell = Command::new(bed.shell[0]);
    shell.args(&bed.shell[1..]).args(["-c", &script]).env("HOME", bed.path("home"));
    let mut shell =
        shell.stdin(Stdio::piped()).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    shell.wait().unwrap().code().unwrap()
}

#[test]
fn half_a_message_is_no_commit() {
    for bed in Bed::all() {
        bed.repository("work");
        std::fs::write(bed.path("work/first"), "two\n").unwrap();
        let message = "a subject\n\nand why";
        let words = format!("bg_commit mark {} --all", message.len());
        for cut in [0, 9, message.len() - 1] {
            assert_eq!(call(&bed, &words, &message[..cut]), 78, "{:?}", bed.shell);
        }
        assert_eq!(bed.git("work", &["log", "--format=%s"]), "first", "{:?}", bed.shell);
        assert_eq!(call(&bed, &words, message), 0, "{:?}", bed.shell);
        assert_eq!(bed.git("work", &["log", "-1", "--format=%B"]), message, "{:?}", bed.shell);
        assert_eq!(bed.git("work", &["status", "--porcelain"]), "", "{:?}", bed.shell);
    }
}

#[test]
fn half_a_patch_changes_nothing() {
    for bed in Bed::all() {
        bed.repository("work");
        let lines = |edit: &dyn Fn(usize) -> String| (0..60).map(edit).collect::<String>();
        let old = lines(&|line| format!("{line}\n"));
        let new = lines(&|line| {
            if line % 50 == 1 { format!("new {line}\n") } else { format!("{line}\n") }
        });
        bed.commit("work", "f", &old);
        std::fs::write(bed.path("work/f"), &new).unwrap();
        let patch = bed.git("work", &["diff", "--full-index"]) + "\n";
        let ids = patch.lines().find_map(|line| line.strip_prefix("index ")).unwrap();
        let ids = ids.split(' ').next().unwrap();
        // The first of two hunks, whole.
        let cut = patch.rfind("\n@@ ").unwrap() + 1;
        for (function, staged) in [("bg_lines unstaged", "M  f"), ("bg_lines_back", "")] {
            let (way, mode) = (if staged.is_empty() { "-R" } else { "" }, "100644");
            let words = format!("{function} f {ids} '{way}' {mode} {}", patch.len());
            assert_eq!(call(&bed, &words, &patch[..cut]), 78, "{:?}", bed.shell);
            assert_eq!(bed.read("work/f"), new, "{:?}", bed.shell);
            assert_eq!(bed.git("work", &["diff", "--cached"]), "", "{:?}", bed.shell);
            assert_eq!(call(&bed, &words, &patch), 0, "{:?} {function}", bed.shell);
            assert_eq!(bed.git("work", &["status", "--porcelain"]), staged, "{:?}", bed.shell);
            bed.git("work", &["reset", "-q"]);
        }
        assert_eq!(bed.read("work/f"), old, "{:?}", bed.shell);
    }
}
