//! What is staged, discarded, committed and checked out.

use std::fs;

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{ChangeKind, DiffOf, GitCommand, GitReply};

use crate::git_bed::{Repo, Way, change, here, paths, ways};
use crate::look::laptop_with;

impl Way {
    async fn commit(
        &self,
        repo: &Repo,
        message: &str,
    ) -> Result<GitReply, orchestrator::failure::Failure> {
        let (at, message) = (repo.at(self.host), message.to_owned());
        self.desk.change(GitCommand::Commit { at, message, amend: false, all: false }).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_staged_taken_back_discarded_and_committed_over_every_transport() {
    for way in ways().await {
        let name = way.name;
        let repo = Repo::new();
        let at = || repo.at(way.host);
        for file in ["-odd \"name", "b\nc", "gone"] {
            repo.write(file, "x\n");
        }
        // Before the first commit, too.
        way.desk.done(way.desk.change(GitCommand::Stage { at: at(), paths: vec![] }).await);
        assert_eq!(repo.git(&["ls-files"]).lines().count(), 3, "{name}");
        way.desk
            .done(way.desk.change(GitCommand::Unstage { at: at(), paths: paths(&["b\nc"]) }).await);
        assert_eq!(repo.git(&["ls-files"]).lines().count(), 2, "{name}");
        way.desk.done(way.desk.change(GitCommand::Unstage { at: at(), paths: vec![] }).await);
        assert_eq!(repo.git(&["ls-files"]), "", "{name}");
        way.desk.done(way.desk.change(GitCommand::Stage { at: at(), paths: vec![] }).await);
        let message = "Größer\n\n# no comment\n\"quoted\" $HOME `x`\n";
        let GitReply::Committed { id, subject } = way.commit(&repo, message).await.unwrap() else {
            panic!()
        };
        assert_eq!(
            (subject.as_str(), id),
            ("Größer", repo.git(&["rev-parse", "HEAD"]).trim().to_owned()),
            "{name}"
        );
        assert_eq!(
            repo.git(&["log", "-1", "--format=%B"]).trim_end(),
            message.trim_end(),
            "{name}"
        );

        fs::remove_file(repo.file("gone")).unwrap();
        repo.write("-odd \"name", "staged\n");
        repo.git(&["add", "-A"]);
        repo.write("-odd \"name", "changed again\n");
        repo.write("new/deep", "x");
        repo.write("b\nc", "changed\n");
        let discard = |these: &[&str]| GitCommand::Discard { at: at(), paths: paths(these) };
        way.desk.done(way.desk.change(discard(&["-odd \"name", "new/deep"])).await);
        assert_eq!(repo.read("-odd \"name"), "staged\n", "{name}");
        assert!(!repo.file("new/deep").exists() && repo.read("b\nc") == "changed\n", "{name}");
        let status = way.desk.status(at()).await;
        assert_eq!(change(&status, "gone").staged, Some(ChangeKind::Deleted), "{name}");
        let nothing = way.desk.change(discard(&["nothing"])).await.unwrap_err();
        assert_eq!(nothing.code, Code::NotFound, "{name}: {nothing:?}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_would_be_lost_is_discarded_by_mistake() {
    let way = here().await;
    let repo = conflict();
    let discard =
        |these: &[&str]| GitCommand::Discard { at: repo.at("local"), paths: paths(these) };
    let before = repo.read("f");
    repo.write("g", "x");
    let refused = way.desk.change(discard(&["g", "f"])).await.unwrap_err();
    assert_eq!(
        (refused.code, repo.read("f"), repo.read("g")),
        (Code::Conflict, before, "x".to_owned())
    );
    assert_eq!(way.desk.change(discard(&[])).await.unwrap_err().code, Code::Usage);
    repo.git(&["merge", "--abort"]);
    // A repository of its own, and what git ignores.
    repo.write("nested/f", "x");
    repo.git(&["init", "-q", "nested"]);
    repo.write(".gitignore", "*.log\n");
    repo.write("a.log", "x");
    for left in ["nested/", "a.log"] {
        let refused = way.desk.change(discard(&[left])).await.unwrap_err();
        assert_eq!(refused.code, Code::Unsupported, "{left}: {refused:?}");
        assert!(repo.file(left).exists());
    }
    // What lies outside isn't reached through a link.
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("kept"), "x").unwrap();
    std::os::unix::fs::symlink(outside.path(), repo.file("way out")).unwrap();
    way.desk.change(discard(&["way out/kept"])).await.unwrap_err();
    assert!(outside.path().join("kept").exists());
    way.desk.stop().await;
}

/// In the middle of a merge, with a conflict in `f`.
fn conflict() -> Repo {
    let repo = Repo::with("a\nb\nc\n");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.write("f", "a\nOTHER\nc\n");
    repo.commit("theirs");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("f", "a\nMAIN\nc\n");
    repo.commit("ours");
    repo.try_git(&["merge", "other"]);
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn why_nothing_was_committed_is_said_with_what_to_do() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let nothing = way.commit(&repo, "message").await.unwrap_err();
    assert_eq!(nothing.code, Code::NotFound, "{nothing:?}");
    repo.write("f", "y\n");
    let unstaged = way.commit(&repo, "message").await.unwrap_err();
    assert_eq!((unstaged.code, unstaged.hint.is_some()), (Code::NotFound, true), "{unstaged:?}");
    assert_eq!(way.commit(&repo, " \n").await.unwrap_err().code, Code::Usage);
    repo.git(&["add", "f"]);
    repo.program(".git/hooks/pre-commit", "echo 'the tests fail' >&2; exit 1");
    let hook = way.commit(&repo, "message").await.unwrap_err();
    assert_eq!(hook.code, Code::Conflict);
    assert!(hook.message.contains("hook") && hook.message.contains("the tests fail"), "{hook:?}");
    repo.program(".git/hooks/pre-commit", "echo ran >ran; echo fine; exit 0");
    repo.program(".git/hooks/commit-msg", "printf '\\nsigned: hook\\n' >>\"$1\"");
    assert!(matches!(way.commit(&repo, "message").await, Ok(GitReply::Committed { .. })));
    assert_eq!(repo.read("ran"), "ran\n");
    assert!(repo.git(&["log", "-1", "--format=%B"]).contains("signed: hook"));
    // Whoever nobody knows.
    repo.git(&["config", "--unset", "user.name"]);
    repo.git(&["config", "--unset", "user.email"]);
    repo.git(&["config", "user.useConfigOnly", "true"]);
    let all =
        GitCommand::Commit { at: repo.at("local"), message: "m".into(), amend: false, all: true };
    repo.write("f", "z\n");
    let unknown = way.desk.change(all.clone()).await.unwrap_err();
    assert_eq!(unknown.code, Code::InvalidConfig, "{unknown:?}");
    assert!(unknown.hint.unwrap().contains("user.email"));
    repo.git(&["config", "user.email", "x@y"]);
    repo.git(&["config", "user.name", "x"]);
    assert!(matches!(way.desk.change(all).await, Ok(GitReply::Committed { .. })));
    assert_eq!(repo.git(&["show", "HEAD:f"]), "z\n");
    let amend = GitCommand::Commit {
        at: repo.at("local"),
        message: String::new(),
        amend: true,
        all: false,
    };
    let GitReply::Committed { subject, .. } = way.desk.change(amend).await.unwrap() else {
        panic!()
    };
    assert_eq!(subject, "m", "the message stays");
    repo.write(".git/index.lock", "");
    repo.write("f", "locked\n");
    let stage = GitCommand::Stage { at: repo.at("local"), paths: vec![] };
    assert_eq!(way.desk.change(stage).await.unwrap_err().code, Code::Busy);
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_goes_on_when_it_is_mended_and_can_be_given_up() {
    let way = here().await;
    let unfinished = |repo: &Repo, abort| GitCommand::Unfinished { at: repo.at("local"), abort };
    let repo = conflict();
    let early = way.commit(&repo, "merged").await.unwrap_err();
    assert_eq!((early.code, early.hint.is_some()), (Code::Conflict, true), "{early:?}");
    let early = way.desk.change(unfinished(&repo, false)).await.unwrap_err();
    assert_eq!(early.code, Code::Conflict, "{early:?}");
    repo.write("f", "mended\n");
    let stage = GitCommand::Stage { at: repo.at("local"), paths: paths(&["f"]) };
    way.desk.done(way.desk.change(stage).await);
    // Taking everything back out doesn't end the merge.
    let unstage = GitCommand::Unstage { at: repo.at("local"), paths: vec![] };
    way.desk.done(way.desk.change(unstage).await);
    assert!(way.desk.status(repo.at("local")).await.unfinished.is_some());
    repo.git(&["add", "f"]);
    way.desk.done(way.desk.change(unfinished(&repo, false)).await);
    assert_eq!(repo.git(&["log", "-1", "--format=%P"]).split_whitespace().count(), 2);
    let none = way.desk.change(unfinished(&repo, true)).await.unwrap_err();
    assert_eq!(none.code, Code::NotFound);

    for words in [&["merge", "other"][..], &["rebase", "other"], &["cherry-pick", "other"]] {
        let repo = conflict();
        repo.git(&["merge", "--abort"]);
        repo.try_git(words);
        way.desk.done(way.desk.change(unfinished(&repo, true)).await);
        let status = way.desk.status(repo.at("local")).await;
        assert_eq!(
            (status.unfinished, status.branch.as_deref()),
            (None, Some("main")),
            "{words:?}"
        );
        repo.try_git(words);
        repo.write("f", "mended\n");
        repo.git(&["add", "f"]);
        way.desk.done(way.desk.change(unfinished(&repo, false)).await);
        assert_eq!(way.desk.status(repo.at("local")).await.unfinished, None, "{words:?}");
    }
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_made_checked_out_renamed_and_deleted() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let url = tempfile::tempdir().unwrap();
    let path = url.path().display().to_string();
    repo.git(&["clone", "-q", "--bare", ".", &path]);
    repo.git(&["remote", "add", "origin", &path]);
    repo.git(&["push", "-q", "origin", "main:theirs"]);
    repo.git(&["fetch", "-q"]);
    let at = || repo.at("local");
    let new = |name: &str, start: Option<&str>, switch| GitCommand::NewBranch {
        at: at(),
        name: name.into(),
        start: start.map(str::to_owned),
        switch,
    };
    let switch = |branch: &str| GitCommand::Switch { at: at(), branch: branch.into() };
    // A tag of the same name is never meant.
    repo.git(&["tag", "topic"]);
    repo.commit("second");
    way.desk.done(way.desk.change(new("topic", None, false)).await);
    way.desk.done(way.desk.change(switch("topic")).await);
    assert_eq!(repo.git(&["symbolic-ref", "HEAD"]).trim(), "refs/heads/topic");
    assert_eq!(way.desk.change(switch("v1")).await.unwrap_err().code, Code::NotFound);
    // None follows what it was made from, but one of a remote's does.
    way.desk.done(way.desk.change(new("own", Some("origin/theirs"), true)).await);
    assert!(!repo.try_git(&["rev-parse", "own@{upstream}"]).0);
    way.desk.done(way.desk.change(switch("origin/theirs")).await);
    assert_eq!(
        repo.git(&["rev-parse", "--abbrev-ref", "theirs@{upstream}"]).trim(),
        "origin/theirs"
    );
    way.desk.done(way.desk.change(switch("main")).await);
    let rename = GitCommand::RenameBranch { at: at(), name: "own".into(), to: "mine/own".into() };
    way.desk.done(way.desk.change(rename).await);
    let delete =
        |name: &str, force| GitCommand::DeleteBranch { at: at(), name: name.into(), force };
    way.desk.done(way.desk.change(delete("mine/own", false)).await);
    for bad in ["-d", "a b", "a..b", "@{-1}", ""] {
        assert_eq!(
            way.desk.change(new(bad, None, false)).await.unwrap_err().code,
            Code::Usage,
            "{bad}"
        );
    }
    assert_eq!(way.desk.change(new("topic", None, false)).await.unwrap_err().code, Code::Conflict);
    assert_eq!(
        way.desk.change(new("x", Some("nobody"), false)).await.unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(way.desk.change(delete("nobody", false)).await.unwrap_err().code, Code::NotFound);
    assert_eq!(way.desk.change(delete("main", true)).await.unwrap_err().code, Code::Busy);
    way.desk.done(way.desk.change(new("ahead", None, true)).await);
    repo.commit("only there");
    way.desk.done(way.desk.change(switch("main")).await);
    let unmerged = way.desk.change(delete("ahead", false)).await.unwrap_err();
    assert_eq!((unmerged.code, unmerged.hint.is_some()), (Code::Conflict, true), "{unmerged:?}");
    let id = repo.git(&["rev-parse", "ahead"]).trim().to_owned();
    let deleted = way.desk.change(delete("ahead", true)).await.unwrap();
    assert_eq!(deleted, GitReply::Left { id, commits: 1 });
    // A branch counts before a tag of its name, also where another one begins.
    repo.git(&["branch", "dup", "main"]);
    repo.git(&["tag", "dup", "main~1"]);
    way.desk.done(way.desk.change(new("from-dup", Some("dup"), false)).await);
    assert_eq!(repo.git(&["rev-parse", "from-dup"]), repo.git(&["rev-parse", "main"]));
    // One of another remote isn't what is called so here.
    repo.git(&["remote", "add", "upstream", &path]);
    repo.git(&["fetch", "-q", "upstream"]);
    repo.git(&["branch", "-q", "-u", "origin/theirs", "theirs"]);
    let other = way.desk.change(switch("upstream/theirs")).await.unwrap_err();
    assert_eq!(other.code, Code::Conflict, "{other:?}");
    let said = "theirs is here already, and follows origin/theirs instead of upstream/theirs";
    assert_eq!(other.message, said);
    way.desk.done(way.desk.change(switch("origin/theirs")).await);
    way.desk.done(way.desk.change(switch("main")).await);
    // What would be lost stays.
    way.desk.done(way.desk.change(new("side", None, true)).await);
    repo.write("f", "side\n");
    repo.commit("side");
    repo.write("f", "not committed\n");
    let dirty = way.desk.change(switch("main")).await.unwrap_err();
    assert_eq!(
        (dirty.code, repo.read("f")),
        (Code::DirtyWorktree, "not committed\n".to_owned()),
        "{dirty:?}"
    );
    assert!(dirty.message.contains("\tf"), "{dirty:?}");
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sh_and_the_tools_of_busybox_do_the_same() {
    for sh in ["dash", "bash", "mksh", "busybox"] {
        let machine = AgentHost::start();
        let laptop = laptop_with(sh, &machine);
        if sh == "busybox" {
            std::os::unix::fs::symlink("/usr/bin/git", laptop.path("home/bin/git")).unwrap();
        }
        let way = Way {
            name: sh,
            host: "local",
            desk: laptop.engine().await,
            _laptop: laptop,
            _machine: machine,
        };
        let repo = Repo::with("a\nb\n");
        repo.write("f", "a\nB");
        repo.write("bad \u{1}name\n", "x");
        let status = way.desk.status(repo.at("local")).await;
        assert_eq!((status.changed, status.lines), (2, (1, 1)), "{sh}");
        let diff = way.desk.diff(repo.at("local"), DiffOf::Unstaged).await;
        assert_eq!((diff.len(), diff[0].added), (1, 1), "{sh}");
        let lines = orchestrator::seam::ChosenLines {
            path: "f".into(),
            old_blob: diff[0].old_blob.clone(),
            new_blob: diff[0].new_blob.clone(),
            lines: vec![(0, 1)],
            context: 3,
        };
        let how = orchestrator::seam::LinesHow::Discard;
        way.desk
            .done(way.desk.change(GitCommand::Lines { at: repo.at("local"), how, lines }).await);
        assert_eq!(repo.read("f"), "a\nb\nB", "{sh}");
        let discard =
            GitCommand::Discard { at: repo.at("local"), paths: paths(&["bad \u{1}name\n"]) };
        way.desk.done(way.desk.change(discard).await);
        way.desk
            .done(way.desk.change(GitCommand::Stage { at: repo.at("local"), paths: vec![] }).await);
        assert!(
            matches!(way.commit(&repo, "message").await, Ok(GitReply::Committed { .. })),
            "{sh}"
        );
        assert_eq!(way.desk.status(repo.at("local")).await.changes, [], "{sh}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_files_than_a_line_holds_are_staged_and_discarded() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("a folder/with a rather long name/number {number}"))
        .collect();
    for name in &names {
        repo.write(name, "x");
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    way.desk.done(
        way.desk.change(GitCommand::Stage { at: repo.at("local"), paths: paths(&all) }).await,
    );
    assert_eq!(repo.git(&["ls-files"]).lines().count(), 3_001);
    way.desk.done(
        way.desk.change(GitCommand::Unstage { at: repo.at("local"), paths: paths(&all) }).await,
    );
    way.desk.done(
        way.desk.change(GitCommand::Discard { at: repo.at("local"), paths: paths(&all) }).await,
    );
    assert_eq!(way.desk.status(repo.at("local")).await.changes, []);
    way.desk.stop().await;
}
