//! What a directory holds, and reading it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;

use rustix::fs::{AtFlags, FileType, OFlags};

use super::disk::open;
use super::place::{Directory, denied};
use crate::name::host_of;
use crate::{Chunk, FileLook, FilesError, Fresh, Known, Odd, OddKind, SAMPLE_BYTES, Span};

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// Lists the files, sorted by name, with what is new in them, and what is odd.
pub(super) fn look(
    directory: &Directory,
    known: &[Known],
    most: u64,
) -> Result<(Vec<FileLook>, Vec<Odd>), FilesError> {
    let (mut files, mut odd, mut along) = (Vec::new(), Vec::new(), 0);
    for raw in names(directory)? {
        let name = String::from_utf8_lossy(&raw).into_owned();
        let mut leave = |kind| odd.push(Odd { name: name.clone(), kind });
        if raw != name.as_bytes() || host_of(&name).is_none() {
            leave(OddKind::Name);
            continue;
        }
        let stat = rustix::fs::statat(&directory.file, &name, AtFlags::SYMLINK_NOFOLLOW);
        let kind = stat.map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::RegularFile) => {}
            Ok(FileType::Directory) => {
                leave(OddKind::Directory);
                continue;
            }
            Ok(FileType::Symlink) => {
                leave(OddKind::Symlink);
                continue;
            }
            Ok(_) => {
                leave(OddKind::Special);
                continue;
            }
            // It went meanwhile.
            Err(_) => continue,
        }
        let file = match open(&directory.file, &name, OFlags::RDONLY) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => {
                leave(OddKind::Unreadable);
                continue;
            }
        };
        let refused = |error: &io::Error| denied(&directory.path.join(&name), error);
        let metadata = file.metadata().map_err(|error| refused(&error))?;
        let (identity, size) = (metadata.ino(), metadata.len());
        let before = known.iter().find(|known| known.name == name && known.identity == identity);
        let fresh = match before.filter(|before| size >= before.offset) {
            Some(before) if along + (size - before.offset) <= most => {
                along += size - before.offset;
                Some(fresh(&file, before.offset, size).map_err(|error| refused(&error))?)
            }
            Some(_) | None => None,
        };
        files.push(FileLook { name, identity, size, fresh });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    odd.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((files, odd))
}

/// The names that begin and end as our files' do.
fn names(directory: &Directory) -> Result<Vec<Vec<u8>>, FilesError> {
    let refused = |errno: rustix::io::Errno| denied(&directory.path, &errno.into());
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory.file.as_fd()).map_err(refused)? {
        let name = entry.map_err(refused)?.file_name().to_bytes().to_vec();
        if name.starts_with(b"history-") && name.ends_with(b".jsonl") {
            names.push(name);
        }
    }
    Ok(names)
}

fn fresh(file: &File, offset: u64, size: u64) -> io::Result<Fresh> {
    let sample = SAMPLE_BYTES as u64;
    Ok(Fresh {
        head: span(file, 0, size.min(sample))?,
        seam: span(file, offset.saturating_sub(sample), offset.min(sample))?,
        bytes: span(file, offset, size - offset)?,
    })
}

/// Reads some bytes; fewer, when the file ends before.
pub(super) fn span(file: &File, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    pieces(file, from, bytes, &mut |piece| all.extend_from_slice(piece))?;
    Ok(all)
}

/// Reads some bytes piece by piece; fewer, when the file ends before.
pub(super) fn pieces(
    file: &File,
    from: u64,
    bytes: u64,
    take: &mut dyn FnMut(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; usize::try_from(bytes).map_or(PIECE, |bytes| bytes.min(PIECE))];
    let (mut at, end) = (from, from.saturating_add(bytes));
    while at < end {
        let wanted = usize::try_from(end - at).map_or(PIECE, |left| left.min(buffer.len()));
        match file.read_at(&mut buffer[..wanted], at) {
            Ok(0) => break,
            Ok(read) => {
                take(&buffer[..read]);
                at += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads spans of files. What isn't a plain file, or isn't there, has no bytes.
pub(super) fn read(
    directory: &Directory,
    spans: &[Span],
    take: &mut (dyn for<'c> FnMut(Chunk<'c>) + Send),
) -> Result<(), FilesError> {
    for (index, of) in spans.iter().enumerate() {
        let path: PathBuf = directory.path.join(&of.name);
        let file = match open(&directory.file, &of.name, OFlags::RDONLY) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(denied(&path, &error)),
        };
        if !file.metadata().map_err(|error| denied(&path, &error))?.is_file() {
            continue;
        }
        pieces(&file, of.from, of.bytes, &mut |bytes| take(Chunk { span: index, bytes }))
            .map_err(|error| denied(&path, &error))?;
    }
    Ok(())
}
