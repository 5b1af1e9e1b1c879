//! Bytes of files to and from a server's sftp, from wherever they were left off.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::local::{self, END, end_of};
use super::source::Facts;
use super::trouble::{There, Trouble, here};
use super::upload::check;
use crate::failure::Code;
use crate::files::cksum;
use crate::sftp::{Attrs, Done, Refused, Session, kind, status};

/// What is read or written between two looks at the other end: as many requests as are on their way at once.
pub(super) const ROUND: u32 = 2 << 20;

/// Nobody knows what a server's files may not be: no more than others may read.
pub(super) fn plain(mode: u32) -> u32 {
    mode & 0o777 & !0o022
}

/// A mode and a time, for what was sent.
pub(super) fn looks(mode: u32, seconds: i64) -> Attrs {
    let seconds = u32::try_from(seconds).ok(); // Version 3 has no times before 1970 and behind 2106.
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
