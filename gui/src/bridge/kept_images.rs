//! The files of drafts' images: written once, read at the start, removed when their draft needs them no more.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};

use super::{News, Picture, Ticket, local};
use crate::kept_image::{DIRECTORY, KeptImage};
use crate::memory::Memory;

/// The images of all drafts.
fn needed(memory: &Memory) -> impl Iterator<Item = &KeptImage> {
    memory.drafts.values().flat_map(|draft| &draft.images)
}

/// Writes the images that have no file yet, and notes them in `known`. Goes on behind one that can't be written, and gives
/// the first failure.
pub(super) fn write_new(
    data: &Path,
    memory: &Memory,
    known: &mut BTreeSet<String>,
) -> Result<(), Failure> {
    let mut failure = None;
    for image in needed(memory) {
        let (Some(path), Some(bytes)) = (image.path(data), &image.bytes) else { continue };
        if known.contains(&image.file) {
            continue;
        }
        match write(data, &path, bytes) {
            Ok(()) => {
                known.insert(image.file.clone());
            }
            Err(of_it) => failure = failure.or(Some(of_it)),
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Removes the files of images that no draft has any more. One that can't be removed is tried again with the next writing.
pub(super) fn remove_old(data: &Path, memory: &Memory, known: &mut BTreeSet<String>) {
    let needed: BTreeSet<&str> = needed(memory).map(|image| image.file.as_str()).collect();
    known.retain(|file| {
        if needed.contains(file.as_str()) {
            return true;
        }
        match std::fs::remove_file(data.join(DIRECTORY).join(file)) {
            Ok(()) => false,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => {
                tracing::warn!("the image {file} of a draft can't be removed: {error}");
                true
            }
        }
    });
}

/// Beside its place, and then there: half a file is none.
fn write(data: &Path, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Code::PermissionDenied,
            format!("an image of a draft can't be written to {}: {error}", path.display()),
        )
        .hint("It is lost when the window is closed; make room, or make the directory writable")
    };
    let dir = data.join(DIRECTORY);
    baton_front::paths::make_private(&dir)?;
    // Made for its owner alone.
    let mut fresh = tempfile::NamedTempFile::new_in(&dir).map_err(failed)?;
    fresh.write_all(bytes).map_err(failed)?;
    fresh.as_file().sync_data().map_err(failed)?;
    fresh.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Reads a draft's images again.
pub(super) async fn restore(ticket: Ticket, data: PathBuf, images: Vec<KeptImage>) -> News {
    let work = tokio::task::spawn_blocking(move || {
        let (mut restored, mut failures) = (Vec::new(), Vec::new());
        for image in images {
            match read(&data, image) {
                Ok(read) => restored.push(read),
                Err(failure) => failures.push(failure),
            }
        }
        (restored, failures)
    });
    let (images, failures) = work.await.unwrap_or_else(|error| {
        let failure = Failure::new(Code::Internal, format!("reading images broke off: {error}"));
        (Vec::new(), vec![failure])
    });
    News::Restored { ticket, images, failures }
}

/// One of them. What is no image any more is set aside, since its draft forgets it.
fn read(data: &Path, image: KeptImage) -> Result<(KeptImage, Arc<Picture>), Failure> {
    let lost = |code, why: String| {
        Failure::new(code, format!("the image {:?} of a draft is lost: {why}", image.name))
            .hint("Add it again")
    };
    let path = image.path(data).ok_or_else(|| {
        lost(Code::Corrupt, format!("{:?} is no name of a file of Baton's", image.file))
    })?;
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(lost(Code::NotFound, format!("{} is gone", path.display())));
        }
        Err(error) => {
            let why = format!("{} can't be read: {error}", path.display());
            return Err(lost(Code::PermissionDenied, aside(&path, why)));
        }
    };
    match local::picture(&image.name, &bytes) {
        Ok(picture) => {
            let bytes = Some(Arc::new(bytes));
            Ok((KeptImage { bytes, ..image }, Arc::new(picture)))
        }
        Err(failure) => Err(lost(Code::Corrupt, aside(&path, failure.message))),
    }
}

/// Puts a file under a name that nothing removes, and says so.
fn aside(path: &Path, why: String) -> String {
    let aside = path.with_extension("corrupt");
    match std::fs::rename(path, &aside) {
        Ok(()) => format!("{why}; it was set aside as {}", aside.display()),
        Err(error) => format!("{why}; it can't be set aside either ({error})"),
    }
}

#[cfg(test)]
#[path = "kept_images_tests.rs"]
mod tests;
