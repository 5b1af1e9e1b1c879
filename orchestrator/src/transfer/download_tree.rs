//! A directory from a host to here: one stream of tar, without what has arrived before a link was lost.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::arrived::{Arrived, MARK};
use super::download::Download;
use super::extract::{Extracted, extract};
use super::local::{remove, umask};
use super::persist::Attempt;
use super::source::key;
use super::talk::{CHUNK, Hearing, Talk};
use super::trouble::{There, Trouble, exists, here};
use crate::failure::{Code, Failure};
use crate::files::complained_of;

/// So many pieces are read before they are written.
const AHEAD: usize = 4;

impl Download<'_> {
    /// Takes a directory: `bytes` of files, as far as somebody has counted them.
    pub(super) async fn tree(&mut self, mut talk: Talk, facts: &[String]) -> Result<(), Trouble> {
        let host = self.reached.connection.host();
        let shown = self.shown.clone();
        let there = There { host, path: &shown };
        let bytes = facts.first().and_then(|bytes| bytes.parse().ok());
        let mode = facts.get(4).and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let now = facts.get(5).and_then(|now| now.parse::<i64>().ok());
        self.refuse_a_file()?;
        let key = key(&[host.as_str().as_bytes(), self.remote.bytes()]);
        let part = self.target.part(&key)?;
        let noted = part.join(format!("{MARK}{key}.since"));
        let rest = match (now, begun(&noted)) {
            (Some(_), Some(since)) => {
                let mark = Uuid::new_v4().simple().to_string();
                talk.tell(&format!("list {mark}\n")).await;
                let listed = talk.hearing.up_to(there, mark.as_bytes()).await?;
                let part = part.clone();
                let noted = noted.clone();
                let share = self.target.share();
                let rest = move || {
                    let _share = share;
                    rest(&part, &noted, &Arrived::read(&listed, &mark)?, since)
                };
                tokio::task::spawn_blocking(rest).await.ok().flatten()
            }
            _ => None,
        };
        let from = match &rest {
            Some(Rest { names, arrived }) => {
                talk.tell(&format!("some {}\n", names.len())).await;
                *arrived
            }
            None => {
                begin(&part, &noted, now).map_err(|error| here(&part, &error))?;
                talk.tell("go\n").await;
                0
            }
        };
        let names = rest.map_or_else(Vec::new, |rest| rest.names);
        let extracted = self.take_tree(talk, names, &part, from, bytes).await;
        let ended = match extracted {
            Ok((mut hearing, extracted, taken)) => {
                let said = hearing.said().await;
                match said.rsplit_once("end ") {
                    // What has arrived is gone on with.
                    None => return Err(hearing.ended(there).await),
                    Some((before, end)) => {
                        self.said_of(there, extracted, before, end.trim()).map(|()| taken)
                    }
                }
            }
            Err(why) => Err(why.into()),
        };
        let done = match ended {
            Ok(taken) => from + taken,
            Err(trouble) => {
                if matches!(trouble, Trouble::Final(_)) {
                    remove(&part);
                }
                return Err(trouble);
            }
        };
        self.place_tree(&part, &noted, mode.unwrap_or(0o755), done)
    }

    /// A directory doesn't take a file's place.
    pub(super) fn refuse_a_file(&self) -> Result<(), Failure> {
        if self.target.path.symlink_metadata().is_ok_and(|about| !about.is_dir()) {
            let what = format!("{} is no directory", self.target.path.display());
            return Err(
                Failure::new(Code::Conflict, what).hint("Choose another name, or move it away")
            );
        }
        Ok(())
    }

    /// Gives a part that is whole, with `done` bytes of files, its name.
    pub(super) fn place_tree(
        &mut self,
        part: &Path,
        noted: &Path,
        mode: u32,
        done: u64,
    ) -> Result<(), Trouble> {
        self.gauge().set("writing", done, Some(done));
        remove(noted);
        let mode = (mode & 0o777 & !umask()) | 0o700;
        let looks = fs::set_permissions(part, std::os::unix::fs::PermissionsExt::from_mode(mode));
        looks.map_err(|error| here(part, &error))?;
        if self.target.path.is_dir() {
            if !self.replace {
                return Err(exists(&self.target.path.display().to_string()).into());
            }
            clash(part, &self.target.path)?;
            let merged = merge(part, &self.target.path);
            remove(part);
            merged?;
            return Ok(());
        }
        Ok(self.target.place(part, false)?)
    }

    /// Takes a stream of tar, of those `names` that are told, into a part; with what came, and how many bytes of files.
    async fn take_tree(
        &mut self,
        talk: Talk,
        names: Vec<u8>,
        part: &Path,
        from: u64,
        of: Option<u64>,
    ) -> Result<(Hearing, Extracted, u64), Failure> {
        self.gauge().set("receiving", from, of);
        let (pieces, sent) = mpsc::channel::<Vec<u8>>(AHEAD);
        let counted = Arc::new(AtomicU64::new(0));
        let extracting = {
            let (part, counted) = (part.to_owned(), Arc::clone(&counted));
            let (share, several) = (self.target.share(), !names.is_empty());
            tokio::task::spawn_blocking(move || {
                let _share = share;
                let mut stream = Pieces { sent, piece: Vec::new(), at: 0 };
                let count = |bytes| {
                    counted.fetch_add(bytes, Ordering::Relaxed);
                };
                let extracted = extract(&mut stream, &part, several, &count)?;
                // What stands behind the archive's end is of nobody's interest.
                io::copy(&mut stream, &mut io::sink()).map_err(|error| here(&part, &error))?;
                Ok::<_, Failure>(extracted)
            })
        };
        let Talk { mut stdin, mut hearing } = talk;
        // tar prints while it reads names: who doesn't listen meanwhile waits for ever.
        let telling = async {
            let told = async {
                stdin.write_all(&names).await?;
                stdin.flush().await
            };
            if let Err(error) = told.await {
                tracing::debug!(%error, "a transfer's script takes no input");
            }
        };
        let gauge = self.gauge();
        let taking = async {
            loop {
                let mut piece = vec![0; CHUNK];
                match hearing.stdout.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => piece.truncate(count),
                }
                if pieces.send(piece).await.is_err() {
                    break; // It says why below.
                }
                let done = from + counted.load(Ordering::Relaxed);
                gauge.at(of.map_or(done, |all| done.min(all)));
            }
            drop(pieces);
        };
        tokio::join!(telling, taking);
        drop(stdin);
        let extracted = match extracting.await {
            Ok(extracted) => extracted?,
            Err(error) => return Err(here(part, &io::Error::other(error))),
        };
        Ok((hearing, extracted, counted.load(Ordering::Relaxed)))
    }

    /// Refuses what isn't all, and notes what a person should know of it.
    fn said_of(
        &mut self,
        there: There<'_>,
        Extracted { whole, left_out }: Extracted,
        before: &str,
        status: &str,
    ) -> Result<(), Trouble> {
        self.said.clear();
        match status {
            "0" => {}
            // xargs (findutils) says of all of them that one of them did.
            "1" | "123" if only_changed(before) => {
                self.said = "some files were changed while they were read".into();
            }
            _ => {
                return Err(unreadable(there, before).into());
            }
        }
        if !whole {
            return Err(there.refused("", before).into());
        }
        if left_out > 0 {
            if !self.said.is_empty() {
                self.said.push_str("; ");
            }
            self.said.push_str(&left_out_words(left_out));
        }
        Ok(())
    }
}

