//! Lines off a socket, bounded.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Above this a line's memory is given back after it.
const KEPT_BYTES: usize = 256 << 10;

/// Why no further line comes.
#[derive(Debug)]
pub(super) enum Broken {
    /// The socket says so.
    Io(io::Error),
    /// The line is longer than allowed.
    TooLong(usize),
    /// What comes isn't JSON: a browser (`GET /`), TLS, or noise.
    NoJson,
}

/// Reads lines.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), line: Vec::new() }
    }

    /// The next line without its newline, of at most `limit` bytes; `None` at the end. A line that the end cuts off
    /// isn't told. Not cancel-safe.
    ///
    /// The first byte decides: what doesn't begin with `{` is refused before more of it is read.
    pub(super) async fn next(&mut self, limit: usize) -> Result<Option<&[u8]>, Broken> {
        self.line.clear();
        self.line.shrink_to(KEPT_BYTES);
        loop {
            let read = self.reader.fill_buf().await.map_err(Broken::Io)?;
            if read.is_empty() {
                return Ok(None);
            }
            if self.line.is_empty() && read.first() != Some(&b'{') {
                return Err(Broken::NoJson);
            }
            let end = memchr::memchr(b'\n', read);
            let taken = end.unwrap_or(read.len());
            if self.line.len() + taken > limit {
                return Err(Broken::TooLong(limit));
            }
            self.line.extend_from_slice(&read[..taken]);
            self.reader.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(Some(&self.line));
            }
        }
    }
}
