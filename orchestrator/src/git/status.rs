//! How a repository stands: one round trip.

use std::time::Duration;

use sha1::{Digest, Sha1};
use uuid::Uuid;

use super::call::{Site, Words};
use super::refusal::{Said, is_outside};
use crate::failure::{Code, Failure};
use crate::seam::{ChangeKind, FilePath, GitChange, GitReply, GitStatus, Unfinished};
use crate::transport::TransportError;

/// So many bytes of changes are fetched at most: some fifty thousand names, and who has more looks for something else.
const MOST_BYTES: usize = 4 << 20;

/// So many changes are told at most: more than a person goes through.
const MOST_CHANGES: usize = 10_000;

/// How long the lines may be counted beside; what was changed is told without them then.
const COUNT_PATIENCE: Duration = Duration::from_secs(20);

/// Asks the host.
pub(super) async fn ask(site: &Site, seen: Option<&str>) -> Result<GitReply, Failure> {
    let mark = Uuid::new_v4().simple().to_string();
    let words = |count: &str| {
        let words =
            Words::ask("bg_status").word(&mark)?.word(MOST_BYTES.to_string())?.word(count)?;
        Ok::<_, TransportError>(words.limit(MOST_BYTES * 2))
    };
    let answer = match site.run(&words("1")?.patience(COUNT_PATIENCE)).await {
        // Lines of gigabytes can't be counted in time; what was changed may still be told.
        Err(TransportError::TimedOut { .. }) => site.run(&words("")?).await?,
        answer => answer?,
    };
    if answer.status != 0 {
        let said = Said {
            directory: "",
            status: answer.status,
            stdout: &answer.stdout,
            stderr: &answer.stderr,
        };
        return if is_outside(&said) {
            Ok(GitReply::Status(None))
        } else {
            Err(site.refusal(&answer))
        };
    }
    let Some(status) = read(&answer.stdout, mark.as_bytes()) else {
        // status itself has failed, and said nothing here: it is asked again for its words alone.
        let again = site.run(&Words::ask("bg_why")).await?;
        return Err(if again.status == 0 {
            Failure::new(Code::Internal, "git status ended in the middle")
        } else {
            site.refusal(&again)
        });
    };
    if seen == Some(status.version.as_str()) {
        return Ok(GitReply::Unchanged);
    }
    Ok(GitReply::Status(Some(Box::new(status))))
}

/// Reads the answer of the script; `None` where it isn't whole, and wasn't cut either.
fn read(answer: &[u8], mark: &[u8]) -> Option<GitStatus> {
    let version = hex(&Sha1::digest(without(answer, mark)));
    let mut parts = split(answer, mark).into_iter();
    let listed = parts.next()?;
    let mut status = GitStatus { version, ..GitStatus::default() };
    status.top = FilePath(parts.next()?.to_vec());
    status.common = FilePath(parts.next()?.to_vec());
    status.bare = !parts.next()?.is_empty();
    status.unfinished = unfinished(parts.next()?);
    let stashes = text(parts.next()?);
    status.stashes = stashes.trim().parse().unwrap_or(0);
    status.remotes = text(parts.next()?).lines().map(str::to_owned).collect();
    status.lines = counted(&text(parts.next()?));
    let prefix = parts.next()?;
    status.prefix = FilePath(prefix.strip_suffix(b"/").unwrap_or(prefix).to_vec());
    let is_whole = listed.ends_with(b"\0E") || listed == b"E";
    if !is_whole && listed.len() < MOST_BYTES {
        return None;
    }
    status.more = !is_whole;
    let listed = listed.strip_suffix(b"E").filter(|_| is_whole).unwrap_or(listed);
    take(listed, &mut status);
    Some(status)
}

/// Reads what `git status --porcelain=v2 --branch --show-stash -z` prints. What isn't ended may be half a record.
fn take(listed: &[u8], status: &mut GitStatus) {
    let mut records: Vec<&[u8]> = listed.split(|byte| *byte == 0).collect();
    records.pop();
    let mut records = records.into_iter();
    while let Some(record) = records.next() {
        if let Some(header) = record.strip_prefix(b"# ") {
            head(&text(header), status);
            continue;
        }
        let from = if record.starts_with(b"2 ") { records.next() } else { None };
        let Some(change) = change(record, from) else { continue };
        status.changed = status.changed.saturating_add(1);
        status.changes.push(change);
    }
    status.changes.sort_by(|a, b| a.path.cmp(&b.path));
    status.more |= status.changes.len() > MOST_CHANGES;
    status.changes.truncate(MOST_CHANGES);
}

