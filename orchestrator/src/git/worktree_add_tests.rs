#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::git::job_bed::{Bed, Ran};
use crate::seam::At;

const TEMPLATE: &str = "../{repo}-worktrees/{branch}";

fn wish(branch: &str) -> AddWorktree {
    AddWorktree {
        at: At::Host { host: "box".into(), directory: None },
        branch: branch.into(),
        base: None,
        path: None,
        set_up: None,
        session: None,
    }
}

impl Bed {
    fn add(&self, directory: &str, wish: &AddWorktree) -> Ran {
        self.add_with(directory, words(wish, TEMPLATE).unwrap())
    }

    fn add_with(&self, directory: &str, words: Vec<Vec<u8>>) -> Ran {
        let site = SiteName { host: "box".into(), directory: directory.into() };
        let reader = Reader::new(site, Made);
        let script = format!("{ENTER}\n{NETWORK}\n{WORKTREES}\n{ADD}\n{BEGIN}");
        self.run(directory, &script, words, Box::new(reader))
    }

    fn branch_at(&self, directory: &str) -> String {
        let branch = self.git(directory, &["symbolic-ref", "HEAD"]);
        branch.strip_prefix("refs/heads/").unwrap().to_owned()
    }

    fn text(&self, below: &str) -> String {
        self.path(below).display().to_string()
    }
}

fn at(path: &Outcome) -> String {
    path.path.as_ref().unwrap().text().unwrap().to_owned()
}

#[test]
fn a_new_branch_gets_a_worktree_beside_the_repository_and_follows_nothing() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.git("work", &["config", "branch.autoSetupMerge", "always"]);
        let made =
            bed.add("work", &wish("feature/new thing".replace(' ', "-").as_str())).done(bed.shell);
        assert_eq!(at(&made), bed.text("work-worktrees/feature-new-thing"), "{:?}", bed.shell);
        assert_eq!(bed.branch_at("work-worktrees/feature-new-thing"), "feature/new-thing");
        assert!(made.failed.is_none() && made.branch_mismatch.is_none());
        let follows =
            bed.git("work", &["for-each-ref", "--format=%(upstream)", "refs/heads/feature"]);
        assert_eq!(follows, "");
        // From within a worktree, it begins where that is, and lies beside the repository, too.
        bed.commit("work-worktrees/feature-new-thing", "there", "t\n");
        bed.add("work-worktrees/feature-new-thing", &wish("next")).done(bed.shell);
        assert_eq!(bed.git("work-worktrees/next", &["log", "-1", "--format=%s"]), "there");
        let base = AddWorktree { base: Some("origin/main".into()), ..wish("based") };
        bed.add("work-worktrees/next", &base).done(bed.shell);
        assert_eq!(bed.git("work-worktrees/based", &["log", "-1", "--format=%s"]), "first");
        assert_eq!(
            bed.git("work", &["for-each-ref", "--format=%(upstream)", "refs/heads/based"]),
            ""
        );
    }
}

#[test]
fn a_branch_is_never_taken_for_a_tag_of_its_name() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.git("work", &["branch", "x"]);
        bed.commit("work", "second", "2\n");
        bed.git("work", &["tag", "x"]);
        bed.git("work", &["tag", "base"]);
        bed.git("work", &["branch", "base", "x~1"]);
        let made = bed.add("work", &wish("x")).done(bed.shell);
        assert_eq!(bed.branch_at("work-worktrees/x"), "x", "{made:?}");
        assert_eq!(bed.git("work-worktrees/x", &["log", "-1", "--format=%s"]), "first");
        let again = bed.add("work", &wish("x")).done(bed.shell);
        assert!(again.branch_mismatch.is_none(), "{again:?}");
        bed.add("work", &AddWorktree { base: Some("base".into()), ..wish("y") }).done(bed.shell);
        assert_eq!(bed.git("work-worktrees/y", &["log", "-1", "--format=%s"]), "first");
    }
}

