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
        let ours = project.join(PARTS[0]);
        let told = move |event: notify::Result<notify::Event>| {
            if concerns(&event, &ours) {
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
            self.watcher.unwatch(&gone).ok(); // A watch goes with its directory.
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

/// Whether something may have happened to what is ours; an agent at work changes a lot besides.
fn concerns(event: &notify::Result<notify::Event>, ours: &Path) -> bool {
    match event {
        // Who reads makes events of its own.
        Ok(event) if event.kind.is_access() => false,
        // Without a path it is one about the watch itself: something may have been missed.
        Ok(event) => {
            event.paths.is_empty() || event.paths.iter().any(|path| path.starts_with(ours))
        }
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Event, EventKind};

    use super::*;

    #[test]
    fn only_what_happens_to_the_history_counts() {
        let ours = Path::new("/srv/app/.maestro");
        let event = |kind, path: &str| Ok(Event::new(kind).add_path(path.into()));
        let made = EventKind::Create(CreateKind::Any);
        assert!(concerns(&event(made, "/srv/app/.maestro"), ours));
        assert!(concerns(&event(made, "/srv/app/.maestro/history/history-a.jsonl"), ours));
        assert!(!concerns(&event(made, "/srv/app/main.rs"), ours));
        let read = EventKind::Access(AccessKind::Any);
        assert!(!concerns(&event(read, "/srv/app/.maestro/history/history-a.jsonl"), ours));
        assert!(concerns(&Ok(Event::new(EventKind::Other)), ours));
        assert!(concerns(&Err(notify::Error::generic("the queue was full")), ours));
    }
}