fn head(header: &str, status: &mut GitStatus) {
    let (key, value) = header.split_once(' ').unwrap_or((header, ""));
    match key {
        "branch.oid" => status.commit = (value != "(initial)").then(|| value.to_owned()),
        "branch.head" => status.branch = (value != "(detached)").then(|| value.to_owned()),
        "branch.upstream" => status.upstream = Some(value.to_owned()),
        "branch.ab" => {
            let mut numbers = value.split(' ').map(|word| word.get(1..).unwrap_or("").parse());
            if let (Some(Ok(ahead)), Some(Ok(behind))) = (numbers.next(), numbers.next()) {
                status.ahead_behind = Some((ahead, behind));
            }
        }
        "stash" => status.stashes = value.parse().unwrap_or(status.stashes),
        // Of a newer git.
        _ => {}
    }
}

/// One record. The number of words before the path depends on its kind: git-status(1), "Porcelain Format Version 2".
fn change(record: &[u8], from: Option<&[u8]>) -> Option<GitChange> {
    let words = match record.first()? {
        b'1' => 9,
        b'2' => 10,
        b'u' => 11,
        b'?' => 2,
        // Ignored files weren't asked for.
        _ => return None,
    };
    let parts: Vec<&[u8]> = record.splitn(words, |byte| *byte == b' ').collect();
    let path = FilePath(parts.get(words - 1)?.to_vec());
    if words == 2 {
        let unstaged = Some(ChangeKind::Untracked);
        return Some(GitChange { path, from: None, staged: None, unstaged, submodule: false });
    }
    let submodule = parts.get(2)?.starts_with(b"S");
    if words == 11 {
        let unstaged = Some(ChangeKind::Conflicted);
        return Some(GitChange { path, from: None, staged: None, unstaged, submodule });
    }
    let (staged, unstaged) = match parts.get(1)? {
        [staged, unstaged] => (kind(*staged), kind(*unstaged)),
        _ => return None,
    };
    let from = from.map(|from| FilePath(from.to_vec()));
    Some(GitChange { path, from, staged, unstaged, submodule })
}

/// git's letter for what became of a file.
pub(super) fn kind(letter: u8) -> Option<ChangeKind> {
    match letter {
        b'A' => Some(ChangeKind::Added),
        b'M' => Some(ChangeKind::Modified),
        b'D' => Some(ChangeKind::Deleted),
        b'R' => Some(ChangeKind::Renamed),
        b'C' => Some(ChangeKind::Copied),
        b'T' => Some(ChangeKind::TypeChanged),
        b'U' => Some(ChangeKind::Conflicted),
        _ => None,
    }
}

fn unfinished(word: &[u8]) -> Option<Unfinished> {
    match word {
        b"merge" => Some(Unfinished::Merge),
        b"rebase" => Some(Unfinished::Rebase),
        b"am" => Some(Unfinished::Am),
        b"cherry_pick" => Some(Unfinished::CherryPick),
        b"revert" => Some(Unfinished::Revert),
        b"bisect" => Some(Unfinished::Bisect),
        _ => None,
    }
}

/// ` 2 files changed, 3 insertions(+), 1 deletion(-)`.
fn counted(shortstat: &str) -> (u64, u64) {
    let of = |what: &str| {
        let part = shortstat.split(',').find(|part| part.contains(what))?;
        part.split_whitespace().next()?.parse().ok()
    };
    (of("insertion").unwrap_or(0), of("deletion").unwrap_or(0))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn split<'a>(answer: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(answer, mark) {
        parts.push(answer.get(from..at).unwrap_or_default());
        from = at + mark.len();
    }
    parts.push(answer.get(from..).unwrap_or_default());
    parts
}

