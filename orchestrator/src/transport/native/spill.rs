//! A queue of bytes whose writer is never kept waiting by its reader: what memory can't hold goes to a file.
//!
//! A russh channel must always be drained: one whose reader stalls blocks every channel of its connection.
//! Order is kept by three parts, oldest first: `front` in memory, `segments` on disk, `tail` in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::known_hosts_files::make_dir;

/// How much is held where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpillLimits {
    /// Bytes in memory before the disk is used.
    pub memory_bytes: usize,
    /// Bytes written to disk, or read from it, at once.
    pub batch_bytes: usize,
    /// Bytes of one file; a file that was read is deleted, so the disk holds little more than what waits.
    pub segment_bytes: u64,
    /// Bytes that may wait on disk; one more, and the queue fails.
    pub limit_bytes: u64,
}

impl Default for SpillLimits {
    /// At most 320 KiB in memory (128 that wait, and a batch each before, on and after the disk); 1 GiB on disk.
    fn default() -> Self {
        Self {
            memory_bytes: 128 << 10,
            batch_bytes: 64 << 10,
            segment_bytes: 64 << 20,
            limit_bytes: 1 << 30,
        }
    }
}

/// Why a queue takes no more.
#[derive(Debug)]
pub enum SpillError {
    /// The reader has fallen behind by more than the limit.
    Full {
        /// The limit.
        limit_bytes: u64,
    },
    /// The disk refused.
    Disk(io::Error),
}

/// How a queue ends, once everything before it was read.
type End = Result<(), Arc<dyn Fn() -> io::Error + Send + Sync>>;

struct Segment {
    file: Arc<File>,
    read: u64,
    written: u64,
}

#[derive(Default)]
struct State {
    front: VecDeque<Bytes>,
    front_bytes: usize,
    segments: VecDeque<Segment>,
    /// Bytes in `segments` that wait.
    disk_bytes: u64,
    /// A batch is on its way to the disk; what is in `tail` comes after it.
    writing: bool,
    tail: VecDeque<Bytes>,
    tail_bytes: usize,
    end: Option<End>,
    reader_gone: bool,
    waker: Option<Waker>,
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn disk_is_empty(&self) -> bool {
        !self.writing && self.disk_bytes == 0
    }
}

struct Shared {
    state: Mutex<State>,
    reader_gone: Notify,
    dir: PathBuf,
    limits: SpillLimits,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end into which the connection puts bytes. Only one task may push.
pub struct SpillWriter {
    shared: Arc<Shared>,
}

/// The end from which somebody reads, whenever they like.
pub struct SpillReader {
    shared: Arc<Shared>,
    /// What was read from the disk and not yet taken.
    chunk: Bytes,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

/// A new queue. `dir` is made (mode 0700) when the disk is first needed; its files have no name.
pub fn spill(dir: &Path, limits: SpillLimits) -> (SpillWriter, SpillReader) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        reader_gone: Notify::new(),
        dir: dir.to_owned(),
        limits,
    });
    let writer = SpillWriter { shared: Arc::clone(&shared) };
    (writer, SpillReader { shared, chunk: Bytes::new(), reading: None })
}

impl SpillWriter {
    /// Takes `bytes`; waits for the disk at most, never for the reader. Without a reader they are dropped.
    ///
    /// # Errors
    ///
    /// The queue has reached its limit, or the disk refused. Call [`SpillWriter::finish`] then.
    pub async fn push(&self, bytes: Bytes) -> Result<(), SpillError> {
        let batch = {
            let mut state = self.shared.lock();
            if state.reader_gone || bytes.is_empty() {
                return Ok(());
            }
            let limits = &self.shared.limits;
            let behind_disk = !state.disk_is_empty() || !state.tail.is_empty();
            if !behind_disk && state.front_bytes + bytes.len() <= limits.memory_bytes {
                state.front_bytes += bytes.len();
                state.front.push_back(bytes);
                state.wake();
                return Ok(());
            }
            state.tail_bytes += bytes.len();
            state.tail.push_back(bytes);
            // The reader may have emptied everything before the tail.
            state.wake();
            if state.tail_bytes < limits.batch_bytes {
                return Ok(());
            }
            if state.disk_bytes + state.tail_bytes as u64 > limits.limit_bytes {
                return Err(SpillError::Full { limit_bytes: limits.limit_bytes });
            }
            state.writing = true;
            state.tail_bytes = 0;
            std::mem::take(&mut state.tail)
        };
        let shared = Arc::clone(&self.shared);
        let written = tokio::task::spawn_blocking(move || shared.write(&batch)).await;
        let mut state = self.shared.lock();
        state.writing = false;
        state.wake();
        match written {
            Ok(done) => done.map_err(SpillError::Disk),
            Err(panicked) => Err(SpillError::Disk(io::Error::other(panicked))),
        }
    }

    /// Ends the queue: the reader gets the end of file after the last byte.
    pub fn finish(&self) {
        self.end(Ok(()));
    }

