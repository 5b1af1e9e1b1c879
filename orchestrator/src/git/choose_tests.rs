#![allow(clippy::unwrap_used)]

use super::*;

const FILE: Target = Target { mode: 0o100_644, is_there: true, stays: true };

fn line(text: &str) -> RawLine<'_> {
    let (kind, text) = match text.split_at(1) {
        ("+", text) => (LineKind::Added, text),
        ("-", text) => (LineKind::Removed, text),
        (_, text) => (LineKind::Context, text),
    };
    let (text, no_newline) = text.strip_suffix('!').map_or((text, false), |text| (text, true));
    RawLine { kind, text: text.as_bytes(), no_newline }
}

fn hunk(old: (u32, u32), new: (u32, u32), lines: &[&'static str]) -> RawHunk<'static> {
    RawHunk { old, new, heading: b"", lines: lines.iter().map(|text| line(text)).collect() }
}

#[track_caller]
fn text(patch: Option<Vec<u8>>) -> String {
    let text = String::from_utf8(patch.unwrap()).unwrap();
    text.split_once("@@").map(|(_, hunks)| format!("@@{hunks}")).unwrap()
}

#[test]
fn what_is_not_chosen_stays_as_it_was() {
    let hunks = [hunk((3, 3), (3, 3), &[" a", "-b", "-c", "+B", "+C"])];
    let staged = text(patch(&hunks, &[(0, 1), (0, 3)], false, b"f", FILE));
    assert_eq!(staged, "@@ -3,3 +3,3 @@\n a\n-b\n c\n+B\n");
    let back = text(patch(&hunks, &[(0, 1), (0, 3)], true, b"f", FILE));
    assert_eq!(back, "@@ -3,3 +3,3 @@\n a\n+b\n-B\n C\n");
    assert_eq!(patch(&hunks, &[(0, 0), (7, 0)], false, b"f", FILE), None);
}

#[test]
fn a_hunk_is_moved_by_what_was_taken_of_those_before_it_alone() {
    let hunks = [hunk((0, 0), (1, 2), &["+a", "+b"]), hunk((5, 1), (7, 1), &["-c", "+d"])];
    let staged = text(patch(&hunks, &[(0, 1), (1, 0)], false, b"f", FILE));
    assert_eq!(staged, "@@ -0,0 +1,1 @@\n+b\n@@ -5,1 +5,0 @@\n-c\n");
    let back = text(patch(&hunks, &[(0, 0), (1, 1)], true, b"f", FILE));
    assert_eq!(back, "@@ -1,2 +1,1 @@\n-a\n b\n@@ -7,1 +5,0 @@\n-d\n");
}

#[test]
fn a_last_line_without_a_newline_is_given_one_where_another_follows() {
    let hunks = [hunk((1, 1), (1, 2), &["-a!", "+a", "+b!"])];
    let staged = text(patch(&hunks, &[(0, 2)], false, b"f", FILE));
    let none = "\\ No newline at end of file\n";
    assert_eq!(staged, format!("@@ -1,1 +1,2 @@\n-a\n{none}+a\n+b\n{none}"));
}

#[test]
fn a_file_is_made_and_removed_where_all_of_it_is_taken() {
    let hunks = [hunk((0, 0), (1, 2), &["+a", "+b"])];
    let new = Target { mode: 0o100_755, is_there: false, stays: true };
    let made = String::from_utf8(patch(&hunks, &[(0, 1)], false, b"a \"b", new).unwrap()).unwrap();
    let head = "diff --git \"a/a \\\"b\" \"b/a \\\"b\"\nnew file mode 100755\n--- /dev/null\t\n+++ \"b/a \\\"b\"\t\n";
    assert_eq!(made, format!("{head}@@ -0,0 +1,1 @@\n+b\n"));
    let gone = Target { mode: 0o100_644, is_there: true, stays: false };
    let text = |chosen: &[(u32, u32)]| {
        String::from_utf8(patch(&hunks, chosen, true, b"f", gone).unwrap()).unwrap()
    };
    assert!(
        text(&[(0, 0), (0, 1)])
            .contains("deleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@")
    );
    assert!(text(&[(0, 0)]).contains("--- a/f\n+++ b/f\n@@ -1,2 +1,1 @@"));
}
