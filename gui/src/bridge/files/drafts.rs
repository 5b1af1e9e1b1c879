//! What is written into files and not saved: a file each, so that nothing is lost with the window.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FilePath, SessionId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::News;
use super::super::room::Room;
use super::directory;

/// What is typed within this time is written together.
const TOGETHER: Duration = Duration::from_millis(300);

/// A text that isn't saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDraft {
    /// Whose file it is.
    pub session: SessionId,
    /// Which.
    pub path: FilePath,
    /// What stood there when it was read: [`orchestrator::seam::FileEntry::version`].
    pub version: String,
    /// What it was when it was read, for a comparison; `None` for a new one.
    pub base: Option<String>,
    /// What is written.
    pub text: String,
    /// Where its session was when it was read: the host's id, and the directory there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(String, Option<String>)>,
    /// Whether it lies outside of that directory.
    #[serde(default)]
    pub outside: bool,
    /// Where it was read, where it is to be written elsewhere now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_in: Option<(String, Option<String>)>,
}

type Wanted = HashMap<String, Option<Box<FileDraft>>>;

/// Writes them; the latest of each wins.
#[derive(Debug)]
pub(super) struct Drafts {
    keeping: Keeping,
    task: JoinHandle<()>,
}

/// Has them written.
#[derive(Clone, Debug)]
pub(super) struct Keeping(watch::Sender<Wanted>);

impl Keeping {
    pub fn keep(&self, name: String, draft: Option<Box<FileDraft>>) {
        self.0.send_modify(|wanted| {
            wanted.insert(name, draft);
        });
    }
}

impl Drafts {
    pub fn start(room: &Arc<Room>) -> Self {
        let (wanted, changes) = watch::channel(HashMap::new());
        let task = tokio::spawn(write_all(Arc::clone(room), wanted.clone(), changes));
        Self { keeping: Keeping(wanted), task }
    }

    pub fn keeping(&self) -> Keeping {
        self.keeping.clone()
    }

    /// Writes what is not written yet.
    pub async fn end(self) {
        self.keeping.keep(String::new(), None);
        self.task.await.ok(); // It has told what went wrong.
    }
}

/// The empty name is the end.
async fn write_all(
    room: Arc<Room>,
    wanted: watch::Sender<Wanted>,
    mut changes: watch::Receiver<Wanted>,
) {
    let mut is_told = false;
    loop {
        let is_something = |wanted: &Wanted| !wanted.is_empty();
        if changes.wait_for(is_something).await.is_err() {
            return;
        }
        let is_end = |wanted: &Wanted| wanted.contains_key("");
        tokio::select! {
            () = tokio::time::sleep(TOGETHER) => {} // wait: for what is typed next
            // The window is being closed: now. Either way it is written.
            _ = changes.wait_for(is_end) => {}
        }
        let mut now = HashMap::new();
        wanted.send_if_modified(|wanted| {
            now = std::mem::take(wanted);
            false
        });
        let is_last = now.remove("").is_some();
        let dir = directory(&room);
        let work = tokio::task::spawn_blocking(move || {
            let written = now.into_iter().map(|(name, draft)| write(&dir, &name, draft.as_deref()));
            written.filter_map(Result::err).next()
        });
        let failure = work.await.unwrap_or_else(|error| {
            Some(Failure::new(Code::Internal, format!("writing broke off: {error}")))
        });
        // Said once while it lasts: it would come with every letter that is typed.
        let was_told = std::mem::replace(&mut is_told, failure.is_some());
        if let Some(failure) = failure.filter(|_| !was_told) {
            room.teller.tell(News::Trouble(failure)).await;
        }
        if is_last {
            return;
        }
    }
}

fn write(dir: &Path, name: &str, draft: Option<&FileDraft>) -> Result<(), Failure> {
    let path = dir.join(name);
    let failed = |error: std::io::Error| {
        Failure::new(
            Code::PermissionDenied,
            format!("an unsaved text can't be kept in {}: {error}", path.display()),
        )
        .hint("It is lost when the window is closed; save it, or make room")
    };
    let Some(draft) = draft else {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    let json = serde_json::to_vec(draft)
        .map_err(|error| Failure::new(Code::Internal, format!("it has no JSON: {error}")))?;
    baton_front::paths::make_private(dir)?;
    // Made for its owner alone: it may hold anything.
    let mut fresh = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    fresh.write_all(&json).map_err(failed)?;
    fresh.as_file().sync_data().map_err(failed)?;
    fresh.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Puts a text that has no place any more into a file of its own that is never written over; where it is then.
pub(super) async fn put_aside(
    dir: PathBuf,
    of: FilePath,
    text: String,
) -> Result<PathBuf, Failure> {
    let work = tokio::task::spawn_blocking(move || write_aside(&dir, &of, &text));
    work.await.unwrap_or_else(|error| {
        Err(Failure::new(Code::Internal, format!("putting a text aside broke off: {error}")))
    })
}

fn write_aside(dir: &Path, of: &FilePath, text: &str) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(
            Code::PermissionDenied,
            format!("what wasn't saved of {of} can't be put into {}: {error}", path.display()),
        )
        .hint("It is still kept as a draft, and tried again with the next start")
    };
    baton_front::paths::make_private(dir)?;
    let name = plain_name(of.name());
    let mut fresh = tempfile::NamedTempFile::new_in(dir).map_err(|error| failed(dir, error))?;
    fresh.write_all(text.as_bytes()).map_err(|error| failed(dir, error))?;
    fresh.as_file().sync_data().map_err(|error| failed(dir, error))?;
    for number in 1_u32.. {
        let path = match number {
            1 => dir.join(&name),
            number => dir.join(format!("{number}-{name}")),
        };
        match fresh.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                fresh = error.file;
            }
            Err(error) => return Err(failed(&path, error.error)),
        }
    }
    Err(failed(dir, std::io::Error::other("there are too many of that name")))
}

