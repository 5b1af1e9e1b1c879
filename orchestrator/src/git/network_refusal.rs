//! Why git could not push, pull or fetch, and what to do about it.

use super::known::is_complaint;
use super::logins::without_logins;
use super::network::SiteName;
use super::network_progress::progress;
use super::network_told::Told;
use super::refusal::{self, Said};
use crate::failure::{Code, Failure};

/// So many lines of what a hook said are shown.
const HOOK_LINES: usize = 12;

/// A work that failed.
#[derive(Debug)]
pub(super) struct Refused<'a> {
    /// `git push` and its like.
    pub what: &'a str,
    pub site: &'a SiteName,
    pub told: &'a Told,
    pub status: Option<u8>,
    /// The end of its output.
    pub tail: &'a [u8],
}

/// Why, in a person's words.
pub(super) fn read(refused: &Refused<'_>) -> Failure {
    let Refused { what, site, told, status, .. } = refused;
    let failure = match status {
        _ if told.has("why") => ours(&told.text("why"), refused),
        None => nobody_knows(what),
        Some(status @ 129..=192) => {
            // 129 is what git leaves with for an option that it doesn't know, too: its words say so.
            let text = words(refused.tail);
            match is_usage(*status, &text) {
                true => said(refused, &text),
                false => Failure::new(
                    Code::Internal,
                    format!("{what} was killed on {} by signal {}", site.host, status - 128),
                )
                .hint("Begin it again"),
            }
        }
        Some(_) => theirs(refused, &words(refused.tail)),
    };
    failure.on(site.host.clone())
}

fn is_usage(status: u8, text: &str) -> bool {
    status == 129 && text.contains("usage:")
}

/// What becomes of a run whose machine was restarted.
pub(super) fn nobody_knows(what: &str) -> Failure {
    Failure::new(Code::Internal, format!("nobody knows how {what} ended"))
        .hint("The machine was restarted meanwhile, or the run's keeper was killed; look at the repository, and begin again")
}

/// A reason of our scripts.
fn ours(why: &str, refused: &Refused<'_>) -> Failure {
    let (told, directory) = (refused.told, &refused.site.directory);
    let (what, branch) = (without_logins(&told.text("what")), told.text("branch"));
    let fail = Failure::new;
    match why {
        "detached" => fail(Code::Conflict, format!("no branch is checked out in {directory}: its head is detached"))
            .hint("Make a branch of it first: `baton git branch`, or `git switch -c NAME` there"),
        "rebasing" => fail(Code::Conflict, format!("{directory} is in the middle of a rebase"))
            .hint("Go on with it, or give it up, first: `baton git continue`, or `baton git abort`"),
        "no_branch" => fail(Code::NotFound, format!("the branch {what} is not there, or has no commit yet"))
            .hint("`baton git branches` lists them"),
        "no_remote" => fail(Code::NotFound, format!("the repository of {directory} has no remote"))
            .hint("Add one on the host: git remote add origin URL"),
        "which_remote" => fail(
            Code::Usage,
            format!("{branch} follows none of the remotes: {}", what.split('\n').collect::<Vec<_>>().join(", ")),
        )
        .hint("Say which with --remote"),
        "no_upstream" => fail(Code::NotFound, format!("{branch} follows no branch of a remote"))
            .hint(format!("Push it, or say what it follows: git branch --set-upstream-to=origin/{branch}")),
        "other_name" => fail(Code::Conflict, format!("{branch} follows {what}, which has another name"))
            .hint(format!(
                "To push it under its own name: `git push -u {} {branch}` there; to push where it follows: git config push.default upstream",
                without_logins(&told.text("remote"))
            )),
        // Of a newer script.
        _ => fail(Code::Internal, format!("{} was refused: {why} {what}", refused.what)),
    }
}

