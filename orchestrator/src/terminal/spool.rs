//! What a terminal showed last, in a file of the data directory.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes that are kept of each: some thousand lines.
pub(super) const MOST: usize = 1 << 20;

/// Writes it, or leaves what was there.
pub(super) async fn write(path: PathBuf, bytes: Vec<u8>) {
    blocking("written", move || {
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let new = path.with_extension("new");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&bytes)?;
        // Else a machine that loses its power may have the new name and none of the bytes.
        file.sync_all()?;
        fs::rename(&new, &path)
    })
    .await;
}

/// Reads it, where there is one.
pub(super) async fn read(path: PathBuf) -> Option<Vec<u8>> {
    let mut found = blocking("read", move || absent_is_none(fs::read(&path))).await??;
    found.truncate(2 * MOST);
    Some(found)
}

/// Removes it.
pub(super) async fn remove(path: PathBuf) {
    blocking("removed", move || absent_is_none(remove_file(&path))).await;
}

/// Removes all but those.
pub(super) async fn clear(directory: PathBuf, known: Vec<String>) {
    blocking("cleared", move || {
        let Some(entries) = absent_is_none(fs::read_dir(&directory))? else { return Ok(()) };
        for entry in entries {
            let entry = entry?;
            if !known.iter().any(|known| *known.as_str() == entry.file_name())
                && let Err(error) = absent_is_none(remove_file(&entry.path()))
            {
                tracing::warn!(%error, "what a terminal showed stays, and the others are cleared");
            }
        }
        Ok(())
    })
    .await;
}

fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

fn absent_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(error)) => {
            tracing::warn!(%error, "what a terminal showed could not be {what}");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "what a terminal showed could not be {what}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn one_that_can_not_be_removed_keeps_no_other_one() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "z"] {
            write(dir.path().join(name), b"seen".to_vec()).await;
        }
        // No file, and so nothing that could be removed as one.
        fs::create_dir(dir.path().join("m")).unwrap();
        write(dir.path().join("known"), b"seen".to_vec()).await;
        clear(dir.path().to_owned(), vec!["known".into()]).await;
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["known", "m"]);
    }
}
