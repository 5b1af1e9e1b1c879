#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::process::{Command, Stdio};

use super::*;
use crate::git::job_bed::Bed;

/// Removes a worktree of the repository `work` as a host does.
#[track_caller]
fn remove(bed: &Bed, named: &str, force: bool) -> Result<(), Failure> {
    let work = bed.path("work");
    let script =
        format!("{ENTER}\n{WORKTREES}\nbg_do '{}'; bw_remove \"$1\" \"$2\"", work.display());
    let mut shell = Command::new(bed.shell[0]);
    shell.args(&bed.shell[1..]).args(["-c", &script, "sh", named, if force { "1" } else { "" }]);
    let shell = shell.env("HOME", bed.path("home")).stdin(Stdio::null());
    let output = shell.output().unwrap();
    match output.status.code() {
        Some(0) => Ok(()),
        Some(90) => Err(refusal(&output.stdout, &FilePath::from(named), &[])),
        other => panic!("{:?}: {other:?}: {}", bed.shell, String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn a_worktree_below_another_one_is_never_removed_with_it() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.commit("work", ".gitignore", "inner*\n");
        bed.git("work", &["worktree", "add", "-q", "../outer", "-b", "outer"]);
        bed.git("outer", &["worktree", "add", "-q", "inner\n1", "-b", "inner"]);
        fs::write(bed.path("outer/inner\n1/mine"), "hours of work\n").unwrap();
        for force in [false, true] {
            let refused = remove(&bed, "outer", force).unwrap_err();
            assert!(refused.code == Code::Conflict, "{:?}: {refused:?}", bed.shell);
            assert!(refused.message.contains("/outer/inner"), "{:?}: {refused:?}", bed.shell);
        }
        assert_eq!(bed.read("outer/inner\n1/mine"), "hours of work\n");
        remove(&bed, "inner", true).unwrap();
        remove(&bed, "outer", false).unwrap();
        assert!(!bed.path("outer").exists(), "{:?}", bed.shell);
    }
}

#[test]
fn changes_that_git_was_told_not_to_look_at_are_not_lost() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.commit("work", "settings é", "one\n");
        for flag in ["skip-worktree", "assume-unchanged"] {
            bed.git("work", &["worktree", "add", "-q", "../tree", "-B", "tree"]);
            bed.git("tree", &["update-index", &format!("--{flag}"), "settings é"]);
            fs::write(bed.path("tree/settings é"), "mine alone\n").unwrap();
            let refused = remove(&bed, "tree", false).unwrap_err();
            assert_eq!(refused.code, Code::DirtyWorktree, "{:?}: {refused:?}", bed.shell);
            assert!(refused.message.contains("settings"), "{:?}: {refused:?}", bed.shell);
            assert_eq!(bed.read("tree/settings é"), "mine alone\n");
            // Nothing of ours stays there.
            let left = fs::read_dir(bed.path("work/.git/worktrees/tree")).unwrap();
            let left: Vec<_> = left.map(|one| one.unwrap().file_name()).collect();
            assert!(
                !left.iter().any(|name| name.to_str().unwrap().starts_with("baton")),
                "{:?}: {left:?}",
                bed.shell
            );
            // As it was committed, and with those that a sparse checkout leaves out.
            fs::write(bed.path("tree/settings é"), "one\n").unwrap();
            bed.git("tree", &["update-index", "--skip-worktree", "first"]);
            fs::remove_file(bed.path("tree/first")).unwrap();
            remove(&bed, "tree", false).unwrap();
        }
    }
}

#[test]
fn a_locked_worktree_stays_known_though_its_disk_is_away() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.git("work", &["worktree", "add", "-q", "../tree", "-b", "tree"]);
        bed.git("work", &["worktree", "lock", "--reason", "on a stick", "../tree"]);
        fs::rename(bed.path("tree"), bed.path("stick")).unwrap();
        for named in ["tree", bed.path("tree").to_str().unwrap()] {
            for force in [false, true] {
                let refused = remove(&bed, named, force).unwrap_err();
                assert!(
                    refused.message.ends_with("is locked: on a stick"),
                    "{:?}: {refused:?}",
                    bed.shell
                );
            }
        }
        fs::rename(bed.path("stick"), bed.path("tree")).unwrap();
        assert_eq!(bed.git("tree", &["status", "--porcelain"]), "", "{:?}", bed.shell);
    }
}

