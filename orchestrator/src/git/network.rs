//! Push, pull and fetch: runs on the host, with its git and its credentials.

use super::call::ENTER;
use super::logins::without_logins;
use super::network_progress::Meter;
use super::network_reader::{Heard, Judge, Reader};
use super::network_told::Told;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::operation::Job;
use crate::seam::{Outcome, Work};

/// What all that git does over the network begins with.
pub(super) const NETWORK: &str = include_str!("scripts/network.sh");

/// Both streams of the programs are for people; the reader is told on descriptor 3.
const PUSH: &str = "exec 3>&2 2>&1\nbn_begin\nbn_push \"$1\" \"$2\" \"$3\" \"$4\" ''\nbn_end $?\n";
const PULL: &str = "exec 3>&2 2>&1\nbn_begin\nbn_pull \"$1\"\nbn_end $?\n";
const FETCH: &str = "exec 3>&2 2>&1\nbn_begin\nbn_fetch \"$1\" \"$2\"\nbn_end $?\n";

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Push,
    Pull,
    Fetch,
}

/// How to push, pull or fetch at `reached`.
///
/// # Errors
///
/// `usage` for a name that git would take for something else.
pub(crate) fn job(work: &Work, reached: &Reached) -> Result<Job, Failure> {
    let flag = |on: bool| if on { "1" } else { "" };
    let (kind, end, words): (_, _, Vec<&str>) = match work {
        Work::Push { remote, branch, force, tags, .. } => {
            let remote = remote_named(remote.as_deref())?;
            let branch = named("a branch", branch.as_deref())?;
            (Kind::Push, PUSH, vec![remote, branch, flag(*force), flag(*tags)])
        }
        Work::Pull { rebase, .. } => {
            let how = rebase.map_or("", |rebase| if rebase { "rebase" } else { "merge" });
            (Kind::Pull, PULL, vec![how])
        }
        Work::Fetch { remote, prune, .. } => {
            (Kind::Fetch, FETCH, vec![remote_named(remote.as_deref())?, flag(*prune)])
        }
        Work::Upload { .. }
        | Work::Download { .. }
        | Work::AddWorktree(_)
        | Work::PullRequest { .. }
        | Work::Line { .. } => {
            return Err(Failure::new(Code::Internal, "no work for git's network"));
        }
    };
    let script = format!("{ENTER}\n{NETWORK}\n{end}");
    Ok(Job::script(reached, kind.title(), &script, words, Box::new(Reader::at(reached, kind))))
}

/// The name of a remote or its address, or nothing.
///
/// # Errors
///
/// `usage` for what no remote can be, and for a login in an address: it would be kept with the operation.
fn remote_named(name: Option<&str>) -> Result<&str, Failure> {
    let name = named("a remote", name)?;
    if without_logins(name) == name {
        return Ok(name);
    }
    Err(Failure::new(Code::Usage, "the remote's address holds a login")
        .hint("Leave it out of the address: a credential helper on the host knows it"))
}

/// The name of a branch or remote, or nothing.
///
/// # Errors
///
/// `usage` for one that no branch or remote can have.
pub(super) fn named<'a>(what: &str, name: Option<&'a str>) -> Result<&'a str, Failure> {
    let Some(name) = name else { return Ok("") };
    if name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control) {
        return Err(Failure::new(Code::Usage, format!("{what} can't be called {name:?}"))
            .hint("Leave it out for the usual one"));
    }
    Ok(name)
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Push => "git push",
            Self::Pull => "git pull",
            Self::Fetch => "git fetch",
        }
    }
}

/// Where a work is done, for people.
#[derive(Clone, Debug)]
pub(super) struct SiteName {
    pub host: String,
    pub directory: String,
}

impl SiteName {
    pub(super) fn of(reached: &Reached) -> Self {
        let directory = reached.directory.as_deref().filter(|directory| !directory.is_empty());
        let directory = directory
            .map_or_else(|| "~".into(), |bytes| String::from_utf8_lossy(bytes).into_owned());
        Self { host: reached.connection.host().to_string(), directory }
    }
}

impl Judge for Kind {
    fn judge(&self, heard: &Heard, tail: &[u8]) -> Result<Outcome, Failure> {
        if heard.status == Some(0) && !heard.told.has("why") {
            let said = said(*self, &heard.told, &heard.meter);
            let failed = is_stashed(tail).then(|| stashed().on(heard.site.host.clone()));
            return Ok(Outcome { said, failed, ..Outcome::default() });
        }
        Err(heard.refused(self.title(), tail))
    }
}

/// Whether a pull has left what wasn't committed in the stash (`rebase.autoStash`): for git that is no failure.
fn is_stashed(tail: &[u8]) -> bool {
    memchr::memmem::find(tail, b"Your changes are safe in the stash").is_some()
}

fn stashed() -> Failure {
    let message = "what wasn't committed conflicts with what came: it is kept in the stash";
    Failure::new(Code::Conflict, message).hint("`git stash pop` there brings it back")
}

/// What was done, in a sentence.
fn said(kind: Kind, told: &Told, meter: &Meter) -> String {
    let (branch, remote) = (told.text("branch"), without_logins(&told.text("remote")));
    match kind {
        Kind::Push if meter.is_up_to_date => format!("{remote} had all of {branch} already"),
        Kind::Push if told.has("follows") => {
            format!("pushed {branch} to {remote}, which it follows from now on")
        }
        Kind::Push => format!("pushed {branch} to {remote}"),
        Kind::Pull => match told.text("commits").parse::<u64>() {
            Ok(0) => format!("{branch} had all of {remote} already"),
            Ok(1) => format!("pulled a commit from {remote}"),
            Ok(commits) => format!("pulled {commits} commits from {remote}"),
            Err(_) => format!("pulled {remote}"),
        },
        Kind::Fetch => match meter.refs {
            0 => "there was nothing new to fetch".into(),
            1 => "fetched: a branch or tag has changed".into(),
            refs => format!("fetched: {refs} branches and tags have changed"),
        },
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
