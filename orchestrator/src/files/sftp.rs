//! Files through a server's sftp subsystem, where the shell can't be asked: a forced `internal-sftp`, a shell that runs
//! nothing. The same promises as through a shell; where the server can't keep one, the request is refused.
//!
//! The protocol knows no inode, and seconds alone: the version of a file that was read whole has a checksum of it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use uuid::Uuid;

use super::form::{Files, Paths, Save, Window};
use super::many;
use super::sftp_session::{AT_ONCE, Refused, Session};
use super::sftp_wire::{Attrs, Body, flag, kind, status};
use crate::failure::{Code, Failure};
use crate::host::{HostId, Reached};
use crate::seam::{
    Expected, FILE_WINDOW, FileBeginning, FileEntry, FileKind, FilePath, FileWindow, Listing,
};

/// What is read or written in one request: what every server takes (draft-ietf-secsh-filexfer-02, 3).
const PIECE: u32 = 32 * 1024;

/// So many paths are found at most.
const MOST_PATHS: usize = 200_000;

/// What renames onto a file that is there.
const RENAME: &str = "posix-rename@openssh.com";

const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// One place's files, through sftp.
#[derive(Debug)]
pub(super) struct SftpFiles {
    session: Arc<Session>,
    host: HostId,
    root: Vec<u8>,
}

/// What a request is about, for what is said of it.
type Done<T> = Result<T, Refused>;

impl SftpFiles {
    pub(super) fn new(reached: &Reached, session: Arc<Session>) -> Self {
        let root = reached.directory.clone().unwrap_or_default();
        Self { session, host: reached.connection.host().clone(), root }
    }

    fn refused(&self, path: &FilePath, refused: Refused) -> Failure {
        let host = &self.host;
        let failure = match refused {
            Refused::Lost(failure) => return failure,
            Refused::Status(status::NO_SUCH_FILE, _) => {
                Failure::new(Code::NotFound, format!("{path} does not exist on {host}"))
                    .hint("Check the path")
            }
            Refused::Status(status::PERMISSION_DENIED, _) => {
                Failure::new(Code::PermissionDenied, format!("permission denied on {host}: {path}"))
                    .hint("Check the owner and mode there, or use another account")
            }
            Refused::Status(_, said) => {
                Failure::new(Code::Internal, format!("{host} did not do it with {path}: {said}"))
                    .hint("Its sftp server says no more; its disk may be full, or the path in use")
            }
        };
        failure.on(host.as_str())
    }

    fn unsupported(&self, what: &str) -> Failure {
        Failure::new(Code::Unsupported, format!("the sftp server of {} {what}", self.host))
            .hint("Give the account a shell, or use another one")
            .on(self.host.as_str())
    }

    fn conflict(&self, what: String) -> Failure {
        Failure::new(Code::Conflict, what)
            .hint("Look at what is there now, then decide")
            .on(self.host.as_str())
    }

    /// A path as the server takes it: home is where it begins.
    fn full(&self, path: &FilePath) -> Result<Vec<u8>, Failure> {
        let at_home = |path: &[u8]| match path.strip_prefix(b"~") {
            None => Ok(path.to_vec()),
            Some(b"") => Ok(b".".to_vec()),
            Some(rest) => match rest.strip_prefix(b"/") {
                Some(b"") => Ok(b".".to_vec()),
                Some(rest) => Ok(rest.to_vec()),
                None => Err(self.unsupported("doesn't know other accounts' homes (~NAME)")),
            },
        };
        if path.bytes().contains(&0) {
            return Err(Failure::new(Code::Usage, format!("{path} holds a NUL byte"))
                .hint("No file can be called so"));
        }
        let root = at_home(&self.root)?;
        let root = if root.is_empty() { b".".to_vec() } else { root };
        Ok(match path.bytes().first() {
            None => root,
            Some(b'/') => path.bytes().to_vec(),
            Some(b'~') => at_home(path.bytes())?,
            Some(_) => FilePath(root).join(path.bytes()).0,
        })
    }

