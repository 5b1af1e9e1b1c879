//! The files of a directory on this machine.

use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use async_trait::async_trait;

use super::disk::Disk;
use super::lock::Patience;
use super::{append, look, place, trim};
use crate::{
    Append, Appended, Chunk, Denial, Files, FilesError, Known, Look, Span, Trimmed, host_of,
};

/// The shared files of a project on this machine.
///
/// Everything blocks while it works: the disk, and up to ten seconds for a lock. In a runtime it belongs on a thread
/// that may block.
#[derive(Clone, Debug)]
pub struct DirFiles {
    project: PathBuf,
    disk: Disk,
    patience: Patience,
}

impl DirFiles {
    /// Takes a project's directory. What is in it is made with the first entry.
    #[must_use]
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self { project: project.into(), disk: Disk::default(), patience: Patience::default() }
    }

    #[cfg(test)]
    pub(super) fn with(self, disk: Disk, patience: Patience) -> Self {
        Self { disk, patience, ..self }
    }
}

#[async_trait]
impl Files for DirFiles {
    async fn look(&self, known: &[Known], most: u64) -> Result<Look, FilesError> {
        let root = place::root(&self.project)?;
        let (files, odd) = match place::find(&root)? {
            Some(directory) => look::look(&directory, known, most)?,
            None => (Vec::new(), Vec::new()),
        };
        Ok(Look { root: root.into_os_string().into_vec(), files, odd })
    }

    async fn read(
        &self,
        spans: &[Span],
        take: &mut (dyn for<'c> FnMut(Chunk<'c>) + Send),
    ) -> Result<(), FilesError> {
        spans.iter().try_for_each(|span| check_name(&span.name))?;
        match place::find(&place::root(&self.project)?)? {
            Some(directory) => look::read(&directory, spans, take),
            None => Ok(()),
        }
    }

    async fn append(&self, append: &Append<'_>) -> Result<Appended, FilesError> {
        check_name(append.name)?;
        let directory = place::make(&place::root(&self.project)?, &self.disk)?;
        append::append(&directory, &self.disk, self.patience, append)
    }

    async fn trim(&self, name: &str, keep: u64) -> Result<Trimmed, FilesError> {
        check_name(name)?;
        match place::find(&place::root(&self.project)?)? {
            Some(directory) => trim::trim(&directory, &self.disk, self.patience, name, keep),
            None => Ok(Trimmed { identity: 0, size: 0, removed: 0 }),
        }
    }
}

/// Nothing but a file of a history is touched, wherever a name comes from.
fn check_name(name: &str) -> Result<(), FilesError> {
    if host_of(name).is_some() {
        return Ok(());
    }
    let denial = Denial::Other("no file of a history has such a name".to_owned());
    Err(FilesError::Denied { path: name.to_owned(), denial })
}
