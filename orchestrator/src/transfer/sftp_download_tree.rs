//! A directory from a host whose shell runs nothing to here: file by file through its sftp server, into a part beside the target.
//!
//! A file has arrived where its size and time are those that the server tells: it gets them when it is whole, and it came from one
//! that had them before and behind its last byte. A large one goes on where it ends.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use futures::StreamExt;
use futures::future::try_join_all;
use futures::stream::FuturesUnordered;

use super::arrived::{Arrived, Listed, MARK};
use super::download::Download;
use super::download_tree::{begin, begun, left_out_words, missing};
use super::gauge::watched;
use super::local::{self, remove, umask};
use super::sftp_bytes::{ROUND, drop_if_full, receive, resume, trouble};
use super::sftp_upload_tree::{FILES, is_part, weight};
use super::sftp_walk::{self, Walked};
use super::source::key;
use super::trouble::{There, Trouble, here};
use crate::sftp::{AT_ONCE, Attrs, Refused, Session, kind, status};

/// What the server tells of a file is what counts, whenever it was read.
const WHENEVER: i64 = i64::MAX;

/// Takes the directory `path`.
pub(super) async fn take(
    download: &mut Download<'_>,
    session: &Session,
    path: &[u8],
    about: &Attrs,
) -> Result<(), Trouble> {
    let host = download.reached.connection.host();
    let shown = download.shown.clone();
    let there = There { host, path: &shown };
    download.refuse_a_file()?;
    let key = key(&[host.as_str().as_bytes(), download.remote.bytes(), b"sftp"]);
    let part = download.target.part(&key)?;
    let noted = part.join(format!("{MARK}{key}.since"));
    download.gauge.set("counting", 0, None);
    let Walked { found, left_out } = sftp_walk::walk(session, path)
        .await
        .map_err(|refused| trouble(there, "nofile", refused))?;
    let listed: Arrived =
        found.iter().map(|(path, attrs)| (path.clone(), Listed::of(attrs))).collect();
    let prepare = {
        let (part, noted, share) = (part.clone(), noted.clone(), download.target.share());
        move || -> io::Result<(Vec<Vec<u8>>, u64)> {
            let _share = share;
            let is_ours = |path: &Path| {
                let name = path.as_os_str().as_bytes();
                part.join(path) == noted || is_part(name) && listed.get(name).is_none()
            };
            let old = begun(&noted).and_then(|_| missing(&part, &is_ours, &listed, WHENEVER));
            if let Some((missing, arrived)) = old {
                let missing: Vec<Vec<u8>> = missing.into_iter().map(<[u8]>::to_vec).collect();
                return Ok((missing, arrived));
            }
            begin(&part, &noted, Some(0))?;
            Ok((listed.iter().map(|(path, _)| path.to_vec()).collect(), 0))
        }
    };
    let prepared = tokio::task::spawn_blocking(prepare).await.map_err(io::Error::other).flatten();
    let (missing, arrived) = prepared.map_err(|error| here(&part, &error))?;
    let sizes = found.values().filter(|about| about.is_file()).filter_map(|about| about.size);
    let all = sizes.fold(0, u64::saturating_add);
    download.gauge.set("receiving", arrived, Some(all));
    let came = AtomicU64::new(arrived);
    let missing = missing.iter().filter_map(|path| Some((&path[..], found.get(path)?))).collect();
    let taking = Taking { session, there, path, part: &part, missing };
    let taken = watched(&mut download.gauge, &came, taking.all(&came)).await;
    taken.inspect_err(|trouble| drop_if_full(trouble, &part))?;
    looks_of_directories(&part, found.iter()).map_err(|error| here(&part, &error))?;
    if left_out > 0 {
        download.said = left_out_words(left_out);
    }
    let litter = fs::read_dir(&part).map_err(|error| here(&part, &error))?;
    for entry in litter.flatten() {
        // Parts of large files whose sources have changed since.
        let name = entry.file_name();
        if is_part(name.as_bytes()) && !found.contains_key(name.as_bytes()) {
            remove(&entry.path());
        }
    }
    download.place_tree(&part, &noted, about.mode.unwrap_or(0o755), all)
}

/// What is to come.
struct Taking<'a> {
    session: &'a Session,
    there: There<'a>,
    /// On the host.
    path: &'a [u8],
    part: &'a Path,
    missing: Vec<(&'a [u8], &'a Attrs)>,
}

