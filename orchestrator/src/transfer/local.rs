//! This machine's end: which file is meant, parts beside a target, and their last step.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::FlockOperation;

use super::trouble::{busy, exists, here};
use crate::failure::{Code, Failure};
use crate::files::cksum;

/// Longer names of targets are told apart by a checksum: no name is longer than 255 bytes.
const LONGEST: usize = 200;

/// As many links as Linux follows, path_resolution(7).
const LINKS: u32 = 40;

/// So many bytes before its end say whether a part belongs to its source.
pub(super) const END: u64 = 64 * 1024;

/// How long a thread that still writes for a transfer that has ended is waited for: as long as a disk may hang.
const LEAVING: Duration = Duration::from_secs(60);

/// Between two looks at that.
const LOOK: Duration = Duration::from_millis(10);

/// Locks (by device and inode) of transfers that have ended, and whose last pieces are still being written.
static LEFT: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

fn left() -> MutexGuard<'static, BTreeSet<(u64, u64)>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where something arrives here. The lock on it is held until it is dropped, and by [`Held`] beyond that.
#[derive(Debug)]
pub(super) struct Target {
    /// Links followed.
    pub(super) path: PathBuf,
    dir: PathBuf,
    short: OsString,
    held: Arc<Held>,
}

impl Drop for Target {
    fn drop(&mut self) {
        // Our own share goes after this: whoever is last takes it out again.
        if Arc::strong_count(&self.held) > 1 {
            left().insert(self.held.number);
        }
    }
}

/// The lock on a target. Who writes there on a thread of its own has a share of it: such a thread goes on for a moment when its
/// transfer is stopped, and the next one must not meet it.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    /// Its device and inode.
    number: (u64, u64),
    _file: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, lock = %self.path.display(), "a lock stays");
        }
        left().remove(&self.number);
    }
}

/// Why a target can't be taken.
struct Refused {
    why: Failure,
    /// Whether a transfer has it that has ended, and is about to give it back.
    is_left: bool,
}

impl From<Failure> for Refused {
    fn from(why: Failure) -> Self {
        Self { why, is_left: false }
    }
}

impl Target {
    /// Takes what `path` means. What still writes there for a transfer that has ended is waited for.
    ///
    /// # Errors
    ///
    /// `busy`, `conflict`, and what the file system says.
    pub(super) async fn take(path: &Path, replace: bool) -> Result<Self, Failure> {
        let start = Instant::now();
        loop {
            match Self::take_now(path, replace) {
                Err(refused) if refused.is_left && start.elapsed() < LEAVING => {
                    tokio::time::sleep(LOOK).await;
                }
                taken => return taken.map_err(|refused| refused.why),
            }
        }
    }

