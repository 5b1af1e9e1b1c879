//! Worktrees of a repository: listing, removing and forgetting them. Each is one round trip; removing has a channel of its own.

use std::sync::Arc;

use super::call::{ENTER, HOOK_PATIENCE, Site, Words};
use super::network_told::Told;
use crate::failure::{Code, Failure};
use crate::host::{Reach, Seated};
use crate::seam::{FilePath, GitReply, SessionId, Worktree};
use crate::transport::Library;

/// What scripts about worktrees begin with.
pub(super) const WORKTREES: &str = include_str!("scripts/worktree.sh");

/// What shells learn once.
static LIBRARY: Library = Library::new("git-worktrees", &[ENTER, WORKTREES]);

/// The scripts' word for a refusal whose reason they tell.
const REFUSED: u8 = 90;

/// So many names of files are shown of those that would be lost; the script tells one more.
const SHOWN: usize = 5;

/// The worktrees, with the sessions that work in them.
pub(super) async fn list(reach: &Arc<dyn Reach>, site: &Site) -> Result<GitReply, Failure> {
    let seated = reach.sessions(&site.reached().place).await?;
    let directories = seated.iter().map(directory);
    let words = Words::ask("bw_list").from(&LIBRARY).words(directories)?;
    let answer = site.call(&words).await?;
    Ok(GitReply::Worktrees(read(&answer.stdout, &seated)))
}

/// Removes one; its branch stays.
pub(super) async fn remove(
    reach: &Arc<dyn Reach>,
    site: &Site,
    path: &FilePath,
    force: bool,
) -> Result<GitReply, Failure> {
    if path.bytes().is_empty() {
        return Err(
            Failure::new(Code::Usage, "no worktree is named").hint("Give its path, or its branch")
        );
    }
    let mut working = reach.sessions(&site.reached().place).await?;
    working.retain(|seated| seated.is_working);
    let words = Words::change("bw_remove").from(&LIBRARY).word(path.bytes())?;
    let words = words.word(if force { "1" } else { "" })?.words(working.iter().map(directory))?;
    // A large one takes its time. The host's answer is read here: a refusal of ours isn't git's.
    let answer = site.stream(&words.patience(HOOK_PATIENCE), b"").await?;
    match answer.status {
        REFUSED => {
            Err(refusal(&answer.stdout, path, &working).on(site.connection().host().to_string()))
        }
        _ => site.checked(answer).map(|_| GitReply::Done),
    }
}

/// Forgets those whose directories are gone, and says which; with `dry_run` it only says.
pub(super) async fn prune(site: &Site, dry_run: bool) -> Result<GitReply, Failure> {
    let words = Words::change("bw_prune").from(&LIBRARY).word(if dry_run { "1" } else { "" })?;
    let answer = site.call(&words).await?;
    Ok(GitReply::Worktrees(pruned(&answer.stdout, dry_run)))
}

/// Where a session works, for the host to find: a relative one begins at home.
fn directory(seated: &Seated) -> Vec<u8> {
    seated
        .directory
        .clone()
        .filter(|directory| !directory.is_empty())
        .unwrap_or_else(|| b"~".to_vec())
}

