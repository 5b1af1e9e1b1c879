//! Worktrees on their hosts: made with a session, listed, refused where something would be lost, removed, forgotten.

use std::fs;
use std::path::Path;
use std::process::Command as Program;

use baton_tests::AgentHost;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    AddWorktree, At, Command, FilePath, GitCommand, GitQuery, GitReply, Operation, OperationState,
    Outcome, Query, Reply, SessionId, Work, Worktree,
};

use crate::cli_bed::{Bed, code};
use crate::desk::{Desk, Laptop, new_session, until};
use crate::operations::{over, start};

/// git here, in a directory of a machine of the test bed; what it prints.
#[track_caller]
pub fn git(directory: &Path, words: &[&str]) -> String {
    let output = Program::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub fn commit(directory: &Path, file: &str) {
    fs::write(directory.join(file), format!("{file}\n")).unwrap();
    git(directory, &["add", "."]);
    git(directory, &["commit", "-q", "-m", file]);
}

/// The machine's project as a repository with a commit.
pub fn repository(machine: &AgentHost) -> std::path::PathBuf {
    let project = machine.project().canonicalize().unwrap();
    git(&project, &["init", "-q"]);
    commit(&project, "first");
    project
}

/// The same with a bare remote beside it that has its commit.
pub fn cloned(machine: &AgentHost) -> std::path::PathBuf {
    let project = repository(machine);
    git(&project, &["init", "-q", "--bare", "../origin.git"]);
    git(&project, &["remote", "add", "origin", "../origin.git"]);
    git(&project, &["push", "-q", "-u", "origin", "main"]);
    project
}

fn add(at: At, branch: &str) -> AddWorktree {
    AddWorktree { at, branch: branch.into(), base: None, path: None, set_up: None, session: None }
}

/// What came of a work.
pub async fn done(desk: &Desk, work: Work) -> Outcome {
    match ended(desk, work).await.state {
        OperationState::Done { outcome } => outcome,
        other => panic!("{other:?}"),
    }
}

/// Why a work failed.
pub async fn failed(desk: &Desk, work: Work) -> Failure {
    match ended(desk, work).await.state {
        OperationState::Failed { why } => why,
        other => panic!("{other:?}"),
    }
}

async fn ended(desk: &Desk, work: Work) -> Operation {
    let begun = start(desk, work).await;
    over(desk, &begun.id).await
}

async fn list(desk: &Desk, at: At) -> Vec<Worktree> {
    match desk.query(Query::Repository(GitQuery::Worktrees { at })).await {
        Reply::Repository(GitReply::Worktrees(worktrees)) => worktrees,
        other => panic!("{other:?}"),
    }
}

async fn remove(desk: &Desk, at: At, path: &str, force: bool) -> Result<(), Failure> {
    let command = GitCommand::RemoveWorktree { at, path: FilePath::from(path), force };
    match desk.command(Command::Repository(command)).await? {
        Reply::Repository(GitReply::Done) => Ok(()),
        other => panic!("{other:?}"),
    }
}

async fn prune(desk: &Desk, at: At, dry_run: bool) -> Vec<String> {
    let command = GitCommand::PruneWorktrees { at, dry_run };
    match desk.command(Command::Repository(command)).await.unwrap() {
        Reply::Repository(GitReply::Worktrees(gone)) => {
            gone.into_iter().map(|one| one.path.to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_with_a_session_lies_on_its_host_and_the_session_below_its_parent() {
    for transport in ["openssh", "native", "local"] {
        let machine = AgentHost::start();
        let project = repository(&machine);
        let laptop = Laptop::over(
            machine.sshd().write_client_config("box", &[]),
            if transport == "local" { "openssh" } else { transport },
        );
        let desk = laptop.engine().await;
        let host = if transport == "local" { "local" } else { "box" };
        let mut new = new_session("codex", &machine);
        new.host = host.into();
        new.cwd = Some(project.display().to_string());
        let mut above = new.clone();
        above.env.insert("PROJECT_KEY".into(), "secret".into());
        let parent = desk.try_session(above).await.unwrap();
        let at = At::Session(parent.id.clone());

        let wish =
            || AddWorktree { session: Some(Box::new(new.clone())), ..add(at.clone(), "topic/a") };
        let made = done(&desk, Work::AddWorktree(wish())).await;
        let path = made.path.clone().unwrap();
        let wanted = project.parent().unwrap().join("project-worktrees/topic-a");
        assert_eq!(path.to_string(), wanted.display().to_string(), "{transport}");
        assert_eq!(git(&wanted, &["symbolic-ref", "--short", "HEAD"]), "topic/a");
        let child = desk.show(&made.session.clone().unwrap()).await;
        assert_eq!((child.parent.as_ref(), &*child.host), (Some(&parent.id), host), "{transport}");
        assert_eq!(child.cwd, Some(path.to_string()));
        assert_eq!(child.env_names, parent.env_names, "{transport}: and its environment");

        // Asked for again, both are there.
        let again = done(&desk, Work::AddWorktree(wish())).await;
        assert_eq!((&again.session, &again.path), (&made.session, &made.path), "{transport}");

        fs::write(wanted.join("loose"), "x").unwrap();
        let found = list(&desk, at.clone()).await;
        let [own, one] = &found[..] else { panic!("{transport}: {found:?}") };
        assert!(
            own.main && own.current && own.sessions == [parent.id.clone()],
            "{transport}: {own:?}"
        );
        assert_eq!((one.branch.as_deref(), one.changed), (Some("topic/a"), Some(1)), "{transport}");
        assert_eq!(one.sessions, std::slice::from_ref(&child.id), "{transport}");

        let dirty = remove(&desk, at.clone(), &path.to_string(), false).await.unwrap_err();
        assert!(
            dirty.code == Code::DirtyWorktree && dirty.message.contains("loose"),
            "{transport}: {dirty:?}"
        );
        // From within it, and by its branch.
        remove(&desk, At::Session(child.id), "topic/a", true).await.unwrap();
        assert!(!wanted.exists(), "{transport}");
        assert_eq!(git(&project, &["branch", "--format=%(refname:short)"]), "main\ntopic/a");

        done(&desk, Work::AddWorktree(add(at.clone(), "gone"))).await;
        let gone = project.parent().unwrap().join("project-worktrees/gone");
        fs::remove_dir_all(&gone).unwrap();
        let name = [gone.display().to_string()];
        assert_eq!(prune(&desk, at.clone(), true).await, name, "{transport}");
        assert_eq!(list(&desk, at.clone()).await.len(), 2, "{transport}");
        assert_eq!(prune(&desk, at.clone(), false).await, name, "{transport}");
        assert_eq!(list(&desk, at).await.len(), 1, "{transport}");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_a_worktree_is_never_lost_by_removing_it() {
    let machine = AgentHost::start().with_scripted("codex");
    let project = repository(&machine);
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let parent = desk.session("codex", &machine).await;
    let at = || At::Session(parent.id.clone());
    let refused =
        async |what: &str, force: bool| remove(&desk, at(), what, force).await.unwrap_err();

    let itself = refused(".", true).await;
    assert!(
        itself.code == Code::Conflict && itself.message.contains("the repository itself"),
        "{itself:?}"
    );
    assert_eq!(refused("nothing", false).await.code, Code::NotFound);

    fs::write(project.join(".gitignore"), "*.log\n").unwrap();
    commit(&project, "ignores");
    let made = done(&desk, Work::AddWorktree(add(at(), "a"))).await;
    let tree =
        machine.project().canonicalize().unwrap().parent().unwrap().join("project-worktrees/a");
    fs::write(tree.join("big.log"), "x").unwrap();
    fs::write(tree.join("mine"), "x").unwrap();
    let dirty = refused("a", false).await;
    assert_eq!(dirty.code, Code::DirtyWorktree);
    assert!(dirty.message.contains("mine") && dirty.hint.unwrap().contains("big.log"));
    // More than a megabyte of names.
    let many = tree.join("many");
    fs::create_dir(&many).unwrap();
    for number in 0..11_000 {
        fs::write(many.join(format!("{number:0100}")), "").unwrap();
    }
    let dirty = refused("a", false).await;
    assert_eq!(dirty.code, Code::DirtyWorktree, "{dirty:?}");
    assert!(dirty.message.starts_with("11001 files were changed"), "{dirty:?}");
    fs::remove_dir_all(many).unwrap();
    git(&tree, &["add", "mine"]);
    git(&tree, &["commit", "-q", "-m", "mine"]);
    git(&tree, &["checkout", "-q", "--detach"]);
    commit(&tree, "nowhere else");
    let detached = refused(made.path.unwrap().text().unwrap(), false).await;
    assert!(
        detached.code == Code::DirtyWorktree && detached.message.contains("on no branch"),
        "{detached:?}"
    );
    git(&tree, &["checkout", "-q", "a"]);
    git(&project, &["worktree", "lock", "--reason", "on a stick", tree.to_str().unwrap()]);
    let locked = refused("a", true).await;
    assert!(locked.message.ends_with("is locked: on a stick"), "{locked:?}");
    git(&project, &["worktree", "unlock", tree.to_str().unwrap()]);

    // A session is at work in a directory of it.
    fs::create_dir(tree.join("src")).unwrap();
    let mut new = new_session("codex", &machine);
    new.cwd = Some(tree.join("src").display().to_string());
    let child = desk.try_session(new).await.unwrap();
    let gate = machine.project().join("gate");
    let sent = desk.send(&child.id, &format!("wait-for {}\nprint done", gate.display())).await;
    for force in [false, true] {
        let busy = refused("a", force).await;
        assert!(
            busy.code == Code::Busy && busy.hint.unwrap().contains(child.id.as_str()),
            "{force}"
        );
    }
    fs::write(&gate, "").unwrap();
    desk.end_of(&sent).await;
    remove(&desk, at(), "a", false).await.unwrap();
    assert!(!tree.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_not_put_into_a_worktree_of_another_branch_and_a_failed_set_up_is_said() {
    let machine = AgentHost::start();
    repository(&machine);
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let at = At::Host {
        host: "box".into(),
        directory: Some(FilePath::from(machine.project().display().to_string())),
    };
    let path = Some(FilePath::from("../tree"));
    let line = Some("echo \"$FROM_HOST\" >said; exit 3".to_owned());
    let made = done(
        &desk,
        Work::AddWorktree(AddWorktree { path: path.clone(), set_up: line, ..add(at.clone(), "a") }),
    )
    .await;
    assert_eq!(made.failed.unwrap().code, Code::Conflict);
    let tree = machine.project().parent().unwrap().join("tree");
    assert_eq!(fs::read_to_string(tree.join("said")).unwrap(), "the host\n");
    let session = Some(Box::new(new_session("codex", &machine)));
    let other = AddWorktree { path, session, ..add(at, "b") };
    let outcome = done(&desk, Work::AddWorktree(other)).await;
    assert_eq!(
        (outcome.branch_mismatch.as_deref(), outcome.session),
        (Some("a"), None::<SessionId>)
    );
    assert_eq!(outcome.failed.unwrap().code, Code::Conflict);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_makes_lists_and_removes_worktrees() {
    let bed = Bed::start();
    let project = repository(&bed.host);
    let made = bed.baton(&["worktree", "add", "work", "x", "--session", "--name", "below"]).await;
    assert_eq!(made.status, Some(0), "{made:?}");
    let tree = project.parent().unwrap().join("project-worktrees/x");
    assert_eq!(made.stdout, format!("{}\n", tree.display()));
    let listed = bed.baton(&["worktree", "list", "work"]).await;
    assert!(
        listed.stdout.contains("below") && listed.stdout.contains("repository, here"),
        "{listed:?}"
    );
    let json = bed.baton(&["worktree", "list", "work", "--json"]).await.json();
    assert_eq!(json["worktrees"][1]["branch"], "x");
    let sessions = bed.baton(&["session", "list"]).await.stdout;
    assert!(sessions.contains("└ below"), "{sessions}");
    fs::write(tree.join("loose"), "x").unwrap();
    let dirty = bed.baton(&["worktree", "remove", "work", "x", "--json"]).await;
    assert_eq!(code(&dirty), (Some(5), "dirty_worktree".into()));
    // By HOST:PATH as well.
    let place = format!("box:{}", project.display());
    let removed =
        bed.baton(&["worktree", "remove", &place, tree.to_str().unwrap(), "--force"]).await;
    assert_eq!(removed.status, Some(0), "{removed:?}");
    assert!(!tree.exists());
    let none = bed.baton(&["worktree", "prune", "work", "--json"]).await.json();
    assert_eq!(none["pruned"].as_array().map(Vec::len), Some(0));
    // Once more, and the session is the same, named by its host as well; another branch is no answer.
    let again = async || {
        let words = ["worktree", "add", &place, "x", "--session", "--agent", "claude-code"];
        bed.baton(&[&words[..], &["--json"]].concat()).await.json()["session"].clone()
    };
    let session = again().await;
    assert!(session.is_string(), "{session}");
    assert_eq!(again().await, session);
    let other =
        bed.baton(&["worktree", "add", &place, "z", "--path", tree.to_str().unwrap()]).await;
    // Whoever takes the path from stdout would work on the other branch.
    assert_eq!((other.status, &*other.stdout), (Some(5), ""), "{other:?}");
    assert!(other.stderr.contains("has x checked out instead of z"), "{other:?}");
    let inside = bed.baton(&["worktree", "add", "work", "y", "--path", "in", "--json"]).await;
    assert_eq!(code(&inside), (Some(5), "conflict".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_is_removed_by_its_branch_whatever_its_path_is() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let project = repository(&machine);
        let laptop = Laptop::over(machine.sshd().write_client_config("box", &[]), transport);
        let desk = laptop.engine().await;
        let directory = Some(FilePath::from(project.to_str().unwrap()));
        let at = || At::Host { host: "box".into(), directory: directory.clone() };
        let odd = project.parent().unwrap().join("a\nbranch refs/heads/b\n");
        let made = AddWorktree { path: Some(odd.to_str().unwrap().into()), ..add(at(), "b") };
        done(&desk, Work::AddWorktree(made)).await;
        assert!(odd.join("first").exists());
        fs::write(odd.join("new"), "n\n").unwrap();
        let listed = list(&desk, at()).await;
        assert_eq!(listed[1].path, FilePath::from(odd.to_str().unwrap()));
        assert_eq!((listed[1].branch.as_deref(), listed[1].changed), (Some("b"), Some(1)));
        let dirty = remove(&desk, at(), "b", false).await.unwrap_err();
        assert_eq!(dirty.code, Code::DirtyWorktree, "{dirty:?}");
        remove(&desk, at(), "b", true).await.unwrap();
        assert!(!odd.exists());

        // One whose directory is gone is known by that path, and one that was killed in its checkout is said to be.
        let made = AddWorktree { path: Some(odd.to_str().unwrap().into()), ..add(at(), "c") };
        done(&desk, Work::AddWorktree(made)).await;
        fs::remove_dir_all(&odd).unwrap();
        remove(&desk, at(), odd.to_str().unwrap(), false).await.unwrap();
        assert_eq!(list(&desk, at()).await.len(), 1, "{transport}");
        git(&project, &["worktree", "add", "-q", "../half", "b"]);
        git(&project, &["worktree", "lock", "--reason", "initializing", "../half"]);
        let half = list(&desk, at()).await;
        assert_eq!(half[1].locked.as_deref(), Some("its checkout never came to an end"));
        let refused = remove(&desk, at(), "b", false).await.unwrap_err();
        assert!(refused.hint.unwrap().contains("--force"), "{}", refused.message);
        remove(&desk, at(), "b", true).await.unwrap();
        assert!(!project.parent().unwrap().join("half").exists());
        desk.stop().await;
    }
}

/// A shell's words that wait for the file `gate` in that directory, and say before in `begun` that they do.
fn waits(directory: &Path) -> String {
    let directory = directory.display();
    format!("echo >>'{directory}/begun'; while ! [ -e '{directory}/gate' ]; do sleep 0.05; done")
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_set_up_and_nobody_removes_its_worktree_meanwhile() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let project = cloned(&machine);
        let beside = project.parent().unwrap();
        let laptop = Laptop::over(machine.sshd().write_client_config("box", &[]), transport);
        let desk = laptop.engine().await;
        let directory = Some(FilePath::from(project.to_str().unwrap()));
        let at = || At::Host { host: "box".into(), directory: directory.clone() };
        let making = AddWorktree { set_up: Some(waits(beside)), ..add(at(), "a") };
        let begun = start(&desk, Work::AddWorktree(making)).await;
        until("it is set up", || beside.join("begun").exists()).await;
        let fetch = Work::Fetch { at: at(), remote: None, prune: false };
        assert_eq!(done(&desk, fetch).await.said, "there was nothing new to fetch");
        for force in [false, true] {
            let busy = remove(&desk, at(), "a", force).await.unwrap_err();
            assert_eq!(busy.code, Code::Busy, "{transport}: {busy:?}");
        }
        fs::write(beside.join("gate"), "").unwrap();
        let made = over(&desk, &begun.id).await;
        let OperationState::Done { outcome } = made.state else { panic!("{made:?}") };
        assert!(outcome.failed.is_none(), "{transport}: {outcome:?}");
        remove(&desk, at(), "a", false).await.unwrap();
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_a_worktree_is_removed_is_told_to_look() {
    let bed = Bed::start();
    let project = repository(&bed.host);
    let beside = project.parent().unwrap();
    git(&project, &["worktree", "add", "-q", "../tree", "-b", "tree"]);
    // What git asks for changes before it looks itself.
    let hook = beside.join("hook");
    fs::write(&hook, format!("#!/bin/sh\n{}\nexit 1\n", waits(beside))).unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    git(&project, &["config", "core.fsmonitor", hook.to_str().unwrap()]);
    let words = ["worktree", "remove", "work", "tree"];
    let left = baton_tests::start(bed.home.command(&words).stdin(std::process::Stdio::null()));
    until("git is asked", || beside.join("begun").exists()).await;
    crate::cli_bed::signal(&left, rustix::process::Signal::INT);
    let left = baton_tests::ended(left).await;
    assert_eq!(left.status, Some(130), "{left:?}");
    assert!(left.stderr.contains("baton worktree list"), "{left:?}");
    fs::write(beside.join("gate"), "").unwrap();
    until("it is removed", || !beside.join("tree").exists()).await;
}
