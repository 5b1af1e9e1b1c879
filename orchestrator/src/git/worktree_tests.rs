#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

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