/// What tar could not read, with the names that it says.
fn unreadable(there: There<'_>, before: &str) -> Failure {
    if !before.contains("ermission denied") {
        return there.refused("", before);
    }
    let named = complained_of(before, "ermission denied");
    let Some(first) = named.first() else { return there.refused("denied", before) };
    let more = match named.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let path = format!("{}/{first}{more}", there.path.trim_end_matches('/'));
    There { path: &path, ..there }.refused("denied", before).hint(
        "A directory comes whole or not at all, and nothing was fetched: make it readable, move it away, or fetch what is beside it",
    )
}

/// When a part was begun that is there, by the host's clock.
pub(super) fn begun(noted: &Path) -> Option<i64> {
    let part = noted.parent()?.symlink_metadata().ok()?;
    let is_ours = part.is_dir() && part.uid() == rustix::process::geteuid().as_raw();
    is_ours.then(|| fs::read_to_string(noted).ok()?.trim().parse().ok()).flatten()
}

/// Makes a part that has nothing, and notes when it is begun.
pub(super) fn begin(part: &Path, noted: &Path, now: Option<i64>) -> io::Result<()> {
    if part.symlink_metadata().is_ok() {
        remove(part);
    }
    DirBuilder::new().mode(0o700).create(part)?;
    match now {
        Some(now) => fs::write(noted, now.to_string()),
        None => Ok(()),
    }
}

