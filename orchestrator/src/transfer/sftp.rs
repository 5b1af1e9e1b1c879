//! Files to and from a host whose shell runs nothing, through its sftp server: parts beside their targets, as through a shell.
//!
//! No lock can be held that way, and nobody tells how many names a file has: one with further names (hard links) is replaced under the
//! name that was given, and the others keep what was there. A part has the name of its source's state, so that two who send the same bytes write the same.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::download::Download;
use super::gauge::Gauge;
use super::goal::Goal;
use super::local;
use super::persist::Attempt;
use super::sftp_bytes::{
    Source, drop_if_full, looks, part_there, plain, receive, resume, send, trouble,
};
use super::sftp_download_tree;
use super::sftp_place::{Place, enter, may_replace, put_there, tidy, unfilled};
use super::source::{Facts, key, refuse_made_up};
use super::terms::Terms;
use super::trouble::{There, Trouble, here};
use super::upload::check;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::sftp::{Attrs, Refused, Session, full, kind};

/// A file on its way to a host.
#[derive(Debug)]
pub(super) struct SftpUpload<'a> {
    goal: Goal<'a>,
    local: PathBuf,
    facts: Facts,
    key: String,
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
            goal: Goal::new(reached, remote, terms),
            local: local.to_owned(),
            key: facts.key(local),
            facts,
            // One that an engine has begun that has ended since may have been placed, too.
            is_whole: terms.patient,
            begun: false,
            gauge: Gauge::new(terms.report.clone()),
        }
    }

    /// Gives the part the owner of the file that it is to replace, or refuses; a part belongs to this account at first.
    async fn own(&self, session: &Session, handle: &[u8], like: &Attrs) -> Result<(), Trouble> {
        let there = self.goal.there();
        let ours = session.fstat(handle).await.map_err(|refused| trouble(there, "", refused))?;
        if ours.owner != like.owner {
            let set = session.set(handle, &Attrs { owner: like.owner, ..Attrs::default() }).await;
            return match set {
                Ok(()) => Ok(()),
                Err(Refused::Status(_, said)) => Err(there.refused("owner", &said).into()),
                Err(lost) => Err(trouble(there, "", lost)),
            };
        }
        match like.keeps_out(&ours) {
            true => Err(there.refused("nowrite", "").into()),
            false => Ok(()),
        }
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
        let there = self.goal.there();
        self.gauge.set("sending", from, Some(size));
        let gauge = &mut self.gauge;
        let source = Source { file, path: &self.local, facts: &self.facts };
        send(session, handle, from, &source, there, &mut |sent| gauge.add(sent)).await?;
        self.gauge.set("writing", size, Some(size));
        let finish = async {
            session.sync(handle).await?;
            let mode = like.and_then(|attrs| attrs.mode).unwrap_or_else(|| plain(self.facts.mode));
            session.set(handle, &looks(mode, self.facts.seconds)).await?;
            Ok(session.fstat(handle).await?.size)
        };
        match finish.await {
            Ok(now) if now.is_none_or(|now| now == size) => Ok(()),
            Ok(_) => Err(self.goal.there().refused("lost", "").into()),
            Err(refused) => Err(trouble(self.goal.there(), "", refused)),
        }
    }
}

impl Attempt for SftpUpload<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let file = File::open(&self.local).map_err(|error| here(&self.local, &error))?;
        check(&file, &self.local, &self.facts)?;
        refuse_made_up(&file, &self.local, &self.facts)?;
        let (session, Place { parent, target, now, .. }) = enter(&self.goal).await?;
        if let Some(now) = &now {
            if now.is_directory() {
                return Err(self.goal.there().refused("isdir", "").into());
            }
            if !now.is_file() {
                return Err(self.goal.there().refused("other", "").into());
            }
        }
        self.begun = true;
        let part = parent.join(local::part_name(target.name(), &self.key).as_encoded_bytes());
        if let Some(now) = &now {
            let seconds = u32::try_from(self.facts.seconds).ok(); // As it was sent: none that sftp can't say.
            let is_ours = (now.size, now.changed()) == (Some(self.facts.size), seconds);
            let has_part = session.attrs(kind::LSTAT, part.bytes()).await.is_ok();
            if self.is_whole && is_ours && !has_part {
                return Ok(self.goal.remote.clone());
            }
            may_replace(&session, &self.goal)?;
        }
        let opened = part_there(&session, part.bytes(), &file, self.facts.size).await;
        let (handle, from) =
            opened.map_err(|refused| trouble(self.goal.there(), "denied", refused))?;
        let owned = match &now {
            Some(like) => self.own(&session, &handle, like).await,
            None => Ok(()),
        };
        if let Err(why) = owned {
            session.close(&handle).await.ok(); // It is said below.
            if matches!(why, Trouble::Final(_)) {
                // Why it ended says more than that its part may have stayed.
                session.remove_file(part.bytes()).await.ok();
            }
            return Err(why);
        }
        let (name, key) = (target.name().to_vec(), self.key.clone());
        let tidying = tidy(&session, &parent, &name, &key);
        let filling = Box::pin(self.fill(&session, &handle, from, &file, now));
        let (filled, ()) = tokio::join!(filling, tidying);
        let closed = session.close(&handle).await;
        if let Err(why) = filled {
            return Err(unfilled(&session, [&parent, &part], self.goal.there(), why).await);
        }
        closed.map_err(|refused| trouble(self.goal.there(), "", refused))?;
        self.is_whole = true;
        put_there(&session, &part, &target, self.goal.replace, self.goal.there()).await?;
        Ok(self.goal.remote.clone())
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
            let tree = sftp_download_tree::take(download, &session, &path, &about);
            Box::pin(tree).await?;
            return Ok(download.target.path.clone());
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
    let failed = |error: std::io::Error| here(&part, &error);
    let mut file = local::open_part(&part).map_err(failed)?;
    let at = resume(session, handle, &about, &file).await.map_err(refused)?;
    let size = about.size.filter(|size| *size > 0);
    download.gauge.set("receiving", at, size);
    let gauge = &mut download.gauge;
    let mut told = |came| gauge.add(came);
    let taken = receive(session, handle, (&about, at), (&mut file, &part), there, &mut told);
    taken.await.inspect_err(|trouble| drop_if_full(trouble, &part))?;
    let at = download.gauge.done();
    download.gauge.set("writing", at, size);
    let modified = about.changed().and_then(|seconds| local::time(&seconds.to_string()));
    let (mode, target) = (about.mode.unwrap_or(0o644), download.target.path.clone());
    let complete = move || local::complete(&file, mode, modified, &target);
    let done = tokio::task::spawn_blocking(complete).await.map_err(std::io::Error::other);
    done.flatten().map_err(failed)?;
    Ok(download.target.place(&part, download.replace)?)
}
