//! A project of its own for each test.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;

use crate::dir::disk::{Disk, Gate};
use crate::dir::lock::Patience;
use crate::*;

pub(super) const FILE: &str = "history-box.jsonl";

#[derive(Debug)]
pub(super) struct Bed {
    _directory: tempfile::TempDir,
    pub project: PathBuf,
}

impl Bed {
    /// A project without a history.
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let project = directory.path().canonicalize().unwrap();
        Self { _directory: directory, project }
    }

    /// A project with one file.
    pub fn with(content: &[u8]) -> Self {
        let bed = Self::empty();
        std::fs::create_dir_all(bed.history()).unwrap();
        std::fs::write(bed.path(FILE), content).unwrap();
        bed
    }

    pub fn history(&self) -> PathBuf {
        self.project.join(".maestro/history")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.history().join(name)
    }

    pub fn content(&self) -> Vec<u8> {
        std::fs::read(self.path(FILE)).unwrap_or_default()
    }

    pub fn files(&self) -> DirFiles {
        DirFiles::new(&self.project)
    }

    /// Files whose disk is watched, and who takes everybody unknown for dead.
    pub fn hasty(&self, gate: Option<Arc<dyn Gate>>) -> DirFiles {
        let patience = Patience { wait: Duration::from_secs(5), unknown: Duration::ZERO };
        self.files().with(Disk { gate }, patience)
    }

    /// What stands in the directory, sorted, without the lock's file, which stays.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.history())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| *name != format!(".{FILE}.lock"))
            .collect();
        names.sort();
        names
    }
}

pub(super) fn line(id: &str) -> Vec<u8> {
    Entry::new(id, EntryKind::User, 1, "Did it.", "/srv/app").to_line()
}

pub(super) fn lines(ids: &[&str]) -> Vec<u8> {
    ids.iter().flat_map(|id| [line(id), b"\n".to_vec()].concat()).collect()
}

pub(super) fn add(files: &DirFiles, ids: &[&str], in_doubt: bool) -> Result<Written, FilesError> {
    let prepared: Vec<Prepared> =
        ids.iter().map(|id| Prepared::from_line(line(id)).unwrap()).collect();
    let lines: Vec<NewLine<'_>> = prepared.iter().map(Prepared::line).collect();
    block_on(write(files, FILE, &lines, in_doubt))
}

pub(super) fn inode(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().ino()
}

pub(super) fn denial<T: std::fmt::Debug>(result: Result<T, FilesError>) -> Denial {
    match result {
        Err(FilesError::Denied { denial, .. }) => denial,
        other => panic!("{other:?}"),
    }
}
