//! Files through a server's sftp subsystem, where the shell can't be asked: a forced `internal-sftp`, a shell that runs
//! nothing. The same promises as through a shell; where the server can't keep one, the request is refused.
//!
//! The protocol knows no inode, and seconds alone: the version of a file that is read at once has a checksum of it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp;
use sha1::{Digest, Sha1};

use super::form::{Files, Listed, MOST_PATHS, Save, Told, Window};
use super::many;
use super::paths::Paths;
use super::refusal::{self, Wish, why};
use super::sum::Sum;
use crate::failure::{Code, Failure};
use crate::host::{HostId, Reached};
use crate::seam::{FILE_WINDOW, FileBeginning, FileEntry, FileKind, FilePath, FileWindow, Listing};
use crate::sftp::{AT_ONCE, Attrs, Done, Refused, Session, kind, status};

/// One place's files, through sftp.
#[derive(Debug)]
pub(super) struct SftpFiles {
    pub(super) session: Arc<Session>,
    pub(super) host: HostId,
    pub(super) root: Vec<u8>,
}

impl SftpFiles {
    pub(super) fn new(reached: &Reached, session: Arc<Session>) -> Self {
        let root = reached.directory.clone().unwrap_or_default();
        Self { session, host: reached.connection.host().clone(), root }
    }

    /// What a server's refusal means, in the words that a shell's has.
    pub(super) fn refused(&self, path: &FilePath, refused: Refused) -> Failure {
        match refused {
            Refused::Lost(error) => error.into(),
            Refused::Status(status::NO_SUCH_FILE, _) => self.because(path, why::MISSING),
            Refused::Status(status::PERMISSION_DENIED, _) => {
                self.in_words(path, "Permission denied")
            }
            Refused::Status(_, said) => {
                let host = &self.host;
                Failure::new(Code::Internal, format!("{host} did not do it with {path}: {said}"))
                    .hint("Its sftp server says no more; the path may be in use")
                    .on(host.as_str())
            }
        }
    }

    pub(super) fn because(&self, path: &FilePath, why: u8) -> Failure {
        refusal::refused(&self.host, Wish::Change, path, why, "")
    }

    /// As the system's programs would say it.
    pub(super) fn in_words(&self, path: &FilePath, said: &str) -> Failure {
        refusal::refused(&self.host, Wish::Write, path, why::WORDS, said)
    }

    pub(super) fn unsupported(&self, what: &str) -> Failure {
        Failure::new(Code::Unsupported, format!("the sftp server of {} {what}", self.host))
            .hint("Give the account a shell, or use another one")
            .on(self.host.as_str())
    }

    /// What a path is, with what its link leads to.
    pub(super) async fn entry(
        &self,
        full: &[u8],
        shown: FilePath,
        attrs: Option<Attrs>,
    ) -> Done<FileEntry> {
        let session = &self.session;
        let own = match attrs {
            Some(attrs) => attrs,
            None => session.attrs(kind::LSTAT, full).await?,
        };
        let (mut link, mut attrs, mut outside) = (None, Some(own), false);
        if own.is_link() {
            link = Some(FilePath(session.name(kind::READLINK, full).await?));
            attrs = session.attrs(kind::STAT, full).await.ok(); // One that leads nowhere.
            if attrs.is_some()
                && let Ok(real) = session.name(kind::REALPATH, full).await
            {
                outside = !self.is_inside(&real).await.unwrap_or(true);
            }
        }
        let kind = match &attrs {
            None => FileKind::Broken,
            Some(attrs) if attrs.is_directory() => FileKind::Directory,
            Some(attrs) if attrs.is_file() => FileKind::File,
            Some(_) => FileKind::Other,
        };
        let about = attrs.unwrap_or(own);
        let (user, group) = about
            .owner
            .map_or_else(Default::default, |(user, group)| (user.to_string(), group.to_string()));
        Ok(FileEntry {
            path: shown,
            kind,
            link,
            outside,
            size: about.size.unwrap_or(0),
            modified: about.changed().and_then(|at| Timestamp::from_second(at.into()).ok()),
            mode: about.mode.unwrap_or(0) & 0o7777,
            owner: user,
            group,
            ignored: false,
            writable: None,
            version: version(&about, None),
        })
    }