    /// Ends the queue with an error, which the reader gets after the last byte.
    pub fn fail(&self, error: impl Fn() -> io::Error + Send + Sync + 'static) {
        self.end(Err(Arc::new(error)));
    }

    fn end(&self, end: End) {
        let mut state = self.shared.lock();
        if state.end.is_none() {
            state.end = Some(end);
        }
        state.wake();
    }

    /// Waits until nobody can read any more.
    pub async fn abandoned(&self) {
        loop {
            let gone = self.shared.reader_gone.notified();
            if self.shared.lock().reader_gone {
                return;
            }
            gone.await;
        }
    }
}

impl Drop for SpillWriter {
    /// A writer that vanished without a word didn't end well.
    fn drop(&mut self) {
        self.end(Err(Arc::new(|| io::ErrorKind::ConnectionAborted.into())));
    }
}

impl Shared {
    /// Appends a batch. Blocks; the lock is not held while the disk works.
    fn write(&self, batch: &VecDeque<Bytes>) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(batch.iter().map(Bytes::len).sum());
        batch.iter().for_each(|part| bytes.extend_from_slice(part));
        let last = {
            let state = self.lock();
            state.segments.back().map(|last| (Arc::clone(&last.file), last.written))
        };
        let (file, at) = match last {
            Some((file, written)) if written < self.limits.segment_bytes => (file, written),
            Some(_) | None => {
                make_dir(&self.dir)?;
                let file = Arc::new(tempfile::tempfile_in(&self.dir)?);
                let segment = Segment { file: Arc::clone(&file), read: 0, written: 0 };
                self.lock().segments.push_back(segment);
                (file, 0)
            }
        };
        write_at(&file, &bytes, at)?;
        let mut state = self.lock();
        if let Some(segment) = state.segments.back_mut() {
            segment.written += bytes.len() as u64;
        }
        state.disk_bytes += bytes.len() as u64;
        if state.reader_gone {
            state.segments.clear();
        }
        Ok(())
    }

    /// Reads the next bytes of the oldest segment and lets go of a segment that is done. Blocks.
    fn read(&self) -> io::Result<Vec<u8>> {
        let next = {
            let state = self.lock();
            state.segments.front().map(|first| {
                let waiting = first.written - first.read;
                let length = waiting.min(self.limits.batch_bytes as u64);
                (Arc::clone(&first.file), first.read, length)
            })
        };
        let Some((file, at, length)) = next else { return Ok(Vec::new()) };
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        read_at(&file, &mut bytes, at)?;
        let done = {
            let mut state = self.lock();
            state.disk_bytes = state.disk_bytes.saturating_sub(length);
            let full = self.limits.segment_bytes;
            let (writing, many) = (state.writing, state.segments.len() > 1);
            let Some(first) = state.segments.front_mut() else { return Ok(bytes) };
            first.read += length;
            // A batch that is on its way may still go into the only segment.
            let spent = first.read == first.written && (many || first.written >= full || !writing);
            if spent { state.segments.pop_front() } else { None }
        };
        drop(done);
        Ok(bytes)
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        bytes = &bytes[written..];
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        at += read as u64;
        bytes = &mut bytes[read..];
    }
    Ok(())
}

impl AsyncRead for SpillReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            if !this.chunk.is_empty() {
                let length = this.chunk.len().min(buf.remaining());
                buf.put_slice(&this.chunk[..length]);
                this.chunk.advance(length);
                return Poll::Ready(Ok(()));
            }
            if let Some(reading) = &mut this.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                this.reading = None;
                this.chunk = Bytes::from(read.map_err(io::Error::other)??);
                continue;
            }
            let mut state = this.shared.lock();
            if let Some(first) = state.front.pop_front() {
                state.front_bytes -= first.len();
                this.chunk = first;
            } else if state.disk_bytes > 0 {
                drop(state);
                let shared = Arc::clone(&this.shared);
                this.reading = Some(tokio::task::spawn_blocking(move || shared.read()));
            } else if !state.writing && !state.tail.is_empty() {
                state.front = std::mem::take(&mut state.tail);
                state.front_bytes = std::mem::take(&mut state.tail_bytes);
            } else if !state.writing
                && let Some(end) = &state.end
            {
                return Poll::Ready(end.as_ref().map_or_else(|error| Err(error()), |()| Ok(())));
            } else {
                state.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
    }
}

impl Drop for SpillReader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.reader_gone = true;
        // Nobody reads these any more; the disk gets its room back.
        state.front.clear();
        state.tail.clear();
        state.front_bytes = 0;
        state.tail_bytes = 0;
        state.segments.clear();
        state.disk_bytes = 0;
        drop(state);
        self.shared.reader_gone.notify_waiters();
    }
}

impl std::fmt::Debug for SpillWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("SpillWriter")
            .field("memory_bytes", &(state.front_bytes + state.tail_bytes))
            .field("disk_bytes", &state.disk_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "spill_tests.rs"]
mod tests;
