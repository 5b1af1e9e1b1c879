//! Differences: parted into files and lines, or as git prints them.

use std::time::Duration;

use uuid::Uuid;

use super::call::{Site, Words};
use super::patch;
use super::refusal::{self, Said};
use crate::failure::{Code, Failure};
use crate::seam::{ChangeKind, DiffOf, FileDiff, FilePath, GitDiff, GitPatch, GitReply};
use crate::transport::{Answer, TransportError};

/// So many bytes of a diff are fetched at most: some two hundred thousand lines, more than a person reads.
const MOST_BYTES: usize = 8 << 20;

/// So many files are told of at most.
const MOST_FILES: usize = 3_000;

/// So many lines around a change are fetched at most: the whole file, for whoever wants to see it.
const MOST_CONTEXT: u32 = 1_000_000;

/// So many bytes of a patch go through a control shell; a larger one takes a channel of its own.
const SMALL_PATCH: usize = 1 << 20;

/// So large may a patch be: in base64 it still fits a message of the seam.
const MOST_PATCH: usize = 48 << 20;

/// How long a large patch may be under way: 48 MiB at 1 Mbit/s take 400 s.
const PATCH_PATIENCE: Duration = Duration::from_secs(600);

/// The scripts' word for what is no file where one was wanted.
const DIRECTORY: u8 = 91;
/// The scripts' word for a base that nobody can tell.
const NO_BASE: u8 = 96;
/// The scripts' word for a commit or file that isn't there.
const NO_SUCH: u8 = 97;
/// The scripts' word for branches that have nothing in common.
const UNRELATED: u8 = 98;

/// Differences, parted.
pub(super) async fn ask(
    site: &Site,
    of: &DiffOf,
    paths: &[FilePath],
    context: u32,
) -> Result<GitReply, Failure> {
    let fetched = fetch(site, of, paths, context).await?;
    if let Some(large) = fetched.large {
        return Ok(GitReply::Diff(GitDiff { files: vec![large], more: false }));
    }
    let files = patch::read(&fetched.bytes, fetched.whole);
    let more = files.len() > MOST_FILES;
    let told = files.iter().take(MOST_FILES).map(patch::File::told);
    let mut files: Vec<FileDiff> = told.collect();
    if *of == DiffOf::Untracked {
        for file in &mut files {
            // git calls it by where it was told to look.
            file.path = paths.first().cloned().unwrap_or_default();
            file.kind = ChangeKind::Untracked;
        }
    }
    let more = more || (files.is_empty() && !fetched.whole);
    Ok(GitReply::Diff(GitDiff { files, more }))
}

/// What git printed.
pub(super) struct Fetched {
    /// `--raw -p -z`.
    pub bytes: Vec<u8>,
    /// Whether that is all.
    pub whole: bool,
    /// Told instead of a file that is too large to be told.
    large: Option<FileDiff>,
}

/// Asks the host.
pub(super) async fn fetch(
    site: &Site,
    of: &DiffOf,
    paths: &[FilePath],
    context: u32,
) -> Result<Fetched, Failure> {
    let mark = mark();
    let context = context.min(MOST_CONTEXT).to_string();
    let most = MOST_BYTES.to_string();
    let words = if *of == DiffOf::Untracked {
        let words = Words::ask("bg_new").word(&mark)?.word(most)?.word(context)?;
        words.word(MOST_BYTES.to_string())?.word(only(paths)?)?
    } else {
        let words = Words::ask("bg_diff").word(&mark)?.word(most)?.word(context)?;
        between(words, of)?.words(paths.iter().map(FilePath::bytes))?
    };
    let answer = checked(site, of, send(site, &words.limit(MOST_BYTES * 2)).await?)?;
    let (bytes, whole) = parted(site, answer, &mark, MOST_BYTES)?;
    let large = (*of == DiffOf::Untracked && bytes == b"large").then(|| FileDiff {
        path: paths.first().cloned().unwrap_or_default(),
        from: None,
        kind: ChangeKind::Untracked,
        modes: None,
        binary: false,
        old_blob: String::new(),
        new_blob: String::new(),
        added: 0,
        removed: 0,
        hunks: Vec::new(),
        cut: true,
    });
    Ok(Fetched { bytes, whole, large })
}

/// Between two contents that git has stored.
pub(super) async fn fetch_blobs(
    site: &Site,
    old: &str,
    new: &str,
    context: u32,
) -> Result<Fetched, Failure> {
    let mark = mark();
    let words = Words::ask("bg_blobs").word(&mark)?.word(MOST_BYTES.to_string())?;
    let words = words.word(context.min(MOST_CONTEXT).to_string())?.word(old)?.word(new)?;
    let answer = site.call(&words.limit(MOST_BYTES * 2)).await?;
    let (bytes, whole) = parted(site, answer, &mark, MOST_BYTES)?;
    Ok(Fetched { bytes, whole, large: None })
}

