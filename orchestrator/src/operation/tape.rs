//! What an operation has printed: its last bytes, in a file that the next engine finds.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// So many bytes are kept at least: what a person still scrolls through, and a hundred of them fit beside a database.
const KEPT: u64 = 4 << 20;

/// From this length on, a tape is cut back to [`KEPT`]: each byte is copied once at most.
const LONGEST: u64 = 2 * KEPT;

/// The head of a file: how many bytes were printed before its first one.
const HEAD: u64 = 8;

/// The output of one operation. Clones share it.
///
/// Its length is how much of the run's output was heard: after a crash the run is followed from there.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    kept: Arc<Mutex<Kept>>,
    /// How many bytes were ever printed.
    end: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
struct Kept {
    /// How many bytes came before the first one that is kept.
    base: u64,
    /// How many were ever printed.
    end: u64,
    medium: Medium,
}

#[derive(Debug)]
enum Medium {
    /// A file, made with the first byte.
    File(PathBuf),
    /// Where the database is in memory, or the disk takes no more.
    Memory(Vec<u8>),
}

impl Tape {
    /// The tape at `path`, as far as it is there; without a path one in memory. Blocks.
    pub(super) fn open(path: Option<PathBuf>) -> Self {
        let kept = match path {
            None => Kept { base: 0, end: 0, medium: Medium::Memory(Vec::new()) },
            Some(path) => {
                let (base, end) = look(&path).unwrap_or_else(|error| {
                    if error.kind() != io::ErrorKind::NotFound {
                        tracing::warn!(path = %path.display(), %error, "the output of an operation can't be read");
                    }
                    (0, 0)
                });
                Kept { base, end, medium: Medium::File(path) }
            }
        };
        let end = Arc::new(watch::Sender::new(kept.end));
        Self { kept: Arc::new(Mutex::new(kept)), end }
    }

    /// How many bytes were ever printed.
    pub(super) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// [`Tape::end`], and each change of it.
    pub(super) fn ends(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Adds what was printed.
    pub(super) async fn append(&self, bytes: Vec<u8>) {
        let kept = Arc::clone(&self.kept);
        let written = tokio::task::spawn_blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.append(&bytes);
            kept.end
        });
        match written.await {
            Ok(end) => drop(self.end.send_replace(end)),
            Err(error) => tracing::warn!(%error, "writing output broke off"),
        }
    }

    /// At most `most` bytes from `offset` on, and where they begin: later where those before are forgotten.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub(super) async fn read(&self, offset: u64, most: u64) -> io::Result<(u64, Vec<u8>)> {
        let kept = Arc::clone(&self.kept);
        let read = move || {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.read(offset, most)
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }

    /// Its last bytes, at most `most`; none where they can't be read.
    pub(super) async fn tail(&self, most: u64) -> Vec<u8> {
        match self.read(self.end().saturating_sub(most), most).await {
            Ok((_, bytes)) => bytes,
            Err(error) => {
                tracing::warn!(%error, "the end of an output can't be read");
                Vec::new()
            }
        }
    }

    /// Forgets everything.
    pub(super) async fn remove(&self) {
        let kept = Arc::clone(&self.kept);
        let removed = tokio::task::spawn_blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut kept.medium {
                Medium::File(path) => fs::remove_file(path),
                Medium::Memory(bytes) => {
                    *bytes = Vec::new();
                    Ok(())
                }
            }
        });
        match removed.await {
            Ok(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "an output that nobody needs stays");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "removing an output broke off"),
        }
    }
}

/// What a file says of itself: what came before, and its end.
fn look(path: &Path) -> io::Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < HEAD {
        return Ok((0, 0));
    }
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head)?;
    let base = u64::from_be_bytes(head);
    Ok((base, base + (length - HEAD)))
}

impl Kept {
    fn append(&mut self, bytes: &[u8]) {
        let length = self.end - self.base;
        if let Medium::File(path) = &self.medium
            && let Err(error) = write(path, self.base, length, bytes)
        {
            tracing::warn!(path = %path.display(), %error, "output is kept in memory from here on");
            // What is in the file is whole up to here.
            let had = read_file(path, 0, length).unwrap_or_default();
            self.base = self.end - had.len() as u64;
            self.medium = Medium::Memory(had);
        }
        if let Medium::Memory(kept) = &mut self.medium {
            kept.extend_from_slice(bytes);
        }
        self.end += bytes.len() as u64;
        if self.end - self.base > LONGEST {
            self.cut();
        }
    }

