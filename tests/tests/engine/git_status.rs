//! How a repository stands, whatever it is in the middle of.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{
    At, ChangeKind, DiffOf, FilePath, GitQuery, GitReply, GitStatus, Unfinished,
};

use crate::git_bed::{Repo, change, here, ways};
use crate::look::laptop_with;

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_git_knows_of_a_repository_is_told_over_every_transport() {
    for way in ways().await {
        let repo = Repo::with("one\ntwo\n");
        let remote = tempfile::tempdir().unwrap();
        let url = remote.path().display().to_string();
        repo.git(&["init", "-q", "--bare", &url]);
        repo.git(&["remote", "add", "origin", &url]);
        repo.git(&["push", "-q", "-u", "origin", "main"]);
        repo.write("stashed", "x");
        repo.git(&["stash", "-q", "-u"]);
        repo.write("moved from", "some lines\nthat are\nlong enough\nto be known again\n");
        repo.write("gone", "x");
        repo.commit("second");
        repo.git(&["mv", "moved from", "moved to"]);
        fs::remove_file(repo.file("gone")).unwrap();
        repo.write("f", "one\nTWO\nthree\n");
        repo.write("new", "staged\n");
        repo.git(&["add", "new"]);
        repo.write("deep/a/untracked", "");
        let at = repo.at(way.host);
        let status = way.desk.status(at.clone()).await;
        let name = way.name;
        assert_eq!(status.top, repo.top(), "{name}");
        assert_eq!(status.common, repo.top().join(b".git"), "{name}");
        assert_eq!(status.branch.as_deref(), Some("main"), "{name}");
        assert_eq!(
            status.commit,
            Some(repo.git(&["rev-parse", "HEAD"]).trim().to_owned()),
            "{name}"
        );
        assert_eq!(status.upstream.as_deref(), Some("origin/main"), "{name}");
        assert_eq!((status.ahead_behind, status.stashes), (Some((1, 0)), 1), "{name}");
        assert_eq!(status.remotes, ["origin"], "{name}");
        assert_eq!(
            (status.lines, status.changed, status.more),
            ((3, 2), 5, false),
            "{name}: {status:#?}"
        );
        assert_eq!((status.unfinished, status.bare), (None, false), "{name}");
        assert_eq!(change(&status, "f").unstaged, Some(ChangeKind::Modified), "{name}");
        assert_eq!(change(&status, "gone").unstaged, Some(ChangeKind::Deleted), "{name}");
        assert_eq!(change(&status, "new").staged, Some(ChangeKind::Added), "{name}");
        let moved = change(&status, "moved to");
        assert_eq!(
            (moved.staged, moved.from.clone()),
            (Some(ChangeKind::Renamed), Some("moved from".into())),
            "{name}"
        );
        assert_eq!(
            change(&status, "deep/a/untracked").unstaged,
            Some(ChangeKind::Untracked),
            "{name}"
        );

        // The same one isn't told twice; another one is.
        let seen = GitQuery::Status { at: at.clone(), seen: Some(status.version.clone()) };
        assert_eq!(way.desk.git(seen.clone()).await.unwrap(), GitReply::Unchanged, "{name}");
        repo.write("one more", "");
        let GitReply::Status(Some(next)) = way.desk.git(seen).await.unwrap() else { panic!() };
        assert_eq!(next.changed, 6, "{name}");
        // From a directory below it, the same but for where that is.
        let below = At::Host { host: way.host.into(), directory: Some(repo.top().join(b"deep/a")) };
        let told = way.desk.status(below).await;
        assert_eq!((told.prefix.bytes(), next.prefix.bytes()), (&b"deep/a"[..], &b""[..]));
        let (prefix, version) = (next.prefix.clone(), next.version.clone());
        assert_eq!(GitStatus { prefix, version, ..told }, *next, "{name}");
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_a_repository_there_is_no_status_and_a_directory_that_is_not_there_is_said() {
    for way in ways().await {
        let plain = tempfile::tempdir().unwrap();
        let at = |path: &str| At::Host {
            host: way.host.into(),
            directory: Some(FilePath::from(plain.path().join(path).display().to_string())),
        };
        assert_eq!(way.desk.try_status(at("")).await.unwrap(), None, "{}", way.name);
        let gone = way.desk.try_status(at("gone")).await.unwrap_err();
        assert_eq!(gone.code, Code::DirMissing, "{}", way.name);
        let staged = GitQuery::Patch { at: at(""), of: DiffOf::Staged, paths: Vec::new() };
        for query in [GitQuery::Branches { at: at("") }, staged] {
            let other = way.desk.git(query).await.unwrap_err();
            assert_eq!(other.code, Code::NotARepository, "{}: {other:?}", way.name);
            assert!(other.hint.is_some());
        }
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_every_kind_are_told_byte_for_byte() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let names: [&[u8]; 9] = [
        b"new\nline",
        b"trailing ",
        b"-rf",
        b"\"quoted\"",
        b"tab\there",
        b"gr\xc3\xb6\xc3\x9fe",
        b"bad\xff\xfe",
        b"back\\slash",
        b"? E",
    ];
    for name in names {
        fs::write(repo.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let status = way.desk.status(repo.at("local")).await;
    let mut wanted = names.map(<[u8]>::to_vec).to_vec();
    wanted.sort();
    let told: Vec<Vec<u8>> = status.changes.into_iter().map(|change| change.path.0).collect();
    assert_eq!(told, wanted);
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_without_commits_one_with_a_detached_head_and_a_bare_one_are_told() {
    let way = here().await;
    let repo = Repo::new();
    repo.write("a", "1\n2\n");
    repo.git(&["add", "a"]);
    let fresh = way.desk.status(repo.at("local")).await;
    assert_eq!((fresh.branch.as_deref(), fresh.commit, fresh.lines), (Some("main"), None, (2, 0)));
    assert_eq!(fresh.changes[0].staged, Some(ChangeKind::Added));
    repo.commit("first");
    repo.git(&["checkout", "-q", "--detach"]);
    let detached = way.desk.status(repo.at("local")).await;
    assert!(detached.branch.is_none() && detached.commit.is_some());
    let bare = tempfile::tempdir().unwrap();
    repo.git(&["clone", "-q", "--bare", ".", &bare.path().display().to_string()]);
    let directory = Some(FilePath::from(bare.path().display().to_string()));
    let at = At::Host { host: "local".into(), directory };
    let told = way.desk.status(at.clone()).await;
    assert!(told.bare && told.changes.is_empty() && told.commit.is_some(), "{told:#?}");
    // What needs files says that there are none, and what doesn't works.
    let stage = orchestrator::seam::GitCommand::Stage { at: at.clone(), paths: vec![] };
    assert_eq!(way.desk.change(stage).await.unwrap_err().code, Code::Unsupported);
    assert!(matches!(way.desk.git(GitQuery::Branches { at }).await, Ok(GitReply::Branches(_))));
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_repository_is_in_the_middle_of_is_told() {
    let way = here().await;
    let begin = || {
        let repo = Repo::with("a\nb\nc\n");
        repo.git(&["checkout", "-q", "-b", "other"]);
        repo.write("f", "a\nOTHER\nc\n");
        repo.commit("theirs");
        repo.git(&["checkout", "-q", "main"]);
        repo.write("f", "a\nMAIN\nc\n");
        repo.commit("ours");
        repo
    };
    let steps: [(&[&str], Unfinished); 5] = [
        (&["merge", "other"], Unfinished::Merge),
        (&["rebase", "other"], Unfinished::Rebase),
        (&["cherry-pick", "other"], Unfinished::CherryPick),
        (&["revert", "HEAD~1"], Unfinished::Revert),
        (&["bisect", "start"], Unfinished::Bisect),
    ];
    for (words, wanted) in steps {
        let repo = begin();
        if wanted == Unfinished::Revert {
            repo.write("f", "a\nAGAIN\nc\n");
            repo.commit("again");
        }
        repo.try_git(words);
        let status = way.desk.status(repo.at("local")).await;
        assert_eq!(status.unfinished, Some(wanted), "{words:?}");
        if wanted != Unfinished::Bisect {
            assert_eq!(change(&status, "f").unstaged, Some(ChangeKind::Conflicted), "{words:?}");
        }
        // A rebase has no branch of its own meanwhile.
        assert_eq!(status.branch.is_none(), wanted == Unfinished::Rebase, "{words:?}");
    }
    let repo = begin();
    let patch = repo.git(&["format-patch", "--stdout", "main..other"]);
    repo.write(".git/patch", &patch);
    repo.try_git(&["am", ".git/patch"]);
    assert_eq!(way.desk.status(repo.at("local")).await.unfinished, Some(Unfinished::Am));
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn submodules_and_worktrees_are_told_as_such() {
    let way = here().await;
    let repo = Repo::with("x\n");
    let inner = Repo::with("y\n");
    let url = inner.path().display().to_string();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"]);
    repo.commit("with a submodule");
    repo.write("sub/f", "changed\n");
    let status = way.desk.status(repo.at("local")).await;
    let sub = change(&status, "sub");
    assert!(sub.submodule && sub.unstaged == Some(ChangeKind::Modified), "{sub:?}");
    repo.git(&["worktree", "add", "-q", "-b", "side", "tree"]);
    let tree = At::Host { host: "local".into(), directory: Some(repo.top().join(b"tree")) };
    let tree = way.desk.status(tree).await;
    assert_eq!((tree.top, tree.common), (repo.top().join(b"tree"), repo.top().join(b".git")));
    assert_eq!(tree.branch.as_deref(), Some("side"));
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_index_and_a_repository_of_another_account_are_told_with_what_to_do() {
    for way in ways().await {
        let repo = Repo::with("x\n");
        repo.write(".git/index", "nonsense that is long enough to be looked at as an index");
        let broken = way.desk.try_status(repo.at(way.host)).await.unwrap_err();
        assert_eq!(broken.code, Code::Corrupt, "{}: {broken:?}", way.name);
        assert!(broken.hint.unwrap().contains("git reset"), "{}", way.name);
        if rustix::process::geteuid().is_root() {
            let repo = Repo::with("x\n");
            chown(repo.path(), Some(12_345), None).unwrap();
            let foreign = way.desk.try_status(repo.at(way.host)).await.unwrap_err();
            assert_eq!(foreign.code, Code::PermissionDenied, "{}: {foreign:?}", way.name);
            assert!(foreign.hint.unwrap().contains("safe.directory"), "{}", way.name);
        }
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_git_or_with_one_that_is_too_old_says_so() {
    let machine = AgentHost::start();
    let laptop = laptop_with("dash", &machine);
    let repo = Repo::with("x\n");
    let git = laptop.path("home/bin/git");
    fs::write(&git, "#!/bin/sh\necho \"error: unknown option \\`porcelain=v2'\" >&2\nexit 129\n")
        .unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let desk = laptop.engine().await;
    let old = desk.try_status(repo.at("local")).await.unwrap_err();
    assert_eq!(old.code, Code::Unsupported, "{old:?}");
    desk.stop().await;
    fs::remove_file(&git).unwrap();
    // A PATH of its own, on which there is none.
    for tool in ["sh", "wc", "head", "cat", "sleep", "printf", "env", "kill", "rm"] {
        let link = laptop.path("home/bin").join(tool);
        if !link.exists() {
            std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), link).unwrap();
        }
    }
    let profile = format!("PATH={}\nexport PATH\n", laptop.path("home/bin").display());
    fs::write(laptop.path("home/.profile"), profile).unwrap();
    let desk = laptop.engine().await;
    let none = desk.try_status(repo.at("local")).await.unwrap_err();
    assert_eq!(none.code, Code::NotFound, "{none:?}");
    assert!(none.hint.unwrap().contains("Install"));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_line_of_a_configuration_counts_and_a_remote_is_told_once() {
    let way = here().await;
    let repo = Repo::with("a\n");
    let mut config = repo.read(".git/config");
    config.push_str(
        "[remote \"one\"]\n\turl = /x\n[remote \"one\"]\n\tprune = true\n[remote \"two\"]",
    );
    repo.write(".git/config", config);
    assert_eq!(way.desk.status(repo.at("local")).await.remotes, ["one", "two"]);
    way.desk.stop().await;
}