/// A reason of git's, of a remote's or a hook's.
fn theirs(refused: &Refused<'_>, text: &str) -> Failure {
    let (told, host) = (refused.told, &refused.site.host);
    let (branch, remote) = (told.text("branch"), without_logins(&told.text("remote")));
    // What a hook says is no reason of git's.
    let gits = gits(text);
    let has = |words: &str| gits.contains(words);
    if told.has("unmerged") {
        return unmerged(told);
    }
    let answered = answered(text);
    if let Some(reason) = rejection(&answered, "[rejected]") {
        return match reason {
            "non-fast-forward" | "fetch first" => Failure::new(
                Code::Conflict,
                format!("{remote} has commits of {branch} that aren't here"),
            )
            .hint("Pull first, then push again; `baton git push --force` replaces what is there"),
            "stale info" => Failure::new(
                Code::Conflict,
                format!("{branch} isn't on {remote} what was last seen there"),
            )
            .hint("Fetch, look at what has come, and decide again"),
            reason => Failure::new(Code::Conflict, format!("{remote} can't take it: {reason}"))
                .hint("Fetch, and look at what is there"),
        };
    }
    if let Some(reason) = rejection(&answered, "[remote rejected]") {
        let said = lines_of(text, |line| line.strip_prefix("remote: "));
        let said = if said.is_empty() { reason.to_owned() } else { format!("{reason}\n{said}") };
        return Failure::new(Code::PermissionDenied, format!("{remote} refused it: {said}"))
            .hint("The remote's rules say so: push another branch, or ask who keeps it");
    }
    // Whatever else stopped it, git had died of.
    let git_died =
        ["fatal: ", "error: src refspec", "error: The destination", "error: unable to push"];
    let git_died = text.lines().any(|line| git_died.iter().any(|words| line.starts_with(words)));
    if has(FAILED_PUSH) && !git_died {
        return by_hook(text);
    }
    let asked = without_logins(&told.text("asked"));
    if let Some(first) = asked.lines().map(str::trim).find(|line| !line.is_empty()) {
        let first = first.trim_end_matches([':', ' ']);
        return Failure::new(Code::AuthRefused, format!("git asked for: {first}"))
            .hint(login(host));
    }
    if has("terminal prompts disabled")
        || has("Authentication failed for")
        || has("Permission denied (")
        || has("returned error: 401")
        || has("returned error: 403")
    {
        return Failure::new(Code::AuthRefused, refusal::shown(text)).hint(login(host));
    }
    if has("Host key verification failed") {
        return Failure::new(
            Code::AuthRefused,
            format!("{host} doesn't know the key of the remote's machine"),
        )
        .hint(format!(
            "Connect to it there once and accept its key: `baton terminal {host}`, then `git fetch`"
        ));
    }
    let unreachable = [
        "Could not resolve host",
        "Connection refused",
        "Connection timed out",
        "Network is unreachable",
        "No route to host",
        "Failed to connect to",
    ];
    if unreachable.into_iter().any(has) {
        return Failure::new(
            Code::NotFound,
            format!("{host} can't reach the remote: {}", refusal::shown(text)),
        )
        .hint("Look at the remote's address (`git remote -v`) and at the network of that machine");
    }
    if has("does not appear to be a git repository")
        || has("Repository not found")
        || has("repository '") && (has("does not exist") || has("' not found"))
    {
        return Failure::new(
            Code::NotFound,
            format!("the remote has no such repository: {}", refusal::shown(text)),
        )
        .hint("Look at the remote's address: git remote -v");
    }
    if has("Not possible to fast-forward") || has("Need to specify how to reconcile") {
        return Failure::new(Code::Conflict, format!("{branch} and {remote} have both gone on"))
            .hint("Say how they come together: --rebase puts your commits on top, --merge merges");
    }
    if has("You have not concluded your merge") || has("unfinished merge") {
        return Failure::new(Code::Conflict, "the repository is in the middle of a merge")
            .hint("Commit it, or give it up with `git merge --abort` there");
    }
    if has("rebase in progress") || has("rebase-merge") || has("rebase-apply") {
        return Failure::new(Code::Conflict, "the repository is in the middle of a rebase").hint(
            "Go on with `git rebase --continue` there, or give it up with `git rebase --abort`",
        );
    }
    if has("You have unstaged changes") || has("Your index contains uncommitted changes") {
        return Failure::new(
            Code::DirtyWorktree,
            "files were changed, and a rebase would lose them",
        )
        .hint("Commit or stash them first");
    }
    if has("couldn't find remote ref") || has("no such ref was fetched") {
        return Failure::new(Code::NotFound, format!("{remote} is no longer there"))
            .hint("Fetch with --prune, and say what the branch is to follow");
    }
    if has(FAILED_PUSH) {
        return by_hook(text);
    }
    said(refused, text)
}

