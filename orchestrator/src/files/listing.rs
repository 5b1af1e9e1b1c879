//! What `bf_list` tells of a directory, read.

use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::entry::{Garbled, Kind, Own, is_outside, moment};
use super::form::Told;
use crate::seam::{FileEntry, FileKind, FilePath, Listing};

/// Reads an answer whose parts are ended by `mark`, and hold `most_bytes` at most; at most `limit` entries are kept.
pub(super) fn read(
    answer: &[u8],
    mark: &[u8],
    most_bytes: usize,
    limit: usize,
) -> Result<(Listing, Told), Garbled> {
    let mut rest = answer;
    let (head, part_of_entries) = (part(&mut rest, mark)?, part(&mut rest, mark)?);
    let [kind, root, directory, ..] = fields(head)[..] else { return Err(Garbled) };
    let told = if kind == b"names" { Told::Names } else { Told::All };
    let (mut entries, ends, ignored): (_, _, HashSet<&[u8]>) = if told == Told::Names {
        (names(part_of_entries)?, HashMap::new(), HashSet::new())
    } else {
        let kind = Kind::read(kind)?;
        let (links, ignored) = (part(&mut rest, mark)?, part(&mut rest, mark)?);
        let entries = match kind {
            Kind::Gnu => gnu(part_of_entries)?,
            Kind::C | Kind::F => marked(kind, part_of_entries, mark)?,
        };
        let ends = if kind == Kind::Gnu { real_ends(links) } else { link_ends(links) };
        (entries, ends, fields(ignored).into_iter().map(bare).collect())
    };
    // No name is empty.
    let told = if ignored.contains(&b""[..]) { Told::Unsure } else { told };
    let whole = part_of_entries.len() < most_bytes;
    for entry in &mut entries {
        entry.ignored = ignored.contains(entry.path.bytes());
        if let Some(end) = ends.get(entry.path.bytes()) {
            end.tell(entry);
        }
        if let Some(link) = &entry.link {
            let real = ends.get(entry.path.bytes()).and_then(|end| end.real);
            entry.outside = match real {
                Some(real) => is_outside(root, real),
                None => is_lexically_outside(root, directory, link.bytes()),
            };
        }
    }
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let more = !whole || entries.len() > limit;
    entries.truncate(limit);
    let directory = FilePath(directory.to_vec());
    let outside = is_outside(root, directory.bytes());
    Ok((Listing { directory, entries, more, version: String::new(), outside }, told))
}

/// Takes what stands before the next mark that ends a part: the entries of a poorer host begin with the mark and a space.
fn part<'a>(rest: &mut &'a [u8], mark: &[u8]) -> Result<&'a [u8], Garbled> {
    let all = *rest;
    let ends = |at: &usize| all.get(at + mark.len()) != Some(&b' ');
    let at = memmem::find_iter(all, mark).find(ends).ok_or(Garbled)?;
    *rest = &all[at + mark.len()..];
    Ok(&all[..at])
}

/// What is ended by a NUL each; the rest, which isn't ended, is left out.
fn fields(part: &[u8]) -> Vec<&[u8]> {
    let mut fields: Vec<&[u8]> = part.split(|byte| *byte == 0).collect();
    fields.pop();
    fields
}

/// Without what find puts before it.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"./").unwrap_or(name)
}

/// `yY MODE SIZE TIME LINK`, NUL, name, NUL; one that was cut off is left out.
fn gnu(part: &[u8]) -> Result<Vec<FileEntry>, Garbled> {
    let mut entries = Vec::with_capacity(part.len() / 48);
    let mut rest = part;
    while let Some((looks, name, after)) = record(rest) {
        rest = after;
        let mut words = looks.splitn(5, |byte| *byte == b' ');
        let mut word = || words.next().ok_or(Garbled);
        let [own, end] = word()?[..] else { return Err(Garbled) };
        let mut text = || std::str::from_utf8(word()?).map_err(|_| Garbled);
        let (mode, size, time) = (text()?, text()?, text()?);
        let mode = u32::from_str_radix(mode, 8).map_err(|_| Garbled)?;
        let own = Own::of_letter(own);
        let link = words.next().filter(|_| own == Own::Link).map(|link| FilePath(link.to_vec()));
        entries.push(FileEntry {
            link,
            size: size.parse().map_err(|_| Garbled)?,
            modified: moment(time),
            ..bare_entry(name, own.kind(end), mode)
        });
    }
    Ok(entries)
}

