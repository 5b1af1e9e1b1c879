//! A file that is written at once or not at all.

use uuid::Uuid;

use super::form::{Save, Window};
use super::refusal::why;
use super::sftp::{SftpFiles, version};
use super::sftp_place::Place;
use crate::failure::Failure;
use crate::seam::{Expected, FILE_WINDOW, FileEntry, FilePath};
use crate::sftp::{Attrs, Done, Refused, kind, status};

impl SftpFiles {
    pub(super) async fn save(&self, save: &Save<'_>) -> Result<FileEntry, Failure> {
        let (path, session) = (save.path, &self.session);
        if matches!(FilePath(self.full(path)?).name(), b"" | b"." | b"..") {
            return Err(self.because(path, why::DIRECTORY));
        }
        let Place { mut parent, mut full } = self.named(path, save.outside).await?;
        let own = session.attrs(kind::LSTAT, full.bytes()).await;
        if own.as_ref().is_ok_and(Attrs::is_link) {
            // The link stays, and what it leads to is written.
            let real = session.real(full.bytes()).await;
            let real = real.map_err(|refused| self.refused(path, refused))?;
            if !save.outside && !self.is_inside(&real).await? {
                return Err(self.because(path, why::OUTSIDE));
            }
            full.0 = real;
            parent.0 = full.bytes()[..full.bytes().len() - full.name().len()].to_vec();
        }
        let replace = *save.expected != Expected::Absent;
        if replace && !session.replaces() {
            return Err(self.unsupported("can't replace a file in one step"));
        }
        let like = self.check(full.bytes(), save).await?;
        let temporary = format!(".baton-{}.part", Uuid::new_v4().simple());
        let temporary = parent.join(temporary.as_bytes());
        let placed = async {
            let written = self.temporary(temporary.bytes(), save.bytes, like.as_ref()).await;
            if matches!(written, Ok(false)) {
                return Err(self.because(path, why::READ_ONLY));
            }
            if let Err(refused) = written {
                let room = save.bytes.len() as u64;
                return Err(match session.is_full(parent.bytes(), room).await {
                    true => self.in_words(path, "No space left on device"),
                    false => self.refused(path, refused),
                });
            }
            // Right before: whoever was quicker wins.
            self.check(full.bytes(), save).await?;
            match session.rename(temporary.bytes(), full.bytes(), replace).await {
                Ok(()) => Ok(()),
                Err(Refused::Status(_, _)) if !replace => Err(self.because(path, why::THERE)),
                Err(refused) => Err(self.refused(path, refused)),
            }
        };
        if let Err(failure) = placed.await {
            if let Err(error) = session.remove_file(temporary.bytes()).await {
                tracing::debug!(?error, "a part stays");
            }
            return Err(failure);
        }
        let entry = self.told(full.bytes(), full.clone()).await;
        let mut entry = entry.map_err(|refused| self.refused(path, refused))?;
        let attrs = Attrs {
            size: Some(entry.size),
            times: entry.modified.map(|at| (0, u32::try_from(at.as_second()).unwrap_or(0))),
            ..Attrs::default()
        };
        entry.version = version(&attrs, Some(save.bytes));
        Ok(entry)
    }

    /// Refuses to write over what isn't what was expected, and over what is no file.
    async fn check(&self, full: &[u8], save: &Save<'_>) -> Result<Option<Attrs>, Failure> {
        let path = save.path;
        let there = match self.session.attrs(kind::LSTAT, full).await {
            Ok(attrs) => Some(attrs),
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => None,
            Err(refused) => return Err(self.refused(path, refused)),
        };
        if there.as_ref().is_some_and(Attrs::is_directory) {
            return Err(self.because(path, why::DIRECTORY));
        }
        match (save.expected, &there) {
            (Expected::Absent, Some(_)) => Err(self.because(path, why::THERE)),
            (_, Some(attrs)) if !attrs.is_file() => Err(self.because(path, why::NEITHER)),
            (Expected::Version(_), None) => Err(self.because(path, why::CHANGED)),
            (Expected::Version(expected), Some(attrs)) => {
                let mut now = version(attrs, None);
                if expected.starts_with(&format!("{now}-")) {
                    // The same second and size: its bytes say whether it was changed.
                    let window = Window { path, offset: 0, length: FILE_WINDOW, seen: None };
                    let read = self.window(full, &window).await;
                    let (read, _) = read.map_err(|refused| self.refused(path, refused))?;
                    now = read.file.version;
                }
                match now == *expected {
                    true => Ok(there),
                    false => Err(self.because(path, why::CHANGED)),
                }
            }
            (Expected::Absent, None) | (Expected::Anything, _) => Ok(there),
        }
    }

    /// Writes a new file that is nobody else's, with the mode and owner of the one that it is to replace; not where this account
    /// may not write that.
    async fn temporary(&self, full: &[u8], bytes: &[u8], like: Option<&Attrs>) -> Done<bool> {
        let session = &self.session;
        // What replaces nothing gets what the server gives to new files.
        let private = Attrs { mode: like.map(|_| 0o600), ..Attrs::default() };
        let handle = session.make_file(full, &private).await?;
        let write = async {
            let now = session.fstat(&handle).await?;
            if like.is_some_and(|like| like.keeps_out(&now)) {
                return Ok(false);
            }
            session.write_at(&handle, 0, bytes).await?;
            if let Some(owner) = like.and_then(|attrs| attrs.owner)
                && now.owner != Some(owner)
            {
                session.set(&handle, &Attrs { owner: Some(owner), ..Attrs::default() }).await?;
            }
            if let Some(mode) = like.and_then(|attrs| attrs.mode) {
                let mode = Some(mode & 0o7777);
                session.set(&handle, &Attrs { mode, ..Attrs::default() }).await?;
            }
            session.sync(&handle).await?;
            match session.fstat(&handle).await?.size {
                Some(size) if size != bytes.len() as u64 => Err(session.garbled()),
                _ => Ok(true),
            }
        };
        let written: Done<bool> = write.await;
        session.close(&handle).await?;
        written
    }
}