#[test]
fn a_branch_of_a_remote_becomes_one_that_follows_it() {
    for bed in Bed::all() {
        bed.cloned("work");
        bed.git("work", &["push", "-q", "origin", "main:topic/a", "main:b"]);
        bed.git("work", &["fetch", "-q"]);
        let made = bed.add("work", &wish("origin/topic/a")).done(bed.shell);
        assert!(made.said.starts_with("topic/a follows origin/topic/a"), "{made:?}");
        assert_eq!(bed.branch_at("work-worktrees/origin-topic-a"), "topic/a");
        let upstream = |branch: &str| {
            bed.git("work", &["rev-parse", "--abbrev-ref", &format!("{branch}@{{upstream}}")])
        };
        assert_eq!(upstream("topic/a"), "origin/topic/a");
        // The same by its own name alone, as `git switch` has it.
        bed.add("work", &wish("b")).done(bed.shell);
        assert_eq!(upstream("b"), "origin/b");
        // Once more: it is there.
        let again = bed.add("work", &wish("origin/topic/a")).done(bed.shell);
        assert!(again.branch_mismatch.is_none() && again.said.contains("already"), "{again:?}");
    }
}

#[test]
fn what_is_at_the_path_already_is_told_apart() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.repository("work");
        bed.repository("stranger");
        let with =
            |branch: &str, path: &str| AddWorktree { path: Some(path.into()), ..wish(branch) };
        let refused = |branch: &str, path: &str| bed.add("work", &with(branch, path)).failed(shell);

        let inside = refused("a", "inside");
        assert!(
            inside.code == Code::Conflict && inside.message.contains("inside of"),
            "{inside:?}"
        );
        // By whatever way it gets there.
        symlink(bed.path("work"), bed.path("link")).unwrap();
        for path in ["../link/in", "../work/deep/er", "../nothing/../work/x", "./.git/x"] {
            let refused = refused("a", path);
            assert!(matches!(refused.code, Code::Conflict | Code::Usage), "{path}: {refused:?}");
        }
        let itself = refused("a", ".");
        assert!(itself.message.contains("is the repository itself"), "{itself:?}");
        let other = refused("a", "../stranger");
        assert!(other.message.ends_with("belongs to another repository"), "{other:?}");
        fs::create_dir(bed.path("full")).unwrap();
        fs::write(bed.path("full/file"), "mine").unwrap();
        let full = refused("a", "../full");
        assert!(full.message.contains("isn't empty"), "{full:?}");
        assert_eq!(bed.read("full/file"), "mine");
        let file = refused("a", "../full/file");
        assert!(file.message.contains("a file stands in the way"), "{file:?}");
        symlink("/nowhere", bed.path("dangling")).unwrap();
        assert!(refused("a", "../dangling").message.contains("stands in the way"));
        assert_eq!(bed.git("work", &["worktree", "list"]).lines().count(), 1, "{shell:?}");
        assert_eq!(bed.git("work", &["branch", "--format=%(refname:short)"]), "main");

        // An empty one is used.
        fs::create_dir(bed.path("empty")).unwrap();
        let made = bed.add("work", &with("a", "../empty")).done(shell);
        assert_eq!(at(&made), bed.text("empty"));
        // One that is there is used, and it is said when it has another branch.
        let again = bed.add("work", &with("a", "../empty/")).done(shell);
        assert!(again.branch_mismatch.is_none() && again.said.contains("already"), "{again:?}");
        let mismatch = bed.add("work", &with("b", "../empty")).done(shell);
        assert_eq!(mismatch.branch_mismatch.as_deref(), Some("a"));
        assert_eq!(bed.branch_at("empty"), "a");
        // And inside of that one none is made.
        assert!(refused("c", "../empty/c").message.contains("inside of"));
        let used = refused("a", "../second");
        assert!(
            used.code == Code::Conflict && used.message.contains(&bed.text("empty")),
            "{used:?}"
        );
        let main = refused("main", "../second");
        assert!(main.message.contains(&bed.text("work")), "{main:?}");
        assert!(!bed.path("second").exists());
    }
}

