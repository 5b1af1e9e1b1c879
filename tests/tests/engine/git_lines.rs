//! Single lines: staged, taken back, discarded; against a model, and against real git.

use std::fs;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    ChosenLines, DiffOf, FileDiff, GitCommand, GitQuery, GitReply, LineKind, LinesHow,
};

use crate::git_bed::{Repo, Way, here, paths, ways};

impl Way {
    async fn one(&self, repo: &Repo, of: DiffOf, context: u32) -> Option<FileDiff> {
        let query = GitQuery::Diff { at: repo.at(self.host), of, paths: paths(&["f"]), context };
        match self.desk.git(query).await.unwrap() {
            GitReply::Diff(diff) => diff.files.into_iter().next(),
            other => panic!("{other:?}"),
        }
    }

    async fn lines(
        &self,
        repo: &Repo,
        how: LinesHow,
        diff: &FileDiff,
        lines: &[(u32, u32)],
        context: u32,
    ) -> Result<GitReply, Failure> {
        let lines = ChosenLines {
            path: diff.path.clone(),
            old_blob: diff.old_blob.clone(),
            new_blob: diff.new_blob.clone(),
            lines: lines.to_vec(),
            context,
        };
        self.desk.change(GitCommand::Lines { at: repo.at(self.host), how, lines }).await
    }
}

/// Lines, each with whether it is ended.
fn split(text: &str) -> Vec<(String, bool)> {
    text.split_inclusive('\n')
        .map(|line| (line.trim_end_matches('\n').to_owned(), line.ends_with('\n')))
        .collect()
}

/// Lines put together: only the last one may lack its end.
fn join(lines: &[(String, bool)]) -> String {
    let mut text = String::new();
    for (at, (line, ended)) in lines.iter().enumerate() {
        text.push_str(line);
        if *ended || at + 1 < lines.len() {
            text.push('\n');
        }
    }
    text
}

/// What `before` becomes when the chosen changes of a diff are made: `back` undoes them in what stands after it.
fn model(before: &str, diff: &FileDiff, chosen: &[(u32, u32)], back: bool) -> String {
    let from = split(before);
    let mut made = Vec::new();
    let mut at = 0;
    for (number, hunk) in (0_u32..).zip(&diff.hunks) {
        let (start, count) =
            if back { (hunk.new_start, hunk.new_lines) } else { (hunk.old_start, hunk.old_lines) };
        let first = start as usize - usize::from(count > 0);
        made.extend_from_slice(&from[at..first]);
        at = first;
        for (line_number, line) in (0_u32..).zip(&hunk.lines) {
            let is_chosen = chosen.contains(&(number, line_number));
            let is_new = (line.kind == LineKind::Added) != back;
            let text = (line.text.clone(), !line.no_newline);
            match line.kind {
                LineKind::Context => {
                    made.push(from[at].clone());
                    at += 1;
                }
                _ if is_new => {
                    if is_chosen {
                        made.push(text);
                    }
                }
                _ => {
                    if !is_chosen {
                        made.push(from[at].clone());
                    }
                    at += 1;
                }
            }
        }
    }
    made.extend_from_slice(&from[at..]);
    join(&made)
}

/// Some lines, often the same ones, some with `\r`, perhaps without an end.
fn text(rng: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(0..14) {
        text.push_str(["a", "b", "c", "}", "", " x", "\\ no", "é"][rng.usize(0..8)]);
        text.push_str(if rng.u8(0..8) == 0 { "\r\n" } else { "\n" });
    }
    if rng.u8(0..3) == 0 && text.ends_with("a\n") {
        text.pop();
    }
    text
}

