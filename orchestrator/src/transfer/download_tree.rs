//! A directory from a host to here: one stream of tar.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use super::download::Download;
use super::extract::{Extracted, extract};
use super::local::{remove, umask};
use super::persist::Attempt;
use super::source::key;
use super::talk::{CHUNK, Talk};
use super::trouble::{There, Trouble, exists, here};
use crate::failure::{Code, Failure};

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
        if self.target.path.symlink_metadata().is_ok_and(|about| !about.is_dir()) {
            let what = format!("{} is no directory", self.target.path.display());
            return Err(Failure::new(Code::Conflict, what)
                .hint("Choose another name, or move it away")
                .into());
        }
        let part = self.target.part(&key(&[host.as_str().as_bytes(), self.remote.bytes()]))?;
        if part.symlink_metadata().is_ok() {
            remove(&part);
        }
        DirBuilder::new().mode(0o700).create(&part).map_err(|error| here(&part, &error))?;
        talk.tell("go\n").await;
        self.gauge().set("receiving", 0, bytes);
        let (pieces, sent) = mpsc::channel::<Vec<u8>>(AHEAD);
        let counted = Arc::new(AtomicU64::new(0));
        let extracting = {
            let (part, counted) = (part.clone(), Arc::clone(&counted));
            tokio::task::spawn_blocking(move || {
                let mut stream = Pieces { sent, piece: Vec::new(), at: 0 };
                let count = |bytes| {
                    counted.fetch_add(bytes, Ordering::Relaxed);
                };
                let extracted = extract(&mut stream, &part, &count)?;
                // What stands behind the archive's end is of nobody's interest.
                io::copy(&mut stream, &mut io::sink()).map_err(|error| here(&part, &error))?;
                Ok::<_, Failure>(extracted)
            })
        };
        let Talk { stdin, mut hearing } = talk;
        loop {
            let mut piece = vec![0; CHUNK];
            match hearing.stdout.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(count) => piece.truncate(count),
            }
            if pieces.send(piece).await.is_err() {
                break; // It says why below.
            }
            let done = counted.load(Ordering::Relaxed);
            self.gauge().at(bytes.map_or(done, |all: u64| done.min(all)));
        }
        drop((pieces, stdin));
        let extracted = match extracting.await {
            Ok(extracted) => extracted,
            Err(error) => Err(here(&part, &io::Error::other(error))),
        };
        let Extracted { whole, left_out } = match extracted {
            Ok(extracted) => extracted,
            Err(why) => {
                remove(&part);
                return Err(why.into());
            }
        };
        let said = hearing.said().await;
        let Some((before, end)) = said.rsplit_once("end ") else {
            remove(&part);
            return Err(hearing.ended(there).await);
        };
        match end.trim() {
            "0" => {}
            // GNU tar's for files that changed while it read them; it has read them all.
            "1" => self.said = "some files were changed while they were read".into(),
            _ => {
                remove(&part);
                let word = if before.contains("ermission denied") { "denied" } else { "" };
                return Err(there.refused(word, before).into());
            }
        }
        if !whole {
            remove(&part);
            return Err(there.refused("", before).into());
        }
        if left_out > 0 {
            self.said = left_out_words(left_out);
        }
        let done = counted.load(Ordering::Relaxed);
        self.gauge().set("writing", done, Some(done));
        let mode = (mode.unwrap_or(0o755) & 0o777 & !umask()) | 0o700;
        fs::set_permissions(&part, std::os::unix::fs::PermissionsExt::from_mode(mode))
            .map_err(|error| here(&part, &error))?;
        if self.target.path.is_dir() {
            if !self.replace {
                return Err(exists(&self.target.path.display().to_string()).into());
            }
            clash(&part, &self.target.path)?;
            merge(&part, &self.target.path).map_err(|error| here(&self.target.path, &error))?;
            remove(&part);
            return Ok(());
        }
        Ok(self.target.place(&part, false)?)
    }
}

/// What a person hears of what nobody transfers.
pub(super) fn left_out_words(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "a socket, pipe or device was left out".into(),
        _ => format!("{count} sockets, pipes and devices were left out"),
    }
}

/// Refuses a file that is to go where a directory is, or the other way round: before anything is moved.
fn clash(from: &Path, to: &Path) -> Result<(), Failure> {
    let list = |error| here(from, &error);
    for entry in fs::read_dir(from).map_err(list)? {
        let entry = entry.map_err(list)?;
        let target = to.join(entry.file_name());
        let is_dir = entry.file_type().map_err(list)?.is_dir();
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
fn merge(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() && target.is_dir() {
            merge(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), target)?;
        }
    }
    Ok(())
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