#[test]
fn names_from_hell_are_only_names() {
    for bed in Bed::all() {
        let odd = "wo'r k$(touch pwned)\n";
        bed.repository(odd);
        let made = bed.add(odd, &wish("it's;$(touch${IFS}pwned)")).done(bed.shell);
        let path = at(&made);
        assert!(path.ends_with("pwned)\n-worktrees/it's;$(touch${IFS}pwned)"), "{path:?}");
        assert!(fs::exists(&path).unwrap());
        assert!(!bed.path("pwned").exists() && !bed.path(odd).join("pwned").exists());
    }
}

#[test]
fn bad_names_and_bases_are_refused() {
    for name in ["", "-x", "a\nb"] {
        assert_eq!(words(&wish(name), TEMPLATE).unwrap_err().code, Code::Usage, "{name:?}");
    }
    for bed in Bed::all() {
        bed.repository("work");
        let refused = bed.add("work", &wish("a..b")).failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::Usage, "a branch can't be called a..b")
        );
        let refused = bed
            .add("work", &AddWorktree { base: Some("gone".into()), ..wish("a") })
            .failed(bed.shell);
        assert_eq!(
            (refused.code, &*refused.message),
            (Code::NotFound, "there is no branch, tag or commit gone to begin at")
        );
        bed.git(".", &["init", "-q", "fresh"]);
        let refused = bed.add("fresh", &wish("a")).failed(bed.shell);
        assert!(refused.message.contains("no commit yet"), "{refused:?}");
        let outside = bed.add("home", &wish("a")).failed(bed.shell);
        assert_eq!(outside.code, Code::NotARepository);
    }
}

#[test]
fn a_bare_repository_has_worktrees_as_well() {
    for bed in Bed::all() {
        bed.cloned("work");
        let made = bed.add("origin.git", &wish("x")).done(bed.shell);
        assert_eq!(at(&made), bed.text("origin-worktrees/x"));
        // A bare one in a directory of its own, as some like it: worktrees lie beside the git directory.
        bed.git(".", &["clone", "-q", "--bare", "origin.git", "proj/.git"]);
        let beside = AddWorktree { path: Some("y".into()), ..wish("y") };
        let made = bed.add("proj", &beside).done(bed.shell);
        assert_eq!(at(&made), bed.text("proj/y"));
        let inside = AddWorktree { path: Some(".git/z".into()), ..wish("z") };
        assert!(bed.add("proj", &inside).failed(bed.shell).message.contains("inside of"));
    }
}

#[test]
fn a_set_up_runs_in_the_worktree_and_its_failure_keeps_that() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.executable(
            "work/.baton/worktree-setup",
            "echo \"in $(pwd -P)\"; echo \"$BATON_WORKTREE_PATH|$BATON_WORKTREE_BRANCH|$BATON_MAIN_REPO_PATH|$BATON_BASE_BRANCH\"\n",
        );
        bed.git("work", &["add", "."]);
        bed.git("work", &["commit", "-q", "-m", "setup"]);
        let ran = bed.add("work", &wish("a"));
        let (work, path) = (bed.text("work"), bed.text("work-worktrees/a"));
        assert!(
            ran.output.contains(&format!("in {path}\n{path}|a|{work}|main\n")),
            "{:?}: {}",
            bed.shell,
            ran.output
        );
        assert!(ran.progress.iter().any(|progress| progress.doing == "setting it up"));
        assert!(ran.done(bed.shell).failed.is_none());

        let failing = AddWorktree { set_up: Some("echo half-way; exit 7".into()), ..wish("b") };
        let made = bed.add("work", &failing).done(bed.shell);
        let failed = made.failed.unwrap();
        assert_eq!(
            (failed.code, &*failed.message),
            (Code::Conflict, "the set-up failed with status 7")
        );
        assert_eq!(bed.branch_at("work-worktrees/b"), "b");
        let none = bed.add("work", &AddWorktree { set_up: Some(String::new()), ..wish("c") });
        assert!(!none.output.contains("in /"), "{}", none.output);
        assert!(none.done(bed.shell).failed.is_none());
    }
}