/// What a host still has to send.
struct Rest {
    /// Each ended by a NUL.
    names: Vec<u8>,
    /// Bytes of files that it needn't.
    arrived: u64,
}

/// What a host still has to send of what it has `listed`. `None` where nothing of the part counts.
fn rest(part: &Path, noted: &Path, listed: &Arrived, since: i64) -> Option<Rest> {
    let is_ours = |path: &Path| part.join(path) == noted;
    let (missing, arrived) = missing(part, &is_ours, listed, since)?;
    // tar makes no empty archive.
    let mut names = b"./\0".to_vec();
    for path in missing {
        names.extend_from_slice(b"./");
        names.extend_from_slice(path);
        names.push(0);
    }
    (arrived > 0).then_some(Rest { names, arrived })
}

/// Compares a part with what the host has, and removes from it what that has no longer, but for what `is_ours`; and all links,
/// which come again: nothing is to be written through one. Says what has to come, and how many bytes of files needn't; `None` where the part can't be read.
pub(super) fn missing<'a>(
    part: &Path,
    is_ours: &dyn Fn(&Path) -> bool,
    listed: &'a Arrived,
    since: i64,
) -> Option<(Vec<&'a [u8]>, u64)> {
    let mut waiting = vec![PathBuf::new()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(part.join(&directory)).ok()? {
            let entry = entry.ok()?;
            let path = directory.join(entry.file_name());
            let kind = entry.file_type().ok()?;
            if kind.is_symlink() {
                fs::remove_file(entry.path()).ok()?;
                continue;
            }
            if is_ours(&path) {
                continue;
            }
            let is_dir = kind.is_dir();
            match listed.get(path.as_os_str().as_bytes()) {
                Some(there) if (there.kind == b'd') == is_dir => {
                    if is_dir {
                        waiting.push(path);
                    }
                }
                Some(_) | None => remove(&entry.path()),
            }
        }
    }
    let (mut rest, mut arrived) = (Vec::new(), 0);
    for (path, there) in listed.iter() {
        let here = part.join(std::ffi::OsStr::from_bytes(path));
        let is_here = here.symlink_metadata().is_ok_and(|about| {
            about.is_file() && there.is(about.size(), about.mtime(), there.changed, since)
        });
        match is_here {
            true => arrived += there.size,
            false => rest.push(path),
        }
    }
    Some((rest, arrived))
}

/// Whether all that tar complains of are files that changed or went while it read them, for which GNU tar ends with 1; with
/// that others end also when they could not read one.
fn only_changed(words: &str) -> bool {
    let mut lines = words.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            ["changed as we read it", "removed before we read it", "socket ignored", "Exiting with"]
                .iter()
                .any(|known| line.contains(known))
        })
}