#[test]
fn a_worktree_is_not_removed_while_it_is_set_up() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.git("work", &["worktree", "add", "-q", "../tree", "-b", "tree"]);
        let now = bed.path("work/.git/worktrees/tree/baton-set-up-now");
        let note = |run: &str| format!("{} {}", std::process::id(), bed.path(run).display());
        fs::write(&now, note("run")).unwrap();
        for force in [false, true] {
            let refused = remove(&bed, "tree", force).unwrap_err();
            assert_eq!(refused.code, Code::Busy, "{:?}: {refused:?}", bed.shell);
        }
        // Of this boot; and what had that number before a restart isn't what has it now.
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        fs::write(bed.path("run/start"), format!("{boot}1\n")).unwrap();
        assert_eq!(remove(&bed, "tree", true).unwrap_err().code, Code::Busy, "{:?}", bed.shell);
        fs::write(bed.path("run/start"), "another boot\n1\n").unwrap();
        remove(&bed, "tree", true).unwrap();
        bed.git("work", &["worktree", "add", "-q", "../tree", "tree"]);
        fs::write(&now, note("run")).unwrap();
        fs::remove_file(bed.path("run/start")).unwrap();
        // One whose run is over, or gone, holds nothing.
        fs::write(bed.path("run/exit"), "0\n").unwrap();
        remove(&bed, "tree", false).unwrap();
    }
}

fn seated(id: &str) -> Seated {
    Seated {
        session: SessionId::new(id),
        name: id.into(),
        parent: None,
        directory: None,
        is_working: false,
    }
}

#[test]
fn worktrees_are_read_with_their_counts_and_sessions_whatever_their_names_are() {
    let answer = b"l\0worktree /srv/a\0HEAD 1234\0branch refs/heads/main\0\0\
        worktree /srv/a b\nc\0HEAD 5678\0detached\0locked mine\nalone\0\0\
        worktree /srv/gone\0HEAD 9\0branch refs/heads/x\0prunable gitdir file points to non-existent location\0\0\
        e\0t /srv/a b\nc\0s 0 /srv/a b\nc/src\0s 1 /srv/ab\0s 2 /srv/a\0\
        c /srv/a b\nc\x003\0c /srv/gone\0gone\0c /srv/a\x000\0";
    let found = read(answer, &[seated("s0"), seated("s1"), seated("s2")]);
    let [own, odd, gone] = &found[..] else { panic!("{found:?}") };
    assert!(own.main && !own.current && own.sessions == [SessionId::new("s2")]);
    assert_eq!((own.branch.as_deref(), own.changed), (Some("main"), Some(0)));
    assert_eq!(odd.path.bytes(), b"/srv/a b\nc");
    assert!(odd.current && !odd.main && odd.branch.is_none());
    assert_eq!((odd.locked.as_deref(), odd.changed), (Some("mine\nalone"), Some(3)));
    assert_eq!(odd.sessions, [SessionId::new("s0")]);
    assert!(gone.prunable.is_some() && gone.changed.is_none());
}

#[test]
fn a_git_that_says_less_is_understood() {
    let answer = b"l\0worktree /srv/a.git\0bare\0\0worktree /srv/x\0HEAD 0000000000\0branch refs/heads/x\0\0\
        worktree /srv/y\0HEAD 1\0detached\0\0e\0c /srv/y\0gone\0c /srv/x\x000\0";
    let found = read(answer, &[]);
    assert!(found[0].bare && found[0].main && found[0].changed.is_none());
    assert!(found[1].commit.is_none() && found[1].prunable.is_none());
    assert_eq!(found[2].prunable.as_deref(), Some("its directory is gone"));
}

#[test]
fn of_what_would_be_lost_the_first_names_are_told_and_what_git_ignores() {
    let failure = dirty(&FilePath::from("/w"), "2\n M a\n?? b c\n!! node_modules/\n!! .env");
    assert_eq!(failure.code, Code::DirtyWorktree);
    assert_eq!(failure.message, "2 files were changed in /w: a, b c");
    assert!(failure.hint.unwrap().ends_with("what git ignores: node_modules/, .env"));
}
