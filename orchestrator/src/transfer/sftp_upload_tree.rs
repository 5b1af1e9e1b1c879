//! A directory from here to a host whose shell runs nothing: file by file through its sftp server, into a part beside the target.
//!
//! What has arrived is known by its size and time, which a file gets when it is whole; a large one goes on where it ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use futures::future::try_join_all;
use futures::stream::FuturesUnordered;

use super::archive::{self, Entry, Tree};
use super::arrived::{Arrived, Listed, MARK};
use super::gauge::{Gauge, watched};
use super::goal::Goal;
use super::header::Kind;
use super::local;
use super::persist::Attempt;
use super::sftp_bytes::{ROUND, Source, looks, part_there, plain, private, send, trouble};
use super::sftp_merge::merge;
use super::sftp_place::{Place, enter, may_replace, put_there, tidy, unfilled};
use super::sftp_walk::{self, Walked};
use super::source::{Facts, refuse_made_up};
use super::terms::Terms;
use super::trouble::{There, Trouble, here};
use super::upload::check;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::sftp::{AT_ONCE, Attrs, Done, Refused, Session, kind};

/// So many files go at once, as long as they are small: each waits for several answers, one after the other.
pub(super) const FILES: usize = 16;

/// What a file counts for among those that go at once: a large one fills the way alone.
pub(super) fn weight(size: u64) -> u64 {
    size.min(ROUND.into())
}

/// A directory on its way to a host.
#[derive(Debug)]
pub(super) struct SftpUploadTree<'a> {
    goal: Goal<'a>,
    local: PathBuf,
    mode: u32,
    key: String,
    /// Whether all of it was there, and nobody has told us what it is called now.
    is_whole: bool,
    begun: bool,
    /// What nobody transfers.
    pub(super) left_out: u64,
    gauge: Gauge,
}

impl<'a> SftpUploadTree<'a> {
    pub(super) fn new(
        reached: &'a Reached,
        local: &Path,
        facts: &Facts,
        remote: &'a FilePath,
        terms: &Terms,
    ) -> Self {
        Self {
            goal: Goal::new(reached, remote, terms),
            local: local.to_owned(),
            mode: facts.mode,
            key: facts.tree_key(local),
            is_whole: false,
            begun: false,
            left_out: 0,
            gauge: Gauge::new(terms.report.clone()),
        }
    }

    /// Sends what isn't in the part yet.
    async fn fill(
        &mut self,
        session: &Session,
        part: &FilePath,
        tree: &mut Tree,
    ) -> Result<(), Trouble> {
        let there = self.goal.there();
        let noted = part.join(format!("{MARK}{}.since", self.key).as_bytes());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let listed = arrived(session, part, &noted, tree).await;
        let listed = listed.map_err(|refused| trouble(there, "", refused))?;
        let old = match listed {
            Some(old) => old,
            None => {
                tree.skip_nothing();
                let begun = begin(session, part, &noted, now).await;
                begun.map_err(|refused| trouble(there, "denied", refused))?;
                Arrived::default()
            }
        };
        let filling = Filling { session, there, local: &self.local, part, old: &old };
        let from = tree.arrived();
        self.gauge.set("sending", from, Some(tree.bytes));
        let sent = AtomicU64::new(from);
        watched(&mut self.gauge, &sent, filling.all(tree, &sent)).await?;
        self.gauge.set("writing", tree.bytes, Some(tree.bytes));
        let finish = async {
            sweep(session, part, tree).await?;
            session.remove_file(noted.bytes()).await?;
            let mode = plain(self.mode) | 0o700;
            session.set_path(part.bytes(), &Attrs { mode: Some(mode), ..Attrs::default() }).await
        };
        finish.await.map_err(|refused| trouble(there, "", refused))
    }
}

