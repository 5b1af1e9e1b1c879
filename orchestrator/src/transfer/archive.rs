//! A directory of this machine as a stream of tar.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::arrived::Arrived;
use super::gauge::Gauge;
use super::header::{Header, Kind, SHORT, padding};
use super::receiver::Piece;
use super::source::{Facts, refuse_made_up};
use super::talk::CHUNK;
use super::trouble::{changed, here};
use crate::failure::Failure;

/// What a directory holds.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Relative, each behind the directory that it is in.
    entries: Vec<Entry>,
    /// Of all files together.
    pub(super) bytes: u64,
    /// Sockets, pipes and devices, which nobody transfers.
    pub(super) left_out: u64,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) facts: Facts,
    /// When anything of it was changed, in seconds since 1970.
    touched: i64,
    pub(super) kind: Kind,
    /// Whether it needn't go again.
    arrived: bool,
}

impl Tree {
    /// All that has to go, of that kind.
    pub(super) fn to_go(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.kind == kind && !entry.arrived)
    }

    /// Whether something is called so.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.entries.iter().any(|entry| entry.path.as_os_str().as_bytes() == path)
    }

    /// Marks what has arrived of a transfer that was begun at `since`, by this machine's clock. Nothing of that can be gone on with
    /// where something has arrived that isn't here, or is of another kind.
    pub(super) fn skip(&mut self, arrived: &Arrived, since: i64) -> bool {
        let mut known = 0;
        for entry in &mut self.entries {
            let Some(there) = arrived.get(entry.path.as_os_str().as_bytes()) else { continue };
            let kind = match entry.kind {
                Kind::Directory => b'd',
                Kind::Link => b'l',
                _ => b'f',
            };
            if there.kind != kind {
                return false;
            }
            known += 1;
            let Facts { size, seconds, .. } = entry.facts;
            entry.arrived = there.is(size, seconds, entry.touched, since);
        }
        known == arrived.len()
    }

    /// All goes.
    pub(super) fn skip_nothing(&mut self) {
        for entry in &mut self.entries {
            entry.arrived = false;
        }
    }

    /// Bytes of files that have arrived.
    pub(super) fn arrived(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.arrived).map(|entry| entry.facts.size).sum()
    }
}

/// Looks through a directory on a thread that may block, and says so.
pub(super) async fn count(root: &Path, gauge: &mut Gauge) -> Result<Tree, Failure> {
    gauge.set("counting", 0, None);
    let whole = root.to_owned();
    let walked = tokio::task::spawn_blocking(move || walk(&whole)).await;
    walked.map_err(|error| here(root, &io::Error::other(error)))?
}

/// Looks through a directory; links are what they are, and nobody follows them.
pub(super) fn walk(root: &Path) -> Result<Tree, Failure> {
    let mut tree = Tree::default();
    let mut waiting = vec![PathBuf::new()];
    while let Some(directory) = waiting.pop() {
        let full = root.join(&directory);
        let read = fs::read_dir(&full).map_err(|error| here(&full, &error))?;
        let mut names = Vec::new();
        for entry in read {
            names.push(entry.map_err(|error| here(&full, &error))?.file_name());
        }
        names.sort();
        for name in names {
            let path = directory.join(&name);
            let full = root.join(&path);
            let about = match full.symlink_metadata() {
                Ok(about) => about,
                // Gone since it was listed, as if it had never been.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(here(&full, &error)),
            };
            let kind = if about.is_dir() {
                waiting.push(path.clone());
                Kind::Directory
            } else if about.is_file() {
                tree.bytes += about.size();
                Kind::File
            } else if about.is_symlink() {
                Kind::Link
            } else {
                tree.left_out += 1;
                continue;
            };
            let (facts, touched) = (Facts::of(&about), about.ctime());
            tree.entries.push(Entry { path, facts, touched, kind, arrived: false });
        }
    }
    Ok(tree)
}

