//! `baton git`, as a person or a script uses it.

use std::io::Write;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::cli_bed::{Bed, code, signal};
use crate::git_bed::Repo;
use crate::support::{until, within};

/// The repository as a place of the host `box`.
fn place(repo: &Repo) -> String {
    format!("box:{}", repo.path().display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_looked_at_staged_and_committed() {
    let bed = Bed::start();
    let repo = Repo::with("one\ntwo\n");
    let place = place(&repo);
    repo.write("f", "one\nTWO\n");
    repo.write("new file", "x\n");
    let status = bed.baton(&["git", "status", &place]).await;
    assert_eq!(status.status, Some(0), "{status:?}");
    for words in ["On main", "changed     f", "unknown     new file", "+1 -1 lines"] {
        assert!(status.stdout.contains(words), "{words}: {status:?}");
    }
    let told = bed.baton(&["git", "status", &place, "--json"]).await.json();
    assert_eq!(
        (&told["status"]["branch"], &told["status"]["changed"]),
        (&"main".into(), &2.into())
    );

    // Byte for byte as git prints it, so that it can be applied.
    let diff = bed.baton(&["git", "diff", &place]).await;
    assert_eq!(diff.stdout, repo.git(&["diff", "--binary", "--full-index"]));
    let other = Repo::with("one\ntwo\n");
    let mut apply = Command::new("git");
    let mut apply =
        apply.arg("apply").current_dir(other.path()).stdin(Stdio::piped()).spawn().unwrap();
    apply.stdin.take().unwrap().write_all(diff.stdout.as_bytes()).unwrap();
    assert!(apply.wait().unwrap().success());
    assert_eq!(other.read("f"), "one\nTWO\n");
    let stat = bed.baton(&["git", "diff", &place, "--stat"]).await;
    assert!(stat.stdout.contains("changed  +1   -1    f"), "{stat:?}");

    let staged = bed.baton(&["git", "stage", &place, "f", "new file"]).await;
    assert_eq!((staged.status, &*staged.stdout), (Some(0), ""), "{staged:?}");
    let unstaged = bed.baton(&["git", "unstage", &place, "new file", "--json"]).await;
    assert_eq!(unstaged.json()["done"], true);
    let staged = bed.baton(&["git", "diff", &place, "--staged", "--json"]).await.json();
    assert_eq!(
        (&staged["files"][0]["path"], staged["files"].as_array().unwrap().len()),
        (&"f".into(), 1)
    );
    let made = bed.baton(&["git", "commit", &place, "-m", "second", "-m", "why"]).await;
    assert!(made.stdout.ends_with(" second\n"), "{made:?}");
    assert_eq!(repo.git(&["log", "-1", "--format=%B"]).trim_end(), "second\n\nwhy");
    let discarded = bed.baton(&["git", "discard", &place, "new file"]).await;
    assert_eq!(discarded.status, Some(0), "{discarded:?}");
    assert!(!repo.file("new file").exists());
    let clean = bed.baton(&["git", "status", &place]).await;
    assert!(clean.stdout.contains("Nothing has changed"), "{clean:?}");
    let log = bed.baton(&["git", "log", &place, "--graph", "-n", "1"]).await;
    assert!(log.stdout.starts_with("●  ") && log.stdout.contains("(HEAD, main) second"), "{log:?}");
    assert!(log.stderr.contains("more"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hook_prints_steers_no_terminal() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    repo.write("f", "two\n");
    repo.git(&["add", "f"]);
    let hook = repo.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nprintf 'no\\033]0;HOOK\\007 way\\n' >&2\nexit 1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, mode).unwrap();
    let refused = bed.baton(&["git", "commit", &place(&repo), "-m", "second"]).await;
    assert_ne!(refused.status, Some(0), "{refused:?}");
    assert!(refused.stderr.contains("no^[]0;HOOK^G way"), "{refused:?}");
    assert!(!refused.stderr.contains('\x1b'), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_names_its_repository_and_branches_are_worked_with() {
    let bed = Bed::start();
    let outside = bed.baton(&["git", "status", "work", "--json"]).await;
    assert_eq!(code(&outside).1, "not_a_repository");
    let outside = bed.baton(&["git", "status", "work"]).await;
    assert!(outside.stderr.contains("hint: `git init` there makes one"), "{outside:?}");
    let project = bed.host.project();
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&project).args(["-c", "user.name=Ada", "-c", "user.email=a@b"]);
        assert!(git.args(words).output().unwrap().status.success(), "{words:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["config", "user.name", "Ada"]);
    git(&["config", "user.email", "a@b"]);
    git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    for words in [
        &["git", "switch", "work", "-c", "topic"][..],
        &["git", "branch", "work", "other", "main"],
        &["git", "branch", "work", "other", "-m", "third"],
    ] {
        let done = bed.baton(words).await;
        assert_eq!(done.status, Some(0), "{done:?}");
    }
    // A name may have a colon, which else stands before a path.
    for name in ["shop: checkout", "shop: search"] {
        let cwd = project.display().to_string();
        let new =
            ["session", "new", "--agent", "codex", "--host", "box", "--cwd", &cwd, "--name", name];
        assert_eq!(bed.baton(&new).await.status, Some(0));
        let told = bed.baton(&["git", "status", name]).await;
        assert!(told.stdout.contains("On topic"), "{told:?}");
    }
    let told = bed.baton(&["git", "branches", "work"]).await;
    assert!(told.stdout.contains("* topic") && told.stdout.contains("  third"), "{told:?}");
    let gone = bed.baton(&["git", "switch", "work", "nobody", "--json"]).await;
    assert_eq!(code(&gone), (Some(4), "not_found".into()));
    let renamed = bed.baton(&["session", "edit", "work", "--name", "work on it"]).await;
    assert_eq!(renamed.status, Some(0), "{renamed:?}");
    let named = bed.baton(&["git", "status", "work on it"]).await;
    assert!(named.stdout.contains("On topic"), "{named:?}");
    let renamed = bed.baton(&["session", "edit", "work on it", "--name", "work"]).await;
    assert_eq!(renamed.status, Some(0), "{renamed:?}");
    let nobody = bed.baton(&["git", "status", "nobody at all", "--json"]).await;
    assert_eq!(code(&nobody), (Some(2), "usage".into()));
    let held = bed.baton(&["git", "branch", "work", "topic", "-d", "--json"]).await;
    assert_eq!(code(&held), (Some(5), "busy".into()));
    let done = bed.baton(&["git", "branch", "work", "third", "-d"]).await;
    assert_eq!(done.status, Some(0), "{done:?}");
    let nothing = bed.baton(&["git", "commit", "work", "-m", "x", "--json"]).await;
    assert_eq!(code(&nothing), (Some(4), "not_found".into()));
    let nothing = bed.baton(&["git", "abort", "work"]).await;
    assert!(
        nothing.status == Some(4) && nothing.stderr.contains("middle of nothing"),
        "{nothing:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_no_branch_holds_any_more_are_named() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    let place = place(&repo);
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit("alone");
    let alone = repo.git(&["rev-parse", "HEAD"]);
    let switched = bed.baton(&["git", "switch", &place, "main"]).await;
    assert_eq!(switched.status, Some(0), "{switched:?}");
    assert!(switched.stderr.contains(&alone[..10]), "{switched:?}");
    let kept = bed.baton(&["git", "branch", &place, "kept", alone.trim()]).await;
    assert_eq!((kept.status, &*kept.stderr), (Some(0), ""), "{kept:?}");
    repo.git(&["checkout", "-q", "kept"]);
    repo.commit("more");
    let tip = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    let gone = bed.baton(&["git", "branch", &place, "kept", "-d", "-f", "--json"]).await.json();
    assert_eq!(gone["left"], serde_json::json!({ "id": tip.trim(), "commits": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_very_many_files_says_its_id_and_nothing_else() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    // git prints a line of some 45 bytes for each: more than is kept of what it says.
    for number in 0..8_000 {
        std::fs::write(repo.file(&format!("a-new-file-number-{number}")), "x").unwrap();
    }
    repo.git(&["add", "-A"]);
    let made = bed.baton(&["git", "commit", &place(&repo), "-m", "many", "--json"]).await.json();
    let id = repo.git(&["rev-parse", "HEAD"]);
    assert_eq!(made, serde_json::json!({ "id": id.trim(), "subject": "many" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_commit_is_told_that_it_goes_on() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    let begun = repo.file("begun");
    let go = repo.file("go");
    let hook = format!(
        "touch '{}'; until [ -e '{}' ]; do sleep 0.05; done",
        begun.display(),
        go.display()
    );
    repo.program(".git/hooks/pre-commit", &hook);
    repo.write("f", "two\n");
    let left = bed.home.start(&["git", "commit", &place(&repo), "-a", "-m", "second"]);
    until("the hook runs", async || begun.exists()).await;
    signal(&left, Signal::INT);
    let left = within(left.wait_with_output()).await.unwrap();
    let said = String::from_utf8_lossy(&left.stderr);
    assert_eq!(left.status.code(), Some(130), "{said}");
    assert!(said.contains("may be done all the same"), "{said}");
    std::fs::write(&go, "").unwrap();
    let done = async || repo.git(&["log", "-1", "--format=%s"]).trim() == "second";
    until("the commit is made", done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_is_named_as_git_s_users_name_it() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    let place = place(&repo);
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("f", "two\n");
    repo.commit("second");
    for words in [&["--base", "main"][..], &["--base=main"], &["--base"], &["--base", "--", "f"]] {
        let diff = bed.baton(&[&["git", "diff", &place][..], words].concat()).await;
        assert!(diff.stdout.contains("+two"), "{words:?}: {diff:?}");
    }
    let wrong = bed.baton(&["git", "diff", &place, "--base", "nosuch", "--json"]).await;
    assert_eq!(code(&wrong), (Some(4), "not_found".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_a_host_counts_for_every_command_of_git() {
    let bed = Bed::start();
    let repo = Repo::with("one\n");
    let zed = "Zed 'the' $HOME";
    let env = format!("GIT_AUTHOR_NAME={zed}");
    let edited = bed.baton(&["hosts", "edit", "box", "--env", &env]).await;
    assert_eq!(edited.status, Some(0), "{edited:?}");
    repo.write("f", "two\n");
    let made = bed.baton(&["git", "commit", &place(&repo), "-a", "-m", "second"]).await;
    assert_eq!(made.status, Some(0), "{made:?}");
    assert_eq!(repo.git(&["log", "-1", "--format=%an"]).trim(), zed);
}
