//! Pull requests: what one would say, and opening one with the host's own gh.

use super::call::{ENTER, Site, Words};
use super::logins::without_logins;
use super::network::{NETWORK, SiteName, named};
use super::network_reader::{Heard, Judge, Reader};
use super::network_told::Told;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::operation::Job;
use crate::seam::{GitReply, Outcome, PullRequestDraft, Work};
use crate::transport::Library;

const SCRIPT: &str = include_str!("scripts/pull_request.sh");

/// What shells learn once.
static LIBRARY: Library = Library::new("git-pull-requests", &[ENTER, SCRIPT]);

/// Descriptor 3 is the reader's.
const BEGIN: &str = "exec 3>&2 2>&1\nbn_begin\nbp_open \"$@\"\nbn_end $?\n";

/// A body of more letters GitHub refuses: it takes 65,536.
const LONGEST_BODY: usize = 65_000;

/// A body of more bytes no program is given on Linux: an argument has 128 KiB at most (execve(2), `MAX_ARG_STRLEN`).
const MOST_BYTES: usize = 128_000;

/// What a pull request from here would say.
pub(super) async fn draft(site: &Site) -> Result<GitReply, Failure> {
    let answer = site.call(&Words::ask("bp_look").from(&LIBRARY)).await?;
    let mut told = Told::default();
    told.take(&answer.stdout);
    let some = |key: &str| Some(told.text(key)).filter(|text| !text.is_empty());
    let number = |key: &str| told.text(key).parse().unwrap_or(0);
    Ok(GitReply::PullRequest(PullRequestDraft {
        branch: some("branch"),
        base: some("base"),
        title: told.text("title"),
        body: told.text("body"),
        commits: number("commits"),
        changed: number("changed"),
    }))
}

/// How to open one at `reached`.
///
/// # Errors
///
/// `usage` for what gh can't be given.
pub(crate) fn job(work: &Work, reached: &Reached) -> Result<Job, Failure> {
    let Work::PullRequest { branch, title, body, base, draft, .. } = work else {
        return Err(Failure::new(Code::Internal, "no work for gh"));
    };
    let branch = named("a branch", branch.as_deref())?;
    let base = named("a base", base.as_deref())?;
    let texts = [title.as_deref(), body.as_deref()];
    if texts.iter().flatten().any(|text| text.contains('\0')) {
        return Err(Failure::new(Code::Usage, "the title or the body holds a NUL byte")
            .hint("No program can be given one"));
    }
    if title.as_deref().is_some_and(|title| title.trim().is_empty()) {
        return Err(Failure::new(Code::Usage, "the title is empty")
            .hint("Leave it out for one that is made of the commits"));
    }
    let too_long = |body: &str| body.len() > MOST_BYTES || body.chars().count() > LONGEST_BODY;
    if body.as_deref().is_some_and(too_long) {
        return Err(Failure::new(
            Code::TooLarge,
            format!(
                "the body has more than {LONGEST_BODY} letters, or more than {MOST_BYTES} bytes"
            ),
        )
        .hint("GitHub or the host takes no longer one"));
    }
    let flag = |on: bool| if on { "1" } else { "" };
    let words = [
        title.as_deref().unwrap_or_default(),
        body.as_deref().unwrap_or_default(),
        base,
        flag(*draft),
        flag(title.is_some()),
        flag(body.is_some()),
        branch,
    ];
    let script = format!("{ENTER}\n{NETWORK}\n{SCRIPT}\n{BEGIN}");
    Ok(Job::script(reached, "gh pr create", &script, words, Box::new(Reader::at(reached, Opened))))
}

#[derive(Debug)]
struct Opened;

impl Judge for Opened {
    fn doing(&self, key: &str, told: &Told) -> Option<&'static str> {
        (key == "doing" && told.text(key) == "open").then_some("opening the pull request")
    }

    fn judge(&self, heard: &Heard, tail: &[u8]) -> Result<Outcome, Failure> {
        let Heard { site, told, status, .. } = heard;
        let err = without_logins(&told.text("gh_err"));
        let branch = told.text("branch");
        let with = |url: String, said: String| Outcome {
            said: format!("{said}{}", left(told)),
            url: Some(url),
            ..Outcome::default()
        };
        if let Some(url) = address(&without_logins(&told.text("gh"))).filter(|_| *status == Some(0))
        {
            let base = told.text("base");
            return Ok(with(url, format!("opened a pull request of {branch} into {base}")));
        }
        if err.contains("already exists")
            && let Some(url) = address(&err)
        {
            let said =
                format!("{branch} has a pull request already, which has what was pushed now");
            return Ok(with(url, said));
        }
        let what = if told.has("gh") { "gh pr create" } else { "git push" };
        Err(match refusal(told, site, &err, *status) {
            Some(failure) => failure.on(site.host.clone()),
            None => heard.refused(what, tail),
        })
    }
}