/// `y`, or `lY LINK`, NUL, name, NUL; one that was cut off is left out.
fn names(part: &[u8]) -> Result<Vec<FileEntry>, Garbled> {
    let mut entries = Vec::with_capacity(part.len() / 24);
    let mut rest = part;
    while let Some((looks, name, after)) = record(rest) {
        rest = after;
        let (own, end) = looks.split_first().ok_or(Garbled)?;
        let own = Own::of_letter(*own);
        let mut entry = bare_entry(name, own.kind(end.first().copied().unwrap_or(b'?')), 0);
        if own == Own::Link {
            entry.link = Some(FilePath(end.get(2..).ok_or(Garbled)?.to_vec()));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// What stands before a NUL, a name that is ended by one, and what follows.
fn record(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let looks_end = memchr::memchr(0, rest)?;
    let (looks, after) = (&rest[..looks_end], &rest[looks_end + 1..]);
    let name_end = memchr::memchr(0, after)?;
    Some((looks, &after[..name_end], &after[name_end + 1..]))
}

/// The mark, ` MODE SIZE TIME ./NAME` and a newline, which a name may have, too.
fn marked(kind: Kind, part: &[u8], mark: &[u8]) -> Result<Vec<FileEntry>, Garbled> {
    let mut entries = Vec::new();
    let starts: Vec<usize> = memmem::find_iter(part, mark).collect();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(part.len());
        let Some(record) = part[start + mark.len()..end].strip_suffix(b"\n") else { break };
        let mut words = record.strip_prefix(b" ").ok_or(Garbled)?.splitn(4, |byte| *byte == b' ');
        let mut word = || words.next().ok_or(Garbled);
        let mut text = || std::str::from_utf8(word()?).map_err(|_| Garbled);
        let (mode, size, time) = (text()?, text()?, text()?);
        let mode = kind.mode(mode)?;
        let own = Own::of_mode(mode);
        // What a link ends at is told behind these.
        let shown = own.kind(b'n');
        entries.push(FileEntry {
            link: (own == Own::Link).then(FilePath::default),
            size: size.parse().map_err(|_| Garbled)?,
            modified: moment(time),
            ..bare_entry(bare(word()?), shown, mode)
        });
    }
    Ok(entries)
}

fn bare_entry(name: &[u8], kind: FileKind, mode: u32) -> FileEntry {
    FileEntry {
        path: FilePath(name.to_vec()),
        kind,
        link: None,
        outside: false,
        size: 0,
        modified: None,
        mode: mode & 0o7777,
        owner: String::new(),
        group: String::new(),
        ignored: false,
        writable: None,
        version: String::new(),
    }
}

/// Where a link ends, as far as the host has told.
struct End<'a> {
    /// Links followed.
    real: Option<&'a [u8]>,
    /// What is there, and where the link points to.
    told: Option<(u8, &'a [u8])>,
}

impl End<'_> {
    fn tell(&self, entry: &mut FileEntry) {
        if let Some((end, link)) = self.told {
            entry.kind = Own::Link.kind(end);
            entry.link = Some(FilePath(link.to_vec()));
        }
    }
}

/// How many, so many names, and so many real paths; several times over where there are many.
fn real_ends(part: &[u8]) -> HashMap<&[u8], End<'_>> {
    let fields = fields(part);
    let mut ends = HashMap::new();
    let mut rest = &fields[..];
    while let Some((count, after)) = rest.split_first() {
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse().ok());
        let Some(count) = count.filter(|count: &usize| after.len() / 2 >= *count) else { break };
        let (names, after) = after.split_at(count);
        let (reals, after) = after.split_at(count);
        for (name, real) in names.iter().zip(reals) {
            ends.insert(bare(name), End { real: Some(real), told: None });
        }
        rest = after;
    }
    ends
}

/// Name, kind of the end, and where it points to.
fn link_ends(part: &[u8]) -> HashMap<&[u8], End<'_>> {
    let fields = fields(part);
    let ends = fields.chunks_exact(3).map(|link| {
        let told = link[1].first().map(|end| (*end, link[2]));
        (bare(link[0]), End { real: None, told })
    });
    ends.collect()
}

/// Whether a link in `directory` that points to `link` leads out of `root`, as far as its own words say.
fn is_lexically_outside(root: &[u8], directory: &[u8], link: &[u8]) -> bool {
    let mut path: Vec<&[u8]> = Vec::new();
    let start: &[u8] = if link.starts_with(b"/") { b"" } else { directory };
    for name in start.split(|byte| *byte == b'/').chain(link.split(|byte| *byte == b'/')) {
        match name {
            b"" | b"." => {}
            b".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    let real: Vec<u8> = path.iter().flat_map(|name| [b"/", *name].concat()).collect();
    is_outside(root, &real)
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