    /// The same, told by itself: also whether it lies outside.
    pub(super) async fn told(&self, full: &[u8], shown: FilePath) -> Done<FileEntry> {
        let mut entry = self.entry(full, shown, None).await?;
        if entry.link.is_none()
            && let Ok(real) = self.session.real(full).await
        {
            entry.outside = !self.is_inside(&real).await.unwrap_or(true);
        }
        Ok(entry)
    }

    /// A window, and whether the file was the same before and after.
    pub(super) async fn window(
        &self,
        full: &[u8],
        window: &Window<'_>,
    ) -> Done<(FileWindow, bool)> {
        let handle = self.session.open_file(full).await?;
        let read = async {
            let before = self.session.fstat(&handle).await?;
            let bytes = self.session.read_at(&handle, window.offset, window.length).await?;
            Ok((before, bytes, self.session.fstat(&handle).await?))
        };
        let read: Done<_> = read.await;
        let closed = self.session.close(&handle).await;
        let (before, bytes, after) = read?;
        closed?;
        let mut file = self.told(full, window.path.clone()).await?;
        let reached = window.offset.saturating_add(bytes.len() as u64);
        let is_sized = before.size.is_some_and(|size| size > 0);
        // What the system makes up may have less than it says.
        let is_short = (bytes.len() as u64) < u64::from(window.length);
        let end = is_short || is_sized && reached >= before.size.unwrap_or(0);
        let is_whole = window.offset == 0 && end;
        file.version = version(&before, is_whole.then_some(&bytes[..]));
        let is_same = !is_sized || (before.size, before.changed()) == (after.size, after.changed());
        Ok((FileWindow { file, offset: window.offset, bytes, end }, is_same))
    }
}

/// Names a state of a file; with its bytes where they are known.
pub(super) fn version(attrs: &Attrs, bytes: Option<&[u8]>) -> String {
    let changed = attrs.changed().unwrap_or(0);
    let state = format!("sftp-{}-{changed}", attrs.size.unwrap_or(0));
    match bytes {
        None => state,
        Some(bytes) => {
            let sum = Sha1::digest(bytes);
            let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{state}-{sum}")
        }
    }
}

#[async_trait]
impl Files for SftpFiles {
    async fn list(
        &self,
        path: &FilePath,
        limit: usize,
        _seen: Option<&str>,
    ) -> Result<Option<(Listing, Told)>, Failure> {
        let refused = |refused| self.refused(path, refused);
        let full = self.full(path)?;
        let directory = self.session.real(&full).await.map_err(refused)?;
        let about = self.session.attrs(kind::STAT, &directory).await.map_err(refused)?;
        if !about.is_directory() {
            return Err(self.because(path, why::NO_DIRECTORY));
        }
        let (names, more) = self.session.entries(&directory, limit).await.map_err(refused)?;
        let mut entries = Vec::with_capacity(names.len());
        let here = FilePath(directory.clone());
        for some in names.chunks(AT_ONCE) {
            let found = some.iter().map(|(name, attrs)| {
                let below = here.join(name);
                async move { self.entry(below.bytes(), FilePath(name.clone()), Some(*attrs)).await }
            });
            for entry in join_all(found).await {
                match entry {
                    Ok(entry) => entries.push(FileEntry {
                        owner: String::new(),
                        group: String::new(),
                        version: String::new(),
                        ..entry
                    }),
                    // Gone since it was listed.
                    Err(Refused::Status(status::NO_SUCH_FILE, _)) => {}
                    Err(other) => return Err(refused(other)),
                }
            }
        }
        let outside = !self.is_inside(&directory).await?;
        let version = String::new();
        Ok(Some((Listing { directory: here, entries, more, version, outside }, Told::All)))
    }

