//! Making a worktree and setting it up: a run on the host.

use super::call::ENTER;
use super::network::{NETWORK, SiteName};
use super::network_reader::{Heard, Judge, Reader};
use super::network_told::Told;
use super::worktree::{WORKTREES, half};
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::operation::Job;
use crate::seam::{AddWorktree, FilePath, Outcome};

/// Makes it; `worktree.sh` and `network.sh` stand before it.
const ADD: &str = include_str!("scripts/worktree_add.sh");

/// Descriptor 3 is the reader's.
const BEGIN: &str = "exec 3>&2 2>&1\nbn_begin\nbw_add \"$@\"\nbn_end $?\n";

/// How long a set-up may take: what Maestro grants.
const SET_UP_SECONDS: u32 = 600;

/// How to make a worktree at `reached`; `template` is where it lies when nobody says it.
///
/// # Errors
///
/// `usage` for what can't be a branch, a path or a line.
pub(crate) fn job(add: &AddWorktree, reached: &Reached, template: &str) -> Result<Job, Failure> {
    let script = format!("{ENTER}\n{NETWORK}\n{WORKTREES}\n{ADD}\n{BEGIN}");
    let title = format!("git worktree add {}", add.branch);
    let reader = Box::new(Reader::at(reached, Made));
    Ok(Job::script(reached, &title, &script, words(add, template)?, reader))
}

/// What the script is called with.
fn words(add: &AddWorktree, template: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let usage = |message: String, hint: &str| Err(Failure::new(Code::Usage, message).hint(hint));
    for (what, name) in [("a branch", Some(&add.branch)), ("a base", add.base.as_ref())] {
        let Some(name) = name else { continue };
        if name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control) {
            return usage(
                format!("{what} can't be called {name:?}"),
                "`git check-ref-format --branch NAME` says what can be",
            );
        }
    }
    let path = add.path.as_ref().map(FilePath::bytes).unwrap_or_default();
    if path.contains(&0) || add.path.is_some() && path.is_empty() {
        return usage(
            "the path is empty, or holds a NUL byte".into(),
            "Leave it out for one that is made of the branch",
        );
    }
    let (how, line) = match add.set_up.as_deref() {
        None => ("own", ""),
        Some(line) if line.trim().is_empty() => ("", ""),
        Some(line) => ("line", line),
    };
    if line.contains('\0') {
        return usage("the set-up holds a NUL byte".into(), "No shell can be given one");
    }
    let seconds = SET_UP_SECONDS.to_string();
    let base = add.base.as_deref().unwrap_or_default();
    let words = [
        add.branch.as_bytes(),
        base.as_bytes(),
        path,
        template.as_bytes(),
        how.as_bytes(),
        line.as_bytes(),
        seconds.as_bytes(),
    ];
    Ok(words.map(<[u8]>::to_vec).to_vec())
}

#[derive(Debug)]
struct Made;

impl Judge for Made {
    fn doing(&self, key: &str, _told: &Told) -> Option<&'static str> {
        match key {
            "setting_up" => Some("setting it up"),
            "made" => Some("checking it out"),
            _ => None,
        }
    }

    fn judge(&self, heard: &Heard, tail: &[u8]) -> Result<Outcome, Failure> {
        let Heard { site, told, status, .. } = heard;
        if told.has("vanished") {
            let message = format!("{} was removed while it was set up", path(told));
            return Err(Failure::new(Code::Conflict, message)
                .hint("Make it again")
                .on(site.host.clone()));
        }
        if told.has("is_made") {
            return Ok(made(told, site, *status));
        }
        if told.has("there") && (*status == Some(0) || told.has("setting_up")) {
            return Ok(there(told, site, *status));
        }
        Err(match refusal(&told.text("why"), told) {
            Some(failure) => failure.on(site.host.clone()),
            None => heard.refused("git worktree add", tail),
        })
    }
}

/// Where it is, for a person.
fn path(told: &Told) -> FilePath {
    FilePath(told.bytes("path").unwrap_or_default().to_vec())
}

/// It was made; perhaps its set-up failed.
fn made(told: &Told, site: &SiteName, status: Option<u8>) -> Outcome {
    let (branch, path) = (told.text("branch"), path(told));
    let mut said = match told.text("made").as_str() {
        "checkout" => format!("{branch} is checked out in {path}"),
        "new" => format!("{branch} is new, and checked out in {path}"),
        remote => format!("{branch} follows {remote}, and is checked out in {path}"),
    };
    if told.has("base_unused") {
        said.push_str(&format!(
            "; the branch was there already, and {} counts for nothing",
            told.text("base_unused")
        ));
    }
    if told.has("not_executable") {
        said.push_str("; its .baton/worktree-setup may not be executed, and was not run");
    }
    if told.has("strange") {
        said.push_str(STRANGE);
    }
    let hook = told.has("hook").then(|| {
        let message =
            format!("a hook behind the checkout failed with status {}", told.text("hook"));
        Failure::new(Code::Conflict, message)
            .hint("The worktree is there; what the hook has printed says more")
    });
    let failed = set_up_failure(told, status).or(hook);
    let failed = failed.map(|failure| failure.on(site.host.clone()));
    Outcome { said, path: Some(path), failed, ..Outcome::default() }
}

