//! Files to and from a host whose shell runs nothing, through its sftp server: parts beside their targets, as through a shell.
//!
//! No lock can be held that way. A part has the name of its source's state, so that two who send the same bytes write the same.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::download::Download;
use super::gauge::Gauge;
use super::local::{self, END, end_of};
use super::persist::Attempt;
use super::source::{Facts, key};
use super::terms::Terms;
use super::trouble::{There, Trouble, here};
use super::upload::check;
use crate::failure::{Code, Failure};
use crate::files::cksum;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::sftp::{Attrs, Done, Refused, Session, full, kind, status};

/// What is read or written between two looks at the other end: as many requests as are on their way at once.
const ROUND: u32 = 2 << 20;

/// A file on its way to a host.
#[derive(Debug)]
pub(super) struct SftpUpload<'a> {
    reached: &'a Reached,
    local: PathBuf,
    facts: Facts,
    key: String,
    remote: &'a FilePath,
    shown: String,
    replace: bool,
    outside: bool,
    /// Whether all of it was there, and nobody has told us what it is called now.
    is_whole: bool,
    begun: bool,
    gauge: Gauge,
}

impl<'a> SftpUpload<'a> {
    pub(super) fn new(
        reached: &'a Reached,
        local: &Path,
        facts: Facts,
        remote: &'a FilePath,
        terms: &Terms,
    ) -> Self {
        Self {
            reached,
            local: local.to_owned(),
            key: facts.key(local),
            facts,
            remote,
            shown: remote.to_string(),
            replace: terms.replace,
            outside: terms.outside,
            // One that an engine has begun that has ended since may have been placed, too.
            is_whole: terms.patient,
            begun: false,
            gauge: Gauge::new(terms.report.clone()),
        }
    }

    fn there(&self) -> There<'_> {
        There { host: self.reached.connection.host(), path: &self.shown }
    }

    /// Where it goes, links followed, and what is there.
    async fn target(&self, session: &Session) -> Result<(Vec<u8>, Option<Attrs>), Trouble> {
        let there = self.there();
        let refused = |refused| trouble(there, "nodir", refused);
        let root = self.reached.directory.clone().unwrap_or_default();
        let no_name = || there.refused("noname", "");
        let mut path = FilePath(full(&root, self.remote).ok_or_else(no_name)?);
        match session.attrs(kind::LSTAT, path.bytes()).await {
            Ok(attrs) if attrs.is_link() => {
                path.0 = session.name(kind::REALPATH, path.bytes()).await.map_err(refused)?;
            }
            Ok(_) | Err(Refused::Status(status::NO_SUCH_FILE, _)) => {}
            Err(other) => return Err(trouble(there, "nodir", other)),
        }
        let name = path.name().to_vec();
        if matches!(&name[..], b"" | b"." | b"..") || name.contains(&0) {
            return Err(no_name().into());
        }
        let parent = &path.bytes()[..path.bytes().len() - name.len()];
        let parent = if parent.is_empty() { b"." } else { parent };
        let parent = FilePath(session.real(parent).await.map_err(refused)?);
        if !self.outside {
            let root = full(&root, &FilePath::default()).ok_or_else(no_name)?;
            let root = FilePath(session.real(&root).await.map_err(refused)?).join(b"");
            if !parent.join(b"").bytes().starts_with(root.bytes()) {
                return Err(there.refused("outside", "").into());
            }
        }
        let target = parent.join(&name);
        let now = match session.attrs(kind::LSTAT, target.bytes()).await {
            Ok(attrs) if attrs.is_directory() => return Err(there.refused("isdir", "").into()),
            Ok(attrs) if !attrs.is_file() => return Err(there.refused("other", "").into()),
            Ok(attrs) => Some(attrs),
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => None,
            Err(other) => return Err(trouble(there, "nodir", other)),
        };
        Ok((target.0, now))
    }

    /// The part that is there, opened, and how much of it counts; or a new one.
    async fn part(&self, session: &Session, part: &[u8], file: &File) -> Done<(Vec<u8>, u64)> {
        let there = match session.attrs(kind::LSTAT, part).await {
            Ok(attrs) if attrs.is_file() => attrs.size.unwrap_or(0),
            Ok(attrs) => {
                session.remove(part, &attrs, true).await?;
                0
            }
            Err(Refused::Status(_, _)) => {
                let private = Attrs { mode: Some(0o600), ..Attrs::default() };
                return Ok((session.make_file(part, &private).await?, 0));
            }
            Err(lost) => return Err(lost),
        };
        let handle = session.continue_file(part).await?;
        if (1..=self.facts.size).contains(&there) {
            let from = there.saturating_sub(END);
            let length = u32::try_from(there - from).unwrap_or_default();
            let theirs = session.read_at(&handle, from, length).await?;
            if end_of(file, there).is_ok_and(|ours| ours == cksum(&theirs)) {
                return Ok((handle, there));
            }
        }
        session.set(&handle, &Attrs { size: Some(0), ..Attrs::default() }).await?;
        Ok((handle, 0))
    }

    /// Sends what is left, and gives the part its looks.
    async fn fill(
        &mut self,
        session: &Session,
        handle: &[u8],
        from: u64,
        file: &File,
        like: Option<Attrs>,
    ) -> Result<(), Trouble> {
        let size = self.facts.size;
        self.gauge.set("sending", from, Some(size));
        let mut at = from;
        while at < size {
            let mut piece =
                vec![0; usize::try_from(size - at).unwrap_or(usize::MAX).min(ROUND as usize)];
            file.read_exact_at(&mut piece, at).map_err(|error| here(&self.local, &error))?;
            at += piece.len() as u64;
            if at == size {
                check(file, &self.local, &self.facts)?;
            }
            let written = session.write_at(handle, at - piece.len() as u64, &piece).await;
            written.map_err(|refused| trouble(self.there(), "", refused))?;
            self.gauge.add(piece.len());
        }
        self.gauge.set("writing", size, Some(size));
        let finish = async {
            // Nobody knows what its files may not be: no more than others may read.
            let mode = like.and_then(|attrs| attrs.mode).unwrap_or(self.facts.mode & !0o022);
            let seconds = u32::try_from(self.facts.seconds).ok();
            let times = seconds.map(|seconds| (seconds, seconds));
            session.sync(handle).await?;
            let looks = Attrs { mode: Some(mode & 0o777), times, ..Attrs::default() };
            session.set(handle, &looks).await?;
            Ok(session.fstat(handle).await?.size)
        };
        match finish.await {
            Ok(now) if now.is_none_or(|now| now == size) => Ok(()),
            Ok(_) => Err(self.there().refused("lost", "").into()),
            Err(refused) => Err(trouble(self.there(), "", refused)),
        }
    }
}

