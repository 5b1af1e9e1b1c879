use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::{Hosts, HostsError, HostsStore};
use crate::failure::Failure;

/// Editors empty a file and fill it again, or rename: what happens within this time is one edit.
const QUIET: Duration = Duration::from_millis(50);
/// A file that has lost all of its hosts, or is gone, is believed after this time: an editor may be half-way through.
const EMPTY_PATIENCE: Duration = Duration::from_secs(1);
/// A file that is written to without a pause is read at last after this time.
const LONGEST_UNREST: Duration = Duration::from_secs(1);

/// The hosts in force, and what is wrong with the file if it doesn't say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostsView {
    /// From the last good reading.
    pub hosts: Arc<Hosts>,
    /// Why the file as it is now isn't in force: with its name, line and column.
    pub fault: Option<Failure>,
}

/// Watches `hosts.toml` and publishes it whenever it changes on disk; stops when dropped.
#[derive(Debug)]
pub struct HostsWatch {
    views: watch::Receiver<HostsView>,
    _watcher: RecommendedWatcher,
}

impl HostsWatch {
    /// Reads the file, and watches its directory (and its target's, for a symlink) from now on.
    ///
    /// A file that is broken from the start is published as no hosts and a fault.
    ///
    /// # Errors
    ///
    /// When the directory isn't there or can't be watched.
    pub fn start(store: HostsStore) -> Result<Self, HostsError> {
        let (nudge, nudges) = sync_channel(1);
        let mut places = vec![place(store.path())];
        let target = place(&store.target()?);
        if !places.contains(&target) {
            places.push(target);
        }
        let names: Vec<OsString> = places.iter().map(|(_, name)| name.clone()).collect();
        let failed = |error: notify::Error| HostsError::Io {
            what: "watch",
            path: store.path().into(),
            source: std::io::Error::other(error),
        };
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                if concerns(&event, &names) {
                    poke(&nudge);
                }
            })
            .map_err(failed)?;
        for (dir, _) in &places {
            watcher.watch(dir, RecursiveMode::NonRecursive).map_err(failed)?;
        }
        // Only now, so that no edit falls between the reading and the watching.
        let (publish, views) = watch::channel(view(&store, &HostsView::default()));
        let path = store.path().to_owned();
        thread::Builder::new()
            .name("hosts-watch".into())
            .spawn(move || follow(&store, &nudges, &publish))
            .map_err(|source| HostsError::Io { what: "watch", path, source })?;
        Ok(Self { views, _watcher: watcher })
    }

    /// The hosts as they are now, and every later change.
    pub fn subscribe(&self) -> watch::Receiver<HostsView> {
        self.views.clone()
    }
}