impl Taking<'_> {
    async fn all(&self, came: &AtomicU64) -> Result<(), Trouble> {
        // What they are in comes before what is in it: the names are sorted.
        for (name, _) in self.missing.iter().filter(|(_, about)| about.is_directory()) {
            let path = self.part.join(OsStr::from_bytes(name));
            if !path.symlink_metadata().is_ok_and(|about| about.is_dir()) {
                let made = DirBuilder::new().mode(0o700).create(&path);
                made.map_err(|error| here(&path, &error))?;
            }
        }
        let mut rest = self.missing.iter();
        let (mut going, mut bytes) = (FuturesUnordered::new(), 0);
        loop {
            while going.len() < FILES
                && bytes < u64::from(ROUND)
                && let Some((name, about)) = rest.next()
            {
                if about.is_file() {
                    bytes += weight(about.size.unwrap_or(0));
                    going.push(self.file((name, about), came));
                }
            }
            match going.next().await {
                Some(gone) => bytes -= gone?,
                None => break,
            }
        }
        // None is made before all files are, so that none is written through one.
        let links: Vec<&[u8]> = self
            .missing
            .iter()
            .filter(|(_, about)| about.is_link())
            .map(|(name, _)| *name)
            .collect();
        for some in links.chunks(AT_ONCE) {
            for (path, target) in try_join_all(some.iter().map(|name| self.link(name))).await? {
                remove_if_there(&path);
                symlink(OsStr::from_bytes(&target), &path).map_err(|error| here(&path, &error))?;
            }
        }
        Ok(())
    }

    fn remote(&self, name: &[u8]) -> Vec<u8> {
        [self.path, b"/", name].concat()
    }

    async fn link(&self, name: &[u8]) -> Result<(PathBuf, Vec<u8>), Trouble> {
        let target = self.session.name(kind::READLINK, &self.remote(name)).await;
        let target = target.map_err(|refused| trouble(self.there, "nofile", refused))?;
        Ok((self.part.join(OsStr::from_bytes(name)), target))
    }

    /// Says how much it weighed, as it was listed.
    async fn file(
        &self,
        (name, listed): (&[u8], &Attrs),
        came: &AtomicU64,
    ) -> Result<u64, Trouble> {
        let shown = format!("{}/{}", self.there.path, String::from_utf8_lossy(name));
        let there = There { path: &shown, ..self.there };
        let refused = |refused| trouble(there, "nofile", refused);
        let handle = match self.session.open_file(&self.remote(name)).await {
            // Gone since it was listed, as if it had never been.
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => {
                return Ok(weight(listed.size.unwrap_or(0)));
            }
            opened => opened.map_err(refused)?,
        };
        let taken = self.open_file(name, &handle, there, came).await;
        let closed = self.session.close(&handle).await;
        taken?;
        closed.map_err(refused)?;
        Ok(weight(listed.size.unwrap_or(0)))
    }

    async fn open_file(
        &self,
        name: &[u8],
        handle: &[u8],
        there: There<'_>,
        came: &AtomicU64,
    ) -> Result<(), Trouble> {
        let refused = |refused| trouble(there, "nofile", refused);
        let about = self.session.fstat(handle).await.map_err(refused)?;
        let path = self.part.join(OsStr::from_bytes(name));
        // A large one has a part of its own, whose name says of which state it is: so it can be gone on with.
        let is_large = about.size.is_some_and(|size| size > u64::from(ROUND));
        let written = if is_large {
            let state = format!("{:?} {:?}", about.size, about.changed());
            self.part.join(format!("{MARK}{}.part", key(&[name, state.as_bytes()])))
        } else {
            remove_if_there(&path);
            path.clone()
        };
        let failed = |error: io::Error| here(&path, &error);
        let mut file = local::open_part(&written).map_err(failed)?;
        let from = match is_large {
            true => resume(self.session, handle, &about, &file).await.map_err(refused)?,
            false => 0,
        };
        came.fetch_add(from, Ordering::Relaxed);
        let mut told = |bytes| {
            came.fetch_add(bytes as u64, Ordering::Relaxed);
        };
        let taken =
            receive(self.session, handle, (&about, from), (&mut file, &written), there, &mut told);
        taken.await?;
        let set = || {
            let mode = about.mode.unwrap_or(0o644) & 0o777 & !umask();
            file.set_permissions(Permissions::from_mode(mode))?;
            if let Some(seconds) = about.changed() {
                file.set_modified(local::time(&seconds.to_string()).unwrap_or(UNIX_EPOCH))?;
            }
            if is_large {
                remove_if_there(&path);
                fs::rename(&written, &path)?;
            }
            Ok(())
        };
        set().map_err(failed)?;
        Ok(())
    }
}

fn remove_if_there(path: &Path) {
    if path.symlink_metadata().is_ok() {
        remove(path);
    }
}

/// Gives directories their modes and times: those that are deepest first.
fn looks_of_directories<'a>(
    part: &Path,
    found: impl DoubleEndedIterator<Item = (&'a Vec<u8>, &'a Attrs)>,
) -> io::Result<()> {
    let mask = umask();
    for (name, about) in found.rev().filter(|(_, about)| about.is_directory()) {
        let path = part.join(OsStr::from_bytes(name));
        let mode = (about.mode.unwrap_or(0o755) & 0o777 & !mask) | 0o700;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        if let Some(time) = about.changed().and_then(|at| local::time(&at.to_string())) {
            File::open(&path)?.set_modified(time)?;
        }
    }
    Ok(())
}