/// What a part has of a directory; `None` where it is to be begun.
async fn arrived(
    session: &Session,
    part: &FilePath,
    noted: &FilePath,
    tree: &mut Tree,
) -> Done<Option<Arrived>> {
    let handle = match session.open_file(noted.bytes()).await {
        Ok(handle) => handle,
        Err(Refused::Status(_, _)) => return Ok(None),
        Err(lost) => return Err(lost),
    };
    let words = session.read_at(&handle, 0, 32).await;
    session.close(&handle).await?;
    let words = words?;
    let since = std::str::from_utf8(&words).ok().and_then(|since| since.trim().parse().ok());
    let Some(since) = since else { return Ok(None) };
    let Walked { found, .. } = sftp_walk::walk(session, part.bytes()).await?;
    let listed: Arrived = found
        .into_iter()
        .filter(|(path, _)| path != noted.name() && (!is_part(path) || tree.has(path)))
        .map(|(path, attrs)| (path, Listed::of(&attrs)))
        .collect();
    Ok(tree.skip(&listed, since).then_some(listed))
}

/// Whether a part of a large file may be called so.
pub(super) fn is_part(name: &[u8]) -> bool {
    let key = name.strip_prefix(MARK.as_bytes()).and_then(|name| name.strip_suffix(b".part"));
    key.is_some_and(|key| key.len() == 8 && key.iter().all(u8::is_ascii_hexdigit))
}

/// Removes from a part what large files have left in it that have changed since.
async fn sweep(session: &Session, part: &FilePath, tree: &Tree) -> Done<()> {
    for (name, attrs) in session.entries(part.bytes(), usize::MAX).await?.0 {
        if is_part(&name) && !tree.has(&name) {
            session.remove(part.join(&name).bytes(), &attrs, true).await?;
        }
    }
    Ok(())
}

/// Makes an empty part, and notes when it is begun.
async fn begin(session: &Session, part: &FilePath, noted: &FilePath, now: u64) -> Done<()> {
    match session.attrs(kind::LSTAT, part.bytes()).await {
        Ok(attrs) => session.remove(part.bytes(), &attrs, true).await?,
        Err(Refused::Status(_, _)) => {}
        Err(lost) => return Err(lost),
    }
    let own = Attrs { mode: Some(0o700), ..Attrs::default() };
    session.make_directory(part.bytes(), &own).await?;
    let handle = session.make_file(noted.bytes(), &private()).await?;
    let written = session.write_at(&handle, 0, now.to_string().as_bytes()).await;
    session.close(&handle).await?;
    written
}

/// A part that is being filled.
struct Filling<'a> {
    session: &'a Session,
    there: There<'a>,
    local: &'a Path,
    part: &'a FilePath,
    /// What was in it.
    old: &'a Arrived,
}

