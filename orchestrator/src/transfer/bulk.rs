//! Bytes between a file and a pipe, on a thread of its own and, where the system can, without a copy here.
//!
//! Both cores carry ciphers meanwhile: what isn't copied, and who isn't woken, is speed.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

use super::talk::CHUNK;

/// What a pipe may hold: as much as an account may ask for on Linux (pipe(7), `pipe-max-size`). Else each end wakes the other every
/// 64 KiB.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// How long nothing may come or go before it is looked whether anybody still wants it: a pipe says nothing of that.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How many bytes were moved, for who watches; and whether they are still wanted, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) moved: Arc<AtomicU64>,
    unwanted: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    /// Begins with so many.
    pub(super) fn from(moved: u64) -> Self {
        Self { moved: Arc::new(AtomicU64::new(moved)), unwanted: Arc::default() }
    }

    /// A pipe whose bytes it counts.
    pub(super) fn pipe(&self, fd: OwnedFd) -> io::Result<Pipe> {
        // Nobody else has this end.
        fcntl_setfl(&fd, OFlags::NONBLOCK)?;
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::pipe::fcntl_setpipe_size(&fd, PIPE) {
            tracing::trace!(%error, "a pipe stays small");
        }
        let (moved, unwanted) = (Arc::clone(&self.moved), Arc::clone(&self.unwanted));
        Ok(Pipe { fd, moved, unwanted, copies: cfg!(not(target_os = "linux")), room: Vec::new() })
    }
}

/// One end of a pipe, for a thread that may block.
#[derive(Debug)]
pub(super) struct Pipe {
    fd: OwnedFd,
    moved: Arc<AtomicU64>,
    unwanted: Arc<AtomicBool>,
    /// Whether the bytes go through `room`, because the system can't move them.
    copies: bool,
    room: Vec<u8>,
}

impl Pipe {
    /// Sends what `file` has from `at` on up to `size`; `check` is asked before the last byte goes, and the kernel has read all
    /// before it by then.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] where the file ends before; `check`'s; what the system says.
    pub(super) fn send(
        &mut self,
        file: &File,
        mut at: u64,
        size: u64,
        check: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        // What is moved is still the file's until somebody reads it: what is copied has to push all of it out of the pipe.
        let tail = size.saturating_sub(self.holds() as u64 + 1).max(at);
        while at < tail && !self.copies {
            let length = usize::try_from(tail - at).unwrap_or(usize::MAX);
            let Some(count) = self.splice_out(file, at, length)? else { break };
            at += self.count(count)?;
        }
        let mut room = std::mem::take(&mut self.room);
        room.resize(CHUNK, 0);
        let last = size.saturating_sub(1);
        while at < last {
            let length = usize::try_from(last - at).unwrap_or(CHUNK).min(CHUNK);
            let filled = file.read_at(&mut room[..length], at)?;
            at += self.count(filled)?;
            self.write(&room[..filled])?;
        }
        check()?;
        if at < size {
            let filled = file.read_at(&mut room[..1], at)?;
            self.count(filled)?;
            self.write(&room[..filled])?;
        }
        Ok(())
    }

