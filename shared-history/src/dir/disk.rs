//! Whatever changes the disk, step by step. A test can stop before each step, as a power cut does.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    MakeDirectory,
    Create,
    Write,
    Cut,
    Sync,
    Dress,
    Rename,
    Remove,
}

/// Stands before every step.
pub(super) trait Gate: fmt::Debug + Send + Sync {
    /// Lets a step take place, or not.
    fn pass(&self, step: Step) -> io::Result<()>;

    /// Says how many bytes of a write take place, and what the system says of it.
    fn pass_write(&self, bytes: usize) -> (usize, io::Result<()>);

    /// Whose name a lock gets: the process's own, when this is `None`.
    fn owner(&self) -> Option<String>;
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// Nothing stands there but in tests.
    pub gate: Option<Arc<dyn Gate>>,
}

impl Disk {
    fn pass(&self, step: Step) -> io::Result<()> {
        self.gate.as_ref().map_or(Ok(()), |gate| gate.pass(step))
    }

    /// Makes a directory for everybody whom the umask lets.
    pub fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.pass(Step::MakeDirectory)?;
        std::fs::create_dir(path)
    }

    pub fn make_directory_at(&self, at: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.pass(Step::MakeDirectory)?;
        Ok(rustix::fs::mkdirat(at, name, Mode::from_raw_mode(0o777))?)
    }

    /// Opens a file, and makes it where `flags` say so.
    pub fn create(&self, at: BorrowedFd<'_>, name: &str, flags: OFlags) -> io::Result<File> {
        self.pass(Step::Create)?;
        let mode = Mode::from_raw_mode(0o666);
        Ok(rustix::fs::openat(at, name, flags | OFlags::CREATE | SAFE, mode)?.into())
    }

    pub fn write(&self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        let Some(gate) = &self.gate else { return file.write(bytes) };
        gate.pass(Step::Write)?;
        let (some, said) = gate.pass_write(bytes.len());
        file.write_all(&bytes[..some.min(bytes.len())])?;
        said.map(|()| some)
    }

    /// Writes all of it: in one go, unless there is no room.
    pub fn write_all(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        self.write_counted(file, bytes, &mut 0)
    }

    /// The same, and counts what has been written, whatever comes of it.
    pub fn write_counted(&self, file: &File, bytes: &[u8], done: &mut usize) -> io::Result<()> {
        while *done < bytes.len() {
            match self.write(file, &bytes[*done..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => *done += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn cut(&self, file: &File, size: u64) -> io::Result<()> {
        self.pass(Step::Cut)?;
        file.set_len(size)
    }

    pub fn sync(&self, file: &File) -> io::Result<()> {
        self.pass(Step::Sync)?;
        file.sync_all()
    }

    /// Gives a file the mode and the owner of another one.
    pub fn dress(&self, file: &File, like: &File) -> io::Result<()> {
        self.pass(Step::Dress)?;
        let (stat, own) = (rustix::fs::fstat(like)?, rustix::fs::fstat(file)?);
        if (stat.st_uid, stat.st_gid) != (own.st_uid, own.st_gid) {
            std::os::unix::fs::fchown(file, Some(stat.st_uid), Some(stat.st_gid))?;
        }
        file.set_permissions(like.metadata()?.permissions())
    }

    pub fn rename(&self, at: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        self.pass(Step::Rename)?;
        Ok(rustix::fs::renameat(at, from, at, to)?)
    }

    pub fn remove(&self, at: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.pass(Step::Remove)?;
        Ok(rustix::fs::unlinkat(at, name, AtFlags::empty())?)
    }

    pub fn remove_directory(&self, at: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.pass(Step::Remove)?;
        Ok(rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR)?)
    }
}

/// Opens what is there; reading changes nothing, so nothing stands before it.
pub(super) fn open(at: impl AsFd, name: &str, flags: OFlags) -> io::Result<File> {
    Ok(rustix::fs::openat(at, name, flags | SAFE, Mode::empty())?.into())
}

/// No symlink is followed, no fifo waited for, and no program started here gets the file.
const SAFE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
