//! Stages files whole, takes them back out, and discards their changes.

use super::call::{HOOK_PATIENCE, Site, Words};
use super::refusal;
use crate::failure::{Code, Failure};
use crate::seam::{FilePath, GitReply};
use crate::transport::Answer;

/// So many bytes of names are given to one git: Linux takes 2 MiB of arguments and environment (execve(2)).
const MOST_NAMES: usize = 256 << 10;

/// The scripts' word for files in conflict that hold git's marks.
pub(super) const MARKED: u8 = 87;
/// The scripts' word for what was left.
const LEFT: u8 = 88;
/// The scripts' word for a submodule.
const SUBMODULE: u8 = 89;
/// The scripts' word for a file in conflict.
const CONFLICT: u8 = 90;

/// Stages them, or everything.
pub(super) async fn stage(site: &Site, paths: &[FilePath]) -> Result<GitReply, Failure> {
    each(site, "bg_stage", paths).await
}

/// Takes them out of what is staged, or everything.
pub(super) async fn unstage(site: &Site, paths: &[FilePath]) -> Result<GitReply, Failure> {
    each(site, "bg_unstage", paths).await
}

/// Makes them what they were.
pub(super) async fn discard(site: &Site, paths: &[FilePath]) -> Result<GitReply, Failure> {
    if paths.is_empty() {
        return Err(Failure::new(Code::Usage, "no file is named"));
    }
    each(site, "bg_discard", paths).await
}

async fn each(site: &Site, function: &str, paths: &[FilePath]) -> Result<GitReply, Failure> {
    if let Some(empty) = paths.iter().find(|path| path.bytes().is_empty()) {
        return Err(Failure::new(Code::Usage, format!("{empty:?} names no file")));
    }
    for paths in parts(paths) {
        let words = Words::change(function).words(paths.iter().map(FilePath::bytes))?;
        // Filters of large files take their time, and so does everything.
        let words = words.patience(HOOK_PATIENCE);
        let answer = if words.is_long() || paths.is_empty() {
            site.stream(&words, b"").await?
        } else {
            site.run(&words).await?
        };
        let failure = match answer.status {
            LEFT => Failure::new(
                Code::Unsupported,
                "something of it was left: git ignores it, or it is a repository of its own",
            )
            .hint("Remove it as a file"),
            SUBMODULE => {
                Failure::new(Code::Unsupported, "a submodule has a working tree of its own")
                    .hint("Discard its changes there")
            }
            CONFLICT => Failure::new(Code::Conflict, "a file is in conflict: it was left as it is")
                .hint("Mend it and stage it, or give the merge or rebase up"),
            MARKED => return Err(marked(site, &answer)),
            _ => {
                site.checked(answer)?;
                continue;
            }
        };
        return Err(failure.on(site.connection().host().to_string()));
    }
    Ok(GitReply::Done)
}

/// Everything was wanted, and some of it isn't mended.
pub(super) fn marked(site: &Site, answer: &Answer) -> Failure {
    let names = String::from_utf8_lossy(&answer.stdout);
    let names: Vec<&str> = names.lines().collect();
    let message = format!("git's marks of a conflict still stand in {}", refusal::few(&names));
    Failure::new(Code::Conflict, message)
        .hint("Mend them first; staged by name, a file is taken as it is")
        .on(site.connection().host().to_string())
}

/// As many together as one git takes; no names at all are one part, too.
fn parts(paths: &[FilePath]) -> Vec<&[FilePath]> {
    let mut parts = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, path) in paths.iter().enumerate() {
        bytes += path.bytes().len() + 1;
        if bytes > MOST_NAMES && at > from {
            parts.push(paths.get(from..at).unwrap_or_default());
            (from, bytes) = (at, path.bytes().len() + 1);
        }
    }
    parts.push(paths.get(from..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted_as_git_can_take_them_and_none_is_lost() {
        assert_eq!(parts(&[]), [&[] as &[FilePath]]);
        let names: Vec<FilePath> =
            (0..1_000).map(|number| FilePath(vec![b'a'; number % 4_000])).collect();
        let parted = parts(&names);
        assert!(parted.len() > 1);
        assert_eq!(parted.concat(), names);
        for part in parted {
            let bytes: usize = part.iter().map(|path| path.bytes().len() + 1).sum();
            assert!(bytes <= MOST_NAMES && !part.is_empty());
        }
    }
}