/// A branch may be anybody's, and so may be what it brings.
const STRANGE: &str = "; its .baton/worktree-setup is not the repository's own, and was not run: read it, and run it there if you trust it";

/// How its set-up failed.
fn set_up_failure(told: &Told, status: Option<u8>) -> Option<Failure> {
    let again = "The worktree stays; what the set-up has printed says more. Mend it, and the same `baton worktree add` runs it again; or remove the worktree";
    let ended = told.text("set_up");
    match ended.as_str() {
        "0" => None,
        "" if !told.has("setting_up") && status == Some(0) => None,
        "" => Some(Failure::new(Code::Internal, "the set-up was broken off").hint(again)),
        "late" => Some(
            Failure::new(
                Code::TimedOut,
                format!("the set-up was ended after {} minutes", SET_UP_SECONDS / 60),
            )
            .hint(again),
        ),
        status => Some(
            Failure::new(Code::Conflict, format!("the set-up failed with status {status}"))
                .hint(again),
        ),
    }
}

/// It was there already.
fn there(told: &Told, site: &SiteName, status: Option<u8>) -> Outcome {
    let (branch, path) = (told.text("branch"), path(told));
    if !told.has("mismatch") {
        let mut said = format!("{branch} is checked out in {path} already");
        if told.has("setting_up") {
            said.push_str("; its set-up had not come to a good end, and was run again");
        } else if told.has("strange") {
            said.push_str(STRANGE);
        } else if told.has("unfinished") {
            said.push_str("; its set-up has not come to a good end, and was not run again");
        }
        let failed = set_up_failure(told, status).map(|failure| failure.on(site.host.clone()));
        return Outcome { said, path: Some(path), failed, ..Outcome::default() };
    }
    let has = told.text("mismatch");
    let shown = if has.is_empty() { "no branch".to_owned() } else { has.clone() };
    let said =
        format!("{path} is a worktree already, and has {shown} checked out instead of {branch}");
    let failed = Failure::new(Code::Conflict, said.clone())
        .hint("Name the branch that it has, or another directory with --path")
        .on(site.host.clone());
    Outcome {
        said,
        path: Some(path),
        branch_mismatch: Some(has),
        failed: Some(failed),
        ..Outcome::default()
    }
}

/// A reason of our script's; `None` for one that others have words for.
fn refusal(why: &str, told: &Told) -> Option<Failure> {
    let (what, branch) =
        (FilePath(told.bytes("what").unwrap_or_default().to_vec()), told.text("branch"));
    let fail = Failure::new;
    Some(match why {
        "inside" => fail(Code::Conflict, format!("a worktree can't lie inside of {what}: it would be a change there"))
            .hint("Choose a directory beside the repository with --path"),
        "inside_other" => fail(Code::Conflict, format!("{what} is another repository: a worktree would be a change there"))
            .hint("Choose a directory outside of it with --path, or have that repository ignore this one"),
        "half" => half(&what),
        "gone" => fail(Code::Conflict, format!("{what} was a worktree, and its directory is gone"))
            .hint("`baton worktree prune` forgets it; then it can be made again"),
        "is_main" => fail(Code::Conflict, format!("{what} is the repository itself"))
            .hint("Choose another directory with --path; `baton git switch` checks a branch out there"),
        "not_empty" => fail(Code::Conflict, format!("{what} is there, is no worktree, and isn't empty"))
            .hint("Choose another directory with --path, or move away what is there"),
        "other_repository" => fail(Code::Conflict, format!("{what} belongs to another repository"))
            .hint("Choose another directory with --path"),
        "path_file" => fail(Code::Conflict, format!("a file stands in the way of {what}"))
            .hint("Choose another directory with --path"),
        "path_dots" => fail(Code::Usage, format!("{what} leads through a directory that isn't there, and up again"))
            .hint("Write the path without .."),
        "path_denied" | "denied" => fail(Code::PermissionDenied, format!("{what} may not be entered"))
            .hint("Choose another directory with --path"),
        "bad_name" => fail(Code::Usage, format!("a branch can't be called {what}"))
            .hint("`git check-ref-format --branch NAME` says what can be"),
        "no_commit" => fail(Code::NotFound, "the repository has no commit yet: there is nothing to check out".to_owned())
            .hint("Commit something first"),
        "no_base" => fail(Code::NotFound, format!("there is no branch, tag or commit {what} to begin at"))
            .hint("`baton git branches` lists them; fetch first if it is new on the remote"),
        "used" => fail(Code::Conflict, format!("{branch} is checked out in {what} already"))
            .hint("Work there, or name another branch; if that directory is gone, `baton worktree prune` forgets it"),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "worktree_add_tests.rs"]
mod tests;
