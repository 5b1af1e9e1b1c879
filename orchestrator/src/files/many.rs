//! The beginnings of many files, read by a handful of programs whatever their number.
//!
//! What `bf_many` prints is cut by the sizes that were told before. So it counts only while nothing has changed what they say: a file
//! that did is read alone, and the others once more.

use futures::stream::{self, StreamExt};
use memchr::memmem;

use super::entry::Garbled;
use super::form::{Files, Window};
use crate::failure::Failure;
use crate::seam::{FileBeginning, FilePath, FileWindow};

/// How many files are read at the same time, where each is a call of its own: what a control shell of each of three has waiting.
const AT_ONCE: usize = 8;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was read.
    Read(FileBeginning),
    /// It has to be read alone: it has changed meanwhile, or says nothing of its size.
    Alone,
    /// It is not there, or may not be looked at.
    Missing,
    /// It is a directory.
    Directory,
    /// It is neither file nor directory.
    Other,
    /// This account may not read it.
    Denied,
}

/// What one call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Each file's part is known.
    Sure(Vec<Came>),
    /// These, by number, have changed meanwhile, so that nobody knows whose bytes are whose. Without any, a disk has failed.
    Unsure(Vec<usize>),
}

/// Cuts the answer of `bf_many` for these paths.
pub(super) fn cut(
    answer: &[u8],
    mark: &[u8],
    paths: &[&FilePath],
    length: usize,
) -> Result<Cut, Garbled> {
    let (kind, mut rest) = part(answer, mark)?;
    if kind != b"gnu" {
        let mut came = Vec::with_capacity(paths.len());
        for _ in paths {
            let (one, after) = part(rest, mark)?;
            came.push(each(one, length)?);
            rest = after;
        }
        return Ok(Cut::Sure(came));
    }
    let (before, rest) = part(rest, mark)?;
    // Whatever the files hold, the last two marks are ours.
    let rest = rest.strip_suffix(mark).ok_or(Garbled)?;
    let end = memmem::rfind(rest, mark).ok_or(Garbled)?;
    let (contents, after) = (&rest[..end], &rest[end + mark.len()..]);
    Ok(by_sizes(&known(before, paths)?, contents, &known(after, paths)?, length))
}

/// What stands before the first mark, and behind it.
fn part<'a>(all: &'a [u8], mark: &[u8]) -> Result<(&'a [u8], &'a [u8]), Garbled> {
    let at = memmem::find(all, mark).ok_or(Garbled)?;
    Ok((&all[..at], &all[at + mark.len()..]))
}

/// The letter of what it is, and the contents with one byte too many where there are more.
fn each(one: &[u8], length: usize) -> Result<Came, Garbled> {
    let (letter, contents) = one.split_first().ok_or(Garbled)?;
    Ok(match letter {
        b'd' => Came::Directory,
        b'n' => Came::Missing,
        b'o' => Came::Other,
        b'x' => Came::Denied,
        b'f' => {
            let end = contents.len() <= length;
            let bytes = contents[..contents.len().min(length)].to_vec();
            let size = end.then_some(bytes.len() as u64);
            Came::Read(FileBeginning { bytes, end, size, version: String::new() })
        }
        _ => return Err(Garbled),
    })
}

/// What find says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    kind: u8,
    readable: bool,
    size: u64,
    /// Device, inode and the time of the last change.
    state: (String, String, String),
    /// When anything of it was changed.
    changed: String,
}

impl Known {
    fn is_read(&self) -> bool {
        self.kind == b'f' && self.readable
    }

    /// As `bf_version` has it; empty where times are of whole seconds, and it would take the contents.
    fn version(&self) -> String {
        let (device, inode, time) = &self.state;
        match time.split_once('.') {
            Some((_, part)) if part.bytes().any(|digit| matches!(digit, b'1'..=b'9')) => {
                format!("{device}:{inode}:{}:{time}:{}", self.size, self.changed)
            }
            Some(_) | None => String::new(),
        }
    }
}

