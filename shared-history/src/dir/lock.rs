//! The lock of a file: flock(2) on `.<name>.lock`, and the directory `.<name>.lock.d`, which is all that a shell on a
//! machine without flock(1) can take. Shells take one of them, so this takes both.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::disk::{Disk, open};
use super::place::{Directory, denied, shown};
use super::process::{Life, Process};
use crate::FilesError;

/// How long somebody is waited for, and given up for dead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// The lock is waited for so long.
    pub wait: Duration,
    /// One whose holder can't be told (no readable owner, another account's that isn't seen, or of another boot, which may
    /// be another machine that shares the disk) is left by somebody dead when it is that old.
    pub unknown: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: Duration::from_secs(10), unknown: Duration::from_secs(60) }
    }
}

/// How often a lock is tried while somebody else holds it.
const PAUSE: Duration = Duration::from_millis(2);

/// A lock that is held. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lock<'d> {
    directory: &'d Directory,
    disk: &'d Disk,
    name: &'d str,
    /// The system gives it back when the file is closed.
    _file: File,
}

impl<'d> Lock<'d> {
    pub fn take(
        directory: &'d Directory,
        disk: &'d Disk,
        name: &'d str,
        patience: Patience,
    ) -> Result<Self, FilesError> {
        let end = Instant::now() + patience.wait;
        let file = lock_file(directory, disk, name, end, patience)?;
        let at = directory.file.as_fd();
        let held = held_name(name);
        let refused = |error: &io::Error| denied(&directory.path.join(&held), error);
        loop {
            match disk.make_directory_at(at, &held) {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(&error)),
            }
            if !bury(directory, disk, name, patience).map_err(|error| refused(&error))? {
                pause(directory, name, end, patience)?;
            }
        }
        let lock = Self { directory, disk, name, _file: file };
        lock.sign().map_err(|error| refused(&error))?;
        Ok(lock)
    }

    #[cfg(test)]
    pub fn file(&self) -> &File {
        &self._file
    }

    /// Says whose it is.
    fn sign(&self) -> io::Result<()> {
        let own = self.disk.gate.as_ref().and_then(|gate| gate.owner());
        let own = own.map_or_else(|| Process::current().map(|own| own.text()), Ok)?;
        let path = format!("{}/{OWNER}", held_name(self.name));
        let flags = OFlags::WRONLY | OFlags::TRUNC;
        let file = self.disk.create(self.directory.file.as_fd(), &path, flags)?;
        self.disk.write_all(&file, own.as_bytes())
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // What can't be removed is a dead process's lock when we have ended, and whoever comes next buries it.
        remove(self.directory, self.disk, self.name).unwrap_or_default();
    }
}

const OWNER: &str = "owner";

/// In a lock that somebody is burying, so that one alone does.
const TAKEN: &str = "taken";

fn held_name(name: &str) -> String {
    format!(".{name}.lock.d")
}

fn lock_file(
    directory: &Directory,
    disk: &Disk,
    name: &str,
    end: Instant,
    patience: Patience,
) -> Result<File, FilesError> {
    let path = format!(".{name}.lock");
    let refused = |error: &io::Error| denied(&directory.path.join(&path), error);
    // For writing, too: NFS locks nothing for a writer that is open for reading. Another account may have made it, and on
    // other file systems reading is enough.
    let file = match open(&directory.file, &path, OFlags::RDWR) {
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::NOENT) => disk.create(directory.file.as_fd(), &path, OFlags::RDWR),
            Some(Errno::ACCESS | Errno::ROFS) => open(&directory.file, &path, OFlags::RDONLY),
            Some(_) | None => Err(error),
        },
        opened => opened,
    }
    .map_err(|error| refused(&error))?;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) => pause(directory, name, end, patience)?,
            Err(errno) => return Err(refused(&errno.into())),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "all of this blocks, as it says; no event tells of a lock"
)]
fn pause(
    directory: &Directory,
    name: &str,
    end: Instant,
    patience: Patience,
) -> Result<(), FilesError> {
    if Instant::now() >= end {
        let path = shown(&directory.path.join(name));
        return Err(FilesError::Locked { path, seconds: patience.wait.as_secs() });
    }
    std::thread::sleep(PAUSE);
    Ok(())
}

/// Moves the lock out of the way, in one step since somebody may be looking into it, and removes it.
fn remove(directory: &Directory, disk: &Disk, name: &str) -> io::Result<()> {
    let at = directory.file.as_fd();
    let dead = format!("{}{}", dead_prefix(name), std::process::id());
    match disk.rename(at, &held_name(name), &dead) {
        Ok(()) => {}
        // Somebody with our number has left his behind.
        Err(error) if is_not_empty(&error) => {
            remove_dead(directory, disk, &dead)?;
            disk.rename(at, &held_name(name), &dead)?;
        }
        Err(error) => return Err(error),
    }
    remove_dead(directory, disk, &dead)
}

/// What the name of a lock begins with that was moved out of the way.
pub(super) fn dead_prefix(name: &str) -> String {
    format!(".{name}.lock.dead.")
}

/// Removes a lock that was moved out of the way; somebody else may be doing the same.
pub(super) fn remove_dead(directory: &Directory, disk: &Disk, dead: &str) -> io::Result<()> {
    let at = directory.file.as_fd();
    tolerated(disk.remove(at, &format!("{dead}/{OWNER}")))?;
    tolerated(disk.remove_directory(at, &format!("{dead}/{TAKEN}")))?;
    tolerated(disk.remove_directory(at, dead))
}

fn tolerated(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(
        |error| {
            if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
        },
    )
}

fn is_not_empty(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOTEMPTY | Errno::EXIST))
}

/// Removes the lock if whoever held it is dead. Whether it is worth trying to take it at once.
///
/// Everything is seen from within the directory that it is, so there is no doubt about which one is meant.
fn bury(directory: &Directory, disk: &Disk, name: &str, patience: Patience) -> io::Result<bool> {
    let held = match open(&directory.file, &held_name(name), OFlags::RDONLY | OFlags::DIRECTORY) {
        Ok(held) => held,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let before = owner(&held);
    let is_dead = match before.as_deref().and_then(Process::parse).map(|holder| holder.life()) {
        Some(Life::Lives) => false,
        Some(Life::Ended) => true,
        // Another account may show us none of its processes.
        Some(Life::Unseen) => is_own(&held) || is_older(&held, patience.unknown),
        Some(Life::Untold) | None => is_older(&held, patience.unknown),
    };
    if !is_dead {
        return Ok(false);
    }
    match disk.make_directory_at(held.as_fd(), TAKEN) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // One that died over it has left this behind.
            let taken = open(&held, TAKEN, OFlags::RDONLY | OFlags::DIRECTORY);
            if taken.is_ok_and(|taken| is_older(&taken, patience.unknown)) {
                disk.remove_directory(held.as_fd(), TAKEN)?;
            }
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    if owner(&held) != before {
        disk.remove_directory(held.as_fd(), TAKEN)?;
        return Ok(false);
    }
    remove(directory, disk, name)?;
    Ok(true)
}

/// What the lock says about its holder.
fn owner(held: &File) -> Option<String> {
    let mut text = String::new();
    // Nothing that can be read is nobody: then its age counts.
    open(held, OWNER, OFlags::RDONLY).ok()?.take(1024).read_to_string(&mut text).ok()?;
    Some(text)
}

fn is_own(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

fn is_older(file: &File, age: Duration) -> bool {
    let changed = file.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| {
        SystemTime::now().duration_since(changed).is_ok_and(|passed| passed > age)
    })
}