    /// Takes the next bytes into `file`, at most `most`. None where nothing more comes.
    pub(super) fn take(&mut self, file: &File, most: usize) -> io::Result<usize> {
        loop {
            let taken = match self.copies {
                false => self.splice_in(file, most),
                true => {
                    self.room.resize(CHUNK, 0);
                    let filled = rustix::io::read(&self.fd, &mut self.room[..most.min(CHUNK)]);
                    filled.map(Some)
                }
            };
            match taken {
                Ok(Some(count)) => {
                    if self.copies {
                        let mut file = file;
                        file.write_all(&self.room[..count])?;
                    }
                    self.moved.fetch_add(count as u64, Ordering::Relaxed);
                    return Ok(count);
                }
                Ok(None) => self.copies = true,
                Err(Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether nothing more comes.
    pub(super) fn is_over(&mut self) -> io::Result<bool> {
        let mut byte = [0];
        loop {
            match rustix::io::read(&self.fd, &mut byte) {
                Ok(count) => return Ok(count == 0),
                Err(Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.fd, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn count(&self, count: usize) -> io::Result<u64> {
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.moved.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count as u64)
    }

    /// Waits until the pipe takes or gives something, as long as anybody wants it.
    fn wait(&self, what: PollFlags) -> io::Result<()> {
        loop {
            if self.unwanted.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            match poll(&mut [PollFd::new(&self.fd, what)], Some(&LOOK)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Moves bytes of a file. `None` where this file can't be moved so.
    #[cfg(target_os = "linux")]
    fn splice_out(&self, file: &File, at: u64, length: usize) -> io::Result<Option<usize>> {
        use rustix::pipe::{SpliceFlags, splice};
        loop {
            let mut from = at;
            let length = length.min(PIPE);
            match splice(file, Some(&mut from), &self.fd, None, length, SpliceFlags::NONBLOCK) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(Errno::INTR) => {}
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn splice_out(&self, _file: &File, _at: u64, _length: usize) -> io::Result<Option<usize>> {
        Ok(None)
    }

    #[cfg(target_os = "linux")]
    fn splice_in(&self, file: &File, most: usize) -> rustix::io::Result<Option<usize>> {
        use rustix::pipe::{SpliceFlags, splice};
        match splice(&self.fd, None, file, None, most.min(PIPE), SpliceFlags::NONBLOCK) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn splice_in(&self, _file: &File, _most: usize) -> rustix::io::Result<Option<usize>> {
        Ok(None)
    }

    /// How many bytes the pipe holds.
    #[cfg(target_os = "linux")]
    fn holds(&self) -> usize {
        rustix::pipe::fcntl_getpipe_size(&self.fd).unwrap_or(PIPE)
    }

    #[cfg(not(target_os = "linux"))]
    fn holds(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Seek};

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn body(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 3 % 251) as u8).collect()
    }

    #[test]
    fn all_bytes_go_and_come_whatever_their_number() {
        for length in [0, 1, 2, 4095, 70_000, (1 << 20) + 1, (1 << 20) + 2, 5_000_003] {
            let (all, from) = (body(length), length / 3);
            let (reader, writer) = std::io::pipe().unwrap();
            let watch = Watch::from(0);
            let mut out = watch.pipe(writer.into()).unwrap();
            let source = file(&all);
            let sending = std::thread::spawn(move || {
                out.send(&source, from as u64, length as u64, || Ok(())).unwrap();
            });
            let mut come = Watch::from(0).pipe(reader.into());
            let come = come.as_mut().unwrap();
            come.unwanted = Arc::default();
            let target = file(b"");
            let mut left = length - from;
            while left > 0 {
                left -= come.take(&target, left).unwrap();
            }
            assert!(come.is_over().unwrap());
            sending.join().unwrap();
            let mut target = target;
            let mut got = Vec::new();
            target.rewind().unwrap();
            target.read_to_end(&mut got).unwrap();
            assert!(got == all[from..], "{length}");
            assert_eq!(watch.moved.load(Ordering::Relaxed), (length - from) as u64);
        }
    }

    #[test]
    fn what_is_changed_before_the_last_byte_goes_was_read_before() {
        let all = body(6 << 20);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut out = Watch::from(0).pipe(writer.into()).unwrap();
        out.unwanted = Arc::default();
        let source = file(&all);
        let changed = source.try_clone().unwrap();
        let sending = std::thread::spawn(move || {
            let size = source.metadata().unwrap().len();
            out.send(&source, 0, size, || {
                // Who writes now is not seen in what has gone.
                changed.write_all_at(&vec![0xff; 6 << 20], 0).unwrap();
                Err(io::Error::other("it was changed"))
            })
        });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        assert!(got == all[..all.len() - 1]);
        sending.join().unwrap().unwrap_err();
    }

    #[test]
    fn who_is_not_wanted_any_more_ends_soon() {
        let (_reader, writer) = std::io::pipe().unwrap();
        let watch = Watch::from(0);
        let mut out = watch.pipe(writer.into()).unwrap();
        let source = file(&body(5 << 20));
        let sending = std::thread::spawn(move || out.send(&source, 0, 5 << 20, || Ok(())));
        drop(watch);
        sending.join().unwrap().unwrap_err();
        let (reader, _writer) = std::io::pipe().unwrap();
        let watch = Watch::from(0);
        let mut come = watch.pipe(reader.into()).unwrap();
        let coming = std::thread::spawn(move || come.take(&file(b""), 10));
        drop(watch);
        coming.join().unwrap().unwrap_err();
    }
}