#[test]
fn a_set_up_that_another_branch_brings_is_not_run_unasked() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.cloned("work");
        let set_up = |directory: &str, text: &str| {
            bed.executable(&format!("{directory}/.baton/worktree-setup"), text);
            bed.git(directory, &["add", "."]);
            bed.git(directory, &["commit", "-q", "-m", "set-up"]);
        };
        set_up("work", "echo ours\n");
        bed.git("work", &["push", "-q"]);
        bed.git(".", &["clone", "-q", "origin.git", "other"]);
        bed.git("other", &["checkout", "-q", "-b", "theirs"]);
        set_up("other", "echo theirs\n");
        bed.git("other", &["push", "-q", "origin", "theirs", "main:same"]);
        bed.git("work", &["fetch", "-q"]);

        let ran = bed.add("work", &wish("origin/theirs"));
        assert!(!ran.output.contains("theirs\n"), "{shell:?}: {}", ran.output);
        let made = ran.done(shell);
        assert!(made.said.contains("and was not run"), "{shell:?}: {made:?}");
        // A new branch that begins at theirs, too; and the one that is ours brings what is ours.
        let new = AddWorktree { base: Some("origin/theirs".into()), ..wish("new") };
        assert!(bed.add("work", &new).done(shell).said.contains("and was not run"), "{shell:?}");
        for branch in ["origin/same", "more"] {
            let ran = bed.add("work", &wish(branch));
            assert!(ran.output.contains("ours\n"), "{shell:?}: {}", ran.output);
        }
        // Who trusts it says so; and one that is at work on a set-up of its own goes on with it.
        let trusted =
            AddWorktree { set_up: Some("./.baton/worktree-setup".into()), ..wish("trusted") };
        let trusted = AddWorktree { base: Some("origin/theirs".into()), ..trusted };
        assert!(bed.add("work", &trusted).output.contains("theirs\n"), "{shell:?}");
        bed.git("work-worktrees/more", &["checkout", "-q", "-b", "better"]);
        set_up("work-worktrees/more", "echo better; [ -e mended ]\n");
        let begun = bed.add("work-worktrees/more", &wish("onward"));
        assert!(begun.output.contains("better\n"), "{shell:?}: {}", begun.output);
        bed.executable("work-worktrees/onward/.baton/worktree-setup", "echo mended\n");
        let again = bed.add("work", &wish("onward"));
        assert!(again.output.contains("mended\n"), "{shell:?}: {}", again.output);
    }
}

#[test]
fn a_worktree_that_is_removed_under_its_set_up_is_said_to_be() {
    for bed in Bed::all() {
        bed.repository("work");
        let line = "rm -rf \"$BATON_WORKTREE_PATH\"";
        let add = AddWorktree { set_up: Some(line.into()), ..wish("a") };
        let failed = bed.add("work", &add).failed(bed.shell);
        assert!(failed.message.contains("was removed while"), "{:?}: {failed:?}", bed.shell);
    }
}

#[test]
fn branches_that_share_a_path_are_told_apart() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.add("work", &wish("feature/x")).done(bed.shell);
        let other = bed.add("work", &wish("feature-x")).done(bed.shell);
        assert_eq!(other.branch_mismatch.as_deref(), Some("feature/x"), "{:?}", bed.shell);
        assert_eq!(other.failed.unwrap().code, Code::Conflict, "{:?}", bed.shell);
    }
}

