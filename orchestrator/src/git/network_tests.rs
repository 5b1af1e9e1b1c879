#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use super::*;
use crate::git::job_bed::{Bed, Ran};

impl Bed {
    fn network(&self, directory: &str, kind: Kind, end: &str, words: &[&str]) -> Ran {
        let site = SiteName { host: "box".into(), directory: directory.into() };
        let reader = Reader::new(site, kind);
        let script = format!("{ENTER}\n{NETWORK}\n{end}");
        self.run(directory, &script, words, Box::new(reader))
    }

    fn push(&self, words: &[&str; 4]) -> Ran {
        self.network("work", Kind::Push, PUSH, words)
    }

    fn pull(&self, how: &str) -> Ran {
        self.network("work", Kind::Pull, PULL, &[how])
    }

    fn fetch(&self, words: &[&str; 2]) -> Ran {
        self.network("work", Kind::Fetch, FETCH, words)
    }
}

#[test]
fn a_branch_is_pushed_and_one_without_an_upstream_follows_what_was_pushed() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.commit("work", "second", "2\n");
        let said = bed.push(&["", "", "", ""]).done(bed.shell).said;
        assert_eq!(said, "pushed main to origin", "{:?}", bed.shell);
        let said = bed.push(&["", "", "", ""]).done(bed.shell).said;
        assert_eq!(said, "origin had all of main already", "{:?}", bed.shell);

        bed.git("work", &["switch", "-q", "-c", "feature/x"]);
        bed.git("work", &["tag", "v1"]);
        let ran = bed.push(&["", "", "", "1"]);
        let said = ran.done(bed.shell).said;
        assert_eq!(said, "pushed feature/x to origin, which it follows from now on");
        assert_eq!(
            bed.git("work", &["rev-parse", "--abbrev-ref", "@{upstream}"]),
            "origin/feature/x"
        );
        let there = bed.git("origin.git", &["for-each-ref", "--format=%(refname)"]);
        assert_eq!(there, "refs/heads/feature/x\nrefs/heads/main\nrefs/tags/v1");
    }
}

#[test]
fn progress_of_a_push_is_told() {
    let bed = Bed::new(&["sh"]);
    bed.cloned("work");
    for number in 0..200 {
        fs::write(bed.path(&format!("work/f{number}")), format!("{number}\n")).unwrap();
    }
    bed.commit("work", "many", "m\n");
    let ran = bed.push(&["", "", "", ""]);
    let writing = ran.progress.iter().find(|progress| progress.doing == "Writing objects");
    assert!(writing.is_some_and(|progress| progress.of > Some(200)), "{:?}", ran.progress);
}

#[test]
fn what_a_colleague_has_pushed_is_never_replaced_unless_it_was_seen() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.colleague("main", "theirs", "t\n");
        bed.commit("work", "ours", "o\n");
        let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Conflict, "origin has commits of main that aren't here")
        );
        // By force, neither: we haven't seen what they have done.
        let refused = bed.push(&["", "", "1", ""]).failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Conflict, "main isn't on origin what was last seen there")
        );
        assert!(bed.git("origin.git", &["log", "--format=%s", "main"]).starts_with("theirs"));
        // Now we have.
        assert_eq!(
            bed.fetch(&["", ""]).done(bed.shell).said,
            "fetched: a branch or tag has changed"
        );
        bed.push(&["", "", "1", ""]).done(bed.shell);
        assert!(bed.git("origin.git", &["log", "--format=%s", "main"]).starts_with("ours"));
    }
}

#[test]
fn why_nothing_is_pushed_is_said_with_what_to_do() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.repository("work");
        let refused = bed.push(&["", "", "", ""]).failed(shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::NotFound, "the repository of work has no remote")
        );
        bed.git("work", &["remote", "add", "origin", "/nowhere/at/all"]);
        let refused = bed.push(&["", "", "", ""]).failed(shell);
        assert_eq!(refused.code, Code::NotFound, "{refused:?}");
        let refused = bed.push(&["", "nothing", "", ""]).failed(shell);
        assert_eq!(refused.message, "the branch nothing is not there, or has no commit yet");
        let refused = bed.push(&["elsewhere", "", "", ""]).failed(shell);
        assert_eq!(refused.code, Code::NotFound, "{refused:?}");
        bed.git("work", &["remote", "rename", "origin", "one"]);
        bed.git("work", &["remote", "add", "two", "/nowhere"]);
        let refused = bed.push(&["", "", "", ""]).failed(shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Usage, "main follows none of the remotes: one, two")
        );
        bed.git("work", &["checkout", "-q", "--detach"]);
        let refused = bed.push(&["", "", "", ""]).failed(shell);
        assert!(refused.message.contains("detached"), "{refused:?}");
        fs::create_dir(bed.path("plain")).unwrap();
        let outside = bed.network("plain", Kind::Push, PUSH, &["", "", "", ""]).failed(shell);
        assert_eq!(outside.code, Code::NotARepository);
    }
}

