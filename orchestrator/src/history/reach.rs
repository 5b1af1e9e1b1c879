//! A project's shared files, wherever they are: in a directory here, or behind a connection.

use std::path::{Path, PathBuf};

use shared_history::{
    DirFiles, Files, FilesError, Indexes, NewLine, Prepared, Refreshed, Settings, Trimmed, Written,
    refresh, write,
};

use super::ShellFiles;
use crate::host::{Site, expand_home};
use crate::transport::Connection;

/// How a project's files are reached.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// This machine's own file system.
    Here(PathBuf),
    /// A shell on another machine.
    There(ShellFiles),
}

impl Reach {
    /// To a site; `home` is what `~` means on this machine.
    pub(super) fn new(site: &Site, connection: &Connection, home: &Path) -> Self {
        match site.place.way {
            None => Self::Here(match site.cwd.as_deref() {
                None => home.to_owned(),
                Some(cwd) => expand_home(cwd, home),
            }),
            Some(_) => Self::There(ShellFiles::new(connection.clone(), site.cwd.clone())),
        }
    }

    /// Whether reading again costs nothing worth waiting for, and changes are told by the file system.
    pub(super) fn here(&self) -> Option<&Path> {
        match self {
            Self::Here(dir) => Some(dir),
            Self::There(_) => None,
        }
    }

    /// What the machine calls the project's directory.
    pub(super) async fn root(&self) -> Result<Vec<u8>, FilesError> {
        match self {
            Self::Here(dir) => {
                let dir = dir.clone();
                blocking(move || now(DirFiles::new(dir).look(&[], 0))).await?
            }
            Self::There(shell) => shell.look(&[], 0).await,
        }
        .map(|look| look.root)
    }

    /// Reads what is new.
    pub(super) async fn refresh(
        &self,
        mut indexes: Indexes,
        settings: Settings,
    ) -> (Indexes, Result<Refreshed, FilesError>) {
        match self {
            Self::Here(dir) => {
                let dir = dir.clone();
                let kept = indexes.clone();
                blocking(move || {
                    let done = now(refresh(&DirFiles::new(dir), &mut indexes, &settings));
                    (indexes, done)
                })
                .await
                .unwrap_or_else(|error| (kept, Err(error)))
            }
            Self::There(shell) => {
                let done = refresh(shell, &mut indexes, &settings).await;
                (indexes, done)
            }
        }
    }

    /// Appends lines to a file, each once.
    pub(super) async fn write(
        &self,
        name: &str,
        lines: Vec<Prepared>,
        in_doubt: bool,
    ) -> Result<Written, FilesError> {
        let name = name.to_owned();
        match self {
            Self::Here(dir) => {
                let dir = dir.clone();
                blocking(move || {
                    now(write(&DirFiles::new(dir), &name, &borrowed(&lines), in_doubt))
                })
                .await?
            }
            Self::There(shell) => write(shell, &name, &borrowed(&lines), in_doubt).await,
        }
    }

    /// Keeps the last lines of a file.
    pub(super) async fn trim(&self, name: &str, keep: u64) -> Result<Trimmed, FilesError> {
        let name = name.to_owned();
        match self {
            Self::Here(dir) => {
                let dir = dir.clone();
                blocking(move || now(DirFiles::new(dir).trim(&name, keep))).await?
            }
            Self::There(shell) => shell.trim(&name, keep).await,
        }
    }
}

fn borrowed(lines: &[Prepared]) -> Vec<NewLine<'_>> {
    lines.iter().map(Prepared::line).collect()
}

/// A future that never waits, since its files are here.
fn now<T>(future: impl Future<Output = T>) -> T {
    futures::executor::block_on(future)
}

/// Work that blocks, on a thread for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FilesError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| FilesError::Unreachable(Box::new(error)))
}
