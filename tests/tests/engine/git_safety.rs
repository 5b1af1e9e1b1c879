//! What nobody loses by git: files that are in no commit, conflicts that aren't mended, and time by hooks that stay behind.

use std::fs;
use std::io::Write;
use std::process::{Command as Program, Stdio};
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{AgentHost, Wan};
use orchestrator::failure::Code;
use orchestrator::seam::{
    At, Command, DiffOf, GitCommand, GitQuery, GitReply, Operation, OperationCommand,
    OperationState, Request, Seam, Unfinished, Work,
};

use crate::desk::{Laptop, until};
use crate::files_hosts::Mounted;
use crate::git_bed::{Repo, change, here, paths, ways};
use crate::operations::{command, over, printed, start};

fn switch(at: At, branch: &str) -> GitCommand {
    GitCommand::Switch { at, branch: branch.into() }
}

fn commit(at: At, message: &str, all: bool) -> GitCommand {
    GitCommand::Commit { at, message: message.into(), amend: false, all }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branch_writes_over_no_file_that_git_ignores() {
    for way in ways().await {
        let (name, repo) = (way.name, Repo::with("a\n"));
        repo.git(&["checkout", "-q", "-b", "other"]);
        repo.write(".env", "theirs\n");
        repo.commit("second");
        repo.git(&["checkout", "-q", "main"]);
        repo.write(".git/info/exclude", ".env\n");
        repo.write(".env", "mine\n");
        let refused = way.desk.change(switch(repo.at(way.host), "other")).await.unwrap_err();
        assert_eq!(refused.code, Code::DirtyWorktree, "{name}: {refused:?}");
        assert!(refused.hint.is_some_and(|hint| hint.contains("Move these files away")), "{name}");
        let new = GitCommand::NewBranch {
            at: repo.at(way.host),
            name: "third".into(),
            start: Some("other".into()),
            switch: true,
        };
        way.desk.change(new).await.unwrap_err();
        assert_eq!(
            (&*repo.read(".env"), way.desk.status(repo.at(way.host)).await.branch),
            ("mine\n", Some("main".into()))
        );
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_said_to_be_checked_out_though_a_hook_behind_that_fails() {
    for way in ways().await {
        let (name, repo) = (way.name, Repo::with("a\n"));
        repo.git(&["branch", "other"]);
        repo.program(".git/hooks/post-checkout", "echo 'no large files here' >&2; exit 2");
        let failed = way.desk.change(switch(repo.at(way.host), "other")).await.unwrap_err();
        let said = failed.message;
        assert!(
            said.starts_with("other is checked out") && said.ends_with("no large files here"),
            "{name}: {said}"
        );
        let status = way.desk.status(repo.at(way.host)).await;
        assert_eq!(status.branch.as_deref(), Some("other"), "{name}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_a_hook_leaves_behind_is_not_waited_for_nor_heard_in_later_answers() {
    for way in ways().await {
        let (name, repo) = (way.name, Repo::with("a\n"));
        repo.git(&["branch", "other"]);
        let stays = "(echo $$ >\"$GIT_DIR/stays\"; while [ -e \"$GIT_DIR/stays\" ]; do echo late; sleep 0.1; done) &";
        for hook in ["pre-commit", "post-checkout"] {
            let text = format!("GIT_DIR=$(git rev-parse --absolute-git-dir)\n{stays}");
            repo.program(&format!(".git/hooks/{hook}"), &text);
        }
        repo.write("f", "b\n");
        let text = format!("GIT_DIR=$(git rev-parse --absolute-git-dir)\n{stays}");
        repo.program(".git/hooks/post-index-change", &text);
        let stage = GitCommand::Stage { at: repo.at(way.host), paths: Vec::new() };
        let staged = way.desk.change(stage);
        let staged = tokio::time::timeout(Duration::from_secs(30), staged).await;
        way.desk.done(staged.unwrap_or_else(|_| panic!("{name}: staging everything waits")));
        // It is begun behind the hook's back.
        until("the hook's child is there", || repo.file(".git/stays").exists()).await;
        fs::remove_file(repo.file(".git/hooks/post-index-change")).unwrap();
        let made = way.desk.change(commit(repo.at(way.host), "second", true));
        let made = tokio::time::timeout(Duration::from_secs(30), made).await;
        let made = made
            .unwrap_or_else(|_| panic!("{name}: the commit waits for its hook's child"))
            .unwrap();
        assert!(
            matches!(made, GitReply::Committed { subject, .. } if subject == "second"),
            "{name}"
        );
        let switched = way.desk.change(switch(repo.at(way.host), "other"));
        let switched = tokio::time::timeout(Duration::from_secs(30), switched).await;
        way.desk.done(switched.unwrap_or_else(|_| panic!("{name}: the switch waits")));
        for _ in 0..3 {
            let status = way.desk.status(repo.at(way.host)).await;
            assert_eq!(status.branch.as_deref(), Some("other"), "{name}");
        }
        // They end by it.
        fs::remove_file(repo.file(".git/stays")).unwrap();
        let ours = fs::read_dir(repo.file(".git")).unwrap().filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.starts_with("baton-").then_some(name)
        });
        assert_eq!(ours.collect::<Vec<_>>(), Vec::<String>::new(), "{name}");
        way.desk.stop().await;
    }
}

/// In the middle of a merge: `f` is in conflict, and the other branch has brought `theirs`.
fn conflict() -> Repo {
    let repo = Repo::with("a\n");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.write("f", "theirs\n");
    repo.write("theirs", "x\n");
    repo.commit("theirs");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("f", "ours\n");
    repo.commit("ours");
    repo.try_git(&["merge", "other"]);
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_committed_or_forgotten_only_by_who_says_so() {
    for way in ways().await {
        let (name, repo) = (way.name, conflict());
        let at = || repo.at(way.host);
        let stage = |these: &[&str]| GitCommand::Stage { at: at(), paths: paths(these) };
        let unstage = |these: &[&str]| GitCommand::Unstage { at: at(), paths: paths(these) };
        for refused in [stage(&[]), commit(at(), "x", true), unstage(&[]), unstage(&["f"])] {
            let failure = way.desk.change(refused.clone()).await.unwrap_err();
            assert_eq!(failure.code, Code::Conflict, "{name}: {refused:?}: {failure:?}");
            assert!(failure.hint.is_some(), "{name}: {failure:?}");
        }
        let marked = repo.read("f");
        // Half mended: of git's marks with the base between, those of the two sides were taken out.
        for text in [&marked, "ours\n||||||| base\na\n=======\ntheirs\n"] {
            repo.write("f", text);
            let said = way.desk.change(stage(&[])).await.unwrap_err().message;
            assert_eq!(said, "git's marks of a conflict still stand in f", "{name}");
        }
        let status = way.desk.status(at()).await;
        assert_eq!(change(&status, "f").unstaged, Some(orchestrator::seam::ChangeKind::Conflicted));
        // What isn't in conflict is taken out, and in again with all that is mended.
        way.desk.done(way.desk.change(unstage(&["theirs"])).await);
        repo.write("f", "both\n");
        way.desk.done(way.desk.change(stage(&[])).await);
        way.desk.done(way.desk.change(GitCommand::Unfinished { at: at(), abort: false }).await);
        assert_eq!(repo.git(&["show", "HEAD:f"]), "both\n", "{name}");
        assert_eq!(way.desk.status(at()).await.unfinished, None::<Unfinished>, "{name}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_of_a_conflict_are_seen_in_files_that_are_never_compared() {
    for way in ways().await {
        let (name, repo) = (way.name, conflict());
        let at = || repo.at(way.host);
        // As a lock file often is; git marks it as any other.
        repo.write(".git/info/attributes", "f -diff\n");
        let stage = || GitCommand::Stage { at: at(), paths: Vec::new() };
        for refused in [stage(), commit(at(), "x", true)] {
            let failure = way.desk.change(refused).await.unwrap_err();
            let said = "git's marks of a conflict still stand in f";
            assert_eq!((failure.code, &*failure.message), (Code::Conflict, said), "{name}");
        }
        repo.write("f", "both\n");
        way.desk.done(way.desk.change(stage()).await);
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_of_a_conflict_are_seen_in_the_size_that_a_file_has_them() {
    for way in ways().await {
        let (name, repo) = (way.name, conflict());
        let stage = || GitCommand::Stage { at: repo.at(way.host), paths: Vec::new() };
        repo.write(".git/info/attributes", "f conflict-marker-size=3\n");
        repo.git(&["checkout", "-m", "f"]);
        assert!(repo.read("f").starts_with("<<< "), "{name}: {}", repo.read("f"));
        let failure = way.desk.change(stage()).await.unwrap_err();
        assert_eq!(failure.message, "git's marks of a conflict still stand in f", "{name}");
        // Where they are long, shorter ones are somebody's text.
        repo.write(".git/info/attributes", "f conflict-marker-size=20\n");
        repo.write("f", "<<<<<<< a quotation\n");
        way.desk.done(way.desk.change(stage()).await);
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_says_which_files_are_in_conflict() {
    for way in ways().await {
        let (name, repo) = (way.name, conflict());
        let failure = way.desk.change(commit(repo.at(way.host), "x", false)).await.unwrap_err();
        let said = "nothing was committed: a file is in conflict: f";
        assert_eq!((failure.code, &*failure.message), (Code::Conflict, said), "{name}");
        assert!(failure.hint.is_some_and(|hint| hint.contains("stage the files")), "{name}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_every_change_says_so() {
    for way in ways().await {
        let (name, repo) = (way.name, Repo::new());
        let disk = Mounted::at(repo.path(), "size=1m");
        repo.git(&["init", "-q", "-b", "main"]);
        repo.git(&["config", "user.name", "Ada"]);
        repo.git(&["config", "user.email", "ada@example.org"]);
        repo.write("f", "a\n");
        repo.commit("first");
        repo.write("f", "b\n");
        repo.git(&["add", "f"]);
        repo.write("f", "c\n");
        Program::new("sh")
            .args(["-c", "cat /dev/zero >fill 2>/dev/null || :"])
            .current_dir(repo.path())
            .status()
            .unwrap();
        let at = || repo.at(way.host);
        let branch = |switch| {
            let (name, start) = ("x".into(), None);
            GitCommand::NewBranch { at: at(), name, start, switch }
        };
        for refused in [
            branch(false),
            branch(true),
            commit(at(), "x", false),
            GitCommand::Stage { at: at(), paths: paths(&["f"]) },
            GitCommand::Stage { at: at(), paths: Vec::new() },
            GitCommand::Unstage { at: at(), paths: paths(&["f"]) },
        ] {
            let failure = way.desk.change(refused.clone()).await.unwrap_err();
            assert_eq!(failure.code, Code::TooLarge, "{name}: {refused:?}: {failure:?}");
            assert!(failure.message.contains("the disk is full"), "{name}: {failure:?}");
        }
        way.desk.stop().await;
        drop(disk);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_announced_is_discarded_whole_and_a_sparse_checkout_stays_sparse() {
    for way in ways().await {
        let (name, repo) = (way.name, Repo::with("a\n"));
        let discard =
            |these: &[&str]| GitCommand::Discard { at: repo.at(way.host), paths: paths(these) };
        repo.write("new", "x\n");
        repo.git(&["add", "-N", "new"]);
        way.desk.done(way.desk.change(discard(&["new"])).await);
        assert!(!repo.file("new").exists(), "{name}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{name}");
        repo.write("in/a", "1\n");
        repo.write("out/b", "1\n");
        repo.commit("second");
        repo.git(&["sparse-checkout", "set", "in"]);
        repo.write("f", "b\n");
        repo.write("in/a", "2\n");
        way.desk.done(way.desk.change(discard(&["f", "in", "out"])).await);
        assert_eq!((&*repo.read("f"), &*repo.read("in/a")), ("a\n", "1\n"), "{name}");
        assert!(!repo.file("out").exists(), "{name}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_account_likes_patches_apply_messages_stay_and_everything_is_counted() {
    let way = here().await;
    let repo = Repo::with("one\ntwo\nthree\nfour\nfive\n");
    for (key, value) in [
        ("diff.context", "0"),
        ("diff.interHunkContext", "9"),
        ("diff.srcPrefix", "x/"),
        ("diff.dstPrefix", "y/"),
        ("diff.relative", "true"),
        ("commit.cleanup", "strip"),
        ("commit.template", "/nowhere"),
        ("commit.verbose", "true"),
        ("log.showSignature", "true"),
        ("status.showUntrackedFiles", "no"),
        ("color.status", "always"),
        ("color.diff", "always"),
        ("alias.status", "log"),
    ] {
        repo.git(&["config", key, value]);
    }
    let clone = Repo::new();
    clone.git(&["pull", "-q", &repo.path().display().to_string(), "main"]);
    repo.write("f", "one\ntwo\nTHREE\nfour\nfive\n");
    fs::create_dir(repo.file("below")).unwrap();
    let below = At::Host {
        host: "local".into(),
        directory: Some(repo.file("below").display().to_string().into()),
    };
    assert_eq!(way.desk.status(below.clone()).await.lines, (1, 1));
    let patch = GitQuery::Patch { at: below.clone(), of: DiffOf::Unstaged, paths: Vec::new() };
    let GitReply::Patch(patch) = way.desk.git(patch).await.unwrap() else { panic!() };
    let mut apply = Program::new("git");
    apply.args(["apply", "--check"]).current_dir(clone.path()).stdin(Stdio::piped());
    let mut apply = apply.spawn().unwrap();
    apply.stdin.take().unwrap().write_all(&patch.bytes).unwrap();
    assert!(apply.wait().unwrap().success(), "{}", String::from_utf8_lossy(&patch.bytes));
    let made = way.desk.change(commit(below, "# a heading\n\n# and one more", true)).await.unwrap();
    assert!(matches!(made, GitReply::Committed { subject, .. } if subject == "# a heading"));
    assert_eq!(
        repo.git(&["log", "-1", "--no-show-signature", "--format=%B"]).trim_end(),
        "# a heading\n\n# and one more"
    );
    repo.git(&["config", "core.abbrev", "nonsense"]);
    let broken = way.desk.try_status(repo.at("local")).await.unwrap_err();
    assert_eq!(broken.code, Code::InvalidConfig, "{broken:?}");
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_an_address_is_not_kept_shown_or_told() {
    let way = here().await;
    let (repo, address) = (Repo::with("a\n"), "https://ada:s3cr3t@127.0.0.1:9/x.git");
    let push = |remote: Option<&str>| Work::Push {
        at: repo.at("local"),
        remote: remote.map(str::to_owned),
        branch: None,
        force: false,
        tags: false,
    };
    let refused =
        command(&way.desk, OperationCommand::Start(push(Some(address)))).await.unwrap_err();
    assert_eq!(refused.code, Code::Usage, "{refused:?}");
    assert!(!format!("{refused:?}").contains("s3cr3t"));
    repo.git(&["remote", "add", "origin", repo.path().join("none").to_str().unwrap()]);
    // As gits before 2.22 do it.
    repo.git(&["init", "-q", "--bare", "none"]);
    repo.program(
        ".git/hooks/pre-push",
        &format!("printf \"fatal: unable to access '%s'\\n\" {address} >&2; exit 1"),
    );
    let begun = start(&way.desk, push(None)).await;
    let Operation { state: OperationState::Failed { why }, .. } = over(&way.desk, &begun.id).await
    else {
        panic!()
    };
    let (_, said, _) = printed(&way.desk, &begun.id, 0).await;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("https://**********@127.0.0.1:9/x.git"), "{said}");
    assert!(!format!("{why:?}{said}").contains("s3cr3t"), "{why:?}");

    // git's own protocol takes a login for a part of the machine's name, and says so.
    std::fs::remove_file(repo.path().join(".git/hooks/pre-push")).unwrap();
    for address in ["git://ada:s3cr3t@nowhere.invalid/x", "git://s3cr3t@nowhere.invalid/x"] {
        repo.git(&["remote", "set-url", "origin", address]);
        let begun = start(&way.desk, push(None)).await;
        let ended = over(&way.desk, &begun.id).await;
        let Operation { state: OperationState::Failed { why }, .. } = &ended else {
            panic!("{ended:?}")
        };
        assert!(why.message.contains("nowhere.invalid"), "{why:?}");
        let (_, said, _) = printed(&way.desk, &begun.id, 0).await;
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("*@nowhere.invalid"), "{said}");
        assert!(!format!("{ended:?}{said}").contains("s3cr3t"), "{ended:?}");
    }
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_goes_on_over_a_cut_and_who_asked_for_it_is_told_to_look() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
        let laptop = Laptop::through(&machine, &wan, transport);
        let desk = laptop.engine().await;
        let repo = Repo::with("a\n");
        let hook = "echo begun >\"$(git rev-parse --absolute-git-dir)/begun\"\n\
            while ! [ -e \"$(git rev-parse --absolute-git-dir)/gate\" ]; do sleep 0.05; done";
        repo.program(".git/hooks/pre-commit", hook);
        repo.write("f", "b\n");
        let (engine, at) = (Arc::clone(&desk.engine), repo.at("box"));
        let committing = tokio::spawn(async move {
            let command = Command::Repository(commit(at, "second", true));
            engine.call(Request::command(command)).await
        });
        until("the hook runs", || repo.file(".git/begun").exists()).await;
        wan.cut();
        let lost = committing.await.unwrap().unwrap_err();
        assert!(
            lost.hint.as_ref().is_some_and(|hint| hint.contains("look at the log")),
            "{transport}: {lost:?}"
        );
        repo.write(".git/gate", "");
        until("it is committed", || repo.git(&["log", "-1", "--format=%s"]) == "second\n").await;
        let left = || {
            fs::read_dir(repo.file(".git"))
                .unwrap()
                .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("baton-"))
        };
        until("nothing of ours is left", || !left()).await;
        wan.restore();
        desk.stop().await;
    }
}