#[test]
fn a_set_up_that_came_to_no_good_end_is_run_again_when_its_worktree_is_wished_again() {
    for bed in Bed::all() {
        bed.repository("work");
        let line = "echo \"$BATON_WORKTREE_BRANCH|$BATON_BASE_BRANCH\" >>ran; [ -e mended ]";
        let add = AddWorktree { set_up: Some(line.into()), ..wish("a") };
        let ran = || bed.read("work-worktrees/a/ran").lines().count();
        assert!(bed.add("work", &add).done(bed.shell).failed.is_some());
        let none = AddWorktree { set_up: Some(String::new()), ..wish("a") };
        let said = bed.add("work", &none).done(bed.shell).said;
        assert!(said.ends_with("and was not run again"), "{:?}: {said}", bed.shell);
        assert_eq!(ran(), 1);
        assert!(bed.add("work", &add).done(bed.shell).failed.is_some());
        fs::write(bed.path("work-worktrees/a/mended"), "").unwrap();
        let again = bed.add("work", &add).done(bed.shell);
        assert!(again.failed.is_none(), "{:?}: {again:?}", bed.shell);
        assert!(again.said.ends_with("and was run again"), "{:?}: {again:?}", bed.shell);
        assert_eq!(bed.read("work-worktrees/a/ran"), "a|main\na|main\na|main\n");
        // It is over now.
        let over = bed.add("work", &add).done(bed.shell);
        assert!(over.said.ends_with("already"), "{over:?}");
        assert_eq!(ran(), 3);
    }
}

#[test]
fn a_set_up_that_takes_too_long_is_ended_with_all_that_it_has_started() {
    for bed in Bed::all() {
        bed.repository("work");
        let line = "sleep 1234 & echo $! >pids; echo $$ >>pids; trap '' TERM; sleep 1235";
        let slow = AddWorktree { set_up: Some(line.into()), ..wish("a") };
        let mut words = words(&slow, TEMPLATE).unwrap();
        *words.last_mut().unwrap() = b"1".to_vec();
        let made = bed.add_with("work", words).done(bed.shell);
        let failed = made.failed.unwrap();
        assert_eq!(failed.code, Code::TimedOut, "{:?}: {failed:?}", bed.shell);
        for pid in bed.read("work-worktrees/a/pids").lines() {
            let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // A zombie that its new parent hasn't looked at yet is dead; one that was killed may still be on its way.
            let is_dead = || stat().is_empty() || stat().contains(") Z ");
            let began = std::time::Instant::now();
            while !is_dead() && began.elapsed() < std::time::Duration::from_secs(20) {
                std::thread::yield_now();
            }
            assert!(is_dead(), "{:?}: {}", bed.shell, stat());
        }
    }
}

#[test]
fn templates_are_filled_once() {
    for bed in Bed::all() {
        bed.repository("{branch}");
        let words = words(&wish("a/b"), "~/w/{repo}/{branch}/{branch}").unwrap();
        let made = bed.add_with("{branch}", words).done(bed.shell);
        assert_eq!(at(&made), bed.text("home/w/{branch}/a-b/a-b"));
    }
}

#[test]
fn a_hook_that_fails_behind_the_checkout_takes_no_worktree_away() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.executable("work/.git/hooks/post-checkout", "echo 'no large files here' >&2; exit 2\n");
        let set_up = AddWorktree { set_up: Some("echo done >set-up".into()), ..wish("topic") };
        let made = bed.add("work", &set_up).done(bed.shell);
        assert_eq!(at(&made), bed.text("work-worktrees/topic"), "{:?}", bed.shell);
        let failed = made.failed.unwrap();
        assert_eq!(failed.message, "a hook behind the checkout failed with status 2");
        assert_eq!(bed.read("work-worktrees/topic/set-up"), "done\n", "{:?}", bed.shell);
        assert_eq!(bed.branch_at("work-worktrees/topic"), "topic", "{:?}", bed.shell);
    }
}

