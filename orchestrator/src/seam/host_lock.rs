//! Who hosts the engine of a data directory: whoever holds its lock.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use tracing::debug;

use super::server::refused;
use crate::failure::Failure;

/// A lock that the system gives back when its process ends, however it ends.
#[derive(Debug)]
pub(super) struct HostLock {
    _file: File,
}

impl HostLock {
    /// Takes the lock file at `path`, which stays afterwards; `None` while somebody else holds it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, Failure> {
        let failed = |error: &std::io::Error| refused("lock", path, error);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| failed(&error))?;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(failed(&error.into())),
            }
        }
        // Somebody may have removed the file meanwhile: a lock that others can't see is none.
        let ours = file.metadata().map_err(|error| failed(&error))?;
        if !fs::metadata(path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()))
        {
            return Ok(None);
        }
        // Only for messages, so a full disk is no reason to stop here.
        if let Err(error) = note(&mut file) {
            debug!(%error, path = %path.display(), "the lock doesn't name its holder");
        }
        Ok(Some(Self { _file: file }))
    }
}

fn note(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The process that holds the lock at `path`, as far as the file tells.
pub(super) fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// The locks of one engine: of its data, and of the place of its socket. Two data directories may share a run
/// directory, and the second engine must not take the first one's socket away.
#[derive(Debug)]
pub(super) struct Locks {
    _data: HostLock,
    _run: HostLock,
}

/// What came of trying to host.
#[derive(Debug)]
pub(super) enum Tried {
    /// Nobody else does.
    Ours(Locks),
    /// Somebody else holds this lock.
    Held(PathBuf),
}

impl Locks {
    pub(super) fn try_take(data: &Path, run: &Path) -> Result<Tried, Failure> {
        let path = data.join("engine.lock");
        let Some(held) = HostLock::try_take(&path)? else { return Ok(Tried::Held(path)) };
        let path = run.join("engine.sock.lock");
        match HostLock::try_take(&path)? {
            Some(run) => Ok(Tried::Ours(Self { _data: held, _run: run })),
            None => Ok(Tried::Held(path)),
        }
    }
}