/// What isn't in it.
fn left(told: &Told) -> String {
    match told.text("changed").parse::<u32>() {
        Ok(1) => "; a changed file isn't committed, and isn't in it".into(),
        Ok(changed) if changed > 1 => {
            format!("; {changed} changed files aren't committed, and aren't in it")
        }
        Ok(_) | Err(_) => String::new(),
    }
}

/// The last address in what gh said.
fn address(said: &str) -> Option<String> {
    let is_address = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
    said.split_whitespace().rfind(is_address).map(str::to_owned)
}

/// A reason of our script's or of gh's; `None` for one of git's.
fn refusal(told: &Told, site: &SiteName, err: &str, status: Option<u8>) -> Option<Failure> {
    let (what, host) = (without_logins(&told.text("what")), &site.host);
    let branch = told.text("branch");
    let fail = Failure::new;
    Some(match told.text("why").as_str() {
        "no_gh" => fail(Code::NotFound, format!("there is no gh on {host}"))
            .hint("Install GitHub's command line there: https://cli.github.com"),
        "gh_broken" => fail(Code::Conflict, format!("gh doesn't work on {host}: {}", short(&what)))
            .hint("Run `gh --version` there"),
        "no_login" if what.contains("unknown command") => {
            fail(Code::Unsupported, format!("gh is too old on {host}: {}", short(&what)))
                .hint("gh 2.0 or later is needed there: https://cli.github.com")
        }
        "no_login" => {
            fail(Code::AuthRefused, format!("gh isn't logged in on {host}: {}", short(&what)))
                .hint(format!("Log in there once: `baton terminal {host}`, then `gh auth login`"))
        }
        "no_base" => {
            fail(Code::NotFound, "nobody knows which branch it is to be merged into".to_owned())
                .hint("Say it with --base")
        }
        "other_branch" => {
            fail(Code::Conflict, format!("{branch} is checked out there, and not {what}")).hint(
                format!("Check {what} out, or begin it anew for {branch}: nothing was pushed"),
            )
        }
        "left_branch" => {
            // A detached HEAD has no name.
            let now = if what.is_empty() {
                "no branch is".into()
            } else {
                format!("gh would have taken {what}")
            };
            let message = format!("{branch} was pushed, and isn't checked out any more: {now}");
            fail(Code::Conflict, message)
                .hint(format!("Check {branch} out and begin it again: nothing is pushed twice"))
        }
        "is_base" => {
            fail(Code::Conflict, format!("{what} is checked out, and would be merged into itself"))
                .hint("Make a branch for it: `baton git branch`; or say another one with --base")
        }
        "nothing_new" => {
            fail(Code::Conflict, format!("{branch} has no commit that {what} doesn't have"))
                .hint("Commit something first, or say another one with --base")
        }
        _ if !told.has("gh") || status == Some(0) && err.is_empty() => {
            return nothing_said(told, status);
        }
        _ if err.contains("known GitHub host") => {
            let message = format!(
                "the branch was pushed, but none of its remotes is on GitHub, or on a host that gh on {host} knows"
            );
            fail(Code::Conflict, message).hint(
                "See `git remote -v` there; for a GitHub of one's own, `gh auth login --hostname` there",
            )
        }
        _ if err.contains("gh auth login") || err.contains("authentication") => fail(
            Code::AuthRefused,
            format!("the branch was pushed, but gh was refused: {}", short(err)),
        )
        .hint(format!("Log in there again: `baton terminal {host}`, then `gh auth login`")),
        _ if err.contains("repo set-default") || err.contains("No default remote repository") => {
            fail(Code::Conflict, short(err)).hint("Say it once on the host: gh repo set-default")
        }
        _ => fail(Code::Conflict, format!("the branch was pushed, but gh refused: {}", short(err)))
            .hint("Do what it says, then try again: nothing is pushed or opened twice"),
    })
}

/// A gh that ended well and named no address.
fn nothing_said(told: &Told, status: Option<u8>) -> Option<Failure> {
    (told.has("gh") && status == Some(0)).then(|| {
        Failure::new(Code::Internal, "gh named no address of a pull request")
            .hint("Look whether there is one: `gh pr view` on the host")
    })
}

/// The first lines of what a program said.
fn short(said: &str) -> String {
    let lines: Vec<&str> =
        said.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
    if lines.is_empty() { "it said nothing".into() } else { lines.join("; ") }
}

#[cfg(test)]
#[path = "pull_request_tests.rs"]
mod tests;
