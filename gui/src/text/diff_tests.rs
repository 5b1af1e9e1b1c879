#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn compared(old: &str, new: &str) -> Diff {
    let mut diff = Diff::default();
    diff.compare(old, new);
    diff
}

#[test]
fn changes_have_signs_and_what_stays_is_around_them() {
    let diff = compared("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n");
    assert_eq!(diff.rich.text, "  a\n  b\n  c\n- d\n+ X\n  e\n  f");
    assert_eq!((diff.added, diff.removed), (1, 1));
    assert_eq!(diff.lines[3..5], [Some(Change::Removed), Some(Change::Added)]);
}

#[test]
fn words_that_changed_in_a_line_stand_out() {
    let diff = compared("let total = price;\n", "let total = price * 2;\n");
    let changed: String = diff
        .rich
        .ranges()
        .filter(|(_, style)| style.changed == Some(Change::Added))
        .map(|(range, _)| &diff.rich.text[range])
        .collect();
    assert!(changed.contains("* 2;"), "{changed}");
}

#[test]
fn a_written_diff_keeps_its_heads_and_signs() {
    let mut diff = Diff::default();
    diff.written("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n--- not a head");
    assert_eq!(
        diff.rich.text,
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n  same\n- old\n+ new\n- -- not a head"
    );
    assert_eq!((diff.added, diff.removed), (1, 2));
}

#[test]
fn a_patch_is_known_by_its_beginning_and_a_diff_by_its_hunks() {
    assert!(is_diff("*** Begin Patch\n*** End Patch"));
    assert!(is_diff("--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b"));
    assert!(!is_diff("a list:\n- one\n+ two"));
}

#[test]
fn far_changes_are_told_apart() {
    let old: String = (0..60).map(|n| format!("line {n}\n")).collect();
    let new = old.replace("line 5\n", "five\n").replace("line 50\n", "fifty\n");
    assert!(compared(&old, &new).rich.text.contains('⋯'));
}

proptest! {
    #[test]
    fn every_line_has_its_place(old in "([a-c]{0,3}\n){0,12}", new in "([a-c]{0,3}\n){0,12}") {
        let diff = compared(&old, &new);
        prop_assert_eq!(diff.rich.text.lines().count(), diff.lines.len());
        let covered = diff.rich.spans.last().map_or(0, |span| span.end);
        prop_assert_eq!(covered, diff.rich.text.len());
    }
}