/// The same with some lines changed.
fn edited(rng: &mut fastrand::Rng, before: &str) -> String {
    let mut lines: Vec<(String, bool)> = split(before);
    for _ in 0..rng.usize(1..5) {
        let at = rng.usize(0..=lines.len());
        match rng.u8(0..3) {
            0 if at < lines.len() => {
                lines.remove(at);
            }
            1 if at < lines.len() => lines[at] = ("changed".into(), true),
            _ => lines.insert(at, (["new", "a", "}"][rng.usize(0..3)].into(), true)),
        }
    }
    if rng.u8(0..4) == 0
        && let Some(last) = lines.last_mut()
    {
        last.1 = !last.1;
    }
    join(&lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_chosen_lines_is_what_a_model_says_whatever_the_files_are() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let mut rng = fastrand::Rng::with_seed(6);
    for round in 0..60 {
        let (old, context) = (text(&mut rng), [0, 1, 3][rng.usize(0..3)]);
        let new = edited(&mut rng, &old);
        for how in [LinesHow::Stage, LinesHow::Unstage, LinesHow::Discard] {
            repo.write("f", &old);
            repo.git(&["add", "f"]);
            repo.git(&["commit", "-q", "--allow-empty", "-m", "base"]);
            repo.write("f", &new);
            let of = if how == LinesHow::Unstage { DiffOf::Staged } else { DiffOf::Unstaged };
            if how == LinesHow::Unstage {
                repo.git(&["add", "f"]);
            }
            let Some(diff) = way.one(&repo, of, context).await else { continue };
            let mut chosen = Vec::new();
            let mut has_change = false;
            for (hunk_number, hunk) in (0_u32..).zip(&diff.hunks) {
                for (number, line) in (0_u32..).zip(&hunk.lines) {
                    if rng.bool() {
                        chosen.push((hunk_number, number));
                        has_change |= line.kind != LineKind::Context;
                    }
                }
            }
            let said = format!(
                "round {round}, {how:?}, -U{context}\n{old:?}\n{new:?}\n{chosen:?}\n{diff:#?}"
            );
            let reply = way.lines(&repo, how, &diff, &chosen, context).await;
            if !has_change {
                assert_eq!(reply.unwrap_err().code, Code::Usage, "{said}");
                continue;
            }
            assert_eq!(reply.as_ref(), Ok(&GitReply::Done), "{said}");
            let back = how != LinesHow::Stage;
            let wanted = model(if back { &new } else { &old }, &diff, &chosen, back);
            let (staged, there) = (repo.staged("f"), repo.read("f"));
            let (made, kept, before) = match how {
                LinesHow::Stage => (staged, there, &new),
                LinesHow::Unstage => (staged, there, &new),
                LinesHow::Discard => (there, staged, &old),
            };
            assert_eq!(made, wanted, "{said}");
            assert_eq!(kept, *before, "the other side stays: {said}");
        }
    }
    let litter = repo.git(&["status", "--porcelain", "--ignored", "-uall"]);
    assert!(!litter.contains("baton"), "{litter}");
    assert!(
        fs::read_dir(repo.file(".git")).unwrap().all(|entry| !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("baton"))
    );
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_staged_taken_back_and_discarded_over_every_transport() {
    for way in ways().await {
        let repo = Repo::with("a\nb\nc\n");
        repo.write("f", "A\nb\nC\n");
        let diff = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
        way.desk.done(way.lines(&repo, LinesHow::Stage, &diff, &[(0, 0), (0, 1)], 3).await);
        assert_eq!(repo.staged("f"), "A\nb\nc\n", "{}", way.name);
        let diff = way.one(&repo, DiffOf::Staged, 3).await.unwrap();
        way.desk.done(way.lines(&repo, LinesHow::Unstage, &diff, &[(0, 0), (0, 1)], 3).await);
        assert_eq!(repo.staged("f"), "a\nb\nc\n", "{}", way.name);
        let diff = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
        let last: Vec<(u32, u32)> = (3..6).map(|line| (0, line)).collect();
        way.desk.done(way.lines(&repo, LinesHow::Discard, &diff, &last, 3).await);
        assert_eq!(
            (repo.read("f"), repo.staged("f")),
            ("A\nb\nc\n".into(), "a\nb\nc\n".into()),
            "{}",
            way.name
        );
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_its_lines_were_chosen_is_left_alone() {
    let way = here().await;
    // git apply would find the same lines elsewhere.
    let repo = Repo::with("x\nsame\ny\n");
    repo.write("f", "x\nSAME\ny\n");
    let seen = way.one(&repo, DiffOf::Unstaged, 0).await.unwrap();
    repo.write("f", "x\nSAME\ny\nx\nSAME\ny\n");
    for how in [LinesHow::Stage, LinesHow::Discard] {
        let refused = way.lines(&repo, how, &seen, &[(0, 0), (0, 1)], 0).await.unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{how:?}");
    }
    repo.write("f", "x\nSAME\ny\n");
    repo.git(&["add", "f"]);
    let staged = way.one(&repo, DiffOf::Staged, 0).await.unwrap();
    repo.write("f", "another\nSAME\n");
    repo.git(&["add", "f"]);
    let refused = way.lines(&repo, LinesHow::Unstage, &staged, &[(0, 0)], 0).await.unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    assert_eq!(
        (repo.staged("f"), repo.read("f")),
        ("another\nSAME\n".into(), "another\nSAME\n".into())
    );
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_new_gone_or_renamed_give_and_take_single_lines_too() {
    let way = here().await;
    let repo = Repo::with("one\ntwo\nthree\nfour\nfive\nsix\n");
    // Gone: some of its lines, and then all.
    fs::remove_file(repo.file("f")).unwrap();
    let gone = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Stage, &gone, &[(0, 0)], 3).await);
    assert_eq!(repo.staged("f"), "two\nthree\nfour\nfive\nsix\n");
    let gone = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Discard, &gone, &[(0, 1), (0, 2)], 3).await);
    assert_eq!(repo.read("f"), "three\nfour\n");
    fs::remove_file(repo.file("f")).unwrap();
    let gone = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
    let all: Vec<(u32, u32)> = (0..5).map(|line| (0, line)).collect();
    way.desk.done(way.lines(&repo, LinesHow::Stage, &gone, &all, 3).await);
    assert_eq!(repo.git(&["ls-files"]), "");
    // Back into what is staged, though it isn't there.
    let gone = way.one(&repo, DiffOf::Staged, 3).await.unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Unstage, &gone, &[(0, 0)], 3).await);
    assert_eq!(repo.staged("f"), "one\n");
    // New.
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["rm", "-q", "--cached", "f"]);
    repo.git(&["commit", "-q", "-m", "gone"]);
    repo.git(&["add", "f"]);
    let new = way.one(&repo, DiffOf::Staged, 3).await.unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Unstage, &new, &[(0, 0), (0, 5)], 3).await);
    assert_eq!(repo.staged("f"), "two\nthree\nfour\nfive\n");
    // Renamed, and changed.
    repo.git(&["commit", "-q", "-m", "new"]);
    repo.git(&["checkout", "-q", "--", "f"]);
    repo.git(&["mv", "f", "g h"]);
    repo.write("g h", "two\nthree\nfour\nFIVE\nsix\n");
    repo.git(&["add", "-A"]);
    let renamed = way.desk.diff(repo.at("local"), DiffOf::Staged).await.remove(0);
    assert_eq!(renamed.from, Some("f".into()));
    let six = renamed.hunks[0].lines.iter().position(|line| line.text == "six").unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Unstage, &renamed, &[(0, six as u32)], 3).await);
    assert_eq!(repo.staged("g h"), "two\nthree\nfour\nFIVE\n");
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discarding_lines_keeps_the_mode_of_the_file_and_the_line_ends_of_its_filters() {
    use std::os::unix::fs::PermissionsExt;
    let way = here().await;
    let repo = Repo::new();
    repo.write(".gitattributes", "f text eol=crlf\n");
    repo.write("f", "a\r\nb\r\nc\r\n");
    fs::set_permissions(repo.file("f"), fs::Permissions::from_mode(0o751)).unwrap();
    repo.commit("first");
    repo.write("f", "A\r\nb\r\nC\r\n");
    let diff = way.one(&repo, DiffOf::Unstaged, 3).await.unwrap();
    way.desk.done(way.lines(&repo, LinesHow::Discard, &diff, &[(0, 0), (0, 1)], 3).await);
    assert_eq!(repo.read("f"), "a\r\nb\r\nC\r\n");
    assert_eq!(fs::metadata(repo.file("f")).unwrap().permissions().mode() & 0o777, 0o751);
    way.desk.stop().await;
}
