//! Bytes of files to and from a server's sftp, from wherever they were left off, and where they go.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::local::{self, END, end_of};
use super::source::Facts;
use super::trouble::{There, Trouble, here};
use super::upload::check;
use crate::failure::{Code, Failure};
use crate::files::cksum;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::sftp::{Attrs, Done, Refused, Session, full, kind, status};

/// What is read or written between two looks at the other end: as many requests as are on their way at once.
pub(super) const ROUND: u32 = 2 << 20;

/// Where something goes on a host.
pub(super) struct Place {
    pub(super) parent: FilePath,
    /// Links followed.
    pub(super) target: FilePath,
    /// What is there.
    pub(super) now: Option<Attrs>,
    /// In which it has to lie; none where it may lie anywhere.
    pub(super) root: Option<FilePath>,
}

impl Place {
    /// Follows links, and looks whether it may lie there.
    pub(super) async fn find(
        session: &Session,
        reached: &Reached,
        remote: &FilePath,
        outside: bool,
    ) -> Result<Self, Trouble> {
        let shown = remote.to_string();
        let there = There { host: reached.connection.host(), path: &shown };
        let refused = |refused| trouble(there, "nodir", refused);
        let root = reached.directory.clone().unwrap_or_default();
        let no_name = || there.refused("noname", "");
        let mut path = FilePath(full(&root, remote).ok_or_else(no_name)?);
        match session.attrs(kind::LSTAT, path.bytes()).await {
            Ok(attrs) if attrs.is_link() => {
                path.0 = session.name(kind::REALPATH, path.bytes()).await.map_err(refused)?;
            }
            Ok(_) | Err(Refused::Status(status::NO_SUCH_FILE, _)) => {}
            Err(other) => return Err(refused(other)),
        }
        let name = path.name().to_vec();
        if matches!(&name[..], b"" | b"." | b"..") || name.contains(&0) {
            return Err(no_name().into());
        }
        let parent = &path.bytes()[..path.bytes().len() - name.len()];
        let parent = if parent.is_empty() { b"." } else { parent };
        let parent = FilePath(session.real(parent).await.map_err(refused)?);
        let mut within = None;
        if !outside {
            let root = full(&root, &FilePath::default()).ok_or_else(no_name)?;
            let root = FilePath(session.real(&root).await.map_err(refused)?).join(b"");
            if !parent.join(b"").bytes().starts_with(root.bytes()) {
                return Err(there.refused("outside", "").into());
            }
            within = Some(root);
        }
        let target = parent.join(&name);
        let now = match session.attrs(kind::LSTAT, target.bytes()).await {
            Ok(attrs) => Some(attrs),
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => None,
            Err(other) => return Err(refused(other)),
        };
        Ok(Self { parent, target, now, root: within })
    }
}

/// What can't be replaced.
pub(super) fn no_replacing() -> Failure {
    let what = "the host's sftp server can't replace a file in one step";
    Failure::new(Code::Unsupported, what).hint("Delete it first")
}

/// Nobody knows what a server's files may not be: no more than others may read.
pub(super) fn plain(mode: u32) -> u32 {
    mode & 0o777 & !0o022
}

/// A mode and a time, for what was sent.
pub(super) fn looks(mode: u32, seconds: i64) -> Attrs {
    let seconds = u32::try_from(seconds).ok();
    let times = seconds.map(|seconds| (seconds, seconds));
    Attrs { mode: Some(mode & 0o777), times, ..Attrs::default() }
}

