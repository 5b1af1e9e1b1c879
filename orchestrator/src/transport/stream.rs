//! The streams of a program, and how to get at the pipes below them where there are pipes.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe;

/// What a program prints.
pub struct Output {
    /// Read already, to be given out first.
    head: Vec<u8>,
    at: usize,
    source: Source,
}

enum Source {
    Pipe(pipe::Receiver),
    Stream(Box<dyn AsyncRead + Send + Unpin>),
}

impl Output {
    /// What comes out of a pipe.
    pub fn from_pipe(pipe: pipe::Receiver) -> Self {
        Self { head: Vec::new(), at: 0, source: Source::Pipe(pipe) }
    }

    /// What comes out of any stream.
    pub fn from_stream(stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self { head: Vec::new(), at: 0, source: Source::Stream(Box::new(stream)) }
    }

    /// The same with `head` before it.
    pub(crate) fn after(mut self, head: Vec<u8>) -> Self {
        let unread = self.head.split_off(self.at);
        self.at = 0;
        self.head = if unread.is_empty() { head } else { [head, unread].concat() };
        self
    }

    /// What was read already, and the pipe with the rest, in blocking mode: its bytes can then be moved
    /// by the kernel alone (`splice`), without a copy here.
    ///
    /// # Errors
    ///
    /// The stream as it was, where there is no pipe below it.
    pub fn into_pipe(self) -> Result<(Vec<u8>, OwnedFd), Self> {
        let Self { mut head, at, source } = self;
        match source {
            Source::Pipe(pipe) => match pipe.into_blocking_fd() {
                Ok(fd) => Ok((head.split_off(at), fd)),
                // The descriptor is closed with the error: what is left ends here.
                Err(error) => {
                    tracing::debug!(%error, "a pipe stayed asynchronous");
                    Err(Self { head, at, source: Source::Stream(Box::new(tokio::io::empty())) })
                }
            },
            Source::Stream(stream) => Err(Self { head, at, source: Source::Stream(stream) }),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pipe = matches!(self.source, Source::Pipe(_));
        f.debug_struct("Output").field("pipe", &pipe).finish_non_exhaustive()
    }
}

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.at < this.head.len() {
            let take = buffer.remaining().min(this.head.len() - this.at);
            buffer.put_slice(&this.head[this.at..this.at + take]);
            this.at += take;
            if this.at == this.head.len() {
                (this.head, this.at) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        match &mut this.source {
            Source::Pipe(pipe) => Pin::new(pipe).poll_read(context, buffer),
            Source::Stream(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

/// What a program reads. Dropping it (or shutting it down) sends the end of file.
pub struct Input {
    sink: Sink,
}

enum Sink {
    Pipe(pipe::Sender),
    Stream(Box<dyn AsyncWrite + Send + Unpin>),
    /// Shut down; a pipe knows no other way than to be closed.
    Ended,
}

impl Input {
    /// What goes into a pipe.
    pub fn from_pipe(pipe: pipe::Sender) -> Self {
        Self { sink: Sink::Pipe(pipe) }
    }

    /// What goes into any stream.
    pub fn from_stream(stream: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { sink: Sink::Stream(Box::new(stream)) }
    }

    /// The pipe, in blocking mode; see [`Output::into_pipe`].
    ///
    /// # Errors
    ///
    /// The stream as it was, where there is no pipe below it.
    pub fn into_pipe(self) -> Result<OwnedFd, Self> {
        match self.sink {
            Sink::Pipe(pipe) => pipe.into_blocking_fd().map_err(|error| {
                tracing::debug!(%error, "a pipe stayed asynchronous");
                Self { sink: Sink::Ended }
            }),
            sink @ (Sink::Stream(_) | Sink::Ended) => Err(Self { sink }),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pipe = matches!(self.sink, Sink::Pipe(_));
        f.debug_struct("Input").field("pipe", &pipe).finish_non_exhaustive()
    }
}

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.sink {
            Sink::Pipe(pipe) => Pin::new(pipe).poll_write(context, bytes),
            Sink::Stream(stream) => Pin::new(stream).poll_write(context, bytes),
            Sink::Ended => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.sink {
            Sink::Pipe(pipe) => Pin::new(pipe).poll_flush(context),
            Sink::Stream(stream) => Pin::new(stream).poll_flush(context),
            Sink::Ended => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Sink::Stream(stream) = &mut self.sink {
            std::task::ready!(Pin::new(stream).poll_shutdown(context))?;
        }
        self.sink = Sink::Ended;
        Poll::Ready(Ok(()))
    }
}