    fn take_now(path: &Path, replace: bool) -> Result<Self, Refused> {
        let path = follow(path)?;
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Failure::new(Code::Usage, format!("{} is no name", path.display()))
                .hint("Name the file or directory itself")
                .into());
        };
        let dir = dir.to_owned();
        if !dir.is_dir() {
            let what = format!("the directory {} does not exist here", dir.display());
            return Err(Failure::new(Code::DirMissing, what).hint("Make it first").into());
        }
        if let Ok(there) = path.symlink_metadata() {
            if !there.is_file() && !there.is_dir() {
                let what = format!("{} is neither a file nor a directory", path.display());
                return Err(Failure::new(Code::Unsupported, what)
                    .hint("Devices, sockets and pipes are not replaced; `-` writes to stdout")
                    .into());
            }
            if !replace {
                return Err(exists(&path.display().to_string()).into());
            }
        }
        let short = short(name.as_bytes());
        let held = lock_file(&dir.join(beside(&short, ".baton.lock")), &path)?;
        Ok(Self { path, dir, short, held: Arc::new(held) })
    }

    /// A share of the lock, for a thread that writes.
    pub(super) fn share(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }

    /// The part of a source, and nobody else's any more.
    pub(super) fn part(&self, key: &str) -> Result<PathBuf, Failure> {
        let ours = part_of(&self.short, key);
        let start = beside(&self.short, ".baton-");
        let others = fs::read_dir(&self.dir).map_err(|error| here(&self.dir, &error))?;
        for other in others.flatten() {
            let name = other.file_name();
            let is_part = name.as_bytes().starts_with(start.as_bytes())
                && name.as_bytes().ends_with(b".part")
                && name.len() == ours.len();
            if is_part && name != ours {
                remove(&other.path());
            }
        }
        Ok(self.dir.join(ours))
    }

    /// Gives what has arrived its name.
    ///
    /// # Errors
    ///
    /// `conflict` when something is there, and nothing may be replaced.
    pub(super) fn place(&self, part: &Path, replace: bool) -> Result<(), Failure> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.path.display().to_string()),
            io::ErrorKind::IsADirectory => is_directory(&self.path),
            _ => here(&self.path, &error),
        };
        if replace {
            fs::rename(part, &self.path).map_err(failed)?;
        } else if part.is_dir() {
            // A directory takes the place of an empty one: as good as none.
            if self.path.symlink_metadata().is_ok() {
                return Err(exists(&self.path.display().to_string()));
            }
            fs::rename(part, &self.path).map_err(failed)?;
        } else {
            match fs::hard_link(part, &self.path) {
                Ok(()) => remove(part),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(failed(error));
                }
                // A disk without hard links: the name is taken first.
                Err(_) => {
                    OpenOptions::new()
                        .write(true)
                        .create_new(true)
                        .open(&self.path)
                        .map_err(failed)?;
                    fs::rename(part, &self.path).map_err(failed)?;
                }
            }
        }
        match File::open(&self.dir).and_then(|dir| dir.sync_all()) {
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "a directory was not written out"),
        }
        Ok(())
    }
}

pub(super) fn is_directory(path: &Path) -> Failure {
    Failure::new(Code::IsDirectory, format!("{} is a directory here", path.display()))
        .hint("Name the file that is meant in it")
}

/// Removes whatever it is; what can't be removed stays.
pub(super) fn remove(path: &Path) {
    let is_dir = path.symlink_metadata().is_ok_and(|about| about.is_dir());
    let removed = if is_dir { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed {
        tracing::debug!(%error, path = %path.display(), "a part stays");
    }
}

/// What names of ours beside one begin with.
fn short(name: &[u8]) -> OsString {
    match name.len() {
        0..=LONGEST => OsString::from_vec(name.to_vec()),
        _ => OsString::from(cksum(name).to_string()),
    }
}

fn part_of(short: &OsString, key: &str) -> OsString {
    beside(short, &format!(".baton-{key}.part"))
}

/// What the part of a source is called that is to be called `name`, here as on hosts.
pub(super) fn part_name(name: &[u8], key: &str) -> OsString {
    part_of(&short(name), key)
}

fn beside(short: &OsString, end: &str) -> OsString {
    let mut name = b".".to_vec();
    name.extend_from_slice(short.as_bytes());
    name.extend_from_slice(end.as_bytes());
    OsString::from_vec(name)
}

/// Where a path leads that may be a link to nothing yet.
fn follow(path: &Path) -> Result<PathBuf, Failure> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(target) => {
                path = match path.parent() {
                    Some(parent) => parent.join(target),
                    None => target,
                }
            }
            Err(_) => return Ok(path),
        }
    }
    Err(Failure::new(Code::NotFound, format!("{} is a link that leads nowhere", path.display()))
        .hint("Name what it should lead to"))
}

/// Takes a lock that goes with us, however we end.
fn lock_file(lock: &Path, target: &Path) -> Result<Held, Refused> {
    let failed = |error: io::Error| here(lock, &error);
    loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(lock)
            .map_err(failed)?;
        let ours = file.metadata().map_err(failed)?;
        let number = (ours.dev(), ours.ino());
        // Before it is tried: what is left now may be free in the next moment.
        let is_left = left().contains(&number);
        match rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(Refused { why: busy(&target.display().to_string()), is_left });
            }
            Err(error) => return Err(here(lock, &error.into()).into()),
        }
        // Whoever had it before us may have removed it since we have opened it.
        match fs::symlink_metadata(lock) {
            Ok(there) if (there.dev(), there.ino()) == number => {
                return Ok(Held { path: lock.to_owned(), number, _file: file });
            }
            Ok(_) | Err(_) => {}
        }
    }
}