impl Filling<'_> {
    async fn all(&self, tree: &Tree, sent: &AtomicU64) -> Result<(), Trouble> {
        let refused = |refused| trouble(self.there, "denied", refused);
        let mut levels: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
        for entry in tree.to_go(Kind::Directory) {
            levels.entry(entry.path.components().count()).or_default().push(entry);
        }
        for level in levels.values() {
            for some in level.chunks(AT_ONCE) {
                let made = some.iter().map(|entry| self.directory(entry));
                try_join_all(made).await.map_err(refused)?;
            }
        }
        let mut files = tree.to_go(Kind::File).collect::<Vec<_>>().into_iter();
        let (mut going, mut bytes) = (FuturesUnordered::new(), 0);
        loop {
            while going.len() < FILES
                && bytes < u64::from(ROUND)
                && let Some(entry) = files.next()
            {
                bytes += weight(entry.facts.size);
                going.push(self.file(entry, sent));
            }
            match going.next().await {
                Some(gone) => bytes -= gone?,
                None => break,
            }
        }
        let links: Vec<&Entry> = tree.to_go(Kind::Link).collect();
        for some in links.chunks(AT_ONCE) {
            try_join_all(some.iter().map(|entry| self.link(entry))).await?;
        }
        // What is in them is there: from now on nothing changes their times.
        for level in levels.values().rev() {
            for some in level.chunks(AT_ONCE) {
                let set = some.iter().map(|entry| async move {
                    let looks = looks(plain(entry.facts.mode) | 0o700, entry.facts.seconds);
                    self.session.set_path(self.remote(entry).bytes(), &looks).await
                });
                try_join_all(set).await.map_err(refused)?;
            }
        }
        Ok(())
    }

    fn remote(&self, entry: &Entry) -> FilePath {
        self.part.join(entry.path.as_os_str().as_bytes())
    }

    fn was(&self, entry: &Entry) -> bool {
        self.old.get(entry.path.as_os_str().as_bytes()).is_some()
    }

    async fn directory(&self, entry: &Entry) -> Done<()> {
        if self.was(entry) {
            return Ok(());
        }
        let own = Attrs { mode: Some(0o700), ..Attrs::default() };
        self.session.make_directory(self.remote(entry).bytes(), &own).await
    }

    async fn link(&self, entry: &Entry) -> Result<(), Trouble> {
        let here_at = self.local.join(&entry.path);
        let target = fs::read_link(&here_at).map_err(|error| here(&here_at, &error))?;
        let remote = self.remote(entry);
        let made = async {
            if self.was(entry) {
                self.session.remove_file(remote.bytes()).await?;
            }
            self.session.make_link(target.as_os_str().as_bytes(), remote.bytes()).await
        };
        made.await.map_err(|refused| trouble(self.there, "denied", refused))
    }

    /// Says how much it weighed.
    async fn file(&self, entry: &Entry, sent: &AtomicU64) -> Result<u64, Trouble> {
        let shown = format!("{}/{}", self.there.path, entry.path.display());
        let there = There { path: &shown, ..self.there };
        let refused = |refused| trouble(there, "denied", refused);
        let path = self.local.join(&entry.path);
        let file = File::open(&path).map_err(|error| here(&path, &error))?;
        let facts = &entry.facts;
        check(&file, &path, facts)?;
        refuse_made_up(&file, &path, facts)?;
        let remote = self.remote(entry);
        let looks = looks(plain(facts.mode), facts.seconds);
        if self.was(entry) {
            self.session.remove_file(remote.bytes()).await.map_err(refused)?;
        }
        // A large one has a part of its own, whose name says of which state it is: so it can be gone on with.
        let is_large = facts.size > u64::from(ROUND);
        let (written, (handle, from)) = if is_large {
            let name = format!("{MARK}{}.part", facts.key(&path));
            let part = self.part.join(name.as_bytes());
            let opened = part_there(self.session, part.bytes(), &file, facts.size).await;
            (part, opened.map_err(refused)?)
        } else {
            let made = self.session.make_file(remote.bytes(), &private()).await;
            (remote.clone(), (made.map_err(refused)?, 0))
        };
        sent.fetch_add(from, Ordering::Relaxed);
        let source = Source { file: &file, path: &path, facts };
        let mut told = |bytes| {
            sent.fetch_add(bytes as u64, Ordering::Relaxed);
        };
        let filled = send(self.session, &handle, from, &source, there, &mut told).await;
        let set = match &filled {
            Ok(()) => self.session.set(&handle, &looks).await,
            Err(_) => Ok(()),
        };
        let closed = self.session.close(&handle).await;
        filled?;
        set.and(closed).map_err(refused)?;
        if is_large {
            let renamed = self.session.rename(written.bytes(), remote.bytes(), false).await;
            renamed.map_err(refused)?;
        }
        Ok(weight(facts.size))
    }
}

impl Attempt for SftpUploadTree<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let mut tree = archive::count(&self.local, &mut self.gauge).await?;
        self.left_out = tree.left_out;
        let goal = self.goal.clone();
        let there = goal.there();
        let (session, Place { parent, target, now, root }) = enter(&goal).await?;
        self.begun = true;
        let part = parent.join(local::part_name(target.name(), &self.key).as_encoded_bytes());
        if let Some(now) = &now {
            if !now.is_directory() {
                return Err(there.refused("isfile", "").into());
            }
            if self.is_whole && session.attrs(kind::LSTAT, part.bytes()).await.is_err() {
                return Ok(goal.remote.clone());
            }
            may_replace(&session, &goal)?;
        }
        if !self.is_whole {
            let (name, key) = (target.name().to_vec(), self.key.clone());
            let tidying = tidy(&session, &parent, &name, &key);
            let filling = Box::pin(self.fill(&session, &part, &mut tree));
            let (filled, ()) = tokio::join!(filling, tidying);
            if let Err(why) = filled {
                return Err(unfilled(&session, [&parent, &part], there, why).await);
            }
            self.is_whole = true;
        }
        match now {
            None => put_there(&session, &part, &target, false, there).await?,
            Some(_) => merge(&session, &part, &target, root, there).await?,
        }
        Ok(goal.remote.clone())
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.gauge
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}
