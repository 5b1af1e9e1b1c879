//! Pull requests: pushed and opened on the host, with its own gh.

use std::fs;

use orchestrator::seam::{At, FilePath, GitQuery, GitReply, Query, Reply};

use baton_tests::AgentHost;

use crate::cli_bed::{Bed, code};
use crate::desk::Laptop;
use crate::worktrees::{cloned, commit, git};

/// A gh that notes how it is called, and opens request 7.
const GH: &str = "printf '%s|' \"$@\" >>\"$HOME/gh\"; echo >>\"$HOME/gh\"\n\
    case $1 in pr) echo https://github.com/ada/work/pull/7 ;; esac\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_pull_request_stands_alone_on_stdout_and_gh_ran_on_the_host() {
    let bed = Bed::start();
    let project = cloned(&bed.host);
    git(&project, &["switch", "-q", "-c", "topic"]);
    commit(&project, "second");
    let missing = bed.baton(&["worktree", "pr", "work", "--json"]).await;
    assert_eq!(code(&missing), (Some(4), "not_found".into()));

    bed.host.write_program("gh", GH);
    // A script that means another branch than the one that an agent has checked out pushes nothing.
    let other = bed.baton(&["worktree", "pr", "work", "--branch", "main", "--json"]).await;
    assert_eq!(code(&other), (Some(5), "conflict".into()));
    let words = ["worktree", "pr", "work", "--branch", "topic"];
    let opened = bed.baton(&[&words[..], &["--title", "It's; $(mine)", "--draft"]].concat()).await;
    assert_eq!(
        (opened.status, &*opened.stdout),
        (Some(0), "https://github.com/ada/work/pull/7\n"),
        "{opened:?}"
    );
    let called = fs::read_to_string(bed.host.home().join("gh")).unwrap();
    let wanted =
        "--version|\nauth|status|\npr|create|--base|main|--title|It's; $(mine)|--body-file|";
    assert!(called.starts_with(wanted) && called.ends_with("|--draft|\n"), "{called}");
    let origin = project.parent().unwrap().join("origin.git");
    assert_eq!(git(&origin, &["log", "-1", "--format=%s", "topic"]), "second");

    bed.host
        .write_program("gh", "case $1 in auth) echo 'You are not logged in' >&2; exit 1 ;; esac\n");
    let login = bed.baton(&["worktree", "pr", "work", "--json"]).await;
    assert_eq!(code(&login), (Some(3), "auth_refused".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pull_request_would_say_is_made_of_the_commits() {
    for transport in ["openssh", "native", "local"] {
        let machine = AgentHost::start();
        let project = cloned(&machine);
        git(&project, &["switch", "-q", "-c", "topic/some-thing"]);
        let config = machine.sshd().write_client_config("box", &[]);
        let laptop = Laptop::over(config, if transport == "native" { "native" } else { "openssh" });
        let desk = laptop.engine().await;
        let host = if transport == "local" { "local" } else { "box" };
        let directory = Some(FilePath::from(project.display().to_string()));
        let at = At::Host { host: host.into(), directory };
        let draft = async || match desk
            .query(Query::Repository(GitQuery::PullRequest { at: at.clone() }))
            .await
        {
            Reply::Repository(GitReply::PullRequest(draft)) => draft,
            other => panic!("{other:?}"),
        };
        let none = draft().await;
        assert_eq!(
            (none.commits, none.branch.as_deref(), none.base.as_deref()),
            (0, Some("topic/some-thing"), Some("main"))
        );
        git(&project, &["commit", "-q", "--allow-empty", "-m", "Mend it\n\nIt was broken."]);
        let one = draft().await;
        assert_eq!(
            (&*one.title, &*one.body, one.commits),
            ("Mend it", "It was broken.", 1),
            "{transport}"
        );
        commit(&project, "more");
        fs::write(project.join("loose"), "x").unwrap();
        let two = draft().await;
        assert_eq!(
            (&*two.title, &*two.body, two.changed),
            ("some thing", "- Mend it\n- more", 1),
            "{transport}"
        );
        desk.stop().await;
    }
}