fn without(answer: &[u8], mark: &[u8]) -> Vec<u8> {
    // One that no path holds.
    split(answer, mark).join(&b"\0\0"[..])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const MARK: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn answer(listed: &[u8], rest: [&str; 8]) -> Vec<u8> {
        let mut answer = listed.to_vec();
        for part in rest {
            answer.extend_from_slice(MARK);
            answer.extend_from_slice(part.as_bytes());
        }
        answer
    }

    #[test]
    fn everything_that_git_says_is_told() {
        let listed = b"# branch.oid 1234\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +2 -1\0# stash 3\0\
            1 .M N... 100644 100644 100644 1 2 b c\0\
            2 R. N... 100644 100644 100644 1 2 R100 new name\0old\nname\0\
            1 AM SC.. 000000 160000 160000 1 2 sub\0\
            u UU N... 100644 100644 100644 100644 1 2 3 both\0? a\xff\0E";
        let rest = [
            "/r",
            "/r/.git",
            "",
            "rebase",
            " 2\n",
            "origin\nfork",
            " 2 files changed, 3 insertions(+), 1 deletion(-)\n",
            "src/a b/",
        ];
        let status = read(&answer(listed, rest), MARK).unwrap();
        assert_eq!(
            (status.branch.as_deref(), status.commit.as_deref()),
            (Some("main"), Some("1234"))
        );
        assert_eq!((status.ahead_behind, status.stashes), (Some((2, 1)), 3));
        assert_eq!((status.lines, status.unfinished), ((3, 1), Some(Unfinished::Rebase)));
        assert_eq!(status.remotes, ["origin", "fork"]);
        assert_eq!(status.prefix, FilePath::from("src/a b"));
        assert_eq!((status.changed, status.more, status.bare), (5, false, false));
        let paths: Vec<&[u8]> = status.changes.iter().map(|change| change.path.bytes()).collect();
        assert_eq!(paths, [&b"a\xff"[..], b"b c", b"both", b"new name", b"sub"]);
        assert_eq!(status.changes[0].unstaged, Some(ChangeKind::Untracked));
        assert_eq!(status.changes[2].unstaged, Some(ChangeKind::Conflicted));
        assert_eq!(status.changes[3].from, Some(FilePath::from("old\nname")));
        assert_eq!(status.changes[3].staged, Some(ChangeKind::Renamed));
        assert!(status.changes[4].submodule);
    }

    #[test]
    fn a_status_that_was_cut_says_so_and_one_that_broke_off_is_none() {
        let rest = ["/r", "/r/.git", "", "", "", "", "", ""];
        assert!(read(&answer(b"# branch.oid 1234\0? a", rest), MARK).is_none());
        let mut long = b"? a\0".repeat(MOST_BYTES / 4);
        long.truncate(MOST_BYTES);
        let cut = read(&answer(&long, rest), MARK).unwrap();
        assert!(cut.more && cut.changes.len() == MOST_CHANGES);
        assert!(read(b"", MARK).is_none());
    }

    #[test]
    fn the_same_status_has_the_same_version_whatever_the_mark() {
        let rest = ["/r", "/r/.git", "", "", "", "", "", ""];
        let one = read(&answer(b"? a\0E", rest), MARK).unwrap();
        let other: Vec<u8> = answer(b"? a\0E", rest);
        let other_mark = [b'x'; 32];
        let other = split(&other, MARK).join(&other_mark[..]);
        assert_eq!(one, read(&other, &other_mark).unwrap());
        let more = read(&answer(b"? a\0? b\0E", rest), MARK).unwrap();
        assert_ne!(one.version, more.version);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes: Vec<u8>) {
            read(&bytes, MARK);
            read(&answer(&bytes, ["a", "b", "c", "d", "e", "f", "g", "h"]), MARK);
        }

        #[test]
        fn every_name_is_told_as_it_is(names in prop::collection::btree_set(
            prop::collection::vec(1_u8..=255, 1..20), 0..8)) {
            let mut listed = Vec::new();
            for name in &names {
                listed.extend_from_slice(b"? ");
                listed.extend_from_slice(name);
                listed.push(0);
            }
            listed.push(b'E');
            let status = read(&answer(&listed, ["", "", "", "", "", "", "", ""]), MARK).unwrap();
            let told: Vec<Vec<u8>> = status.changes.into_iter().map(|change| change.path.0).collect();
            prop_assert_eq!(told, names.into_iter().collect::<Vec<_>>());
        }
    }
}