#[test]
fn one_whose_directory_is_gone_is_said_to_be_forgotten_first() {
    for bed in Bed::all() {
        bed.repository("work");
        let made = bed.add("work", &wish("topic")).done(bed.shell);
        fs::remove_dir_all(at(&made)).unwrap();
        let path = Some(FilePath::from(at(&made)));
        let refused = bed.add("work", &AddWorktree { path, ..wish("other") }).failed(bed.shell);
        assert!(refused.message.ends_with("and its directory is gone"), "{refused:?}");
        assert!(refused.hint.unwrap().contains("worktree prune"), "{:?}", bed.shell);
    }
}

#[test]
fn a_checkout_that_was_killed_is_never_taken_for_a_worktree() {
    for bed in Bed::all() {
        bed.repository("work");
        fs::write(bed.path("work/.gitattributes"), "first filter=slow\n").unwrap();
        bed.commit("work", "second", "two\n");
        // Whoever checks the first file out is killed, with the git that has begun it.
        let ended = "kill -KILL $(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$PPID/stat) $PPID";
        bed.git("work", &["config", "filter.slow.smudge", ended]);
        let broken = bed.add("work", &wish("a")).failed(bed.shell);
        let there = bed.text("work-worktrees/a");
        let words =
            format!("the checkout of {there} never came to an end: files are missing there");
        assert_eq!((broken.code, broken.message), (Code::Conflict, words.clone()));
        bed.git("work", &["config", "filter.slow.smudge", "cat"]);
        let again = bed.add("work", &wish("a")).failed(bed.shell);
        assert_eq!((again.code, again.message), (Code::Conflict, words));
        bed.git("work", &["worktree", "remove", "--force", "--force", &there]);
        bed.add("work", &wish("a")).done(bed.shell);
        assert_eq!(bed.read("work-worktrees/a/first"), "one\n");
    }
}

#[test]
fn no_worktree_becomes_a_change_in_another_repository() {
    for bed in Bed::all() {
        bed.repository("work");
        bed.repository("other");
        let at = |path: &str| AddWorktree { path: Some(path.into()), ..wish("a") };
        let refused = bed.add("work", &at("../other/deep/a")).failed(bed.shell);
        assert!(refused.code == Code::Conflict && refused.message.contains(&bed.text("other")));
        assert!(!bed.path("other/deep").exists());
        assert_eq!(bed.git("work", &["branch", "--format=%(refname:short)"]), "main");
        // What that one ignores is no change there.
        fs::write(bed.path("other/.gitignore"), "deep/\n").unwrap();
        bed.add("work", &at("../other/deep/a")).done(bed.shell);
        assert!(bed.path("other/deep/a/first").exists());
        // A repository that lies in another one, as in a home that is one, has its worktrees beside it.
        bed.repository("other/nested");
        bed.add("other/nested", &wish("a")).done(bed.shell);
        assert!(bed.path("other/nested-worktrees/a/first").exists(), "{:?}", bed.shell);
    }
}

#[test]
fn a_worktree_that_cannot_be_made_leaves_no_branch_behind_that_was_made_for_it() {
    for bed in Bed::all() {
        let shell = bed.shell;
        bed.cloned("work");
        bed.git("work", &["push", "-q", "origin", "main:far"]);
        bed.git("work", &["fetch", "-q"]);
        bed.git("work", &["branch", "old"]);
        // Nobody makes directories there.
        let nowhere = |branch: &str| AddWorktree { path: Some("/proc/x".into()), ..wish(branch) };
        for branch in ["new", "far", "old"] {
            let failed = bed.add("work", &nowhere(branch)).failed(shell);
            assert!(failed.message.starts_with("could not create leading"), "{failed:?}");
        }
        let branches = bed.git("work", &["branch", "--format=%(refname:short)"]);
        assert_eq!(branches, "main\nold", "{shell:?}: it stood there before");
        assert!(!bed.read("work/.git/config").contains("[branch \"far\"]"), "{shell:?}");
        // The next one begins where it is wanted then.
        bed.commit("work", "second", "2\n");
        bed.add("work", &wish("new")).done(shell);
        assert_eq!(bed.git("work-worktrees/new", &["log", "-1", "--format=%s"]), "second");
    }
}