/// Differences as git prints them.
pub(super) async fn patch(
    site: &Site,
    of: &DiffOf,
    paths: &[FilePath],
) -> Result<GitReply, Failure> {
    let mark = mark();
    let words = |most: usize| -> Result<Words, Failure> {
        let most = most.to_string();
        let words = if *of == DiffOf::Untracked {
            Words::ask("bg_new_patch").word(&mark)?.word(most)?.word(only(paths)?)?
        } else {
            let words = Words::ask("bg_patch").word(&mark)?.word(most)?;
            between(words, of)?.words(paths.iter().map(FilePath::bytes))?
        };
        Ok(words.limit(MOST_PATCH + (1 << 20)))
    };
    let small = words(SMALL_PATCH)?;
    let answer = checked(site, of, send(site, &small).await?)?;
    let (bytes, whole) = parted(site, answer, &mark, SMALL_PATCH)?;
    if whole {
        return Ok(GitReply::Patch(GitPatch { bytes }));
    }
    let large = words(MOST_PATCH)?.patience(PATCH_PATIENCE);
    let answer = checked(site, of, site.stream(&large, b"").await?)?;
    let (bytes, whole) = parted(site, answer, &mark, MOST_PATCH)?;
    if whole {
        return Ok(GitReply::Patch(GitPatch { bytes }));
    }
    let host = site.connection().host();
    let directory = String::from_utf8_lossy(site.directory());
    Err(Failure::new(Code::TooLarge, format!("the patch has more than {} MiB", MOST_PATCH >> 20))
        .hint(format!(
            "`baton exec {host} --cwd {directory} -- git diff --binary` streams all of it"
        ))
        .on(host.to_string()))
}

/// Where the names are too many for a control shell, over a channel.
async fn send(site: &Site, words: &Words) -> Result<Answer, TransportError> {
    if words.is_long() { site.stream(words, b"").await } else { site.run(words).await }
}

/// Something that no file holds.
fn mark() -> String {
    Uuid::new_v4().simple().to_string()
}

fn between(words: Words, of: &DiffOf) -> Result<Words, Failure> {
    let (name, word) = match of {
        DiffOf::Unstaged => ("unstaged", ""),
        DiffOf::Staged => ("staged", ""),
        DiffOf::Head => ("head", ""),
        DiffOf::Base { base } => ("base", base.as_deref().map_or(Ok(""), revision)?),
        DiffOf::Commit { id } => ("commit", revision(id)?),
        // Asked for in words of its own.
        DiffOf::Untracked => ("unstaged", ""),
    };
    Ok(words.word(name)?.word(word)?)
}

/// What names a commit, as far as it can't be anything else to git.
pub(super) fn revision(name: &str) -> Result<&str, Failure> {
    if name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control) {
        let message = format!("{name:?} names no branch or commit");
        return Err(Failure::new(Code::Usage, message));
    }
    Ok(name)
}

fn only(paths: &[FilePath]) -> Result<&[u8], Failure> {
    match paths {
        [path] if !path.bytes().is_empty() => Ok(path.bytes()),
        _ => {
            Err(Failure::new(Code::Usage, "exactly one file that git doesn't know is to be named"))
        }
    }
}

fn checked(site: &Site, of: &DiffOf, answer: Answer) -> Result<Answer, Failure> {
    let failure = match (answer.status, of) {
        (DIRECTORY, _) => Failure::new(
            Code::IsDirectory,
            "a file was wanted, and it is a directory, a pipe or a device",
        ),
        (NO_BASE, _) => {
            Failure::new(Code::NotFound, "the branch that this one is based on can't be told")
                .hint("Name a base")
        }
        (NO_SUCH, DiffOf::Base { base: Some(name) } | DiffOf::Commit { id: name }) => {
            Failure::new(Code::NotFound, format!("there is no branch or commit {name}"))
        }
        (NO_SUCH, _) => Failure::new(Code::NotFound, "the file is gone"),
        (UNRELATED, _) => {
            Failure::new(Code::NotFound, "this branch and its base have no commit in common")
        }
        _ => return site.checked(answer),
    };
    Err(failure.on(site.connection().host().to_string()))
}

/// What stands before the mark; without one it was cut, or git has failed in the middle.
fn parted(
    site: &Site,
    answer: Answer,
    mark: &str,
    most: usize,
) -> Result<(Vec<u8>, bool), Failure> {
    let Answer { stdout: mut bytes, stderr, .. } = answer;
    if bytes.ends_with(mark.as_bytes()) {
        bytes.truncate(bytes.len() - mark.len());
        return Ok((bytes, true));
    }
    if bytes.len() >= most {
        return Ok((bytes, false));
    }
    if stderr.is_empty() {
        let host = site.connection().host().clone();
        let said = "git was ended in the middle of a diff".into();
        return Err(TransportError::ConnectionLost { host, said }.into());
    }
    let directory = String::from_utf8_lossy(site.directory()).into_owned();
    let said = Said { directory: &directory, status: 128, stdout: b"", stderr: &stderr };
    Err(refusal::read(&said).on(site.connection().host().to_string()))
}
