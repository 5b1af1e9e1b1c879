//! Differences, as front ends show them and as git prints them.

use std::fs;
use std::os::unix::fs::symlink;

use orchestrator::failure::Code;
use orchestrator::seam::{ChangeKind, DiffOf, FilePath, GitQuery, GitReply, LineKind};

use crate::git_bed::{Repo, Way, here, paths, ways};

impl Way {
    async fn patch(&self, repo: &Repo, of: DiffOf, only: &[&str]) -> Vec<u8> {
        let query = GitQuery::Patch { at: repo.at(self.host), of, paths: paths(only) };
        match self.desk.git(query).await.unwrap() {
            GitReply::Patch(patch) => patch.bytes,
            other => panic!("{other:?}"),
        }
    }
}

/// A repository with a change of every kind, staged and not.
fn changed() -> Repo {
    let repo = Repo::new();
    let long: String = (0..40).map(|number| format!("line {number}\n")).collect();
    repo.write("text", &long);
    repo.write("we ird\n\"name", "a\nb\n");
    repo.write("binary", b"\0\x01\x02");
    repo.write("mode", "x\n");
    repo.write("gone", "x\ny\n");
    repo.write("from", "some\nlines\nto\nbe\nknown\nby\n");
    repo.write("crlf", "a\r\nb\r\n");
    repo.write("link or not", "x\n");
    repo.commit("first");
    repo.write("text", long.replace("line 3\n", "LINE 3\n").replace("line 30\n", ""));
    repo.write("we ird\n\"name", "a\nc");
    repo.write("binary", b"\0\x01\x03");
    repo.git(&["update-index", "--chmod=+x", "mode"]);
    fs::remove_file(repo.file("gone")).unwrap();
    repo.git(&["mv", "from", "to"]);
    repo.write("crlf", "a\r\nB\r\n");
    fs::remove_file(repo.file("link or not")).unwrap();
    symlink("text", repo.file("link or not")).unwrap();
    repo.write("added", "one\n");
    repo.git(&["add", "added", "text"]);
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_parted_into_files_and_lines_over_every_transport() {
    for way in ways().await {
        let repo = changed();
        let name = way.name;
        let unstaged = way.desk.diff(repo.at(way.host), DiffOf::Unstaged).await;
        let of = |path: &str| {
            let found = unstaged.iter().find(|file| file.path == path.into());
            found.unwrap_or_else(|| panic!("{name}: nothing of {path}: {unstaged:#?}"))
        };
        let odd = of("we ird\n\"name");
        assert_eq!((odd.added, odd.removed, odd.kind), (1, 1, ChangeKind::Modified), "{name}");
        assert!(odd.hunks[0].lines.last().unwrap().no_newline, "{name}");
        assert!(of("binary").binary && of("binary").hunks.is_empty(), "{name}");
        assert_eq!(of("mode").modes, Some((0o100_755, 0o100_644)), "{name}");
        assert_eq!((of("gone").kind, of("gone").removed), (ChangeKind::Deleted, 2), "{name}");
        assert_eq!(of("crlf").hunks[0].lines[2].text, "B\r", "{name}");
        assert_eq!(of("link or not").kind, ChangeKind::TypeChanged, "{name}");
        assert_eq!(of("crlf").old_blob, repo.git(&["rev-parse", ":crlf"]).trim(), "{name}");
        assert_eq!(of("crlf").new_blob, repo.git(&["hash-object", "crlf"]).trim(), "{name}");

        let staged = way.desk.diff(repo.at(way.host), DiffOf::Staged).await;
        let kinds: Vec<(String, ChangeKind)> =
            staged.iter().map(|file| (file.path.to_string(), file.kind)).collect();
        let wanted = [
            ("added", ChangeKind::Added),
            ("mode", ChangeKind::Modified),
            ("text", ChangeKind::Modified),
            ("to", ChangeKind::Renamed),
        ];
        assert_eq!(kinds, wanted.map(|(path, kind)| (path.to_owned(), kind)), "{name}");
        let text = &staged[2];
        assert_eq!((text.hunks.len(), text.added, text.removed), (2, 1, 2), "{name}");
        let first = &text.hunks[0];
        assert_eq!(
            (first.old_start, first.old_lines, first.new_start, first.new_lines),
            (1, 7, 1, 7),
            "{name}"
        );
        let kinds: Vec<LineKind> = first.lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds[3..5], [LineKind::Removed, LineKind::Added], "{name}");
        assert_eq!(staged[3].from, Some("from".into()), "{name}");

        assert_eq!(way.desk.diff(repo.at(way.host), DiffOf::Head).await.len(), 8, "{name}");
        let id = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let first = way.desk.diff(repo.at(way.host), DiffOf::Commit { id }).await;
        assert_eq!((first.len(), first[0].kind), (8, ChangeKind::Added), "{name}");
        repo.write("untracked\t", "new\nlines");
        let new = way
            .desk
            .try_diff(repo.at(way.host), DiffOf::Untracked, &["untracked\t"])
            .await
            .unwrap();
        let new = &new.files[0];
        assert_eq!(
            (new.kind, new.added, &new.path),
            (ChangeKind::Untracked, 2, &"untracked\t".into()),
            "{name}"
        );
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_is_byte_for_byte_what_git_prints_and_can_be_applied() {
    for way in ways().await {
        let repo = changed();
        for (of, words) in [
            (DiffOf::Unstaged, &[][..]),
            (DiffOf::Staged, &["--cached"]),
            (DiffOf::Head, &["HEAD"]),
        ] {
            let printed = repo.git(&[&["diff", "--binary", "--full-index"], words].concat());
            let patch = way.patch(&repo, of.clone(), &[]).await;
            assert_eq!(String::from_utf8_lossy(&patch), printed, "{}: {of:?}", way.name);
        }
        let head = way.patch(&repo, DiffOf::Head, &[]).await;
        let other = Repo::new();
        other.git(&["pull", "-q", &repo.path().display().to_string(), "main"]);
        other.write(".git/patch", &head);
        other.git(&["apply", "--index", ".git/patch"]);
        repo.git(&["add", "-A"]);
        assert_eq!(other.git(&["write-tree"]), repo.git(&["write-tree"]), "{}", way.name);
        let one = way.patch(&repo, DiffOf::Head, &["crlf"]).await;
        assert_eq!(String::from_utf8_lossy(&one).matches("diff --git").count(), 1);
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_patch_comes_whole_and_of_a_large_diff_what_was_left_out_is_said() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let long: String =
        (0..400_000).map(|number| format!("a line of some length, number {number}\n")).collect();
    repo.write("large", &long);
    repo.write("zzz", "small\n");
    repo.git(&["add", "-A"]);
    let patch = way.patch(&repo, DiffOf::Staged, &[]).await;
    assert_eq!(
        String::from_utf8_lossy(&patch),
        repo.git(&["diff", "--binary", "--full-index", "--cached"])
    );
    let diff = way.desk.try_diff(repo.at("local"), DiffOf::Staged, &[]).await.unwrap();
    let told: Vec<(String, bool)> =
        diff.files.iter().map(|file| (file.path.to_string(), file.cut)).collect();
    assert_eq!(told, [("large".to_owned(), true), ("zzz".to_owned(), true)]);
    assert!(diff.files[0].added > 100_000 && diff.files[0].added < 400_000);
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_commit_everything_is_new() {
    let way = here().await;
    let repo = Repo::new();
    repo.write("a", "1\n");
    repo.git(&["add", "a"]);
    repo.write("a", "1\n2\n");
    for (of, added) in [(DiffOf::Staged, 1), (DiffOf::Head, 2), (DiffOf::Unstaged, 1)] {
        let told = way.desk.diff(repo.at("local"), of.clone()).await;
        assert_eq!((told.len(), told[0].added), (1, added), "{of:?}");
    }
    let none =
        way.desk.try_diff(repo.at("local"), DiffOf::Base { base: None }, &[]).await.unwrap_err();
    assert_eq!(none.code, Code::NotFound);
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_branch_has_changed_since_it_left_its_base_is_told() {
    let way = here().await;
    let repo = Repo::with("a\n");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("mine", "committed\n");
    repo.commit("mine");
    repo.write("f", "a\nchanged\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("theirs", "not mine\n");
    repo.git(&["add", "theirs"]);
    repo.git(&["commit", "-q", "-m", "theirs", "theirs"]);
    repo.git(&["checkout", "-q", "topic"]);
    for base in [None, Some("main".to_owned())] {
        let told = way.desk.diff(repo.at("local"), DiffOf::Base { base }).await;
        let names: Vec<String> = told.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(names, ["f", "mine"]);
    }
    for bad in ["nobody", "--output=/tmp/x", ""] {
        let of = DiffOf::Base { base: Some(bad.to_owned()) };
        let failure = way.desk.try_diff(repo.at("local"), of, &[]).await.unwrap_err();
        assert!(matches!(failure.code, Code::NotFound | Code::Usage), "{bad}: {failure:?}");
    }
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_the_base_and_not_a_tag_of_its_name() {
    let way = here().await;
    let repo = Repo::with("a\n");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("mine", "committed\n");
    repo.commit("mine");
    // git itself takes the tag.
    repo.git(&["tag", "main", "topic"]);
    for base in [None, Some("main".to_owned())] {
        let told = way.desk.diff(repo.at("local"), DiffOf::Base { base: base.clone() }).await;
        let names: Vec<String> = told.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(names, ["mine"], "{base:?}");
    }
    repo.git(&["tag", "topic", "refs/heads/main"]);
    let told = way.desk.diff(repo.at("local"), DiffOf::Commit { id: "topic".into() }).await;
    assert_eq!(told.first().map(|file| file.path.to_string()).as_deref(), Some("mine"));
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_in_conflict_ours_is_told_against_what_lies_there() {
    let way = here().await;
    let repo = Repo::with("a\nb\nc\n");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.write("f", "a\nOTHER\nc\n");
    repo.commit("theirs");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("f", "a\nMAIN\nc\n");
    repo.commit("ours");
    repo.try_git(&["merge", "other"]);
    repo.write("z", "");
    repo.git(&["add", "-N", "z"]);
    let told = way.desk.diff(repo.at("local"), DiffOf::Unstaged).await;
    assert_eq!(
        (told[0].kind, told[0].added, told[0].removed),
        (ChangeKind::Conflicted, 4, 0),
        "{told:#?}"
    );
    assert_eq!(told.len(), 2);
    let staged = way.desk.diff(repo.at("local"), DiffOf::Staged).await;
    assert_eq!((staged[0].kind, staged[0].hunks.len()), (ChangeKind::Conflicted, 0));
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_programs_of_the_repository_do_not_change_what_is_told() {
    let way = here().await;
    let repo = Repo::with("a\n");
    let ran = repo.file("ran");
    for (key, value) in [
        ("diff.external", "touch ran; :"),
        ("diff.odd.textconv", "touch ran; cat"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("diff.submodule", "log"),
        ("diff.suppressBlankEmpty", "true"),
        ("core.pager", "touch ran; cat"),
        ("core.quotePath", "true"),
    ] {
        repo.git(&["config", key, value]);
    }
    repo.write(".git/info/attributes", "* diff=odd\n");
    repo.write("f", "a\n\nb\n");
    let told = way.desk.diff(repo.at("local"), DiffOf::Unstaged).await;
    assert_eq!((told.len(), told[0].added), (1, 2));
    let patch = way.patch(&repo, DiffOf::Unstaged, &[]).await;
    assert!(patch.starts_with(b"diff --git a/f b/f\n"), "{}", String::from_utf8_lossy(&patch));
    assert!(!ran.exists());
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_file_that_is_too_large_or_none_is_not_read() {
    let way = here().await;
    let repo = Repo::with("a\n");
    fs::File::create(repo.file("large")).unwrap().set_len(10 << 30).unwrap();
    fs::create_dir(repo.file("folder")).unwrap();
    let of =
        async |path: &str| way.desk.try_diff(repo.at("local"), DiffOf::Untracked, &[path]).await;
    let large = of("large").await.unwrap();
    assert!(large.files[0].cut && large.files[0].path == FilePath::from("large"));
    assert_eq!(of("folder").await.unwrap_err().code, Code::IsDirectory);
    // Who opens one waits for who writes.
    let made = std::process::Command::new("mkfifo").arg(repo.file("fifo")).status().unwrap();
    assert!(made.success());
    assert_eq!(of("fifo").await.unwrap_err().code, Code::IsDirectory);
    assert_eq!(of("nothing").await.unwrap_err().code, Code::NotFound);
    way.desk.stop().await;
}
