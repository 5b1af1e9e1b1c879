#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::*;
use crate::text::Change;

fn texts(input: Value) -> Vec<String> {
    let mut texts = Vec::new();
    for block in input_blocks(&input) {
        block.body.each_text(|text| texts.push(text.to_owned()));
    }
    texts
}

#[test]
fn a_line_says_what_matters_of_a_call() {
    let lines = [
        (json!({"command": "ls -a", "description": "list"}), "ls -a"),
        (json!({"command": "/bin/bash -lc 'echo hi; ls'", "cwd": "/srv"}), "echo hi; ls"),
        (json!({"command": ["git", "status"]}), "git status"),
        (json!({"cmd": "ls"}), "ls"),
        (json!({"file_path": "/srv/a.rs", "old_string": "a", "new_string": "b"}), "/srv/a.rs"),
        (json!({"changes": [{"path": "/a", "kind": "add"}, {"path": "/b"}]}), "/a, /b"),
        (
            json!("*** Begin Patch\n*** Update File: src/a.rs\n@@\n-a\n+b\n*** End Patch"),
            "src/a.rs",
        ),
        (json!({"title": "Writing to hello.txt"}), "Writing to hello.txt"),
        (json!({}), ""),
        (json!(null), ""),
        (json!({"command": "printf '\u{1b}[31m'\nls"}), "printf '\\x1b[31m' ls"),
    ];
    for (input, line) in lines {
        assert_eq!(essential(&input), line, "{input}");
    }
}

#[test]
fn edits_of_every_agent_are_shown_as_diffs() {
    for (old, new) in EDITS {
        let texts = texts(json!({"path": "a.rs", old: "one\ntwo\n", new: "one\nthree\n"}));
        assert_eq!(texts, ["a.rs  +1 −1", "  one\n- two\n+ three"], "{old}");
    }
}

#[test]
fn several_edits_are_several_diffs_and_nothing_else_is_lost() {
    let texts = texts(json!({"file_path": "a.rs", "replace_all": true, "edits": [
        {"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": "d"}
    ]}));
    assert_eq!(texts[..4], ["a.rs  +1 −1", "- a\n+ b", "a.rs  +1 −1", "- c\n+ d"]);
    assert!(texts[5].contains("\"replace_all\": true"), "{texts:?}");
}

#[test]
fn changes_of_codex_are_shown_for_each_file() {
    let texts = texts(json!({"changes": [
        {"path": "/srv/new.txt", "kind": {"type": "add"}, "diff": "hello\n"},
        {"path": "/srv/old.txt", "kind": {"type": "update"}, "diff": "@@ -1 +1 @@\n-a\n+b\n"}
    ]}));
    assert_eq!(
        texts,
        ["/srv/new.txt  +1 −0", "+ hello", "/srv/old.txt  +1 −1", "@@ -1 +1 @@\n- a\n+ b"]
    );
}

#[test]
fn a_patch_is_a_diff_and_a_new_file_is_code() {
    let blocks =
        input_blocks(&json!("*** Begin Patch\n*** Update File: a\n@@\n-a\n+b\n*** End Patch"));
    let Body::Diff { lines, .. } = &blocks[1].body else { panic!() };
    assert_eq!(lines[3..5], [Some(Change::Removed), Some(Change::Added)]);
    let texts = texts(json!({"filePath": "hello.py", "content": "print(1)\n"}));
    assert_eq!(texts, ["hello.py", "print(1)"]);
}

#[test]
fn what_nobody_knows_is_shown_as_json() {
    let texts = texts(json!({"thing": {"deep": [1, 2]}}));
    assert!(texts[1].contains("\"deep\""), "{texts:?}");
}