#[test]
fn a_branch_that_follows_one_of_another_name_is_not_pushed_over_that_one() {
    let bed = Bed::new(&["sh"]);
    bed.cloned("work");
    bed.git("work", &["switch", "-q", "-c", "mine", "--track", "origin/main"]);
    bed.commit("work", "mine", "m\n");
    let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
    assert_eq!(
        (refused.code, &*refused.message),
        (Code::Conflict, "mine follows origin/main, which has another name")
    );
    assert_eq!(bed.git("origin.git", &["log", "--format=%s", "main"]), "first");
    bed.git("work", &["config", "push.default", "upstream"]);
    bed.push(&["", "", "", ""]).done(bed.shell);
    assert!(bed.git("origin.git", &["log", "--format=%s", "main"]).starts_with("mine"));
}

#[test]
fn what_a_hook_says_is_never_taken_for_an_answer_of_the_remote() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.commit("work", "second", "2\n");
        for said in [
            "To somewhere\n ! [rejected] main -> main (fetch first)",
            "To somewhere\n ! [remote rejected] main -> main (no)",
            "psql: connection to the test database: Connection refused",
            "curl: Could not resolve host: ci.example.org",
            "deploy@ci: Permission denied (publickey).",
            "Authentication failed for the linter",
        ] {
            let hook = format!("cat <<'E'\n{said}\nE\nexit 1\n");
            bed.executable("work/.git/hooks/pre-push", &hook);
            let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
            assert!(
                refused.message.starts_with("a hook of the repository refused the push: "),
                "{:?}: {refused:?}",
                bed.shell
            );
            assert_eq!(refused.code, Code::Conflict, "{:?}: {refused:?}", bed.shell);
        }
    }
}

#[test]
fn hooks_say_why_they_refuse() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.commit("work", "second", "2\n");
        bed.executable("work/.git/hooks/pre-push", "echo 'the tests fail: 3 of 7'\nexit 1\n");
        let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
        assert_eq!(refused.code, Code::Conflict);
        assert_eq!(
            refused.message,
            "a hook of the repository refused the push: the tests fail: 3 of 7"
        );
        fs::remove_file(bed.path("work/.git/hooks/pre-push")).unwrap();
        bed.executable(
            "origin.git/hooks/pre-receive",
            "echo 'main is protected here' >&2\nexit 1\n",
        );
        let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
        assert_eq!(refused.code, Code::PermissionDenied);
        assert!(refused.message.contains("main is protected here"), "{refused:?}");
    }
}

#[test]
fn git_is_never_answered_and_what_it_asked_is_told() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.commit("work", "second", "2\n");
        // A transport that asks as git's own over https does.
        bed.program(
            "git-remote-secret",
            "\"$GIT_ASKPASS\" \"Username for 'https://example.org': \" >&2 || \
            echo 'fatal: could not read Username: terminal prompts disabled' >&2\nexit 1\n",
        );
        bed.git("work", &["remote", "set-url", "origin", "secret://example.org"]);
        let refused = bed.push(&["", "", "", ""]).failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::AuthRefused, "git asked for: Username for 'https://example.org'")
        );
        assert!(refused.hint.unwrap().contains("baton terminal box"));
        // And as ssh does.
        bed.git("work", &["remote", "set-url", "origin", "ssh://example.org/x"]);
        bed.program("ssh", "\"$SSH_ASKPASS\" \"ada@example.org's password: \"\necho 'ada@example.org: Permission denied (publickey,password).' >&2\nexit 255\n");
        let refused = bed.fetch(&["", ""]).failed(bed.shell);
        assert_eq!(refused.message, "git asked for: ada@example.org's password");
    }
}