impl Attempt for SftpUpload<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let file = File::open(&self.local).map_err(|error| here(&self.local, &error))?;
        check(&file, &self.local, &self.facts)?;
        let session = Session::begin(&self.reached.connection).await;
        let session = session.map_err(|refused| trouble(self.there(), "", refused))?;
        let (target, now) = Box::pin(self.target(&session)).await?;
        self.begun = true;
        let target = FilePath(target);
        let name = target.name().to_vec();
        let parent = FilePath(target.bytes()[..target.bytes().len() - name.len()].to_vec());
        let part = parent.join(local::part_name(&name, &self.key).as_encoded_bytes());
        if let Some(now) = &now {
            let seconds = u32::try_from(self.facts.seconds).ok();
            let is_ours = (now.size, now.changed()) == (Some(self.facts.size), seconds);
            let has_part = session.attrs(kind::LSTAT, part.bytes()).await.is_ok();
            if self.is_whole && is_ours && !has_part {
                return Ok(self.remote.clone());
            }
            if !self.replace {
                return Err(self.there().refused("exists", "").into());
            }
            if !session.replaces() {
                let what = "the host's sftp server can't replace a file in one step";
                return Err(Failure::new(Code::Unsupported, what).hint("Delete it first").into());
            }
        }
        let opened = self.part(&session, part.bytes(), &file).await;
        let (handle, from) = opened.map_err(|refused| trouble(self.there(), "denied", refused))?;
        let filled = Box::pin(self.fill(&session, &handle, from, &file, now)).await;
        let closed = session.close(&handle).await;
        if let Err(why) = filled {
            let is_full = matches!(&why, Trouble::Final(_))
                && session.is_full(parent.bytes(), u64::from(ROUND)).await;
            if is_full {
                // A full disk is no place to keep half a file.
                session.remove_file(part.bytes()).await.ok(); // It is said below.
                return Err(self.there().refused("full", "").into());
            }
            return Err(why);
        }
        closed.map_err(|refused| trouble(self.there(), "", refused))?;
        self.is_whole = true;
        match session.rename(part.bytes(), target.bytes(), self.replace).await {
            Ok(()) => Ok(self.remote.clone()),
            Err(Refused::Status(_, _)) if !self.replace => {
                Err(self.there().refused("exists", "").into())
            }
            Err(refused) => Err(trouble(self.there(), "", refused)),
        }
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.gauge
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

/// A file on its way from a host.
#[derive(Debug)]
pub(super) struct SftpDownload<'a>(pub(super) Download<'a>);