/// `DEVICE INODE KIND SIZE TIME CHANGED r`, NUL, path, NUL: of those that are there, in the order of asking.
fn known(part: &[u8], paths: &[&FilePath]) -> Result<Vec<Option<Known>>, Garbled> {
    let mut fields = part.split(|byte| *byte == 0);
    let mut next = || -> Result<Option<(Known, &[u8])>, Garbled> {
        let (Some(line), Some(name)) = (fields.next(), fields.next()) else { return Ok(None) };
        let line = std::str::from_utf8(line).map_err(|_| Garbled)?;
        let words: Vec<&str> = line.split(' ').collect();
        let [device, inode, kind, size, time, changed, readable] = words[..] else {
            return Err(Garbled);
        };
        let known = Known {
            kind: kind.bytes().next().ok_or(Garbled)?,
            readable: readable == "r",
            size: size.parse().map_err(|_| Garbled)?,
            state: (device.to_owned(), inode.to_owned(), time.to_owned()),
            changed: changed.to_owned(),
        };
        Ok(Some((known, name)))
    };
    let mut all = Vec::with_capacity(paths.len());
    let mut one = next()?;
    for path in paths {
        if one.as_ref().is_some_and(|(_, name)| is_of(name, path.bytes())) {
            all.push(one.take().map(|(known, _)| known));
            one = next()?;
        } else {
            all.push(None);
        }
    }
    // One that nobody has asked for.
    if one.is_some() { Err(Garbled) } else { Ok(all) }
}

/// Whether the host calls `path` so: a tilde has become a home.
fn is_of(name: &[u8], path: &[u8]) -> bool {
    match path.first() {
        Some(b'~') => {
            let slash = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            name.starts_with(b"/") && name.ends_with(&path[slash..])
        }
        _ => name == path,
    }
}

fn by_sizes(
    before: &[Option<Known>],
    contents: &[u8],
    after: &[Option<Known>],
    length: usize,
) -> Cut {
    let share = |known: &Known| {
        usize::try_from(known.size).unwrap_or(usize::MAX).min(length) * usize::from(known.is_read())
    };
    let share = |known: &Option<Known>| known.as_ref().map_or(0, share);
    let moved = |number: &usize| share(&before[*number]) != share(&after[*number]);
    let moved: Vec<usize> = (0..before.len()).filter(moved).collect();
    let all: usize = before.iter().map(share).sum();
    if !moved.is_empty() || contents.len() < all {
        return Cut::Unsure(moved);
    }
    // What files without a size have printed.
    let is_over = contents.len() > all;
    let mut rest = contents;
    let came = before.iter().zip(after).map(|(before, after)| match before {
        None => Came::Missing,
        Some(known) if known.kind == b'd' => Came::Directory,
        // A link that is told of itself leads nowhere.
        Some(known) if known.kind == b'l' => Came::Missing,
        Some(known) if known.kind != b'f' => Came::Other,
        Some(known) if !known.readable => Came::Denied,
        Some(known) if known.size == 0 && is_over => Came::Alone,
        Some(known) => {
            let (bytes, behind) =
                rest.split_at(usize::try_from(known.size).unwrap_or(usize::MAX).min(length));
            rest = behind;
            if after.as_ref().is_some_and(|after| after.state == known.state) {
                let end = known.size <= length as u64;
                Came::Read(FileBeginning {
                    bytes: bytes.to_vec(),
                    end,
                    size: Some(known.size),
                    version: known.version(),
                })
            } else {
                Came::Alone
            }
        }
    });
    Cut::Sure(came.collect())
}

/// Reads each by itself, several at the same time.
pub(super) async fn one_by_one(
    files: &dyn Files,
    paths: &[&FilePath],
    length: u32,
) -> Vec<Result<FileBeginning, Failure>> {
    let reads: Vec<_> = paths.iter().map(|path| one(files, path, length)).collect();
    stream::iter(reads).buffered(AT_ONCE).collect().await
}

async fn one(files: &dyn Files, path: &FilePath, length: u32) -> Result<FileBeginning, Failure> {
    let read = files.read(&Window { path, offset: 0, length, seen: None }).await?;
    // None is one that was seen, and nothing was.
    let told = |read: FileWindow| FileBeginning {
        bytes: read.bytes,
        end: read.end,
        size: Some(read.file.size),
        version: read.file.version,
    };
    Ok(read.map(told).unwrap_or_default())
}

#[cfg(test)]
#[path = "many_tests.rs"]
mod tests;