/// A name that every file system here takes: 200 bytes leave room for a number within the usual 255.
fn plain_name(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let fit = |letter: char| !letter.is_control() && !matches!(letter, '/' | '\\' | ':');
    let mut plain: String =
        text.chars().map(|letter| if fit(letter) { letter } else { '_' }).collect();
    plain.truncate(plain.floor_char_boundary(200));
    if plain.trim_matches(['.', ' ']).is_empty() { "unnamed".to_owned() } else { plain }
}

/// All that were kept. One that can't be read stays where it is, and is said.
pub(super) async fn read(dir: PathBuf) -> (Vec<(String, FileDraft)>, Vec<Failure>) {
    let work = tokio::task::spawn_blocking(move || read_all(&dir));
    work.await.unwrap_or_else(|error| {
        let failure = Failure::new(Code::Internal, format!("reading drafts broke off: {error}"));
        (Vec::new(), vec![failure])
    })
}

fn read_all(dir: &Path) -> (Vec<(String, FileDraft)>, Vec<Failure>) {
    let (mut drafts, mut failures) = (Vec::new(), Vec::new());
    let Ok(entries) = std::fs::read_dir(dir) else { return (drafts, failures) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What was being written when the program ended isn't ours to read.
        if name.starts_with('.') || !name.ends_with(".json") {
            continue;
        }
        let read = std::fs::read(entry.path()).map_err(|error| error.to_string());
        let draft = read.and_then(|bytes| {
            serde_json::from_slice::<FileDraft>(&bytes).map_err(|error| error.to_string())
        });
        match draft {
            Ok(draft) => drafts.push((name, draft)),
            Err(why) => {
                let path = entry.path();
                let message = format!("an unsaved text in {} can't be read: {why}", path.display());
                failures.push(
                    Failure::new(Code::Corrupt, message).hint("It was left there; look at it"),
                );
            }
        }
    }
    drafts.sort_by(|(a, _), (b, _)| a.cmp(b));
    (drafts, failures)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn draft(text: &str) -> FileDraft {
        FileDraft {
            session: SessionId::new("s"),
            path: FilePath(b"a\xff".to_vec()),
            version: "1".into(),
            base: Some("old".into()),
            text: text.into(),
            place: Some(("box".into(), Some("/srv".into()))),
            outside: false,
            read_in: None,
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_given_up_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("file-drafts");
        assert_eq!(read_all(&dir), (Vec::new(), Vec::new()));
        write(&dir, "1.json", Some(&draft("one"))).unwrap();
        write(&dir, "2.json", Some(&draft("two"))).unwrap();
        write(&dir, "1.json", Some(&draft("other"))).unwrap();
        write(&dir, "2.json", None).unwrap();
        write(&dir, "3.json", None).unwrap();
        assert_eq!(read_all(&dir).0, [("1.json".to_owned(), draft("other"))]);
    }

    #[test]
    fn what_is_put_aside_takes_no_other_text_s_place() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("unsaved");
        let of = FilePath(b"src/a\n\xff.rs".to_vec());
        let one = write_aside(&dir, &of, "one").unwrap();
        let two = write_aside(&dir, &of, "two").unwrap();
        assert_eq!(one, dir.join("a_\u{fffd}.rs"));
        assert_eq!(std::fs::read_to_string(one).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(two).unwrap(), "two");
        assert_eq!(plain_name(b".."), "unnamed");
        assert_eq!(plain_name(&[b'a'; 300]).len(), 200);
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
    }

    #[test]
    fn one_that_can_t_be_read_is_said_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("1.json"), "{").unwrap();
        let (drafts, failures) = read_all(dir.path());
        assert_eq!((drafts.len(), failures.len()), (0, 1));
        assert!(dir.path().join("1.json").exists());
    }
}