/// What a person hears of what nobody transfers.
pub(super) fn left_out_words(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "a socket, pipe or device was left out".into(),
        _ => format!("{count} sockets, pipes and devices were left out"),
    }
}

/// Refuses a file that is to go where a directory is, or the other way round, and where nothing may be made: before anything is
/// moved.
fn clash(from: &Path, to: &Path) -> Result<(), Failure> {
    let list = |error| here(from, &error);
    let mut asked = false;
    for entry in fs::read_dir(from).map_err(list)? {
        let entry = entry.map_err(list)?;
        let target = to.join(entry.file_name());
        let is_dir = entry.file_type().map_err(list)?.is_dir();
        let both = is_dir && target.is_dir();
        if !both && !asked {
            asked = true;
            let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
            rustix::fs::access(to, access).map_err(|error| here(to, &error.into()))?;
        }
        let Ok(there) = target.symlink_metadata() else { continue };
        match (is_dir, target.is_dir()) {
            (true, true) => clash(&entry.path(), &target)?,
            (false, true) if there.is_dir() => return Err(mixed(&target)),
            (true, false) => return Err(mixed(&target)),
            (false, _) => {}
        }
    }
    Ok(())
}

fn mixed(target: &Path) -> Failure {
    let what = format!(
        "{} is a file where a directory is to go, or the other way round",
        target.display()
    );
    Failure::new(Code::Conflict, what).hint("Move it away; nothing was changed")
}

/// Moves all of `from` into `to`, file by file where both have a directory.
fn merge(from: &Path, to: &Path) -> Result<(), Failure> {
    let list = |error| in_part(to, &error);
    for entry in fs::read_dir(from).map_err(list)? {
        let entry = entry.map_err(list)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(list)?.is_dir() && target.is_dir() {
            merge(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), &target).map_err(|error| in_part(&target, &error))?;
        }
    }
    Ok(())
}

/// Something that can't be placed, after other things may have been.
fn in_part(path: &Path, error: &io::Error) -> Failure {
    let mut failure = here(path, error);
    failure.message.push_str("; the directory was replaced in part only");
    failure.hint("Mend what is named, then fetch it again: all of it is placed then")
}

/// Pieces as one stream.
struct Pieces {
    sent: mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            let Some(next) = self.sent.blocking_recv() else { return Ok(0) };
            (self.piece, self.at) = (next, 0);
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_link_of_a_part_that_was_begun_stays_in_it() {
        let part = tempfile::tempdir().unwrap();
        fs::create_dir(part.path().join("dir")).unwrap();
        fs::write(part.path().join("dir/file"), "x").unwrap();
        let links = ["a", ".baton-0.part", "dir/b", "gone"];
        for link in links {
            std::os::unix::fs::symlink("/", part.path().join(link)).unwrap();
        }
        let listed = b"l 1 5.0 6.0 a\0d 1 5.0 6.0 dir\0f 1 5.0 6.0 dir/file\0l 1 5.0 6.0 dir/b\0";
        let listed = Arrived::read(listed, "01234567").unwrap();
        let is_ours = |path: &Path| path.as_os_str().as_bytes().starts_with(b".baton-");
        let (missing, _) = missing(part.path(), &is_ours, &listed, 9).unwrap();
        assert_eq!(missing.len(), 4);
        for link in links {
            assert!(part.path().join(link).symlink_metadata().is_err(), "{link}");
        }
        assert!(part.path().join("dir/file").exists());
    }

    #[test]
    fn only_what_changed_on_the_way_is_no_reason_to_refuse_an_archive() {
        assert!(only_changed("tar: ./a: file changed as we read it\n"));
        assert!(only_changed("tar: ./a: File removed before we read it\n"));
        assert!(!only_changed(
            "tar: ./a: file changed as we read it\ntar: can't open './b': Permission denied\n"
        ));
        assert!(!only_changed(
            "tar: ./b: Cannot stat: Permission denied\ntar: Error exit delayed from previous errors.\n"
        ));
    }
}