impl Attempt for SftpDownload<'_> {
    type Done = PathBuf;

    async fn attempt(&mut self) -> Result<PathBuf, Trouble> {
        let download = &mut self.0;
        let reached = download.reached;
        let shown = download.shown.clone();
        let there = There { host: reached.connection.host(), path: &shown };
        let begun = Session::begin(&reached.connection).await;
        let session = begun.map_err(|refused| trouble(there, "", refused))?;
        let refused = |refused| trouble(there, "nofile", refused);
        let root = reached.directory.clone().unwrap_or_default();
        let path = full(&root, download.remote).ok_or_else(|| there.refused("nofile", ""))?;
        let about = session.attrs(kind::STAT, &path).await.map_err(refused)?;
        download.begun = true;
        if about.is_directory() {
            return Err(no_directories(there).into());
        }
        if !about.is_file() {
            return Err(there.refused("other", "").into());
        }
        if download.target.path.is_dir() {
            return Err(local::is_directory(&download.target.path).into());
        }
        let handle = session.open_file(&path).await.map_err(refused)?;
        let taken = Box::pin(take(download, &session, &handle, there)).await;
        let closed = session.close(&handle).await;
        taken?;
        closed.map_err(refused)?;
        Ok(download.target.path.clone())
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.0.gauge
    }

    fn has_begun(&self) -> bool {
        self.0.begun
    }
}

/// Takes an open file.
async fn take(
    download: &mut Download<'_>,
    session: &Session,
    handle: &[u8],
    there: There<'_>,
) -> Result<(), Trouble> {
    let refused = |refused| trouble(there, "nofile", refused);
    let about = session.fstat(handle).await.map_err(refused)?;
    let state = format!("sftp {:?} {:?}", about.size, about.changed());
    let host = there.host.as_str().as_bytes();
    let key = key(&[host, download.remote.bytes(), state.as_bytes()]);
    let part = download.target.part(&key)?;
    let failed = |error: &std::io::Error| here(&part, error);
    let mut file = local::open_part(&part).map_err(|error| failed(&error))?;
    let size = about.size.filter(|size| *size > 0);
    let have = file.metadata().map_err(|error| failed(&error))?.len();
    let mut at = 0;
    if size.is_some_and(|size| (1..=size).contains(&have)) {
        let from = have.saturating_sub(END);
        let length = u32::try_from(have - from).unwrap_or_default();
        let theirs = session.read_at(handle, from, length).await.map_err(refused)?;
        if end_of(&file, have).is_ok_and(|ours| ours == cksum(&theirs)) {
            at = have;
        }
    }
    let begin = |file: &mut File| {
        file.set_len(at)?;
        file.seek(SeekFrom::Start(at))
    };
    begin(&mut file).map_err(|error| failed(&error))?;
    download.gauge.set("receiving", at, size);
    loop {
        let bytes = session.read_at(handle, at, ROUND).await.map_err(refused)?;
        if let Err(error) = file.write_all(&bytes) {
            let why = failed(&error);
            if why.code == Code::TooLarge {
                local::remove(&part);
            }
            return Err(why.into());
        }
        at += bytes.len() as u64;
        download.gauge.add(bytes.len());
        if bytes.len() < ROUND as usize || size.is_some_and(|size| at > size) {
            break;
        }
    }
    let now = session.fstat(handle).await.map_err(refused)?;
    let is_same = (now.size, now.changed()) == (about.size, about.changed());
    if !is_same || size.is_some_and(|size| size != at) {
        return Err(there.changed().into());
    }
    download.gauge.set("writing", at, size);
    let modified = about.changed().and_then(|seconds| local::time(&seconds.to_string()));
    let (mode, target) = (about.mode.unwrap_or(0o644), download.target.path.clone());
    let complete = move || local::complete(&file, mode, modified, &target);
    let done = tokio::task::spawn_blocking(complete).await.map_err(std::io::Error::other);
    done.flatten().map_err(|error| failed(&error))?;
    Ok(download.target.place(&part, download.replace)?)
}

/// What a directory gets.
pub(super) fn no_directories(there: There<'_>) -> Failure {
    let what =
        format!("{} runs no shell, and directories are sent and fetched by its tar", there.host);
    Failure::new(Code::Unsupported, what)
        .hint("Transfer its files one by one, or give the account a shell")
        .on(there.host.as_str())
}

/// What a server's refusal means; `missing` is the word for what isn't there.
fn trouble(there: There<'_>, missing: &str, refused: Refused) -> Trouble {
    match refused {
        Refused::Lost(error) => error.into(),
        Refused::Status(status::NO_SUCH_FILE, said) => there.refused(missing, &said).into(),
        Refused::Status(status::PERMISSION_DENIED, said) => there.refused("denied", &said).into(),
        Refused::Status(_, said) => there.refused("", &said).into(),
    }
}