/// Runs until the watcher is dropped, and the other end of `nudges` with it.
fn follow(store: &HostsStore, nudges: &Receiver<()>, publish: &watch::Sender<HostsView>) {
    while nudges.recv().is_ok() {
        let fresh = loop {
            if !settle(nudges) {
                return;
            }
            let fresh = view(store, &publish.borrow());
            let emptied = fresh.hosts.hosts.is_empty() && !publish.borrow().hosts.hosts.is_empty();
            if !emptied {
                break fresh;
            }
            match nudges.recv_timeout(EMPTY_PATIENCE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break fresh,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        publish.send_if_modified(|old| {
            let changed = *old != fresh;
            if changed {
                *old = fresh;
            }
            changed
        });
    }
}

/// Waits until nothing has happened for a while. `false` when the watch is over.
fn settle(nudges: &Receiver<()>) -> bool {
    let since = Instant::now();
    while since.elapsed() < LONGEST_UNREST {
        match nudges.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

fn view(store: &HostsStore, last: &HostsView) -> HostsView {
    match store.read() {
        Ok(hosts) => HostsView { hosts: Arc::new(hosts), fault: None },
        Err(error) => HostsView { hosts: Arc::clone(&last.hosts), fault: Some(error.into()) },
    }
}

/// A full channel means that a nudge waits already; a closed one, that nobody listens any more.
fn poke(nudge: &SyncSender<()>) {
    match nudge.try_send(()) {
        Ok(()) | Err(_) => {}
    }
}

/// Whether the file may have changed. Reading it is an event as well, and must not count.
fn concerns(event: &notify::Result<notify::Event>, names: &[OsString]) -> bool {
    match event {
        Ok(event) => {
            let written = match event.kind {
                EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
                EventKind::Any
                | EventKind::Create(_)
                | EventKind::Modify(_)
                | EventKind::Remove(_)
                | EventKind::Other => true,
            };
            let ours = |path: &PathBuf| {
                path.file_name().is_some_and(|name| names.iter().any(|own| own == name))
            };
            written && (event.need_rescan() || event.paths.iter().any(ours))
        }
        // Events may have been lost: look.
        Err(_) => true,
    }
}

fn place(path: &Path) -> (PathBuf, OsString) {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.into(),
        Some(_) | None => PathBuf::from("."),
    };
    (dir, path.file_name().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::host::{Change, HostConfig, HostId};

    const GOOD: &str = "[host.a]\nhost = \"a.example\"\n";

    fn store(dir: &tempfile::TempDir) -> HostsStore {
        HostsStore::new(dir.path().join("hosts.toml"))
    }

    async fn until(
        views: &mut watch::Receiver<HostsView>,
        what: impl FnMut(&HostsView) -> bool,
    ) -> HostsView {
        tokio::time::timeout(Duration::from_secs(20), views.wait_for(what))
            .await
            .expect("the change was never published")
            .unwrap()
            .clone()
    }

    fn count(view: &HostsView) -> usize {
        view.hosts.hosts.len()
    }

    #[tokio::test]
    async fn an_edit_by_hand_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let watch = HostsWatch::start(store(&dir)).unwrap();
        let mut views = watch.subscribe();
        assert_eq!(*views.borrow(), HostsView::default());

        fs::write(dir.path().join("hosts.toml"), GOOD).unwrap();
        assert_eq!(until(&mut views, |view| count(view) == 1).await.fault, None);

        fs::remove_file(dir.path().join("hosts.toml")).unwrap();
        until(&mut views, |view| count(view) == 0).await;
    }

    #[tokio::test]
    async fn a_broken_edit_keeps_the_last_good_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hosts.toml");
        fs::write(&path, GOOD).unwrap();
        let watch = HostsWatch::start(store(&dir)).unwrap();
        let mut views = watch.subscribe();

        fs::write(&path, format!("{GOOD}prot = 5\n")).unwrap();
        let view = until(&mut views, |view| view.fault.is_some()).await;
        assert_eq!(count(&view), 1);
        let message = view.fault.unwrap().message;
        assert!(message.starts_with(&format!("{}:3:1: ", path.display())), "{message}");

        fs::write(&path, format!("{GOOD}port = 5\n")).unwrap();
        let view = until(&mut views, |view| view.fault.is_none()).await;
        assert_eq!(view.hosts.hosts[0].port, Some(5));
    }

    #[tokio::test]
    async fn an_edit_of_ours_through_a_symlink_is_published() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("dotfiles")).unwrap();
        symlink("dotfiles/mine.toml", dir.path().join("hosts.toml")).unwrap();
        let watch = HostsWatch::start(store(&dir)).unwrap();
        let mut views = watch.subscribe();

        let host = HostConfig::new(HostId::new("a"), "a", "a.example");
        store(&dir).edit(|_| Ok((vec![Change::Put(host)], ()))).unwrap();

        until(&mut views, |view| count(view) == 1).await;
    }

    #[tokio::test]
    async fn an_editor_that_empties_the_file_first_never_publishes_no_hosts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hosts.toml");
        fs::write(&path, GOOD).unwrap();
        let watch = HostsWatch::start(store(&dir)).unwrap();
        let mut views = watch.subscribe();
        views.mark_unchanged();

        for port in 1..=20 {
            fs::write(&path, "").unwrap();
            fs::write(&path, format!("{GOOD}port = {port}\n")).unwrap();
        }

        let view =
            until(&mut views, |view| count(view) == 0 || view.hosts.hosts[0].port == Some(20))
                .await;
        assert_eq!(count(&view), 1);
    }

    #[test]
    fn the_thread_ends_with_the_watch() {
        let dir = tempfile::tempdir().unwrap();
        let watch = HostsWatch::start(store(&dir)).unwrap();
        let mut views = watch.subscribe();
        drop(watch);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        // The sender is dropped when the thread ends.
        runtime.block_on(async {
            let ended = tokio::time::timeout(Duration::from_secs(20), views.changed()).await;
            assert!(ended.expect("the thread runs on").is_err());
        });
    }
}