    /// Forgets all but the last bytes.
    fn cut(&mut self) {
        let (base, forgotten) = (self.end - KEPT, self.end - KEPT - self.base);
        match &mut self.medium {
            Medium::Memory(kept) => {
                kept.drain(..usize::try_from(forgotten).unwrap_or(usize::MAX).min(kept.len()));
            }
            Medium::File(path) => {
                let cut = || {
                    let rest = read_file(path, forgotten, KEPT)?;
                    let new = path.with_extension("new");
                    let mut file = create(&new)?;
                    file.write_all(&base.to_be_bytes())?;
                    file.write_all(&rest)?;
                    fs::rename(&new, &*path)
                };
                if let Err(error) = cut() {
                    // It stays longer than it should, and is cut the next time.
                    tracing::debug!(path = %path.display(), %error, "an output wasn't cut");
                    return;
                }
            }
        }
        self.base = base;
    }

    fn read(&self, offset: u64, most: u64) -> io::Result<(u64, Vec<u8>)> {
        let offset = offset.clamp(self.base, self.end);
        let (at, most) = (offset - self.base, most.min(self.end - offset));
        let bytes = match &self.medium {
            Medium::File(_) if most == 0 => Vec::new(),
            Medium::File(path) => read_file(path, at, most)?,
            Medium::Memory(kept) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                kept.iter().skip(at).take(most).copied().collect()
            }
        };
        Ok((offset, bytes))
    }
}

/// Adds `bytes` behind the `length` ones that are there. What a failed attempt has left behind those is written over.
fn write(path: &Path, base: u64, length: u64, bytes: &[u8]) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
        Err(error) => return Err(error),
    };
    if length == 0 {
        file.write_all(&base.to_be_bytes())?;
    }
    file.seek(SeekFrom::Start(HEAD + length))?;
    file.write_all(bytes)
}

/// Makes a file for this account alone, and its directory.
fn create(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn read_file(path: &Path, at: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(HEAD + at))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// 64 KiB that tell their number.
    fn piece(number: u64) -> Vec<u8> {
        number.to_be_bytes().repeat(8 * 1024)
    }

    #[tokio::test]
    async fn the_last_four_mib_are_there_after_a_restart_and_the_length_is_all_that_was_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("operations/a");
        let tape = Tape::open(Some(path.clone()));
        for number in 0..200 {
            tape.append(piece(number)).await;
        }
        for tape in [tape.clone(), Tape::open(Some(path.clone()))] {
            assert_eq!(tape.end(), 200 * 64 * 1024);
            let (from, bytes) = tape.read(0, u64::MAX).await.unwrap();
            assert_eq!(from + bytes.len() as u64, tape.end());
            assert!((KEPT..=LONGEST).contains(&(bytes.len() as u64)), "{}", bytes.len());
            let first = from / (64 * 1024);
            let all: Vec<u8> = (first..200).flat_map(piece).collect();
            assert!(bytes == all[usize::try_from(from % (64 * 1024)).unwrap()..]);
            assert_eq!(tape.tail(8).await, 199_u64.to_be_bytes());
        }
        assert!(fs::metadata(&path).unwrap().len() <= LONGEST + HEAD);
        tape.remove().await;
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_disk_that_takes_nothing_leaves_the_output_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let tape = Tape::open(Some(path.clone()));
        tape.append(b"one ".to_vec()).await;
        // A directory can't be written, also by root.
        let had = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        tape.append(b"two".to_vec()).await;
        assert_eq!(tape.end(), 7);
        assert_eq!(tape.tail(3).await, b"two");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, had).unwrap();
        assert_eq!(Tape::open(Some(path)).end(), 4);
    }

    #[tokio::test]
    async fn without_a_directory_it_is_in_memory_and_as_bounded() {
        let tape = Tape::open(None);
        for number in 0..200 {
            tape.append(piece(number)).await;
        }
        let (from, bytes) = tape.read(0, u64::MAX).await.unwrap();
        assert_eq!(from + bytes.len() as u64, 200 * 64 * 1024);
        assert!((bytes.len() as u64) <= LONGEST);
        assert_eq!(tape.read(u64::MAX, 1).await.unwrap(), (tape.end(), Vec::new()));
    }
}
