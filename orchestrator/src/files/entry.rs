//! What the scripts tell of files, read.

use jiff::Timestamp;

use crate::seam::{FileEntry, FileKind, FilePath};

/// What an answer can't be read by: the script and this don't belong together, or something printed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Garbled;

/// Which programs a host has, as `host.sh` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// find knows -printf.
    Gnu,
    /// stat knows -c.
    C,
    /// stat knows -f.
    F,
}

impl Kind {
    pub(super) fn read(word: &[u8]) -> Result<Self, Garbled> {
        match word {
            b"gnu" => Ok(Self::Gnu),
            b"c" => Ok(Self::C),
            b"f" => Ok(Self::F),
            _ => Err(Garbled),
        }
    }

    /// The whole mode, as stat prints it.
    pub(super) fn mode(self, word: &str) -> Result<u32, Garbled> {
        let radix = if self == Self::C { 16 } else { 8 };
        u32::from_str_radix(word, radix).map_err(|_| Garbled)
    }

    /// What the third field of a line says.
    fn own(self, word: &str) -> Result<Own, Garbled> {
        match self {
            Self::Gnu => Ok(Own::of_letter(word.as_bytes().first().copied().unwrap_or(b'?'))),
            Self::C | Self::F => self.mode(word).map(Own::of_mode),
        }
    }
}

/// What a name itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Directory,
    File,
    Link,
    Other,
}

impl Own {
    /// As find has it.
    pub(super) fn of_letter(letter: u8) -> Self {
        match letter {
            b'd' => Self::Directory,
            b'f' => Self::File,
            b'l' => Self::Link,
            _ => Self::Other,
        }
    }

    /// As stat(2) has it; the bits above the permissions say it, the same on every system.
    pub(super) fn of_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Directory,
            0o100_000 => Self::File,
            0o120_000 => Self::Link,
            _ => Self::Other,
        }
    }

    /// What it is for people, where it isn't a link, or ends at what the letter says.
    pub(super) fn kind(self, end: u8) -> FileKind {
        match (self, end) {
            (Self::Directory, _) | (Self::Link, b'd') => FileKind::Directory,
            (Self::File, _) | (Self::Link, b'f') => FileKind::File,
            // Nothing; a circle; what may not be looked at.
            (Self::Link, b'n' | b'N' | b'L' | b'?') => FileKind::Broken,
            (Self::Link | Self::Other, _) => FileKind::Other,
        }
    }
}

/// A moment as programs print it: seconds, and a fraction where they know one.
pub(super) fn moment(word: &str) -> Option<Timestamp> {
    let (seconds, fraction) = word.split_once('.').unwrap_or((word, ""));
    let mut digits = fraction.get(..9).unwrap_or(fraction).to_owned();
    while digits.len() < 9 {
        digits.push('0');
    }
    Timestamp::new(seconds.parse().ok()?, digits.parse().ok()?).ok()
}

/// The fields that `bf_show` has told, and what stands behind them.
pub(super) const SHOWN: usize = 8;

/// What `bf_show` tells of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The file.
    pub entry: FileEntry,
    /// Where it really lies, links followed.
    pub real: FilePath,
    /// Where relative paths begin, with a slash at its end; empty where that isn't there.
    pub root: FilePath,
}

impl Shown {
    /// Reads [`SHOWN`] fields.
    pub(super) fn read(fields: &[&[u8]]) -> Result<Self, Garbled> {
        let [kind, root, path, looks, line, version, link, real] = fields else {
            return Err(Garbled);
        };
        let kind = Kind::read(kind)?;
        let line = std::str::from_utf8(line).map_err(|_| Garbled)?;
        let mut words = line.splitn(11, ' ');
        let mut word = || words.next().ok_or(Garbled);
        let (_device, _inode) = (word()?, word()?);
        let own = kind.own(word()?)?;
        let size = word()?.parse().map_err(|_| Garbled)?;
        let (_links, _uid, _gid) = (word()?, word()?, word()?);
        let modified = moment(word()?);
        let _changed = word()?;
        let mode = u32::from_str_radix(word()?, 8).map_err(|_| Garbled)? & 0o7777;
        let (owner, group) = word()?.split_once('/').ok_or(Garbled)?;
        let [end, writable] = looks[..] else { return Err(Garbled) };
        let is_link = own == Own::Link;
        let real = if is_link { real.to_vec() } else { path.to_vec() };
        let outside = is_outside(root, &real) && !(is_link && real.is_empty());
        let entry = FileEntry {
            path: FilePath(path.to_vec()),
            kind: own.kind(end),
            link: is_link.then(|| FilePath(link.to_vec())),
            outside,
            size,
            modified,
            mode,
            owner: owner.to_owned(),
            group: group.to_owned(),
            ignored: false,
            writable: Some(writable == b'1'),
            version: String::from_utf8(version.to_vec()).map_err(|_| Garbled)?,
        };
        Ok(Self { entry, real: FilePath(real), root: FilePath(root.to_vec()) })
    }
}

/// Whether `path`, as the host calls it, lies neither at `root`, which ends with a slash, nor below.
pub(super) fn is_outside(root: &[u8], path: &[u8]) -> bool {
    if root.is_empty() {
        return true;
    }
    let is_root = root.strip_suffix(b"/") == Some(path.strip_suffix(b"/").unwrap_or(path));
    !is_root && !path.starts_with(root)
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
