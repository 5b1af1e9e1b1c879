//! Push, pull and fetch: on the host, over a link that breaks, and never twice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use baton_tests::{AgentHost, Wan, ended, start as begin};
use orchestrator::failure::Code;
use orchestrator::seam::{At, FilePath, OperationState, Work};
use rustix::process::Signal;

use crate::cli_bed::{Bed, code, signal};
use crate::desk::{Desk, Laptop, until};
use crate::operations::{over, start};
use crate::worktrees::{cloned, commit, done, failed, git};

fn at(machine: &AgentHost, host: &str) -> At {
    let directory = Some(FilePath::from(machine.project().display().to_string()));
    At::Host { host: host.into(), directory }
}

fn push(at: At) -> Work {
    Work::Push { at, remote: None, branch: None, force: false, tags: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_pushed_pulled_and_fetched_by_the_hosts_own_git() {
    for transport in ["openssh", "native", "local"] {
        let machine = AgentHost::start();
        let project = cloned(&machine);
        let config = machine.sshd().write_client_config("box", &[]);
        let laptop = Laptop::over(config, if transport == "native" { "native" } else { "openssh" });
        let desk = laptop.engine().await;
        let at = || at(&machine, if transport == "local" { "local" } else { "box" });
        commit(&project, "second");
        assert_eq!(done(&desk, push(at())).await.said, "pushed main to origin", "{transport}");
        let origin = project.parent().unwrap().join("origin.git");
        assert_eq!(git(&origin, &["log", "-1", "--format=%s", "main"]), "second", "{transport}");

        let other = project.parent().unwrap().join("other");
        git(&origin, &["clone", "-q", ".", other.to_str().unwrap()]);
        commit(&other, "theirs");
        git(&other, &["push", "-q"]);
        let refused = failed(&desk, {
            commit(&project, "ours");
            push(at())
        })
        .await;
        assert_eq!(refused.code, Code::Conflict, "{transport}: {refused:?}");
        assert!(refused.hint.is_some_and(|hint| hint.contains("Pull first")), "{transport}");
        let fetch = Work::Fetch { at: at(), remote: None, prune: false };
        assert_eq!(
            done(&desk, fetch).await.said,
            "fetched: a branch or tag has changed",
            "{transport}"
        );
        let pull = |rebase| Work::Pull { at: at(), rebase };
        assert_eq!(failed(&desk, pull(None)).await.code, Code::Conflict, "{transport}");
        fs::write(machine.home().join(".gitconfig"), "[user]\nname = Ada\nemail = a@b\n").unwrap();
        git(&project, &["config", "user.name", "Ada"]);
        git(&project, &["config", "user.email", "ada@example.org"]);
        assert_eq!(done(&desk, pull(Some(true))).await.said, "pulled a commit from origin/main");
        done(&desk, push(at())).await;
        assert_eq!(
            git(&origin, &["log", "--format=%s", "main"]),
            "ours\ntheirs\nsecond\nfirst",
            "{transport}"
        );
        desk.stop().await;
    }
}

/// Has pushes wait in a hook until the second file is there; the first one tells that they have begun.
fn hold(machine: &AgentHost) -> (PathBuf, PathBuf) {
    let project = machine.project().canonicalize().unwrap();
    let (begun, gate) = (project.join("../begun"), project.join("../gate"));
    let hook = project.join(".git/hooks/pre-push");
    let text = format!(
        "#!/bin/sh\necho begun >>'{}'\nwhile ! [ -e '{}' ]; do sleep 0.05; done\n",
        begun.display(),
        gate.display()
    );
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    (begun, gate)
}

/// A push that is held.
async fn held(desk: &Desk, machine: &AgentHost) -> (String, PathBuf) {
    let (begun, gate) = hold(machine);
    let operation = start(desk, push(at(machine, "box"))).await;
    until("the hook runs", || begun.exists()).await;
    (operation.id, gate)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_goes_on_over_a_cut_and_is_done_once() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let project = cloned(&machine);
        commit(&project, "second");
        let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
        let laptop = Laptop::through(&machine, &wan, transport);
        let desk = laptop.engine().await;
        let (id, gate) = held(&desk, &machine).await;
        wan.cut();
        fs::write(&gate, "").unwrap();
        // Nobody follows it there, and it is done.
        let origin = project.parent().unwrap().join("origin.git");
        until("it is pushed", || git(&origin, &["log", "-1", "--format=%s", "main"]) == "second")
            .await;
        wan.restore();
        let ended = over(&desk, &id).await;
        let OperationState::Done { outcome } = &ended.state else {
            panic!("{transport}: {ended:?}")
        };
        assert_eq!(outcome.said, "pushed main to origin", "{transport}");
        let begun = fs::read_to_string(project.join("../begun")).unwrap();
        assert_eq!(begun, "begun\n", "{transport}: it was pushed twice");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_taken_up_by_the_next_engine() {
    let machine = AgentHost::start();
    let project = cloned(&machine);
    commit(&project, "second");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let (id, gate) = held(&desk, &machine).await;
    desk.stop().await;
    fs::write(&gate, "").unwrap();
    let desk = laptop.engine().await;
    let ended = over(&desk, &id).await;
    let OperationState::Done { outcome } = &ended.state else { panic!("{ended:?}") };
    assert_eq!(outcome.said, "pushed main to origin");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_pushes_and_says_why_it_cant() {
    let bed = Bed::start();
    let project = cloned(&bed.host);
    commit(&project, "second");
    let pushed = bed.baton(&["git", "push", "work"]).await;
    assert_eq!(
        (pushed.status, &*pushed.stdout),
        (Some(0), "pushed main to origin\n"),
        "{pushed:?}"
    );
    let json = bed.baton(&["git", "push", "work", "--json"]).await.json();
    assert_eq!(json["said"], "origin had all of main already");
    let place = format!("box:{}", project.display());
    let fetched = bed.baton(&["git", "fetch", &place]).await;
    assert_eq!(fetched.stdout, "there was nothing new to fetch\n", "{fetched:?}");
    let pulled = bed.baton(&["git", "pull", "work"]).await;
    assert_eq!(pulled.stdout, "main had all of origin/main already\n", "{pulled:?}");
    git(&project, &["remote", "remove", "origin"]);
    let none = bed.baton(&["git", "push", "work", "--json"]).await;
    assert_eq!(code(&none), (Some(4), "not_found".into()));
    let odd = bed.baton(&["git", "push", "work", "--remote=--upload-pack=x", "--json"]).await;
    assert_eq!(code(&odd), (Some(2), "usage".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_a_push_and_who_only_leaves_is_told_how_to_look_again() {
    let bed = Bed::start();
    let project = cloned(&bed.host);
    commit(&project, "second");
    let origin = project.parent().unwrap().join("origin.git");
    let there = || git(&origin, &["log", "-1", "--format=%s", "main"]);
    let (begun, gate) = hold(&bed.host);

    let pushing = begin(bed.home.command(&["git", "push", "work"]).stdin(Stdio::null()));
    until("the hook runs", || begun.exists()).await;
    signal(&pushing, Signal::INT);
    let stopped = ended(pushing).await;
    assert_eq!((stopped.status, there().as_str()), (Some(130), "first"), "{stopped:?}");

    fs::remove_file(&begun).unwrap();
    let pushing = begin(bed.home.command(&["git", "push", "work"]).stdin(Stdio::null()));
    until("the hook runs again", || begun.exists()).await;
    signal(&pushing, Signal::TERM);
    let left = ended(pushing).await;
    assert_eq!(left.status, Some(143), "{left:?}");
    assert!(left.stderr.contains("it goes on on box; `baton operations show "), "{left:?}");
    fs::write(&gate, "").unwrap();
    until("it is pushed", || there() == "second").await;
}
