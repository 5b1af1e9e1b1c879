#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::git::job_bed::{Bed, Ran};

/// A gh that notes what it is called with, and opens request 7.
const GH: &str = "printf '%s\\n' \"$*\" >>\"$HOME/gh\"\n\
    case $1 in --version) echo 'gh version 2.40.0' ;; auth) echo 'Logged in' >&2 ;;\n\
    pr) for w in \"$@\"; do case $w in */said.body) w=$(cat \"$w\") ;; esac; printf '<%s>' \"$w\" >>\"$HOME/words\"; done; echo 'Creating pull request' >&2; \
    echo https://github.com/ada/work/pull/7 ;; esac\n";

impl Bed {
    fn open(&self, words: [&str; 7]) -> Ran {
        let site = SiteName { host: "box".into(), directory: "work".into() };
        let reader = Reader::new(site, Opened);
        let script = format!("{ENTER}\n{NETWORK}\n{SCRIPT}\n{BEGIN}");
        self.run("work", &script, words, Box::new(reader))
    }

    /// A repository with a branch `topic/nice_thing` of two commits.
    fn with_topic(&self) {
        self.cloned("work");
        self.git("work", &["switch", "-q", "-c", "topic/nice_thing"]);
        self.commit("work", "second", "2\n");
        self.commit("work", "third", "3\n");
    }
}

const PLAIN: [&str; 7] = [""; 7];

#[test]
fn a_request_is_opened_by_the_hosts_gh_after_the_branch_was_pushed() {
    for bed in Bed::all() {
        bed.program("gh", GH);
        bed.with_topic();
        std::fs::write(bed.path("work/loose"), "x").unwrap();
        let opened = bed.open(PLAIN).done(bed.shell);
        assert_eq!(opened.url.as_deref(), Some("https://github.com/ada/work/pull/7"));
        assert_eq!(
            opened.said,
            "opened a pull request of topic/nice_thing into main; a changed file isn't committed, and isn't in it"
        );
        let words =
            "<pr><create><--base><main><--title><nice thing><--body-file><- second\n- third>";
        assert_eq!(bed.read("home/words"), words, "{:?}", bed.shell);
        assert!(bed.read("home/gh").starts_with("--version\nauth status\npr create"));
        assert_eq!(
            bed.git("origin.git", &["log", "-1", "--format=%s", "topic/nice_thing"]),
            "third"
        );
        assert_eq!(
            bed.git("work", &["rev-parse", "--abbrev-ref", "@{upstream}"]),
            "origin/topic/nice_thing"
        );
    }
}

#[test]
fn a_body_that_is_too_long_for_an_argument_and_for_github_is_cut() {
    for bed in Bed::all() {
        bed.program("gh", GH);
        bed.cloned("work");
        bed.git("work", &["switch", "-q", "-c", "topic"]);
        std::fs::write(bed.path("work/second"), "2\n").unwrap();
        bed.git("work", &["add", "."]);
        let message = format!("second\n\na{}\n", "ü".repeat(100_000));
        std::fs::write(bed.path("home/message"), message).unwrap();
        let message = bed.path("home/message").display().to_string();
        bed.git("work", &["commit", "-q", "-F", &message]);
        let opened = bed.open(PLAIN).done(bed.shell);
        assert!(opened.url.is_some(), "{:?}", bed.shell);
        let words = bed.read("home/words");
        let body = words.split("<--body-file><").nth(1).unwrap().strip_suffix('>').unwrap();
        assert!(body.starts_with("aüü") && body.ends_with("üü…"), "{:?}", bed.shell);
        assert!((59_000..60_010).contains(&body.len()), "{:?}: {}", bed.shell, body.len());
    }
}

#[test]
fn a_single_commit_says_it_itself_and_a_person_says_it_better() {
    let bed = Bed::new(&["sh"]);
    bed.program("gh", GH);
    bed.cloned("work");
    bed.git("work", &["switch", "-q", "-c", "one", "--track", "origin/main"]);
    bed.git("work", &["commit", "-q", "--allow-empty", "-m", "Mend it\n\nIt was broken."]);
    bed.open(PLAIN).done(bed.shell);
    assert!(bed.read("home/words").ends_with("<--title><Mend it><--body-file><It was broken.>"));
    // What it followed was somebody else's branch.
    assert_eq!(bed.git("origin.git", &["log", "-1", "--format=%s", "main"]), "first");
    std::fs::remove_file(bed.path("home/words")).unwrap();
    bed.open(["It's \"mine\"", "", "main", "1", "1", "1", ""]).done(bed.shell);
    assert!(bed.read("home/words").ends_with("<--title><It's \"mine\"><--body-file><><--draft>"));
}