#[test]
fn a_pull_only_goes_forward_unless_somebody_says_more() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.cloned("work");
        assert_eq!(bed.pull("").done(shell).said, "main had all of origin/main already");
        bed.colleague("main", "theirs", "t\n");
        assert_eq!(bed.pull("").done(shell).said, "pulled a commit from origin/main");
        bed.colleague("main", "more", "t\n");
        bed.commit("work", "ours", "o\n");
        let refused = bed.pull("").failed(shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Conflict, "main and origin/main have both gone on")
        );
        bed.pull("rebase").done(shell);
        assert_eq!(bed.git("work", &["log", "--format=%s"]), "ours\nmore\ntheirs\nfirst");
        bed.colleague("main", "again", "t\n");
        bed.pull("merge").done(shell);
        assert!(bed.git("work", &["log", "--format=%s"]).starts_with("Merge branch"));
        // What is configured counts.
        bed.colleague("main", "last", "t\n");
        bed.git("work", &["config", "pull.rebase", "false"]);
        bed.pull("").done(shell);
    }
}

#[test]
fn a_pull_into_a_conflict_leaves_gits_state_and_says_what_to_do() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.colleague("main", "first", "theirs\n");
        bed.commit("work", "first", "ours\n");
        let refused = bed.pull("rebase").failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Conflict, "the pull has stopped: a file is in conflict: first")
        );
        assert!(refused.hint.unwrap().contains("git rebase --continue"));
        assert!(bed.path("work/.git/rebase-merge").exists());
        let refused = bed.pull("rebase").failed(bed.shell);
        assert_eq!(refused.message, "work is in the middle of a rebase");
        assert!(refused.hint.unwrap().contains("baton git abort"));
        bed.git("work", &["rebase", "--abort"]);
        bed.pull("merge").failed(bed.shell);
        assert!(bed.path("work/.git/MERGE_HEAD").exists());
        bed.git("work", &["merge", "--abort"]);
        fs::write(bed.path("work/first"), "not committed").unwrap();
        let refused = bed.pull("rebase").failed(bed.shell);
        assert_eq!(refused.code, Code::DirtyWorktree, "{refused:?}");
        assert_eq!(bed.read("work/first"), "not committed");
    }
}

#[test]
fn what_a_pull_has_left_in_the_stash_is_said() {
    let bed = Bed::new(&["sh"]);
    bed.cloned("work");
    bed.git("work", &["config", "rebase.autoStash", "true"]);
    bed.colleague("main", "first", "theirs\n");
    fs::write(bed.path("work/first"), "not committed\n").unwrap();
    let failed = bed.pull("rebase").done(bed.shell).failed.unwrap();
    assert!(failed.message.ends_with("it is kept in the stash"), "{failed:?}");
    assert_eq!(bed.git("work", &["show", "stash:first"]), "not committed");
    bed.git("work", &["checkout", "-q", "-f"]);
    bed.git("work", &["stash", "drop", "-q"]);
    bed.colleague("main", "other", "theirs\n");
    fs::write(bed.path("work/first"), "not committed\n").unwrap();
    assert!(bed.pull("rebase").done(bed.shell).failed.is_none());
    assert_eq!(bed.read("work/first"), "not committed\n");
}

#[test]
fn a_pull_without_an_upstream_or_remote_says_so() {
    let bed = Bed::new(&["sh"]);
    bed.repository("work");
    assert_eq!(bed.pull("").failed(bed.shell).message, "the repository of work has no remote");
    bed.git("work", &["remote", "add", "origin", "/x"]);
    assert_eq!(bed.pull("").failed(bed.shell).message, "main follows no branch of a remote");
    let none = bed.fetch(&["nowhere", ""]).failed(bed.shell);
    assert_eq!(none.code, Code::NotFound);
}

#[test]
fn branches_that_are_gone_are_forgotten_only_when_that_is_asked_for() {
    let bed = Bed::new(&["sh"]);
    bed.cloned("work");
    bed.git("work", &["push", "-q", "origin", "main:old"]);
    bed.git("origin.git", &["branch", "-D", "old"]);
    assert_eq!(bed.fetch(&["", ""]).done(bed.shell).said, "there was nothing new to fetch");
    assert_eq!(
        bed.fetch(&["origin", "1"]).done(bed.shell).said,
        "fetched: a branch or tag has changed"
    );
    assert!(!bed.git("work", &["branch", "-r"]).contains("old"));
}

#[test]
fn names_that_are_options_are_refused() {
    for name in ["", "-x", "--upload-pack=x", "a\nb"] {
        assert_eq!(named("a remote", Some(name)).unwrap_err().code, Code::Usage, "{name:?}");
    }
    assert_eq!(named("a remote", None).unwrap(), "");
}