/// A part that is to hold `size` bytes of `file`, opened, and how much of it counts; or a new one.
pub(super) async fn part_there(
    session: &Session,
    part: &[u8],
    file: &File,
    size: u64,
) -> Done<(Vec<u8>, u64)> {
    let there = match session.attrs(kind::LSTAT, part).await {
        Ok(attrs) if attrs.is_file() => attrs.size.unwrap_or(0),
        Ok(attrs) => {
            session.remove(part, &attrs, true).await?;
            return Ok((session.make_file(part, &private()).await?, 0));
        }
        Err(Refused::Status(_, _)) => {
            return Ok((session.make_file(part, &private()).await?, 0));
        }
        Err(lost) => return Err(lost),
    };
    let handle = session.continue_file(part).await?;
    if (1..=size).contains(&there) {
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

/// What nobody else may read yet.
pub(super) fn private() -> Attrs {
    Attrs { mode: Some(0o600), ..Attrs::default() }
}

/// How long nobody may have written to a part that is nobody's any more, in seconds.
const LEFT_BEHIND: u64 = 3600;

/// So many entries of a directory are looked at for such parts: more would hold up what is sent.
const MOST_BESIDE: usize = 10_000;

/// Removes parts of other sources beside a target called `name` that were left behind. Whatever can't be removed stays.
pub(super) async fn tidy(session: &Session, parent: &FilePath, name: &[u8], key: &str) {
    let ours = local::part_name(name, key);
    let ours = ours.as_encoded_bytes();
    let start = ours.len().saturating_sub(key.len() + b".part".len());
    let Ok((found, _)) = session.entries(parent.bytes(), MOST_BESIDE).await else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    for (found, attrs) in found {
        let is_part = found.len() == ours.len()
            && found.starts_with(&ours[..start])
            && found.ends_with(b".part")
            && found != ours;
        let is_old = attrs.changed().is_some_and(|at| u64::from(at) + LEFT_BEHIND < now);
        if is_part && is_old {
            let path = parent.join(&found);
            if let Err(error) = session.remove(path.bytes(), &attrs, true).await {
                tracing::debug!(?error, "a part stays");
            }
        }
    }
}

/// A file of this machine that is sent.
pub(super) struct Source<'a> {
    pub(super) file: &'a File,
    pub(super) path: &'a Path,
    /// What it has to be until the end.
    pub(super) facts: &'a Facts,
}

/// Sends all from `at` on. The last bytes go only if the source is still what it was.
pub(super) async fn send(
    session: &Session,
    handle: &[u8],
    mut at: u64,
    source: &Source<'_>,
    there: There<'_>,
    told: &mut (dyn FnMut(usize) + Send),
) -> Result<(), Trouble> {
    let size = source.facts.size;
    let room = usize::try_from(size.saturating_sub(at)).unwrap_or(usize::MAX);
    let mut room = vec![0; room.min(ROUND as usize)];
    while at < size {
        let length = usize::try_from(size - at).unwrap_or(usize::MAX).min(room.len());
        let piece = &mut room[..length];
        source.file.read_exact_at(piece, at).map_err(|error| here(source.path, &error))?;
        if at + length as u64 == size {
            check(source.file, source.path, source.facts)?;
        }
        let written = session.write_at(handle, at, piece).await;
        written.map_err(|refused| trouble(there, "", refused))?;
        at += length as u64;
        told(length);
    }
    Ok(())
}

/// How much of an open file is in `file` already, as far as the checksum of its end says.
pub(super) async fn resume(
    session: &Session,
    handle: &[u8],
    about: &Attrs,
    file: &File,
) -> Done<u64> {
    let have = file.metadata().map_or(0, |about| about.len());
    let size = about.size.filter(|size| *size > 0);
    if size.is_some_and(|size| (1..=size).contains(&have)) {
        let from = have.saturating_sub(END);
        let length = u32::try_from(have - from).unwrap_or_default();
        let theirs = session.read_at(handle, from, length).await?;
        if end_of(file, have).is_ok_and(|ours| ours == cksum(&theirs)) {
            return Ok(have);
        }
    }
    Ok(0)
}

/// Takes the rest of an open file, which has to stay what it is.
pub(super) async fn receive(
    session: &Session,
    handle: &[u8],
    (about, from): (&Attrs, u64),
    (file, part): (&mut File, &Path),
    there: There<'_>,
    told: &mut (dyn FnMut(usize) + Send),
) -> Result<(), Trouble> {
    let refused = |refused| trouble(there, "nofile", refused);
    let failed = |error: std::io::Error| here(part, &error);
    file.set_len(from).map_err(failed)?;
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    // What the system makes up as it is read has no size: all that comes is the file.
    let size = about.size.filter(|size| *size > 0);
    let mut at = from;
    loop {
        // One byte more than there should be shows whether there is more.
        let rest = size.map_or(u64::from(ROUND), |size| size.saturating_sub(at) + 1);
        let length = u32::try_from(rest).unwrap_or(ROUND).min(ROUND);
        let bytes = session.read_at(handle, at, length).await.map_err(refused)?;
        file.write_all(&bytes).map_err(failed)?;
        at += bytes.len() as u64;
        told(bytes.len());
        if (bytes.len() as u64) < u64::from(length) || size.is_some_and(|size| at > size) {
            break;
        }
    }
    let now = session.fstat(handle).await.map_err(refused)?;
    let is_same = (now.size, now.changed()) == (about.size, about.changed());
    // What the system makes up as it is read may have less than it says, and then that is all of it.
    if !is_same || size.is_some_and(|size| at > size) {
        return Err(there.changed().into());
    }
    Ok(())
}

/// A full disk is no place to keep half a file.
pub(super) fn drop_if_full(trouble: &Trouble, part: &Path) {
    if matches!(trouble, Trouble::Final(why) if why.code == Code::TooLarge) {
        local::remove(part);
    }
}

/// What a server's refusal means; `missing` is the word for what isn't there.
pub(super) fn trouble(there: There<'_>, missing: &str, refused: Refused) -> Trouble {
    match refused {
        Refused::Lost(error) => error.into(),
        Refused::Status(status::NO_SUCH_FILE, said) => there.refused(missing, &said).into(),
        Refused::Status(status::PERMISSION_DENIED, said) => there.refused("denied", &said).into(),
        Refused::Status(_, said) => there.refused("", &said).into(),
    }
}