/// Hands the stream out in pieces, each with how many bytes of files it holds. The last entry is an empty file `mark`: who
/// finds it has all. `umask` is taken off all modes. Ends when `give` says that nobody takes more.
pub(super) fn write(
    root: &Path,
    tree: &Tree,
    umask: u32,
    mark: &str,
    give: &mut dyn FnMut(Piece) -> bool,
) -> Result<(), Failure> {
    let mut out = Out { piece: Vec::with_capacity(CHUNK), counted: 0, give };
    for entry in tree.entries.iter().filter(|entry| !entry.arrived) {
        if !out.entry(root, entry, umask)? {
            return Ok(());
        }
    }
    let mark = Header {
        name: format!("./{mark}").into_bytes(),
        kind: Kind::File,
        size: 0,
        mode: 0o600,
        modified: 0,
        link: Vec::new(),
    };
    out.put(&mark.block());
    // Two blocks of zeros end it; tar writes records of twenty.
    out.put(&[0; 1024]);
    out.flush();
    Ok(())
}

struct Out<'a> {
    piece: Vec<u8>,
    counted: usize,
    give: &'a mut dyn FnMut(Piece) -> bool,
}

impl Out<'_> {
    /// Whether somebody takes more.
    fn entry(&mut self, root: &Path, entry: &Entry, umask: u32) -> Result<bool, Failure> {
        let full = root.join(&entry.path);
        let mut name = b"./".to_vec();
        name.extend_from_slice(entry.path.as_os_str().as_bytes());
        let mut mode = entry.facts.mode & 0o777 & !umask;
        let mut link = Vec::new();
        let mut file = None;
        let mut size = 0;
        match entry.kind {
            Kind::Directory => {
                name.push(b'/');
                // What is in it has to get there.
                mode |= 0o700;
            }
            Kind::Link => {
                let target = fs::read_link(&full).map_err(|error| here(&full, &error))?;
                link = target.as_os_str().as_bytes().to_vec();
            }
            _ => {
                let opened = File::open(&full).map_err(|error| here(&full, &error))?;
                size = entry.facts.size;
                check(&opened, &full, &entry.facts)?;
                refuse_made_up(&opened, &full, &entry.facts)?;
                file = Some(opened);
            }
        }
        self.long(Kind::LongName, &name);
        self.long(Kind::LongLink, &link);
        let modified = u64::try_from(entry.facts.seconds).unwrap_or(0);
        self.put(&Header { name, kind: entry.kind, size, mode, modified, link }.block());
        if let Some(mut file) = file {
            let mut left = size;
            while left > 0 {
                if self.piece.len() >= CHUNK && !self.flush() {
                    return Ok(false);
                }
                let from = self.piece.len();
                let room = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK - from.min(CHUNK - 1));
                self.piece.resize(from + room, 0);
                let read = file.read(&mut self.piece[from..]);
                let read = read.map_err(|error| here(&full, &error))?;
                self.piece.truncate(from + read);
                self.counted += read;
                left -= read as u64;
                if read == 0 {
                    return Err(changed(&full.display().to_string()));
                }
            }
            check(&file, &full, &entry.facts)?;
            self.put(&vec![0; padding(size)]);
        }
        Ok(self.piece.len() < CHUNK || self.flush())
    }

    /// What is too long for a block goes before it.
    fn long(&mut self, kind: Kind, text: &[u8]) {
        if text.len() <= SHORT {
            return;
        }
        let size = text.len() as u64 + 1;
        let name = b"././@LongLink".to_vec();
        self.put(&Header { name, kind, size, mode: 0, modified: 0, link: Vec::new() }.block());
        self.put(text);
        self.put(&vec![0; 1 + padding(size)]);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.piece.extend_from_slice(bytes);
    }

    fn flush(&mut self) -> bool {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(CHUNK));
        (self.give)((piece, std::mem::take(&mut self.counted)))
    }
}

fn check(file: &File, path: &Path, facts: &Facts) -> Result<(), Failure> {
    let about = file.metadata().map_err(|error| here(path, &error))?;
    if Facts::of(&about) == *facts { Ok(()) } else { Err(changed(&path.display().to_string())) }
}
