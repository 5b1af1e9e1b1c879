//! Branches and tags: told, made, checked out, renamed and deleted.

use jiff::Timestamp;
use uuid::Uuid;

use super::call::{HOOK_PATIENCE, Site, Words};
use super::diff::revision;
use crate::failure::{Code, Failure};
use crate::seam::{FilePath, GitBranch, GitBranches, GitReply};
use crate::transport::{Answer, TransportError};

/// Fields of a branch, as branch.sh prints them.
const FIELDS: usize = 9;

/// The scripts' word for a branch that is checked out, and a hook behind that failed.
const HOOK: u8 = 81;
/// The scripts' word for a branch of a remote whose name here is another's.
const OTHER: u8 = 82;
/// The scripts' word for a repository without commits.
const NO_COMMIT: u8 = 83;
/// The scripts' word for a name that no branch may have.
const BAD_NAME: u8 = 84;
/// The scripts' word for a branch or commit that isn't there.
const NO_SUCH: u8 = 97;

/// Asks the host.
pub(super) async fn ask(site: &Site) -> Result<GitReply, Failure> {
    let mark = Uuid::new_v4().simple().to_string();
    let answer = site.call(&Words::ask("bg_branches").word(&mark)?).await?;
    read(&answer.stdout, mark.as_bytes()).map(GitReply::Branches).ok_or_else(|| {
        Failure::new(Code::Internal, "git's list of branches broke off")
            .on(site.connection().host().to_string())
    })
}

/// Checks one out.
pub(super) async fn switch(site: &Site, branch: &str) -> Result<GitReply, Failure> {
    let words = Words::change("bg_switch").word(name(branch)?)?;
    done(site, checkout(site, words).await?, branch, "")
}

/// Makes one.
pub(super) async fn make(
    site: &Site,
    branch: &str,
    start: Option<&str>,
    switch: bool,
) -> Result<GitReply, Failure> {
    let start = start.map_or(Ok(""), revision)?;
    let words = Words::change("bg_branch").word(name(branch)?)?.word(start)?;
    let words = words.word(if switch { "1" } else { "" })?;
    let answer = if switch { checkout(site, words).await? } else { site.run(&words).await? };
    done(site, answer, start, branch)
}

/// Many files, their filters and a hook: it takes its time, and would be half a checkout where it was ended.
async fn checkout(site: &Site, words: Words) -> Result<Answer, TransportError> {
    site.stream(&words.patience(HOOK_PATIENCE), b"").await
}

/// Gives it another name.
pub(super) async fn rename(site: &Site, branch: &str, to: &str) -> Result<GitReply, Failure> {
    let words = Words::change("bg_rename").word(name(branch)?)?.word(name(to)?)?;
    done(site, site.run(&words).await?, branch, to)
}

/// Deletes it.
pub(super) async fn delete(site: &Site, branch: &str, force: bool) -> Result<GitReply, Failure> {
    let words = Words::change("bg_delete").word(if force { "-D" } else { "-d" })?;
    let answer = site.run(&words.word(name(branch)?)?).await?;
    done(site, answer, branch, "")
}

/// What no option and no other notation of git can be; whether git takes it is git's to say.
fn name(name: &str) -> Result<&str, Failure> {
    if name.is_empty()
        || name.starts_with('-')
        || name == "@"
        || name == "HEAD"
        || name.contains("@{")
    {
        return Err(bad(name));
    }
    Ok(name)
}

fn bad(name: &str) -> Failure {
    Failure::new(Code::Usage, format!("no branch can be called {name:?}")).hint(
        "Names have no spaces, no ~ ^ : ? * [ \\, no `..`, and don't begin with a dash or a dot",
    )
}

fn done(site: &Site, answer: Answer, from: &str, to: &str) -> Result<GitReply, Failure> {
    let failure = match answer.status {
        NO_SUCH => Failure::new(Code::NotFound, format!("there is no branch {from}"))
            .hint("`baton git branches` lists them"),
        BAD_NAME => bad(to),
        NO_COMMIT => Failure::new(
            Code::NotFound,
            "the repository has no commit yet where a branch could begin",
        )
        .hint("Commit something first, or check the new branch out at once"),
        OTHER => {
            let told = text(&answer.stdout);
            let (name, follows) = told.split_once(' ').unwrap_or((&told, ""));
            let message = match follows {
                "" => format!("{name} is here already, and doesn't follow {from}"),
                follows => {
                    format!("{name} is here already, and follows {follows} instead of {from}")
                }
            };
            Failure::new(Code::Conflict, message).hint(format!(
                "Check {name} out by its own name, or make a branch of another name that begins at {from}"
            ))
        }
        HOOK => {
            let name = if to.is_empty() { from } else { to };
            let said = site.refusal(&answer).message;
            Failure::new(
                Code::Conflict,
                format!("{name} is checked out, but a hook behind that failed: {said}"),
            )
            .hint("Look at .git/hooks/post-checkout on the host; nothing else is to be done again")
        }
        _ => return site.checked(answer).map(|answer| left(&answer.stdout)),
    };
    Err(failure.on(site.connection().host().to_string()))
}

