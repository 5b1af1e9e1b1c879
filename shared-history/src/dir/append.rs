//! Adding lines to a file.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use rustix::fs::OFlags;

use super::disk::{Disk, open};
use super::lock::{Lock, Patience};
use super::look::{pieces, span};
use super::place::{Directory, denied};
use crate::splitter::{Found, Splitter};
use crate::{Append, Appended, Denial, FilesError, Head, Mend, NewLine};

/// A torn line that is longer is none of ours, and isn't shown.
const LONGEST_FRAGMENT: u64 = 1 << 20;

/// Adds lines to a file of a directory, under its lock.
pub(super) fn append(
    directory: &Directory,
    disk: &Disk,
    patience: Patience,
    request: &Append<'_>,
) -> Result<Appended, FilesError> {
    let _lock = Lock::take(directory, disk, request.name, patience)?;
    Appending::open(directory, disk, request.name)?.run(request)
}

/// A file that is locked and open.
struct Appending<'d> {
    directory: &'d Directory,
    disk: &'d Disk,
    name: &'d str,
    path: PathBuf,
    file: File,
    is_new: bool,
    identity: u64,
    size: u64,
}

impl<'d> Appending<'d> {
    fn open(directory: &'d Directory, disk: &'d Disk, name: &'d str) -> Result<Self, FilesError> {
        let path = directory.path.join(name);
        let flags = OFlags::RDWR | OFlags::APPEND;
        let (file, is_new) = match open(&directory.file, name, flags) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = disk.create(directory.file.as_fd(), name, flags | OFlags::EXCL);
                (made.map_err(|error| denied(&path, &error))?, true)
            }
            Err(error) => return Err(denied(&path, &error)),
        };
        let metadata = file.metadata().map_err(|error| denied(&path, &error))?;
        if !metadata.is_file() {
            let path = super::place::shown(&path);
            return Err(FilesError::Denied { path, denial: Denial::InTheWay });
        }
        let (identity, size) = (metadata.ino(), metadata.len());
        Ok(Self { directory, disk, name, path, file, is_new, identity, size })
    }

    fn run(mut self, request: &Append<'_>) -> Result<Appended, FilesError> {
        let mut batch = Vec::new();
        if let Some(from) = self.torn_from().map_err(|error| self.refused(&error))? {
            let told = request.mend.filter(|mend| (mend.from, mend.size) == (from, self.size));
            match told {
                None => return self.torn(from),
                Some(Mend { is_whole: true, .. }) => batch.push(b'\n'),
                Some(Mend { is_whole: false, .. }) => {
                    self.set_aside(from).map_err(|error| self.refused(&error))?;
                }
            }
        }
        let found = if request.in_doubt {
            self.there(request.lines).map_err(|error| self.refused(&error))?
        } else {
            HashSet::new()
        };
        for line in request.lines.iter().filter(|line| !found.contains(line.id)) {
            batch.extend_from_slice(line.text);
            batch.push(b'\n');
        }
        self.add(&batch)?;
        let found = request.lines.iter().filter(|line| found.contains(line.id)).count();
        Ok(Appended::Done { found, identity: self.identity, size: self.size })
    }

    fn refused(&self, error: &io::Error) -> FilesError {
        denied(&self.path, error)
    }

    /// Returns where the last line begins, if it has no end.
    fn torn_from(&self) -> io::Result<Option<u64>> {
        const PIECE: u64 = 4096;
        if self.size == 0 || span(&self.file, self.size - 1, 1)? == b"\n" {
            return Ok(None);
        }
        let mut end = self.size;
        while end > 0 {
            let start = end.saturating_sub(PIECE);
            if let Some(at) = memchr::memrchr(b'\n', &span(&self.file, start, end - start)?) {
                return Ok(Some(start + at as u64 + 1));
            }
            end = start;
        }
        Ok(Some(0))
    }

    fn torn(&self, from: u64) -> Result<Appended, FilesError> {
        let length = self.size - from;
        let fragment = (length <= LONGEST_FRAGMENT)
            .then(|| span(&self.file, from, length))
            .transpose()
            .map_err(|error| self.refused(&error))?;
        Ok(Appended::Torn { from, size: self.size, fragment })
    }

    /// Moves the torn line into a file beside this one. It is safe there before it goes here.
    fn set_aside(&mut self, from: u64) -> io::Result<()> {
        let name = format!(".{}.torn", self.name);
        let at = self.directory.file.as_fd();
        let aside = self.disk.create(at, &name, OFlags::RDWR | OFlags::APPEND)?;
        let mut fragment = span(&self.file, from, self.size - from)?;
        fragment.push(b'\n');
        // An attempt that was cut off may have come as far as this.
        let size = aside.metadata()?.len();
        let length = fragment.len() as u64;
        let is_there = size >= length && span(&aside, size - length, length)? == fragment;
        if !is_there {
            if size > 0 && span(&aside, size - 1, 1)? != b"\n" {
                fragment.insert(0, b'\n');
            }
            self.disk.write_all(&aside, &fragment)?;
        }
        self.disk.sync(&aside)?;
        self.disk.sync(&self.directory.file)?;
        self.disk.cut(&self.file, from)?;
        self.size = from;
        Ok(())
    }

    /// Returns the ids of those lines that are in the file already.
    fn there<'l>(&self, lines: &[NewLine<'l>]) -> io::Result<HashSet<&'l str>> {
        let mut wanted = std::collections::HashMap::new();
        for line in lines {
            if let Ok(head) = Head::parse(line.text) {
                wanted.insert(head.id.into_owned(), line.id);
            }
        }
        let mut there = HashSet::new();
        let mut take = |found| {
            if let Found::Line(line) = found
                && let Some(id) = wanted.get(&line.id)
            {
                there.insert(*id);
            }
        };
        let mut splitter = Splitter::new();
        pieces(&self.file, 0, self.size, &mut |piece| splitter.feed(piece, &mut take))?;
        splitter.finish(&mut take);
        Ok(there)
    }

    /// Adds bytes: in one write, so that whoever reads or adds without a lock sees all of them or none.
    fn add(&mut self, batch: &[u8]) -> Result<(), FilesError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut written = 0;
        let done = self.disk.write_counted(&self.file, batch, &mut written).and_then(|()| {
            self.disk.sync(&self.file)?;
            if self.is_new { self.disk.sync(&self.directory.file) } else { Ok(()) }
        });
        if let Err(error) = done {
            return Err(match self.take_back(written as u64) {
                Ok(()) => self.refused(&error),
                Err(_) => FilesError::InDoubt(Box::new(error)),
            });
        }
        self.size += batch.len() as u64;
        Ok(())
    }

    /// Cuts off what a write has left. When somebody has added something meanwhile, without a lock, all of it stays.
    fn take_back(&self, written: u64) -> io::Result<()> {
        let size = self.file.metadata()?.len();
        if size == self.size {
            return Ok(());
        }
        if size != self.size + written {
            return Err(io::Error::other("somebody else writes"));
        }
        self.disk.cut(&self.file, self.size)?;
        self.disk.sync(&self.file)
    }
}