    async fn stat(&self, path: &FilePath) -> Result<FileEntry, Failure> {
        let full = FilePath(self.full(path)?);
        let shown = if matches!(full.name(), b"" | b"." | b"..") {
            let real = self.session.real(full.bytes()).await;
            FilePath(real.map_err(|refused| self.refused(path, refused))?)
        } else {
            self.place(path, true).await?.full
        };
        let at = shown.0.clone();
        let told = self.told(&at, shown).await;
        let mut entry = told.map_err(|refused| self.refused(path, refused))?;
        // As it is named when it is read: who has read it asks whether it is still the same. What can't be read has no such name.
        if entry.kind == FileKind::File && entry.size <= u64::from(FILE_WINDOW) {
            let window = Window { path, offset: 0, length: FILE_WINDOW, seen: None };
            if let Ok((read, _)) = self.window(&at, &window).await {
                entry.version = read.file.version;
            }
        }
        Ok(entry)
    }

    async fn read(&self, window: &Window<'_>) -> Result<Option<FileWindow>, Failure> {
        let path = window.path;
        let refused = |refused| self.refused(path, refused);
        let full = self.full(path)?;
        let about = self.session.attrs(kind::STAT, &full).await.map_err(refused)?;
        if about.is_directory() {
            return Err(self.because(path, why::DIRECTORY));
        }
        // A server that opens a pipe waits there for ever.
        if !about.is_file() {
            return Err(self.because(path, why::NEITHER));
        }
        // A file that is changed just now is read again, as through a shell.
        for _ in 0..3 {
            let (read, is_same) = self.window(&full, window).await.map_err(refused)?;
            if is_same {
                let is_seen = window.seen.is_some_and(|seen| seen == read.file.version);
                return Ok((!is_seen).then_some(read));
            }
        }
        Err(refusal::restless(&self.host, path))
    }