/// `ID COUNT` of commits that nothing holds any more, or nothing.
fn left(told: &[u8]) -> GitReply {
    let told = String::from_utf8_lossy(told);
    let found = told.trim_end().split_once(' ');
    match found.and_then(|(id, count)| Some((id.to_owned(), count.parse().ok()?))) {
        Some((id, commits)) => GitReply::Left { id, commits },
        None => GitReply::Done,
    }
}

/// Reads the answer of the script.
fn read(answer: &[u8], mark: &[u8]) -> Option<GitBranches> {
    let at = memchr::memmem::find(answer, mark)?;
    let (listed, rest) = (answer.get(..at)?, answer.get(at + mark.len()..)?);
    let at = memchr::memmem::find(rest, mark)?;
    let (tags, default) = (rest.get(..at)?, rest.get(at + mark.len()..)?);
    let fields: Vec<&[u8]> = listed.split(|byte| *byte == 0).collect();
    let all: Vec<GitBranch> = fields.chunks_exact(FIELDS).filter_map(branch).collect();
    let (remote, mut branches): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|branch| branch.remote);
    branches.extend(remote);
    let default = text(default);
    Some(GitBranches {
        branches,
        tags: text(tags).lines().map(str::to_owned).collect(),
        default: (!default.is_empty()).then_some(default),
    })
}

fn branch(fields: &[&[u8]]) -> Option<GitBranch> {
    let field = |at: usize| fields.get(at).map(|field| text(field));
    // Behind the last field of the one before, for-each-ref begins a new line.
    let full = field(0)?;
    let full = full.strip_prefix('\n').unwrap_or(&full);
    if !field(7)?.is_empty() {
        // `origin/HEAD` is another name of a branch.
        return None;
    }
    let (name, remote) = match full.strip_prefix("refs/remotes/") {
        Some(name) => (name, true),
        None => (full.strip_prefix("refs/heads/")?, false),
    };
    let upstream = field(3)?;
    let upstream =
        ["refs/remotes/", "refs/heads/"].iter().find_map(|kind| upstream.strip_prefix(kind));
    let track = field(4)?;
    let gone = track == "gone";
    let of = |what: &str| {
        let part = track.split(", ").find_map(|part| part.strip_prefix(what));
        part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    let worktree = *fields.get(2)?;
    Some(GitBranch {
        name: name.to_owned(),
        remote,
        current: *fields.get(1)? == b"*",
        worktree: (!worktree.is_empty()).then(|| FilePath(worktree.to_vec())),
        upstream: upstream.map(str::to_owned),
        ahead_behind: (upstream.is_some() && !gone).then(|| (of("ahead"), of("behind"))),
        gone,
        commit: field(5)?,
        subject: field(8)?,
        at: field(6)?.parse().ok().and_then(|secs| Timestamp::from_second(secs).ok()),
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn branches_are_told_with_what_they_follow_and_local_ones_first() {
        let listed = "refs/remotes/origin/HEAD\0 \0\0\0\0aa\x007\0refs/remotes/origin/main\0x\0\n\
            refs/remotes/origin/main\0 \0\0\0\0aa\x005\0\0subject\0\n\
            refs/heads/main\0*\0/w\n1\0refs/remotes/origin/main\0ahead 1, behind 2\0bb\x006\0\0other, words\0\n\
            refs/heads/old\0 \0\0refs/remotes/origin/old\0gone\0cc\0\0\0\0\n|v2\nv1\n|main";
        let told = read(listed.as_bytes(), b"|").unwrap();
        let names: Vec<&str> = told.branches.iter().map(|branch| &*branch.name).collect();
        assert_eq!(names, ["main", "old", "origin/main"]);
        let main = &told.branches[0];
        assert!(main.current && main.worktree == Some("/w\n1".into()));
        assert_eq!(
            (main.ahead_behind, main.upstream.as_deref()),
            (Some((1, 2)), Some("origin/main"))
        );
        assert!(told.branches[1].gone && told.branches[1].ahead_behind.is_none());
        assert!(told.branches[2].remote);
        assert_eq!(
            (told.tags, told.default.as_deref()),
            (vec!["v2".to_owned(), "v1".to_owned()], Some("main"))
        );
        assert!(read(b"", b"|").is_none());
    }

    #[test]
    fn what_git_would_take_for_something_else_is_no_name() {
        for odd in ["", "-d", "@", "@{-1}", "HEAD", "x@{y"] {
            assert!(name(odd).is_err(), "{odd}");
        }
        assert!(name("feature/x").is_ok());
    }
}
