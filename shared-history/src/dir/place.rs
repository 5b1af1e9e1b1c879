//! Where a project's files are, and how the system's refusals are told.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::disk::Disk;
use crate::{Denial, FilesError};

/// What of a project is made where it is missing.
const PARTS: [&str; 2] = [".maestro", "history"];

/// A directory that is open.
#[derive(Debug)]
pub(super) struct Directory {
    pub file: File,
    pub path: PathBuf,
}

/// Returns the project's directory, absolute and without symlinks.
pub(super) fn root(project: &Path) -> Result<PathBuf, FilesError> {
    match project.canonicalize() {
        Ok(root) if root.is_dir() => Ok(root),
        Ok(_) => Err(FilesError::NoProject),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::NOENT | Errno::NOTDIR) => Err(FilesError::NoProject),
            Some(_) | None => Err(denied(project, &error)),
        },
    }
}

/// Opens the directory of the history; `None` when there is none.
pub(super) fn find(root: &Path) -> Result<Option<Directory>, FilesError> {
    let mut path = root.to_path_buf();
    for part in PARTS {
        match inside(root, &path.join(part))? {
            Some(next) => path = next,
            None => return Ok(None),
        }
    }
    open(path).map(Some)
}

/// Opens the directory of the history, and makes it where it is missing.
pub(super) fn make(root: &Path, disk: &Disk) -> Result<Directory, FilesError> {
    let mut path = root.to_path_buf();
    for part in PARTS {
        let next = path.join(part);
        path = match inside(root, &next)? {
            Some(next) => next,
            None => {
                match disk.make_directory(&next) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(denied(&next, &error));
                    }
                    // Somebody else was quicker.
                    Err(_) => {}
                    Ok(()) => {
                        share(&path, &next).map_err(|error| denied(&next, &error))?;
                        sync(disk, &path)?;
                    }
                }
                inside(root, &next)?.ok_or_else(|| stands_in_the_way(&next))?
            }
        };
    }
    open(path)
}

/// Lets everybody write into a new directory who may write into the one above it: a project's people may have accounts of
/// their own.
fn share(above: &Path, new: &Path) -> io::Result<()> {
    let mode = above.metadata()?.permissions().mode();
    // Who may write must be able to enter and to list as well, whatever our umask says.
    let others = [0o070, 0o007].into_iter().filter(|class| mode & class & 0o022 != 0);
    let wanted = others.fold(0, |all, class| all | class);
    let mut permissions = new.metadata()?.permissions();
    if permissions.mode() & wanted != wanted {
        permissions.set_mode(permissions.mode() | wanted);
        std::fs::set_permissions(new, permissions)?;
    }
    Ok(())
}

/// Resolves a directory that may be a symlink, as long as it stays in the project; `None` when nothing is there.
fn inside(root: &Path, path: &Path) -> Result<Option<PathBuf>, FilesError> {
    match path.symlink_metadata() {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(denied(path, &error)),
    }
    let leads_out = || FilesError::Denied { path: shown(path), denial: Denial::Symlink };
    let real = path.canonicalize().map_err(|error| match error.kind() {
        // It leads nowhere.
        io::ErrorKind::NotFound => leads_out(),
        _ => denied(path, &error),
    })?;
    if !real.starts_with(root) {
        return Err(leads_out());
    }
    if !real.is_dir() {
        return Err(stands_in_the_way(path));
    }
    Ok(Some(real))
}

fn open(path: PathBuf) -> Result<Directory, FilesError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(&path, flags, Mode::empty()) {
        Ok(file) => Ok(Directory { file: file.into(), path }),
        Err(errno) => Err(denied(&path, &errno.into())),
    }
}

/// Makes sure that a name in a directory outlives a power cut.
fn sync(disk: &Disk, path: &Path) -> Result<(), FilesError> {
    let directory = open(path.to_path_buf())?;
    disk.sync(&directory.file).map_err(|error| denied(path, &error))
}

fn stands_in_the_way(path: &Path) -> FilesError {
    FilesError::Denied { path: shown(path), denial: Denial::InTheWay }
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Tells what the system refuses.
pub(super) fn denied(path: &Path, error: &io::Error) -> FilesError {
    let denial = match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => Denial::Permission,
        Some(Errno::ROFS) => Denial::ReadOnly,
        Some(Errno::NOSPC | Errno::DQUOT) => Denial::Full,
        // The BSDs say that there are too many links, where others speak of a loop.
        Some(Errno::LOOP | Errno::MLINK) => Denial::Symlink,
        Some(Errno::NOTDIR | Errno::ISDIR | Errno::EXIST | Errno::NXIO) => Denial::InTheWay,
        Some(_) | None => Denial::Other(error.to_string()),
    };
    FilesError::Denied { path: shown(path), denial }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::Permissions;

    use super::*;

    #[test]
    fn who_may_write_into_a_project_may_write_into_its_history() {
        for (project, history) in [(0o700, 0o000), (0o775, 0o020), (0o777, 0o022)] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::set_permissions(dir.path(), Permissions::from_mode(project)).unwrap();
            let made = make(&root(dir.path()).unwrap(), &Disk::default()).unwrap();
            let mode = made.path.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o022, history, "{project:o}");
        }
    }
}
