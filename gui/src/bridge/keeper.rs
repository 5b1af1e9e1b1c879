//! Keeping what the window remembers: one file, written whole and in place of the old one, and a file for each image of a
//! draft; never on the frame.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::room::{Room, SentDraft};
use super::{News, kept_images};
use crate::kept_image::KeptImage;
use crate::memory::{Draft, Memory};

/// What is typed within this time is written together.
const TOGETHER: Duration = Duration::from_millis(300);

/// Writes what is to be remembered; the latest wins.
#[derive(Debug)]
pub(super) struct Keeper {
    latest: watch::Sender<Option<Arc<Memory>>>,
    known: Known,
    task: JoinHandle<()>,
}

/// Files of drafts' images that are there.
type Known = Arc<Mutex<BTreeSet<String>>>;

impl Keeper {
    /// Keeps what is told from now on.
    pub fn start(room: &Arc<Room>, may_write: bool) -> Self {
        let file = room.setup.paths.data.join("window.json");
        let (latest, wanted) = watch::channel(None);
        let file = may_write.then_some(file);
        let known = Known::default();
        let task = tokio::spawn(keep(Arc::clone(room), file, Arc::clone(&known), wanted));
        Self { latest, known, task }
    }

    /// Takes note of images that were kept by an earlier start: they go with their drafts.
    pub fn know(&self, images: &[KeptImage]) {
        let ours = images.iter().filter(|image| image.path(Path::new("")).is_some());
        locked(&self.known).extend(ours.map(|image| image.file.clone()));
    }

    /// Keeps this.
    pub fn keep(&self, memory: Box<Memory>) {
        self.latest.send_replace(Some(Arc::from(memory)));
    }

    /// Writes what is not written yet. Drafts that the engine has as messages by now, without the window's knowing, are no
    /// drafts: `sent` says which. Images that were added since stay.
    pub async fn end(self, sent: Vec<SentDraft>) {
        self.latest.send_if_modified(|latest| {
            let Some(memory) = latest else { return false };
            // Every one of them, also behind the first that changes something.
            sent.iter().filter(|sent| forget_sent(memory, sent)).count() > 0
        });
        drop(self.latest);
        self.task.await.ok(); // It has told what went wrong.
    }
}

/// Takes what was sent out of its draft. `false` where another one stands there.
fn forget_sent(memory: &mut Arc<Memory>, sent: &SentDraft) -> bool {
    if memory
        .drafts
        .get(&sent.key)
        .is_none_or(|draft| crate::view::composer::said(&draft.text) != sent.text)
    {
        return false;
    }
    let drafts = &mut Arc::make_mut(memory).drafts;
    if let Some(mut draft) = drafts.remove(&sent.key) {
        draft.images.drain(..sent.images.min(draft.images.len()));
        if !draft.images.is_empty() {
            drafts.insert(sent.key.clone(), Draft { images: draft.images, ..Draft::default() });
        }
    }
    true
}

fn locked(known: &Known) -> MutexGuard<'_, BTreeSet<String>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn keep(
    room: Arc<Room>,
    file: Option<PathBuf>,
    known: Known,
    mut wanted: watch::Receiver<Option<Arc<Memory>>>,
) {
    let mut is_told = false;
    loop {
        let is_last = wanted.changed().await.is_err();
        if !is_last {
            tokio::select! {
                () = tokio::time::sleep(TOGETHER) => {} // wait: for what is typed next
                // The window is being closed: now.
                () = closed(&wanted) => {}
            }
        }
        let latest = wanted.borrow_and_update().clone();
        if let (Some(memory), Some(of)) = (latest, file.clone()) {
            let known = Arc::clone(&known);
            let work = move || write_all(&of, &memory, &known);
            let written = tokio::task::spawn_blocking(work).await;
            let failure = match written {
                Ok(Ok(())) => None,
                Ok(Err(failure)) => Some(failure),
                Err(error) => {
                    Some(Failure::new(Code::Internal, format!("writing broke off: {error}")))
                }
            };
            // Said once while it lasts: it would come with every letter that is typed.
            let was_told = std::mem::replace(&mut is_told, failure.is_some());
            if let Some(failure) = failure.filter(|_| !was_told) {
                room.teller.tell(News::Trouble(failure)).await;
            }
        }
        if is_last {
            return;
        }
    }
}

async fn closed(wanted: &watch::Receiver<Option<Arc<Memory>>>) {
    let mut other = wanted.clone();
    while other.changed().await.is_ok() {}
}

/// What was kept; defaults where nothing was. What can't be read is set aside, and said; `false` where that can't be done
/// either: then nothing may be written over it.
pub fn read_memory(file: &Path) -> (Memory, Option<Failure>, bool) {
    let why = match std::fs::read(file) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(memory) => return (memory, None, true),
            Err(error) => format!("{} can't be understood ({error})", file.display()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return (Memory::default(), None, true);
        }
        // Nothing can be there; opening the engine says what is wrong.
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return (Memory::default(), None, true);
        }
        Err(error) => format!("{} can't be read ({error})", file.display()),
    };
    let (kept, may_write) = match set_aside(file) {
        Ok(aside) => (format!("it was set aside as {}", aside.display()), true),
        Err(error) => {
            (format!("it can't be set aside either ({error}), so nothing is written"), false)
        }
    };
    let failure = Failure::new(Code::Corrupt, format!("{why}; {kept}"))
        .hint("Drafts, order and looks of the window were in it; sessions are not");
    (Memory::default(), Some(failure), may_write)
}

/// Under a name that nobody has.
fn set_aside(file: &Path) -> std::io::Result<PathBuf> {
    let name = |number: u32| match number {
        0 => file.with_extension("json.corrupt"),
        number => file.with_extension(format!("json.corrupt-{number}")),
    };
    let aside = (0..1000).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0));
    std::fs::rename(file, &aside)?;
    Ok(aside)
}

/// Images before what names them, and away with those that nothing names any more last of all: whenever this breaks off,
/// nothing is named that isn't there.
fn write_all(file: &Path, memory: &Memory, known: &Known) -> Result<(), Failure> {
    let data = file.parent().unwrap_or(Path::new("."));
    let before = locked(known).clone();
    let mut now = before.clone();
    let images = kept_images::write_new(data, memory, &mut now);
    let written = write(file, memory);
    if written.is_ok() {
        kept_images::remove_old(data, memory, &mut now);
    }
    let mut known = locked(known);
    // What was taken note of meanwhile stays noted.
    known.retain(|name| now.contains(name) || !before.contains(name));
    known.extend(now);
    written.and(images)
}

/// Writes it beside the file, and puts it in its place.
fn write(file: &Path, memory: &Memory) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Code::PermissionDenied,
            format!("what the window remembers can't be written to {}: {error}", file.display()),
        )
        .hint(
            "Drafts are lost when the window is closed; make room, or make the directory writable",
        )
    };
    let json = serde_json::to_vec(memory)
        .map_err(|error| Failure::new(Code::Internal, format!("it has no JSON: {error}")))?;
    let dir = file.parent().unwrap_or(Path::new("."));
    baton_front::paths::make_private(dir)?;
    // Made for its owner alone: drafts may hold anything.
    let mut fresh = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    fresh.write_all(&json).map_err(failed)?;
    fresh.as_file().sync_data().map_err(failed)?;
    fresh.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}
