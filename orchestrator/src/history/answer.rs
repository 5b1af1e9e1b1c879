//! What the scripts answer, in words of ours.

use std::collections::HashSet;

use memchr::memmem;
use shared_history::{
    Appended, Denial, FileLook, FilesError, Fresh, Look, Odd, OddKind, SAMPLE_BYTES, Trimmed,
};

use super::scripts::is_name;
use crate::host::HostId;
use crate::transport::TransportError;

/// How long a script waits for a lock; `lock.sh` has it in tenths.
const LOCK_SECONDS: u64 = 10;

/// Whether a project's git looks away from its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The project is in no repository.
    NoRepository,
    /// There is no git on that machine.
    NoGit,
    /// It is ignored.
    Yes,
    /// It is not.
    No,
}

/// An answer that nobody understands: the words, and where they come from.
pub(super) fn odd(host: &HostId, said: impl Into<String>) -> TransportError {
    TransportError::ShellBroken { host: host.clone(), said: said.into() }
}

/// What a script printed, on both streams, and what it was about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) host: &'a HostId,
    /// The project's directory, as people know it.
    pub(super) project: &'a str,
    /// The file, where it was about one.
    pub(super) file: Option<&'a str>,
    pub(super) stdout: &'a [u8],
    pub(super) stderr: &'a [u8],
}

/// The first line's words, and all that follows it.
fn first_line(bytes: &[u8]) -> (String, &[u8]) {
    let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let rest = bytes.get(end + 1..).unwrap_or_default();
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), rest)
}

impl Said<'_> {
    fn path(&self, relative: &str) -> String {
        match relative {
            "." => self.project.to_owned(),
            _ => format!("{}/{relative}", self.project.trim_end_matches('/')),
        }
    }

    /// Why it was refused; `None` for an answer that is no refusal.
    fn refusal(&self, line: &str) -> Option<FilesError> {
        let mut words = line.splitn(3, ' ');
        let error = match (words.next()?, words.next(), words.next()) {
            ("noproject", None, None) => FilesError::NoProject,
            ("locked", None, None) => {
                let file = self.file.unwrap_or_default();
                let path = self.path(&format!(".maestro/history/{file}"));
                FilesError::Locked { path, seconds: LOCK_SECONDS }
            }
            ("denied", Some(kind), Some(path)) => {
                let denial = match kind {
                    "permission" => Denial::Permission,
                    "symlink" => Denial::Symlink,
                    "way" => Denial::InTheWay,
                    "system" => denial(&String::from_utf8_lossy(self.stderr)),
                    _ => return None,
                };
                FilesError::Denied { path: self.path(path), denial }
            }
            (_, _, _) => return None,
        };
        Some(error)
    }

    fn odd(&self) -> TransportError {
        let (out, _) = first_line(self.stdout);
        let err = String::from_utf8_lossy(self.stderr);
        let said = reason(&err).unwrap_or(&out);
        odd(self.host, format!("it answered {said:?}"))
    }

    fn unreachable(&self) -> FilesError {
        FilesError::Unreachable(Box::new(self.odd()))
    }

    /// Reads the answer to a look.
    pub(super) fn look(&self, mark: &str) -> Result<Look, FilesError> {
        let (line, _) = first_line(self.stdout);
        if line != "ok" {
            return Err(self.refusal(&line).unwrap_or_else(|| self.unreachable()));
        }
        let mut parts = Vec::new();
        let mut at = 0;
        for end in memmem::find_iter(self.stdout, mark.as_bytes()) {
            parts.push(&self.stdout[at..end]);
            at = end + mark.len();
        }
        let root = self.stdout[at..].to_vec();
        let Some((listing, news)) = parts.split_first() else { return Err(self.unreachable()) };
        if !root.starts_with(b"/") {
            return Err(self.unreachable());
        }
        let mut look = Look { root, ..Look::default() };
        list(&String::from_utf8_lossy(listing), &mut look);
        for pair in news.chunks_exact(2) {
            let (line, head) = first_line(pair[0]);
            let offset =
                line.rsplit_once(' ').and_then(|(name, at)| Some((name, at.parse::<u64>().ok()?)));
            let Some((name, offset)) = offset else { return Err(self.unreachable()) };
            let file = look.files.iter_mut().find(|file| file.name == name);
            let sample = usize::try_from(offset).unwrap_or(usize::MAX).min(SAMPLE_BYTES);
            let (seam, bytes) = pair[1].split_at(sample.min(pair[1].len()));
            if let Some(file) = file {
                let (head, seam, bytes) = (head.to_vec(), seam.to_vec(), bytes.to_vec());
                file.fresh = Some(Fresh { head, seam, bytes });
            }
        }
        Ok(look)
    }

    /// Reads the answer to an append.
    ///
    /// # Errors
    ///
    /// [`FilesError::InDoubt`] for an answer that isn't whole, or doesn't add up.
    pub(super) fn appended(&self) -> Result<Appended, FilesError> {
        let (line, rest) = first_line(self.stdout);
        if let Some(refusal) = self.refusal(&line) {
            return Err(refusal);
        }
        let in_doubt = || FilesError::InDoubt(Box::new(self.odd()));
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["ok", found, was, more] => {
                let numbers = (found.parse(), was.parse::<u64>(), more.parse::<u64>());
                let (Ok(found), Ok(was), Ok(more)) = numbers else { return Err(in_doubt()) };
                let listed = String::from_utf8_lossy(rest);
                let entry = Entry::parse(&listed).ok_or_else(in_doubt)?;
                if was.checked_add(more) == Some(entry.size) {
                    return Ok(Appended::Done { found, identity: entry.inode, size: entry.size });
                }
                let said = format!("{} has {} bytes, not {was} + {more}", entry.name, entry.size);
                Err(FilesError::InDoubt(Box::new(odd(self.host, said))))
            }
            ["torn", from, size, bytes] => {
                let (Ok(from), Ok(size)) = (from.parse(), size.parse()) else {
                    return Err(self.unreachable());
                };
                let fragment = match bytes.parse::<usize>() {
                    Ok(bytes) if bytes == rest.len() => Some(rest.to_vec()),
                    Err(_) if *bytes == "none" => None,
                    Ok(_) | Err(_) => return Err(self.unreachable()),
                };
                Ok(Appended::Torn { from, size, fragment })
            }
            _ => Err(in_doubt()),
        }
    }

    /// Reads the answer to a trim.
    pub(super) fn trimmed(&self) -> Result<Trimmed, FilesError> {
        let (line, rest) = first_line(self.stdout);
        if line == "gone" {
            return Ok(Trimmed { identity: 0, size: 0, removed: 0 });
        }
        let removed = line.strip_prefix("ok ").and_then(|number| number.parse().ok());
        match (removed, Entry::parse(&String::from_utf8_lossy(rest))) {
            (Some(removed), Some(Entry { inode: identity, size, .. })) => {
                Ok(Trimmed { identity, size, removed })
            }
            (_, _) => Err(self.refusal(&line).unwrap_or_else(|| self.unreachable())),
        }
    }

    /// Reads what git thinks.
    pub(super) fn ignored(&self) -> Result<Ignored, FilesError> {
        let (line, _) = first_line(self.stdout);
        match line.as_str() {
            "yes" => Ok(Ignored::Yes),
            "no" => Ok(Ignored::No),
            "nogit" => Ok(Ignored::NoGit),
            "norepository" => Ok(Ignored::NoRepository),
            _ => Err(self.refusal(&line).unwrap_or_else(|| self.unreachable())),
        }
    }

    /// Reads whether a line was added.
    pub(super) fn ignore(&self) -> Result<bool, FilesError> {
        let (line, _) = first_line(self.stdout);
        match line.as_str() {
            "added" => Ok(true),
            "there" => Ok(false),
            _ => Err(self.refusal(&line).unwrap_or_else(|| self.unreachable())),
        }
    }
}