#[test]
fn what_stands_in_the_way_is_said_with_what_to_do() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.repository("work");
        assert_eq!(bed.open(PLAIN).failed(shell).message, "the repository of work has no remote");
        drop(bed);
        let bed = Bed::new(shell);
        bed.with_topic();
        let missing = bed.open(PLAIN).failed(shell);
        assert_eq!((missing.code, &*missing.message), (Code::NotFound, "there is no gh on box"));
        bed.program("gh", "case $1 in auth) echo 'You are not logged into any GitHub hosts.' >&2; exit 1 ;; esac\n");
        let login = bed.open(PLAIN).failed(shell);
        assert_eq!(login.code, Code::AuthRefused);
        assert!(
            login.message.contains("isn't logged in on box")
                && login.hint.unwrap().contains("gh auth login")
        );
        // Nothing was pushed for nothing.
        assert!(!bed.git("origin.git", &["branch"]).contains("topic"));
        bed.program("gh", GH);
        let base = bed.open(["", "", "topic/nice_thing", "", "", "", ""]).failed(shell);
        assert!(base.message.contains("merged into itself"), "{base:?}");
        bed.git("work", &["switch", "-q", "-c", "idle", "main"]);
        let nothing = bed.open(PLAIN).failed(shell);
        assert_eq!(nothing.message, "idle has no commit that main doesn't have");
        bed.git("work", &["checkout", "-q", "--detach"]);
        assert!(bed.open(PLAIN).failed(shell).message.contains("detached"));
    }
}

#[test]
fn a_request_for_a_branch_that_is_no_longer_checked_out_is_refused_before_anything_is_pushed() {
    for bed in Bed::all() {
        let (shell, named) = (bed.shell, ["", "", "", "", "", "", "topic/nice_thing"]);
        bed.program("gh", GH);
        bed.with_topic();
        // An agent has switched meanwhile.
        bed.git("work", &["switch", "-q", "-c", "other"]);
        bed.commit("work", "fourth", "4\n");
        let refused = bed.open(named).failed(shell);
        assert_eq!(refused.code, Code::Conflict, "{shell:?}");
        assert_eq!(refused.message, "other is checked out there, and not topic/nice_thing");
        assert_eq!(bed.git("origin.git", &["branch", "--format=%(refname:short)"]), "main");
        assert_eq!(bed.read("home/gh"), "", "{shell:?}");
        bed.git("work", &["switch", "-q", "topic/nice_thing"]);
        assert!(bed.open(named).done(shell).said.contains("of topic/nice_thing into main"));
    }
}

#[test]
fn a_branch_that_is_left_while_it_is_pushed_gets_no_request_of_another_one() {
    for bed in Bed::all() {
        bed.program("gh", GH);
        bed.with_topic();
        for (leaves, now) in [
            ("git checkout -q main\n", "gh would have taken main"),
            ("git checkout -q --detach\n", "no branch is"),
        ] {
            bed.git("work", &["checkout", "-q", "topic/nice_thing"]);
            bed.commit("work", "one more", now);
            bed.executable("work/.git/hooks/pre-push", leaves);
            let left = bed.open(PLAIN).failed(bed.shell);
            let said =
                format!("topic/nice_thing was pushed, and isn't checked out any more: {now}");
            assert_eq!(left.message, said, "{:?}", bed.shell);
            assert!(!bed.read("home/gh").contains("pr create"), "{:?}", bed.shell);
        }
    }
}

