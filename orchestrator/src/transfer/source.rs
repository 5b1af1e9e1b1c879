//! What a source is, so that a part of it is known again.

use std::fs::{File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use sha1::{Digest, Sha1};

use crate::failure::{Code, Failure};

/// What tells this state of a file from any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) size: u64,
    pub(super) seconds: i64,
    pub(super) nanos: i64,
    inode: u64,
    device: u64,
    pub(super) mode: u32,
}

impl Facts {
    pub(super) fn of(about: &Metadata) -> Self {
        Self {
            size: about.size(),
            seconds: about.mtime(),
            nanos: about.mtime_nsec(),
            inode: about.ino(),
            device: about.dev(),
            mode: about.mode(),
        }
    }

    /// Eight letters that name this file of this machine in this state.
    pub(super) fn key(&self, path: &Path) -> String {
        let machine = rustix::system::uname().nodename().to_bytes().to_vec();
        let Self { size, seconds, nanos, inode, device, .. } = self;
        let state = format!("{size} {seconds}.{nanos} {inode} {device}");
        key(&[&machine, path.as_os_str().as_bytes(), state.as_bytes()])
    }

    /// The same of a directory: its contents may change, and are looked at one by one.
    pub(super) fn tree_key(&self, path: &Path) -> String {
        let machine = rustix::system::uname().nodename().to_bytes().to_vec();
        let state = format!("tree {} {}", self.inode, self.device);
        key(&[&machine, path.as_os_str().as_bytes(), state.as_bytes()])
    }
}

/// Refuses a file without a size that has bytes.
pub(super) fn refuse_made_up(file: &File, path: &Path, facts: &Facts) -> Result<(), Failure> {
    if facts.size > 0 || !matches!(file.read_at(&mut [0], 0), Ok(1..)) {
        return Ok(());
    }
    let what = format!("{} has no size: the system makes it up as it is read", path.display());
    Err(Failure::new(Code::Unsupported, what).hint("Send what it prints: `baton files put -`"))
}

/// Eight letters that name what `parts` say.
pub(super) fn key(parts: &[&[u8]]) -> String {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