/// What git says at the end of a push that came to nothing; the address follows.
const FAILED_PUSH: &str = "error: failed to push some refs to '";

/// A push that git has not even begun.
fn by_hook(text: &str) -> Failure {
    let said = lines_of(text, |line| {
        let is_ours = line.starts_with("To ") || line.starts_with("error: failed to push");
        (!is_ours).then_some(line)
    });
    let said = if said.is_empty() { "it said nothing".into() } else { refusal::shown_end(&said) };
    Failure::new(Code::Conflict, format!("a hook of the repository refused the push: {said}"))
        .hint("Mend what it complains of, and push again")
}

/// The lines of git's own, and of the ssh that it runs: all else is a hook's.
fn gits(text: &str) -> String {
    let begins = [
        "ssh: ",
        "ERROR: ",
        "Host key verification failed",
        "from the remote, but no such ref was fetched",
    ];
    let is_cut_off = text.lines().any(|line| line.starts_with("fatal: Could not read from remote"));
    let is_gits = |line: &&str| {
        is_complaint(line)
            || begins.iter().any(|words| line.starts_with(words))
            || is_cut_off && line.contains("Permission denied (")
    };
    text.lines().filter(is_gits).map(|line| format!("{line}\n")).collect()
}

/// What a remote has answered to a push: behind git's own `To ADDRESS`, which it names at the end, too.
fn answered(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let address = lines.iter().rev().find_map(|line| line.strip_prefix(FAILED_PUSH));
    let address = address.map(|address| without_user(address.trim_end_matches('\'')));
    let is_to = |line: &&str| {
        line.strip_prefix("To ")
            .is_some_and(|to| address.is_none_or(|ours| ours == without_user(to)))
    };
    let from = lines.iter().rposition(is_to).map_or(lines.len(), |at| at + 1);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// An address without who logs in: older ones of git tell that at one place, and not at the other.
fn without_user(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split_once('@').map_or(rest, |(_, rest)| rest)
}

/// What git says, as everywhere else.
fn said(refused: &Refused<'_>, text: &str) -> Failure {
    refusal::read(&Said {
        directory: &refused.site.directory,
        status: refused.status.unwrap_or(1),
        stdout: b"",
        stderr: text.as_bytes(),
    })
}

fn login(host: &str) -> String {
    format!(
        "Nobody is there to answer: log in on {host} once (a credential helper or a key that needs no question), for instance in `baton terminal {host}`"
    )
}

/// A pull that stopped at files that both sides have changed.
fn unmerged(told: &Told) -> Failure {
    let names = told.text("unmerged");
    let names: Vec<&str> = names.lines().collect();
    let files = refusal::in_conflict(&names);
    let doing = told.text("doing");
    let on = if doing == "rebase" { "go on with `git rebase --continue`" } else { "commit" };
    Failure::new(Code::Conflict, format!("the pull has stopped: {files}")).hint(format!(
        "Mend and stage them, then {on} there; `git {doing} --abort` gives it up, and everything is as it was"
    ))
}

/// The reason behind a branch that was rejected: the last words in parentheses of its line.
fn rejection<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let line =
        text.lines().find(|line| line.trim_start().starts_with('!') && line.contains(mark))?;
    let (_, reason) = line.rsplit_once('(')?;
    reason.strip_suffix(')').filter(|reason| !reason.is_empty())
}

/// The last lines that `keep` keeps.
fn lines_of<'a>(text: &'a str, keep: impl Fn(&'a str) -> Option<&'a str>) -> String {
    let lines: Vec<&str> =
        text.lines().filter_map(keep).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let first = lines.len().saturating_sub(HOOK_LINES);
    lines.get(first..).unwrap_or_default().join("\n")
}

/// What a run has printed, without progress that was written over, and without what stands in addresses for a login.
pub(super) fn words(tail: &[u8]) -> String {
    let text = String::from_utf8_lossy(tail);
    let mut words = String::with_capacity(text.len());
    for line in text.split('\n') {
        let line = line.trim_end_matches('\r');
        let line = line.rsplit('\r').next().unwrap_or(line);
        // Servers clear the line behind their words with blanks, or with an escape.
        let line = line.split('\x1b').next().unwrap_or(line).trim_end();
        if !line.is_empty() && progress(line).is_none() {
            words.push_str(&without_logins(line));
            words.push('\n');
        }
    }
    words
}
