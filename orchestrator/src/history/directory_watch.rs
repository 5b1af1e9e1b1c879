//! Watching a project's directory on this machine, so that what colleagues write shows at once.

use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

/// Where histories are, from a project's directory.
const PARTS: [&str; 2] = [".maestro", "history"];

/// Tells when something happens in a project's directory of history, also one that isn't there yet.
#[derive(Debug)]
pub(super) struct DirectoryWatch {
    project: PathBuf,
    watcher: RecommendedWatcher,
    /// The directories that are watched: the innermost one that is there, and those on the way to it.
    watched: Vec<PathBuf>,
    happened: watch::Receiver<u64>,
}

impl DirectoryWatch {
    /// Watches from now on; `None` where this machine has no way to (a network file system, too many watches): then
    /// it is looked at from time to time, as any other.
    pub(super) fn start(project: &Path) -> Option<Self> {
        let (tell, happened) = watch::channel(0);
        let told = move |event: notify::Result<notify::Event>| {
            // Who reads it makes events of its own.
            let is_reading = matches!(&event, Ok(event) if event.kind.is_access());
            if !is_reading {
                tell.send_modify(|count| *count += 1);
            }
        };
        let watcher = match notify::recommended_watcher(told) {
            Ok(watcher) => watcher,
            Err(error) => {
                tracing::debug!(%error, "a project's history is not watched");
                return None;
            }
        };
        let mut watch =
            Self { project: project.to_owned(), watcher, watched: Vec::new(), happened };
        watch.reach();
        Some(watch)
    }

    /// Watches what is there by now: a directory appears when the first entry is written.
    fn reach(&mut self) {
        let mut wanted = vec![self.project.clone()];
        for part in PARTS {
            wanted.extend(wanted.last().map(|above| above.join(part)));
        }
        let wanted: Vec<PathBuf> = wanted.into_iter().filter(|dir| dir.is_dir()).collect();
        for gone in self.watched.extract_if(.., |dir| !wanted.contains(dir)) {
            // It is gone, and its watch with it.
            self.watcher.unwatch(&gone).ok();
        }
        for dir in wanted {
            if self.watched.contains(&dir) {
                continue;
            }
            match self.watcher.watch(&dir, RecursiveMode::NonRecursive) {
                Ok(()) => self.watched.push(dir),
                Err(error) => tracing::debug!(%error, "a directory of history is not watched"),
            }
        }
    }

    /// Waits until something has happened since the last time.
    pub(super) async fn changed(&mut self) {
        if self.happened.changed().await.is_err() {
            // It tells nothing any more.
            std::future::pending::<()>().await;
        }
        self.reach();
    }
}