    /// The directory that a path is in, as the server calls it, and its name there; refused where it lies outside.
    async fn place(&self, path: &FilePath, outside: bool) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let full = FilePath(self.full(path)?);
        let name = full.name().to_vec();
        if matches!(&name[..], b"" | b"." | b"..") {
            return Err(Failure::new(Code::Usage, format!("{path} is no name of a file"))
                .hint("Name the file itself"));
        }
        let trimmed = full.bytes().strip_suffix(b"/").unwrap_or(full.bytes());
        let parent = match trimmed.len() - name.len() {
            0 => b".".to_vec(),
            end => trimmed[..end].to_vec(),
        };
        let parent = self.real(&parent).await.map_err(|refused| self.refused(path, refused))?;
        if !outside && !self.is_inside(&parent).await? {
            return Err(self.outside(path));
        }
        Ok((parent, name))
    }

    fn outside(&self, path: &FilePath) -> Failure {
        let what = format!("{path} lies outside of the directory");
        Failure::new(Code::PermissionDenied, what)
            .hint("Say that this is meant, or name a path within it")
            .on(self.host.as_str())
    }

    async fn real(&self, path: &[u8]) -> Done<Vec<u8>> {
        let real = self.session.name(kind::REALPATH, path).await?;
        // Some servers answer for what isn't there.
        self.session.attrs(kind::STAT, &real).await?;
        Ok(real)
    }

    async fn is_inside(&self, real: &[u8]) -> Result<bool, Failure> {
        let none = FilePath::default();
        let root = self.full(&none)?;
        let root = self.real(&root).await.map_err(|refused| self.refused(&none, refused))?;
        let root = if root == b"/" { Vec::new() } else { root };
        Ok(real.strip_prefix(&root[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/'))
    }

    /// What a path is, with what its link leads to.
    async fn entry(&self, full: &[u8], shown: FilePath, attrs: Option<Attrs>) -> Done<FileEntry> {
        let session = &self.session;
        let own = match attrs {
            Some(attrs) => attrs,
            None => session.attrs(kind::LSTAT, full).await?,
        };
        let (mut link, mut attrs, mut outside) = (None, Some(own), false);
        if mode_kind(&own) == LINK {
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
            Some(attrs) if mode_kind(attrs) == DIRECTORY => FileKind::Directory,
            Some(attrs) if mode_kind(attrs) == REGULAR => FileKind::File,
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
            modified: about.times.and_then(|(_, at)| Timestamp::from_second(at.into()).ok()),
            mode: about.mode.unwrap_or(0) & 0o7777,
            owner: user,
            group,
            ignored: false,
            writable: None,
            version: version(&about, None),
        })
    }

    /// All bytes of a window, several requests at once.
    async fn bytes(&self, handle: &[u8], offset: u64, length: u32) -> Done<Vec<u8>> {
        let starts: Vec<u32> = (0..length).step_by(PIECE as usize).collect();
        let mut bytes = Vec::new();
        for some in starts.chunks(AT_ONCE) {
            let wanted = some.iter().map(|start| async move {
                self.piece(handle, offset + u64::from(*start), PIECE.min(length - start)).await
            });
            for (piece, start) in join_all(wanted).await.into_iter().zip(some) {
                let piece = piece?;
                let is_last = (piece.len() as u64) < u64::from(PIECE.min(length - start));
                bytes.extend_from_slice(&piece);
                if is_last {
                    return Ok(bytes);
                }
            }
        }
        Ok(bytes)
    }

    /// One piece: a server may give less than is there.
    async fn piece(&self, handle: &[u8], offset: u64, length: u32) -> Done<Vec<u8>> {
        let mut all = Vec::new();
        while (all.len() as u64) < u64::from(length) {
            let left = length - u32::try_from(all.len()).unwrap_or(length);
            let more = self.session.read(handle, offset + all.len() as u64, left).await?;
            if more.is_empty() {
                break;
            }
            all.extend_from_slice(&more);
        }
        Ok(all)
    }

    async fn open(&self, full: &[u8]) -> Done<Vec<u8>> {
        let body = Body::default().bytes(full).number(flag::READ).attrs(&Attrs::default());
        self.session.open(kind::OPEN, body).await
    }

    async fn fstat(&self, handle: &[u8]) -> Done<Attrs> {
        self.session.attrs(kind::FSTAT, handle).await
    }

    /// A window, and whether the file was the same before and after.
    async fn window(&self, full: &[u8], window: &Window<'_>) -> Done<(FileWindow, bool)> {
        let handle = self.open(full).await?;
        let read = async {
            let before = self.fstat(&handle).await?;
            let bytes = self.bytes(&handle, window.offset, window.length).await?;
            Ok((before, bytes, self.fstat(&handle).await?))
        };
        let read: Done<_> = read.await;
        let closed = self.session.close(&handle).await;
        let (before, bytes, after) = read?;
        closed?;
        let mut file = self.entry(full, window.path.clone(), None).await?;
        let reached = window.offset + bytes.len() as u64;
        let is_sized = before.size.is_some_and(|size| size > 0);
        let end = match is_sized {
            true => reached >= before.size.unwrap_or(0),
            false => (bytes.len() as u64) < u64::from(window.length),
        };
        let is_whole = window.offset == 0 && end;
        file.version = version(&before, is_whole.then_some(&bytes[..]));
        let is_same = !is_sized
            || (before.size, before.times.map(|times| times.1))
                == (after.size, after.times.map(|times| times.1));
        Ok((FileWindow { file, offset: window.offset, bytes, end }, is_same))
    }

    /// Refuses to write over what isn't what was expected.
    async fn check(&self, full: &[u8], save: &Save<'_>) -> Result<Option<Attrs>, Failure> {
        let path = save.path;
        let there = match self.session.attrs(kind::LSTAT, full).await {
            Ok(attrs) => Some(attrs),
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => None,
            Err(refused) => return Err(self.refused(path, refused)),
        };
        if there.as_ref().is_some_and(|attrs| mode_kind(attrs) == DIRECTORY) {
            return Err(Failure::new(Code::IsDirectory, format!("{path} is a directory"))
                .hint("Name a file in it")
                .on(self.host.as_str()));
        }
        match (save.expected, &there) {
            (Expected::Absent, Some(_)) => Err(self.conflict(format!("{path} is there already"))),
            (Expected::Version(_), None) => Err(self.conflict(format!("{path} is gone"))),
            (Expected::Version(expected), Some(attrs)) => {
                let mut now = version(attrs, None);
                if expected.starts_with(&format!("{now}-")) {
                    // The same second and size: its bytes say whether it was changed.
                    let window = Window { path, offset: 0, length: FILE_WINDOW, seen: None };
                    let (read, _) = self
                        .window(full, &window)
                        .await
                        .map_err(|refused| self.refused(path, refused))?;
                    now = read.file.version;
                }
                match now == *expected {
                    true => Ok(there),
                    false => Err(self.conflict(format!("{path} was changed meanwhile"))),
                }
            }
            (Expected::Absent, None) | (Expected::Anything, _) => Ok(there),
        }
    }

    /// Writes a new file that is nobody else's, with the mode and owner of the one that it is to replace.
    async fn temporary(&self, full: &[u8], bytes: &[u8], like: Option<&Attrs>) -> Done<()> {
        let session = &self.session;
        // What replaces nothing gets what the server gives to new files.
        let private = Attrs { mode: like.map(|_| 0o600), ..Attrs::default() };
        let flags = flag::WRITE | flag::CREATE | flag::EXCLUSIVE;
        let body = Body::default().bytes(full).number(flags);
        let handle = session.open(kind::OPEN, body.attrs(&private)).await?;
        let write = async {
            for (round, some) in bytes.chunks(PIECE as usize * AT_ONCE).enumerate() {
                let start = (round * PIECE as usize * AT_ONCE) as u64;
                let pieces = some.chunks(PIECE as usize).enumerate().map(|(at, piece)| {
                    let offset = start + (at * PIECE as usize) as u64;
                    let body = Body::default().bytes(&handle).long(offset).bytes(piece);
                    session.order(kind::WRITE, body)
                });
                for written in join_all(pieces).await {
                    written?;
                }
            }
            let now = self.fstat(&handle).await?;
            if let Some(owner) = like.and_then(|attrs| attrs.owner)
                && now.owner != Some(owner)
            {
                let kept = Attrs { owner: Some(owner), ..Attrs::default() };
                session.order(kind::FSETSTAT, Body::default().bytes(&handle).attrs(&kept)).await?;
            }
            if let Some(mode) = like.and_then(|attrs| attrs.mode) {
                let kept = Attrs { mode: Some(mode & 0o7777), ..Attrs::default() };
                let body = Body::default().bytes(&handle).attrs(&kept);
                session.order(kind::FSETSTAT, body).await?;
            }
            if session.offers("fsync@openssh.com") {
                session.extended("fsync@openssh.com", Body::default().bytes(&handle)).await?;
            }
            match self.fstat(&handle).await?.size {
                Some(size) if size != bytes.len() as u64 => Err(self.session.garbled()),
                _ => Ok(()),
            }
        };
        let written: Done<()> = write.await;
        let closed = session.close(&handle).await;
        written.and(closed)
    }

    async fn rename(&self, from: &[u8], to: &[u8], replace: bool) -> Done<()> {
        let body = Body::default().bytes(from).bytes(to);
        match replace {
            true => self.session.extended(RENAME, body).await,
            // It fails where something is: the protocol says so, and OpenSSH does so with a hard link.
            false => self.session.order(kind::RENAME, body).await,
        }
    }

    async fn remove(&self, full: &[u8], attrs: Option<Attrs>, recursive: bool) -> Done<()> {
        let attrs = match attrs {
            Some(attrs) => attrs,
            None => self.session.attrs(kind::LSTAT, full).await?,
        };
        if mode_kind(&attrs) != DIRECTORY {
            return self.session.order(kind::REMOVE, Body::default().bytes(full)).await;
        }
        if recursive {
            for (name, attrs) in self.names(full, usize::MAX).await?.0 {
                let below = FilePath(full.to_vec()).join(&name);
                Box::pin(self.remove(below.bytes(), Some(attrs), true)).await?;
            }
        }
        self.session.order(kind::RMDIR, Body::default().bytes(full)).await
    }

    /// What a directory holds, and whether there is more.
    async fn names(&self, full: &[u8], limit: usize) -> Done<(Vec<(Vec<u8>, Attrs)>, bool)> {
        let session = &self.session;
        let handle = session.open(kind::OPENDIR, Body::default().bytes(full)).await?;
        let mut all = Vec::new();
        let end = loop {
            match session.names(kind::READDIR, &handle).await {
                Ok(names) => all.extend(
                    names.into_iter().filter(|(name, _)| !matches!(&name[..], b"." | b"..")),
                ),
                Err(Refused::Status(status::EOF, _)) => break Ok(false),
                Err(refused) => break Err(refused),
            }
            if all.len() > limit {
                break Ok(true);
            }
        };
        let closed = session.close(&handle).await;
        let more = end?;
        closed?;
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.truncate(limit);
        Ok((all, more))
    }
}

fn mode_kind(attrs: &Attrs) -> u32 {
    attrs.mode.unwrap_or(REGULAR) & KIND
}

/// Names a state of a file; with its bytes where they are known.
fn version(attrs: &Attrs, bytes: Option<&[u8]>) -> String {
    let changed = attrs.times.map_or(0, |times| times.1);
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
    async fn list(&self, path: &FilePath, limit: usize) -> Result<Listing, Failure> {
        let refused = |refused| self.refused(path, refused);
        let full = self.full(path)?;
        let directory = self.real(&full).await.map_err(refused)?;
        let (names, more) = self.names(&directory, limit).await.map_err(refused)?;
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
        Ok(Listing { directory: here, entries, more, version: String::new(), outside })
    }

    async fn stat(&self, path: &FilePath) -> Result<FileEntry, Failure> {
        let full = self.full(path)?;
        let named = FilePath(full.clone()).name().to_vec();
        let shown = if matches!(&named[..], b"" | b"." | b"..") {
            let real = self.real(&full).await.map_err(|refused| self.refused(path, refused))?;
            FilePath(real)
        } else {
            let (parent, name) = self.place(path, true).await?;
            FilePath(parent).join(&name)
        };
        let at = shown.0.clone();
        self.entry(&at, shown, None).await.map_err(|refused| self.refused(path, refused))
    }

    async fn read(&self, window: &Window<'_>) -> Result<Option<FileWindow>, Failure> {
        let path = window.path;
        let refused = |refused| self.refused(path, refused);
        let full = self.full(path)?;
        let about = self.session.attrs(kind::STAT, &full).await.map_err(refused)?;
        if mode_kind(&about) == DIRECTORY {
            return Err(Failure::new(Code::IsDirectory, format!("{path} is a directory"))
                .hint("Name a file in it")
                .on(self.host.as_str()));
        }
        // A file that is changed just now is read again, as through a shell.
        for _ in 0..3 {
            let (read, is_same) = self.window(&full, window).await.map_err(refused)?;
            if is_same {
                let is_seen = window.seen.is_some_and(|seen| seen == read.file.version);
                return Ok((!is_seen).then_some(read));
            }
        }
        Err(self.conflict(format!("{path} is changed again and again while it is read")))
    }

    async fn read_many(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Result<FileBeginning, Failure>>, Failure> {
        Ok(many::one_by_one(self, &paths.iter().collect::<Vec<_>>(), length).await)
    }

    async fn write(&self, save: &Save<'_>) -> Result<FileEntry, Failure> {
        let path = save.path;
        let (mut parent, mut name) = self.place(path, save.outside).await?;
        let mut full = FilePath(parent.clone()).join(&name);
        let own = self.session.attrs(kind::LSTAT, full.bytes()).await;
        if own.as_ref().is_ok_and(|attrs| mode_kind(attrs) == LINK) {
            // The link stays, and what it leads to is written.
            let real =
                self.real(full.bytes()).await.map_err(|refused| self.refused(path, refused))?;
            if !save.outside && !self.is_inside(&real).await? {
                return Err(self.outside(path));
            }
            full = FilePath(real);
            name = full.name().to_vec();
            parent = full.bytes()[..full.bytes().len() - name.len()].to_vec();
        }
        let replace = *save.expected != Expected::Absent;
        if replace && !self.session.offers(RENAME) {
            return Err(self.unsupported("can't replace a file in one step"));
        }
        let like = self.check(full.bytes(), save).await?;
        let temporary = format!(".baton-{}.part", Uuid::new_v4().simple());
        let temporary = FilePath(parent).join(temporary.as_bytes());
        let placed = async {
            self.temporary(temporary.bytes(), save.bytes, like.as_ref())
                .await
                .map_err(|refused| self.refused(path, refused))?;
            // Right before: whoever was quicker wins.
            self.check(full.bytes(), save).await?;
            match self.rename(temporary.bytes(), full.bytes(), replace).await {
                Ok(()) => Ok(()),
                Err(Refused::Status(_, _)) if !replace => {
                    Err(self.conflict(format!("{path} is there already")))
                }
                Err(refused) => Err(self.refused(path, refused)),
            }
        };
        if let Err(failure) = placed.await {
            let gone = Body::default().bytes(temporary.bytes());
            if let Err(error) = self.session.order(kind::REMOVE, gone).await {
                tracing::debug!(?error, "a part stays");
            }
            return Err(failure);
        }
        let entry = self.entry(full.bytes(), full.clone(), None).await;
        let mut entry = entry.map_err(|refused| self.refused(path, refused))?;
        let attrs = Attrs {
            size: Some(entry.size),
            times: entry.modified.map(|at| (0, u32::try_from(at.as_second()).unwrap_or(0))),
            ..Attrs::default()
        };
        entry.version = version(&attrs, Some(save.bytes));
        Ok(entry)
    }

    async fn make_directory(
        &self,
        path: &FilePath,
        parents: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        if parents {
            let full = self.full(path)?;
            match self.session.attrs(kind::STAT, &full).await {
                Ok(attrs) if mode_kind(&attrs) == DIRECTORY => return self.stat(path).await,
                Ok(_) => return Err(self.conflict(format!("{path} is there, and no directory"))),
                Err(Refused::Status(_, _)) => {}
                Err(refused) => return Err(self.refused(path, refused)),
            }
            let trimmed = path.bytes().strip_suffix(b"/").unwrap_or(path.bytes());
            let above = trimmed.len() - path.name().len();
            let above = FilePath(trimmed[..above].to_vec());
            if !matches!(above.bytes(), b"" | b"/" | b"~/") {
                Box::pin(self.make_directory(&above, true, outside)).await?;
            }
        }
        let (parent, name) = self.place(path, outside).await?;
        let full = FilePath(parent).join(&name);
        if self.session.attrs(kind::LSTAT, full.bytes()).await.is_ok() {
            return Err(self.conflict(format!("{path} is there already")));
        }
        let body = Body::default().bytes(full.bytes()).attrs(&Attrs::default());
        let made = self.session.order(kind::MKDIR, body).await;
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
        let (from_parent, from_name) = self.place(from, outside).await?;
        let (to_parent, to_name) = self.place(to, outside).await?;
        let source = FilePath(from_parent).join(&from_name);
        let target = FilePath(to_parent).join(&to_name);
        let about = self.session.attrs(kind::LSTAT, source.bytes()).await;
        about.map_err(|refused| self.refused(from, refused))?;
        match self.session.attrs(kind::LSTAT, target.bytes()).await {
            Ok(_) if !replace => return Err(self.conflict(format!("{to} is there already"))),
            Ok(attrs) if mode_kind(&attrs) == DIRECTORY => {
                return Err(self.conflict(format!("{to} is a directory")));
            }
            Ok(_) if !self.session.offers(RENAME) => {
                return Err(self.unsupported("can't replace a file in one step"));
            }
            Ok(_) | Err(Refused::Status(_, _)) => {}
            Err(refused) => return Err(self.refused(to, refused)),
        }
        let moved = SftpFiles::rename(self, source.bytes(), target.bytes(), replace).await;
        moved.map_err(|refused| self.refused(to, refused))?;
        let entry = self.entry(target.bytes(), target.clone(), None).await;
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
            let (parent, name) = self.place(path, outside).await?;
            let full = FilePath(parent).join(&name);
            let attrs = self.session.attrs(kind::LSTAT, full.bytes()).await;
            let attrs = attrs.map_err(|refused| self.refused(path, refused))?;
            if mode_kind(&attrs) == DIRECTORY && !recursive {
                let (names, _) = self
                    .names(full.bytes(), 1)
                    .await
                    .map_err(|refused| self.refused(path, refused))?;
                if !names.is_empty() {
                    return Err(Failure::new(
                        Code::Conflict,
                        format!("the directory {path} is not empty"),
                    )
                    .hint("Say that all in it is to be deleted, too")
                    .on(self.host.as_str()));
                }
            }
            all.push((path, full, attrs));
        }
        for (path, full, attrs) in all {
            let removed = self.remove(full.bytes(), Some(attrs), recursive).await;
            removed.map_err(|refused| self.refused(path, refused))?;
        }
        Ok(())
    }

    async fn paths(&self) -> Result<Paths, Failure> {
        let none = FilePath::default();
        let root = self.full(&none)?;
        let mut found = Paths { paths: Vec::new(), whole: true };
        let mut waiting = vec![FilePath::default()];
        while let Some(directory) = waiting.pop() {
            let full = FilePath(root.clone()).join(directory.bytes());
            let (names, more) = match self.names(full.bytes(), MOST_PATHS).await {
                Ok(names) => names,
                Err(Refused::Status(_, _)) if !directory.bytes().is_empty() => continue,
                Err(refused) => return Err(self.refused(&none, refused)),
            };
            found.whole &= !more;
            for (name, attrs) in names.into_iter().filter(|(name, _)| !name.starts_with(b".")) {
                let path = directory.join(&name);
                match mode_kind(&attrs) {
                    DIRECTORY => waiting.push(path),
                    _ => found.paths.extend(
                        path.text()
                            .filter(|text| !text.contains(char::is_control))
                            .map(ToOwned::to_owned),
                    ),
                }
            }
            if found.paths.len() >= MOST_PATHS {
                found.paths.truncate(MOST_PATHS);
                found.whole = false;
                break;
            }
        }
        found.paths.sort();
        Ok(found)
    }
}