/// Why one isn't removed.
fn refusal(answer: &[u8], named: &FilePath, working: &[Seated]) -> Failure {
    let mut told = Told::default();
    told.take(answer);
    let what = told.text("what");
    let fail = Failure::new;
    match told.text("why").as_str() {
        "unknown" => fail(Code::NotFound, format!("the repository has no worktree {named}"))
            .hint("`baton worktree list` shows all of them"),
        "main" => fail(Code::Conflict, format!("{what} is the repository itself, no worktree of it"))
            .hint("Only worktrees that were added can be removed"),
        "half" => half(&FilePath(what.into_bytes())),
        "locked" => {
            let why = what.trim();
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            fail(Code::Conflict, format!("{named} is locked{why}"))
                .hint(format!("Ask who locked it; `git worktree unlock {named}` there lets it go"))
        }
        "busy" => {
            let at = what.parse::<usize>().ok();
            let who = at.and_then(|at| working.get(at));
            let name = who.map_or("a session", |seated| seated.name.as_str());
            let hint = who.map_or_else(String::new, |seated| {
                format!("Wait for it, or interrupt it first: baton interrupt {}", seated.session)
            });
            fail(Code::Busy, format!("{name} is at work in {named}")).hint(hint)
        }
        "setting_up" => fail(Code::Busy, format!("{named} is being set up"))
            .hint("Wait for it, or stop it first: `baton operations` lists it"),
        "nested" => fail(Code::Conflict, format!("{what} lies below {named}: it would be removed, too"))
            .hint("Remove that one first, or move it away: `git worktree move`"),
        "dirty" => dirty(named, &what),
        "hidden" => {
            let lines: Vec<&str> = what.lines().collect();
            let message = format!("git was told not to look at what was changed in {named}: {}", first(&lines));
            fail(Code::DirtyWorktree, message)
                .hint("`git update-index --no-skip-worktree --no-assume-unchanged FILE` there has git look again; --force removes the worktree with them")
        }
        "unfinished" => fail(Code::DirtyWorktree, format!("{named} is in the middle of something: {what}"))
            .hint("Finish it there or give it up; --force removes the worktree with it"),
        "detached" => fail(Code::DirtyWorktree, format!("the commit {what} of {named} is on no branch"))
            .hint("Make a branch of it there; --force removes the worktree, and nothing leads to the commit any more"),
        why => fail(Code::Internal, format!("{named} was not removed: {why} {what}")),
    }
}

/// What git says of one for as long as it is checked out, and for ever where it was killed meanwhile.
const INITIALIZING: &str = "initializing";

/// One whose checkout never came to an end.
pub(super) fn half(path: &FilePath) -> Failure {
    let message = format!("the checkout of {path} never came to an end: files are missing there");
    Failure::new(Code::Conflict, message).hint(
        "If nobody makes it right now, `baton worktree remove --force` takes it away; then make it again",
    )
}

/// One with changes: how many, and the first lines of git's short status.
fn dirty(named: &FilePath, told: &str) -> Failure {
    let (count, status) = told.split_once('\n').unwrap_or((told, ""));
    let (ignored, lost): (Vec<&str>, Vec<&str>) =
        status.lines().partition(|line| line.starts_with("!! "));
    let files = if count == "1" { "a file was".to_owned() } else { format!("{count} files were") };
    let message = format!("{files} changed in {named}: {}", names(&lost));
    let beside = if ignored.is_empty() {
        String::new()
    } else {
        format!(", and what git ignores: {}", names(&ignored))
    };
    Failure::new(Code::DirtyWorktree, message)
        .hint(format!("Commit or stash them there; --force removes the worktree with them{beside}"))
}

/// The first names of lines of a short status.
fn names(lines: &[&str]) -> String {
    let names: Vec<&str> = lines.iter().filter_map(|line| line.get(3..)).collect();
    first(&names)
}

/// The first ones.
fn first(names: &[&str]) -> String {
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names.get(..SHOWN).unwrap_or(names).join(", "))
}

/// Reads the answer of `bw_list`.
fn read(answer: &[u8], seated: &[Seated]) -> Vec<Worktree> {
    let mut records = Records::of(answer);
    let mut worktrees = records.worktrees();
    let mut top = None;
    let mut sessions: Vec<(usize, Vec<u8>)> = Vec::new();
    while let Some(record) = records.next() {
        let (kind, value) = key(record);
        match kind {
            b"t" => top = Some(value.to_vec()),
            b"s" => {
                let (number, directory) = key(value);
                let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
                sessions.extend(number.map(|number: usize| (number, directory.to_vec())));
            }
            b"c" => {
                let count = records.next().unwrap_or_default();
                let is_gone = count == b"gone";
                let count = std::str::from_utf8(count).ok().and_then(|count| count.parse().ok());
                let Some(one) = worktrees.iter_mut().find(|one| one.path.bytes() == value) else {
                    continue;
                };
                one.changed = count;
                // A git before 2.31 doesn't say so.
                if is_gone && one.locked.is_none() {
                    one.prunable.get_or_insert_with(|| "its directory is gone".into());
                }
            }
            // Of a newer script.
            _ => {}
        }
    }
    for one in &mut worktrees {
        one.current = top.as_deref() == Some(one.path.bytes());
        if one.bare {
            one.changed = None;
        }
    }
    for (number, directory) in sessions {
        let Some(seated) = seated.get(number) else { continue };
        seat(&mut worktrees, &seated.session, &directory);
    }
    worktrees
}