/// Opens a part for writing: one that is there, or a new one that is nobody else's.
pub(super) fn open_part(part: &Path) -> io::Result<File> {
    let is_ours = part
        .symlink_metadata()
        .is_ok_and(|about| about.is_file() && about.uid() == rustix::process::geteuid().as_raw());
    if !is_ours && part.symlink_metadata().is_ok() {
        remove(part);
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(part)
}

/// The checksum of the last [`END`] bytes before `end`.
pub(super) fn end_of(file: &File, end: u64) -> io::Result<u32> {
    let from = end.saturating_sub(END);
    let mut bytes = vec![0; usize::try_from(end - from).unwrap_or_default()];
    file.read_exact_at(&mut bytes, from)?;
    Ok(cksum(&bytes))
}

/// Gives a whole part its mode and time, and writes it out. One that replaces a file gets the mode of that, and its owner as far
/// as this account may: who was kept from reading it still is.
pub(super) fn complete(
    file: &File,
    mode: u32,
    modified: Option<SystemTime>,
    target: &Path,
) -> io::Result<()> {
    let mode = match target.metadata() {
        Ok(there) if there.is_file() => {
            if let Err(error) = fchown(file, Some(there.uid()), Some(there.gid())) {
                tracing::debug!(%error, "what replaces a file has another owner");
            }
            there.mode() & 0o777
        }
        Ok(_) | Err(_) => mode & 0o777 & !umask(),
    };
    file.set_permissions(Permissions::from_mode(mode))?;
    if let Some(modified) = modified {
        file.set_modified(modified)?;
    }
    file.sync_all()
}

/// What this process's files may not be. Asking the system would set it, for all threads.
pub(super) fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
}

/// Seconds and nanoseconds since 1970, as `stat` prints them: `-` where they aren't known.
pub(super) fn time(text: &str) -> Option<SystemTime> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: u64 = seconds.parse().ok()?;
    let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_time_keeps_its_nanoseconds() {
        let at = |text: &str| time(text).unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(at("1700000000.050021288"), Duration::new(1_700_000_000, 50_021_288));
        assert_eq!(at("1700000000"), Duration::new(1_700_000_000, 0));
        assert_eq!(at("1700000000.5"), Duration::new(1_700_000_000, 500_000_000));
        assert_eq!(time("-"), None);
    }

    #[tokio::test]
    async fn a_target_is_taken_once_and_its_lock_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x".repeat(255));
        let taken = Target::take(&path, true).await.unwrap();
        assert_eq!(Target::take(&path, true).await.unwrap_err().code, Code::Busy);
        let part = taken.part("01234567").unwrap();
        open_part(&part).unwrap();
        taken.part("89abcdef").unwrap();
        assert!(!part.exists(), "a part of another source is left");
        drop(taken);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        Target::take(&path, true).await.unwrap();
    }

    #[tokio::test]
    async fn who_begins_again_waits_for_what_a_stopped_one_still_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let stopped = Target::take(&path, true).await.unwrap();
        let part = stopped.part("01234567").unwrap();
        let (share, written) = (stopped.share(), part.clone());
        let (go, gone) = std::sync::mpsc::sync_channel::<()>(0);
        let writing = std::thread::spawn(move || {
            gone.recv().ok(); // It goes on when the other end is dropped.
            fs::write(written, "late").unwrap();
            drop(share);
        });
        drop(stopped);
        let mut again = Box::pin(Target::take(&path, true));
        assert!(futures::poll!(&mut again).is_pending(), "it met the other one's thread");
        drop(go);
        let again = again.await.unwrap();
        assert_eq!(fs::read(&part).unwrap(), b"late");
        drop(again);
        writing.join().unwrap();
        assert!(!dir.path().join(".a.baton.lock").exists());
    }
}