    async fn read_many(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Result<FileBeginning, Failure>>, Failure> {
        Ok(many::one_by_one(self, &paths.iter().collect::<Vec<_>>(), length).await)
    }

    async fn write(&self, save: &Save<'_>) -> Result<FileEntry, Failure> {
        Box::pin(self.save(save)).await
    }

    async fn make_directory(
        &self,
        path: &FilePath,
        parents: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        let full = self.full(path)?;
        if !parents && matches!(FilePath(full.clone()).name(), b"" | b"." | b"..") {
            return Err(self.because(path, why::THERE));
        }
        if parents {
            match self.session.attrs(kind::STAT, &full).await {
                Ok(attrs) if attrs.is_directory() => return self.stat(path).await,
                Ok(_) => return Err(self.because(path, why::THERE)),
                Err(Refused::Status(_, _)) => {}
                Err(refused) => return Err(self.refused(path, refused)),
            }
            let above = path.directory();
            if !matches!(above.bytes(), b"" | b"/" | b"~") {
                Box::pin(self.make_directory(&above, true, outside)).await?;
            }
        }
        let named = self.named(path, outside).await;
        let full = named.map_err(|failure| refusal::no_parent(failure, path))?.full;
        if self.session.attrs(kind::LSTAT, full.bytes()).await.is_ok() {
            return Err(self.because(path, why::THERE));
        }
        let made = self.session.make_directory(full.bytes(), &Attrs::default()).await;
        made.map_err(|refused| self.refused(path, refused))?;
        self.stat(path).await
    }

    async fn rename(
        &self,
        from: &FilePath,
        to: &FilePath,
        replace: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        let source = self.leaf(from, outside).await?.full;
        let target = self.named(to, outside).await;
        let target = target.map_err(|failure| refusal::no_place(failure, to))?.full;
        let about = self.session.attrs(kind::LSTAT, source.bytes()).await;
        let about = about.map_err(|refused| self.refused(from, refused))?;
        if target == source {
            let entry = self.told(target.bytes(), target.clone()).await;
            return entry.map_err(|refused| self.refused(to, refused));
        }
        if target.bytes().starts_with(source.join(b"").bytes()) {
            return Err(self.because(from, why::INTO_ITSELF));
        }
        match self.session.attrs(kind::LSTAT, target.bytes()).await {
            Ok(_) if !replace => return Err(self.because(to, why::THERE)),
            Ok(there) if there.is_directory() || about.is_directory() => {
                return Err(self.because(to, why::OVER_DIRECTORY));
            }
            Ok(_) if !self.session.replaces() => {
                return Err(self.unsupported("can't replace a file in one step"));
            }
            Ok(_) | Err(Refused::Status(_, _)) => {}
            Err(refused) => return Err(self.refused(to, refused)),
        }
        let moved = self.session.rename(source.bytes(), target.bytes(), replace).await;
        moved.map_err(|refused| self.refused(to, refused))?;
        let entry = self.told(target.bytes(), target.clone()).await;
        entry.map_err(|refused| self.refused(to, refused))
    }

    async fn delete(
        &self,
        paths: &[FilePath],
        recursive: bool,
        outside: bool,
    ) -> Result<(), Failure> {
        let mut all = Vec::new();
        for path in paths {
            let full = self.leaf(path, outside).await?.full;
            let attrs = self.session.attrs(kind::LSTAT, full.bytes()).await;
            let attrs = attrs.map_err(|refused| self.refused(path, refused))?;
            if attrs.is_directory() && !recursive {
                let held = self.session.entries(full.bytes(), 1).await;
                let (held, _) = held.map_err(|refused| self.refused(path, refused))?;
                if !held.is_empty() {
                    return Err(self.because(path, why::NOT_EMPTY));
                }
            }
            all.push((path, full, attrs));
        }
        for (number, (path, full, attrs)) in all.into_iter().enumerate() {
            let failure = match self.session.remove(full.bytes(), &attrs, recursive).await {
                // One that lay in another one is gone with that.
                Ok(()) | Err(Refused::Status(status::NO_SUCH_FILE, _)) => continue,
                Err(refused @ Refused::Status(_, _)) if attrs.is_directory() && recursive => {
                    refusal::in_part(self.refused(path, refused), path)
                }
                Err(refused) => self.refused(path, refused),
            };
            return Err(if number > 0 { refusal::behind_others(failure) } else { failure });
        }
        Ok(())
    }

    async fn paths(&self, _seen: Option<&Sum>) -> Result<Option<Listed>, Failure> {
        let none = FilePath::default();
        let root = self.full(&none)?;
        let (mut found, mut whole) = (Vec::new(), true);
        let mut waiting = vec![FilePath::default()];
        while let Some(directory) = waiting.pop() {
            let full = FilePath(root.clone()).join(directory.bytes());
            let (names, more) = match self.session.entries(full.bytes(), MOST_PATHS).await {
                Ok(names) => names,
                Err(Refused::Status(_, _)) if !directory.bytes().is_empty() => continue,
                Err(refused) => return Err(self.refused(&none, refused)),
            };
            whole &= !more;
            for (name, attrs) in names.into_iter().filter(|(name, _)| !name.starts_with(b".")) {
                let path = directory.join(&name);
                if attrs.is_directory() {
                    waiting.push(path);
                } else if let Some(text) = path.text().filter(|it| !it.contains('\n')) {
                    found.push(text.to_owned());
                }
            }
            if found.len() > MOST_PATHS {
                break;
            }
        }
        let all = found.iter().map(String::as_str).collect();
        Ok(Some(Listed { paths: Paths::new(all, whole, MOST_PATHS), sum: None }))
    }
}