/// What a system's own words mean; in the C locale, as strerror(3) has them.
fn denial(words: &str) -> Denial {
    let has = |part: &str| words.contains(part);
    if has("ermission denied") || has("not permitted") {
        Denial::Permission
    } else if has("ead-only file system") {
        Denial::ReadOnly
    } else if has("o space left") || has("uota exceeded") || has("File too large") {
        Denial::Full
    } else {
        Denial::Other(reason(words).unwrap_or("the system gave no reason").to_owned())
    }
}

/// The last line of what programs complain of. What `dd` counts is no complaint.
fn reason(words: &str) -> Option<&str> {
    let counts = [" records in", " records out", " copied", " bytes transferred"];
    let is_count = |line: &str| {
        line.starts_with(|first: char| first.is_ascii_digit())
            && counts.iter().any(|part| line.contains(part))
    };
    words.lines().map(str::trim).rfind(|line| !line.is_empty() && !is_count(line))
}

/// A line of `ls -ldin`.
struct Entry<'a> {
    inode: u64,
    kind: char,
    size: u64,
    name: &'a str,
}

impl<'a> Entry<'a> {
    /// What isn't one is something else that was said, or half a line.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let inode = words.next()?.parse().ok()?;
        let kind = words.next()?.chars().next()?;
        // Links, owner, group; a device has two numbers instead of a size.
        let size = words.nth(3)?.parse().unwrap_or_default();
        let name = line.find("history-").map_or("", |at| line[at..].trim_end_matches('\n'));
        Some(Self { inode, kind, size, name })
    }
}

/// Adds what a listing says.
fn list(listing: &str, look: &mut Look) {
    let unreadable: HashSet<&str> =
        listing.lines().filter_map(|line| line.strip_prefix("u ")).collect();
    for line in listing.lines() {
        // No line of ls begins with a letter.
        let odd = [("l ", OddKind::Symlink), ("o ", OddKind::Name)]
            .into_iter()
            .find_map(|(mark, kind)| Some((line.strip_prefix(mark)?, kind)));
        if let Some((name, kind)) = odd {
            // Whatever a terminal would take for more than letters.
            let name = name.replace(char::is_control, "?");
            look.odd.push(Odd { name, kind });
        }
    }
    for entry in listing.lines().filter_map(Entry::parse) {
        let Entry { inode, kind, size, name } = entry;
        let kind = match kind {
            '-' if !is_name(name) => OddKind::Name,
            '-' if unreadable.contains(name) => OddKind::Unreadable,
            '-' => {
                let name = name.to_owned();
                look.files.push(FileLook { name, identity: inode, size, fresh: None });
                continue;
            }
            'd' => OddKind::Directory,
            'l' => OddKind::Symlink,
            _ => OddKind::Special,
        };
        let name = if kind == OddKind::Symlink {
            name.split_once(" -> ").map_or(name, |(name, _)| name)
        } else {
            name
        };
        look.odd.push(Odd { name: name.to_owned(), kind });
    }
    look.files.sort_by(|one, other| one.name.cmp(&other.name));
    look.odd.sort_by(|one, other| one.name.cmp(&other.name));
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