/// Puts a session into the innermost worktree that has its directory.
fn seat(worktrees: &mut [Worktree], session: &SessionId, directory: &[u8]) {
    let holds = |one: &&mut Worktree| {
        let rest = directory.strip_prefix(one.path.bytes());
        !one.bare && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let innermost = worktrees.iter_mut().filter(holds).max_by_key(|one| one.path.bytes().len());
    if let Some(one) = innermost {
        one.sessions.push(session.clone());
    }
}

/// Reads the answer of `bw_prune`.
fn pruned(answer: &[u8], dry_run: bool) -> Vec<Worktree> {
    let mut records = Records::of(answer);
    let before = records.worktrees();
    // `Removing worktrees/NAME: REASON`, by the name of what git keeps about it and not by its path.
    let said = records.next().map(|record| key(record).1).unwrap_or_default();
    if dry_run {
        let said = String::from_utf8_lossy(said);
        let any = said.lines().any(|line| line.contains("worktrees/"));
        return before.into_iter().filter(|one| any && one.prunable.is_some()).collect();
    }
    let after = records.worktrees();
    let is_gone = |one: &Worktree| !after.iter().any(|left| left.path == one.path);
    before.into_iter().filter(is_gone).collect()
}

/// Records that end with a NUL.
struct Records<'a> {
    all: std::slice::Split<'a, u8, fn(&u8) -> bool>,
}

impl<'a> Records<'a> {
    fn of(answer: &'a [u8]) -> Self {
        let is_end: fn(&u8) -> bool = |byte| *byte == 0;
        Self { all: answer.split(is_end) }
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        self.all.next()
    }

    /// What stands between `l` and `e`: worktrees as git lists them, the repository's own first.
    fn worktrees(&mut self) -> Vec<Worktree> {
        let mut found: Vec<Worktree> = Vec::new();
        for record in self.all.by_ref() {
            let (kind, value) = key(record);
            let text = || String::from_utf8_lossy(value).into_owned();
            match (kind, found.last_mut()) {
                (b"e", _) => break,
                (b"worktree", _) => {
                    let main = found.is_empty();
                    found.push(Worktree { main, path: FilePath(value.to_vec()), ..nothing() });
                }
                (b"HEAD", Some(one)) => {
                    one.commit = Some(text()).filter(|id| id.bytes().any(|byte| byte != b'0'));
                }
                (b"branch", Some(one)) => {
                    let name = text();
                    one.branch = Some(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned());
                }
                (b"bare", Some(one)) => one.bare = true,
                (b"locked", Some(one)) => {
                    let why = text();
                    let is_half = why == INITIALIZING;
                    one.locked = Some(if is_half {
                        "its checkout never came to an end".into()
                    } else {
                        why
                    });
                }
                (b"prunable", Some(one)) => one.prunable = Some(text()),
                // `detached`, the ends, and what a newer git says.
                _ => {}
            }
        }
        found
    }
}

fn nothing() -> Worktree {
    Worktree {
        path: FilePath::default(),
        branch: None,
        commit: None,
        main: false,
        bare: false,
        current: false,
        locked: None,
        prunable: None,
        changed: None,
        sessions: Vec::new(),
    }
}

/// A record's first word, and what is behind it.
fn key(record: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', record) {
        Some(space) => {
            let (kind, value) = record.split_at(space);
            (kind, value.get(1..).unwrap_or_default())
        }
        None => (record, b""),
    }
}

#[cfg(test)]
#[path = "worktree_tests.rs"]
mod tests;
