//! Keeping the last lines of a file.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::OFlags;

use super::disk::{Disk, open};
use super::lock::{Lock, Patience, dead_prefix, remove_dead};
use super::look::pieces;
use super::place::{Directory, denied, shown};
use crate::{Denial, FilesError, Trimmed};

/// Keeps the last `keep` lines of a file, under its lock. A file that isn't there has none.
pub(super) fn trim(
    directory: &Directory,
    disk: &Disk,
    patience: Patience,
    name: &str,
    keep: u64,
) -> Result<Trimmed, FilesError> {
    let path = directory.path.join(name);
    let refused = |error: &io::Error| denied(&path, error);
    let _lock = Lock::take(directory, disk, name, patience)?;
    remove_leftovers(directory, disk, name).map_err(|error| refused(&error))?;
    let file = match open(&directory.file, name, OFlags::RDONLY) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Trimmed { identity: 0, size: 0, removed: 0 });
        }
        Err(error) => return Err(refused(&error)),
    };
    let metadata = file.metadata().map_err(|error| refused(&error))?;
    if !metadata.is_file() {
        return Err(FilesError::Denied { path: shown(&path), denial: Denial::InTheWay });
    }
    let cut = cut_before(&file, metadata.len(), keep).map_err(|error| refused(&error))?;
    let Some((from, removed)) = cut else {
        return Ok(Trimmed { identity: metadata.ino(), size: metadata.len(), removed: 0 });
    };
    replace(directory, disk, name, &file, from)
        .map(|(identity, size)| Trimmed { identity, size, removed })
        .map_err(|error| refused(&error))
}

fn leftover_prefix(name: &str) -> String {
    format!(".{name}.tmp.")
}

/// Removes what trims and locks have left that were cut off.
fn remove_leftovers(directory: &Directory, disk: &Disk, name: &str) -> io::Result<()> {
    let (successor, dead) = (leftover_prefix(name), dead_prefix(name));
    for entry in rustix::fs::Dir::read_from(directory.file.as_fd())? {
        let entry = entry?;
        let Ok(found) = entry.file_name().to_str() else { continue };
        let is_left = |prefix: &str| {
            let number = found.strip_prefix(prefix).unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        if is_left(&successor) {
            disk.remove(directory.file.as_fd(), found)?;
        } else if is_left(&dead) {
            remove_dead(directory, disk, found)?;
        }
    }
    Ok(())
}

/// Returns where the last `keep` lines begin, and how many are before them; `None` when there are no more.
fn cut_before(file: &File, size: u64, keep: u64) -> io::Result<Option<(u64, u64)>> {
    let (mut lines, mut last) = (0_u64, b'\n');
    pieces(file, 0, size, &mut |piece| {
        lines += memchr::memchr_iter(b'\n', piece).count() as u64;
        last = piece.last().copied().unwrap_or(last);
    })?;
    // A torn last line counts as one.
    lines += u64::from(last != b'\n');
    let Some(removed) = lines.checked_sub(keep).filter(|removed| *removed > 0) else {
        return Ok(None);
    };
    let (mut passed, mut at, mut from) = (0, 0, None);
    pieces(file, 0, size, &mut |piece| {
        for end in memchr::memchr_iter(b'\n', piece) {
            passed += 1;
            if passed == removed {
                from = Some(at + end as u64 + 1);
            }
        }
        at += piece.len() as u64;
    })?;
    Ok(Some((from.unwrap_or(size), removed)))
}

/// Puts a file with what is there from `from` on in place of this one.
fn replace(
    directory: &Directory,
    disk: &Disk,
    name: &str,
    file: &File,
    from: u64,
) -> io::Result<(u64, u64)> {
    let at = directory.file.as_fd();
    let successor = format!("{}{}", leftover_prefix(name), std::process::id());
    let flags = OFlags::WRONLY | OFlags::EXCL;
    let new = disk.create(at, &successor, flags)?;
    let done = fill(disk, file, &new, from).and_then(|size| {
        disk.rename(at, &successor, name)?;
        Ok(size)
    });
    if done.is_err() {
        // The next trim removes it otherwise.
        disk.remove(at, &successor).unwrap_or_default();
    }
    let size = done?;
    disk.sync(&directory.file)?;
    Ok((new.metadata()?.ino(), size))
}

/// Copies to the end; what somebody adds meanwhile without a lock, too.
fn fill(disk: &Disk, file: &File, new: &File, from: u64) -> io::Result<u64> {
    disk.dress(new, file)?;
    let mut copied = from;
    loop {
        let size = file.metadata()?.len();
        if size <= copied {
            break;
        }
        let mut failed = None;
        pieces(file, copied, size - copied, &mut |piece| {
            if failed.is_none() {
                failed = disk.write_all(new, piece).err();
                copied += piece.len() as u64;
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        disk.sync(new)?;
    }
    Ok(copied - from)
}
