//! Finding our own marks in a stream that others write to as well.

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is asked of the stream at once: a pipe's capacity on Linux, pipe(7).
const CHUNK: usize = 64 * 1024;

/// A reader that looks for marks, and hands over the rest of the stream when it has seen enough.
#[derive(Debug)]
pub struct MarkReader<R> {
    inner: R,
    buffer: Vec<u8>,
}

/// A mark, and what stood around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Everything before the mark.
    pub before: Vec<u8>,
    /// What follows the mark on its line, without the line's end.
    pub rest: String,
}

/// Why no mark was found.
#[derive(Debug)]
pub enum NoMark {
    /// More than the limit came before it.
    TooLarge,
    /// The stream ended or broke; what had come until then.
    Ended(Vec<u8>),
}

impl<R: AsyncRead + Unpin> MarkReader<R> {
    /// Reads from the start of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, buffer: Vec::new() }
    }

    /// Reads up to and including the line on which `mark` stands; at most `limit` bytes may stand before it.
    ///
    /// Dropping the future loses nothing of the stream: a later call goes on where it was.
    ///
    /// # Errors
    ///
    /// [`NoMark::Ended`] when the stream ends first: whatever failed, the peer is gone.
    pub async fn read_to_mark(&mut self, mark: &[u8], limit: usize) -> Result<Marked, NoMark> {
        let finder = memmem::Finder::new(mark);
        let mut searched = 0;
        let at = loop {
            if let Some(found) = finder.find(&self.buffer[searched..]) {
                break searched + found;
            }
            searched = self.buffer.len().saturating_sub(mark.len().saturating_sub(1));
            if searched > limit {
                return Err(NoMark::TooLarge);
            }
            self.fill().await?;
        };
        if at > limit {
            return Err(NoMark::TooLarge);
        }
        let rest_at = at + mark.len();
        let end = loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[rest_at..]) {
                break rest_at + found;
            }
            self.fill().await?;
        };
        let rest = String::from_utf8_lossy(&self.buffer[rest_at..end]).trim().to_owned();
        let after = self.buffer.split_off(end + 1);
        let mut before = std::mem::replace(&mut self.buffer, after);
        before.truncate(at);
        Ok(Marked { before, rest })
    }

    async fn fill(&mut self) -> Result<(), NoMark> {
        self.buffer.reserve(CHUNK.min(self.buffer.len().max(1024)));
        match self.inner.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => Err(NoMark::Ended(std::mem::take(&mut self.buffer))),
            Ok(_) => Ok(()),
        }
    }

    /// The stream, and what was read of it already, beginning after the last mark.
    pub fn into_parts(self) -> (R, Vec<u8>) {
        (self.inner, self.buffer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #[test]
        fn a_mark_is_found_however_the_bytes_arrive(
            before in prop::collection::vec(any::<u8>(), 0..300),
            after in prop::collection::vec(any::<u8>(), 0..300),
            chunk in 1_usize..40,
        ) {
            let mark = b"0123456789abcdef.";
            let stream = [&before[..], mark, b"b 17\n", &after].concat();
            run(async {
                let (mut writer, reader) = tokio::io::duplex(chunk);
                let write = async move {
                    writer.write_all(&stream).await.unwrap();
                    drop(writer);
                };
                let read = async {
                    let mut marks = MarkReader::new(reader);
                    let marked = marks.read_to_mark(mark, 1000).await.unwrap();
                    let (mut stream, mut rest) = marks.into_parts();
                    stream.read_to_end(&mut rest).await.unwrap();
                    (marked, rest)
                };
                let ((), (marked, rest)) = tokio::join!(write, read);
                assert_eq!(marked, Marked { before, rest: "b 17".into() });
                assert_eq!(rest, after);
            });
        }
    }

    #[test]
    fn noise_without_end_is_noticed() {
        run(async {
            let mut marks = MarkReader::new(tokio::io::repeat(b'y'));
            assert!(matches!(marks.read_to_mark(b"mark", 10_000).await, Err(NoMark::TooLarge)));
        });
    }

    #[test]
    fn what_came_before_the_end_is_kept() {
        run(async {
            let mut marks = MarkReader::new(&b"This account is not available."[..]);
            match marks.read_to_mark(b"mark", 10_000).await {
                Err(NoMark::Ended(said)) => assert_eq!(said, b"This account is not available."),
                other => panic!("{other:?}"),
            }
        });
    }
}
