#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";
const NONE: &str = "0000000000000000000000000000000000000000";

fn whole(text: &str) -> Vec<u8> {
    text.replace('~', "\0").replace("NONE", NONE).replace("ONE", ONE).replace("TWO", TWO).into()
}

#[test]
fn names_come_from_the_records_and_lines_from_the_patch() {
    let bytes = whole(
        ":100644 100755 ONE NONE M~a\n\"b~:100644 100644 ONE ONE R100~old~new~~\
        diff --git \"a/a\\n\\\"b\" \"b/a\\n\\\"b\"\nold mode 100644\nnew mode 100755\nindex ONE..TWO\n\
        --- \"a/a\\n\\\"b\"\n+++ \"b/a\\n\\\"b\"\n@@ -1,3 +1,2 @@ fn main() {\n--- a/x\n+diff --git a/old b/new\r\n-x\n y\n\\ No newline at end of file\n\
        diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n",
    );
    let files = read(&bytes, true);
    let told: Vec<FileDiff> = files.iter().map(File::told).collect();
    assert_eq!(told.len(), 2);
    let first = &told[0];
    assert_eq!(first.path, FilePath::from("a\n\"b"));
    assert_eq!((&*first.old_blob, &*first.new_blob), (ONE, TWO));
    assert_eq!((first.modes, first.added, first.removed), (Some((0o100_644, 0o100_755)), 1, 2));
    let lines = &first.hunks[0].lines;
    assert_eq!(lines[0].text, "-- a/x");
    assert_eq!(lines[1].text, "diff --git a/old b/new\r");
    assert!(lines[3].no_newline && lines[3].kind == LineKind::Context);
    assert_eq!(first.hunks[0].heading, "fn main() {");
    let second = &told[1];
    assert_eq!((second.kind, second.from.clone()), (ChangeKind::Renamed, Some("old".into())));
    assert_eq!((&*second.old_blob, &*second.new_blob, second.hunks.len()), (ONE, ONE, 0));
}

#[test]
fn a_file_in_conflict_and_one_that_became_a_link_are_each_one_file() {
    let bytes = whole(
        ":000000 100644 NONE NONE U~f~:100644 100644 ONE NONE M~f~:100644 120000 ONE TWO T~l~:100644 000000 ONE NONE D~z~~\
        * Unmerged path f\ndiff --git a/f b/f\nindex ONE..TWO 100644\n--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n a\n+b\n\
        diff --git a/l b/l\ndeleted file mode 100644\nindex ONE..NONE\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
        diff --git a/l b/l\nnew file mode 120000\nindex NONE..TWO\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+t\n\\ No newline at end of file\n\
        diff --git a/z b/z\ndeleted file mode 100644\nindex ONE..NONE\nBinary files a/z and /dev/null differ\n",
    );
    let told: Vec<FileDiff> = read(&bytes, true).iter().map(File::told).collect();
    let kinds: Vec<ChangeKind> = told.iter().map(|file| file.kind).collect();
    assert_eq!(kinds, [ChangeKind::Conflicted, ChangeKind::TypeChanged, ChangeKind::Deleted]);
    assert_eq!((told[0].added, told[0].hunks.len()), (1, 1));
    assert_eq!((told[1].added, told[1].removed, told[1].hunks.len()), (1, 1, 2));
    assert_eq!((&*told[1].old_blob, &*told[1].new_blob), (ONE, TWO));
    assert!(told[2].binary && told[2].new_blob.is_empty());
}

#[test]
fn what_was_cut_off_is_told_as_cut() {
    let bytes = whole(
        ":100644 100644 ONE NONE M~a~:100644 100644 ONE NONE M~b~:100644 100644 ONE NONE M~c~~\
        diff --git a/a b/a\nindex ONE..TWO 100644\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n\
        diff --git a/b b/b\nindex ONE..TWO 100644\n--- a/b\n+++ b/b\n@@ -1 +1,3 @@\n-a\n+b\n+c",
    );
    let files = read(&bytes, false);
    let cut: Vec<(bool, usize)> = files.iter().map(|file| (file.cut, file.hunks.len())).collect();
    assert_eq!(cut, [(false, 1), (true, 1), (true, 0)]);
    assert_eq!(files[1].hunks[0].lines.len(), 2);
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bytes: Vec<u8>, whole: bool) {
        read(&bytes, whole);
    }

    #[test]
    fn no_text_of_a_patch_is_too_odd(parts in prop::collection::vec(prop::sample::select(vec![
        ":100644 100644 1 2 M", "\0", "a", "diff --git a/a b/a", "\n", "@@ -1,2 +1 @@", " x", "+y", "-z", "\\ No",
        "index 1..2", "* Unmerged path a", "@@ -4294967295,4294967295 +1 @@"]), 0..60), whole: bool) {
        read(parts.concat().as_bytes(), whole);
    }
}