#[test]
fn a_request_that_is_there_is_the_answer_and_what_gh_refuses_is_told() {
    let bed = Bed::new(&["sh"]);
    bed.with_topic();
    bed.program(
        "gh",
        "case $1 in pr) printf 'a pull request for branch \"x\" into branch \"main\" already exists:\\nhttps://github.com/a/b/pull/3\\n' >&2; exit 1;; esac\n",
    );
    let there = bed.open(PLAIN).done(bed.shell);
    assert_eq!(there.url.as_deref(), Some("https://github.com/a/b/pull/3"));
    assert!(there.said.contains("has a pull request already"), "{there:?}");
    bed.program("gh", "case $1 in pr) echo 'GraphQL: Head sha is wrong' >&2; exit 1;; esac\n");
    let refused = bed.open(PLAIN).failed(bed.shell);
    assert!(refused.message.contains("Head sha is wrong"), "{refused:?}");
    bed.program("gh", "exit 0\n");
    assert_eq!(bed.open(PLAIN).failed(bed.shell).code, Code::Internal);
    bed.colleague("topic/nice_thing", "theirs", "t\n");
    bed.git("work", &["commit", "-q", "--amend", "-m", "other"]);
    let behind = bed.open(PLAIN).failed(bed.shell);
    assert!(behind.message.contains("commits of topic/nice_thing that aren't here"), "{behind:?}");
}

#[test]
fn a_login_for_another_machine_that_is_no_longer_good_stands_in_nobodys_way() {
    for bed in Bed::all() {
        bed.with_topic();
        let auth = "case \"$*\" in 'auth status') echo 'ghe.example.org: the token is invalid' >&2; exit 1 ;;\n\
            'auth status --hostname github.com') exit 0 ;; 'auth status'*) exit 1 ;; esac\n";
        bed.program("gh", &format!("{auth}{GH}"));
        let origin = bed.path("origin.git");
        bed.git("work", &["config", "url.file://.insteadOf", "https://ada@github.com:443"]);
        let url = format!("https://ada@github.com:443{}", origin.display());
        bed.git("work", &["remote", "set-url", "origin", &url]);
        let opened = bed.open(PLAIN).done(bed.shell);
        assert_eq!(
            opened.url.as_deref(),
            Some("https://github.com/ada/work/pull/7"),
            "{:?}",
            bed.shell
        );
        bed.git("work", &["remote", "set-url", "origin", origin.to_str().unwrap()]);
        assert_eq!(bed.open(PLAIN).failed(bed.shell).code, Code::AuthRefused, "{:?}", bed.shell);
    }
}

#[test]
fn whose_branch_it_is_gh_finds_out_by_what_was_pushed_and_else_is_told_its_name() {
    for bed in Bed::all() {
        bed.program("gh", GH);
        bed.with_topic();
        bed.git(
            "work",
            &["config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"],
        );
        bed.open(PLAIN).done(bed.shell);
        assert!(bed.read("home/words").ends_with("<--head><topic/nice_thing>"), "{:?}", bed.shell);
    }
}

#[test]
fn what_no_program_can_be_given_is_refused_before_anything_is_pushed() {
    let bed = Bed::new(&["sh"]);
    bed.with_topic();
    bed.program(
        "gh",
        "echo \"unknown command 'status' for 'gh auth'\" >&2; [ \"$1\" = --version ]\n",
    );
    let old = bed.open(PLAIN).failed(bed.shell);
    assert_eq!(old.code, Code::Unsupported, "{old:?}");
    assert!(!bed.git("origin.git", &["branch"]).contains("topic"));
}

#[test]
fn a_remote_that_gh_does_not_know_is_no_missing_login_and_the_push_is_said() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.with_topic();
        let says = |words: &str| format!("case $1 in pr) echo \"{words}\" >&2; exit 1 ;; esac\n");
        bed.program("gh", &says("none of the git remotes configured for this repository point to a known GitHub host. To tell gh about a new GitHub host, please use `gh auth login`").replace('`', "\\`"));
        let strange = bed.open(PLAIN).failed(shell);
        assert_eq!(strange.code, Code::Conflict, "{shell:?}: {strange:?}");
        assert!(
            strange.message.starts_with("the branch was pushed, but none of its remotes"),
            "{strange:?}"
        );
        assert!(bed.git("origin.git", &["branch"]).contains("topic"));
        bed.program("gh", &says("HTTP 401: try authenticating with: gh auth login"));
        let refused = bed.open(PLAIN).failed(shell);
        assert_eq!(refused.code, Code::AuthRefused, "{shell:?}: {refused:?}");
        assert!(
            refused.message.starts_with("the branch was pushed, but gh was refused"),
            "{refused:?}"
        );
    }
}
