//! The TCP stream under the ssh session: it can be cut from outside, and it notices when nothing can be sent any more.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A TCP stream that ends when its [`Scissors`] are used.
///
/// russh's keepalive can't fire while russh waits for the socket to take bytes. So a link that is cut in the middle
/// of an upload would never be noticed, but for the limit on writing here.
pub(super) struct Wire {
    tcp: TcpStream,
    cut: Arc<Cut>,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

/// Cuts a [`Wire`].
#[derive(Debug, Default)]
pub(super) struct Scissors {
    cut: Arc<Cut>,
}

#[derive(Debug, Default)]
struct Cut {
    done: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wire {
    /// `patience` is how long the other side may take nothing while something is to be sent.
    pub(super) fn new(tcp: TcpStream, patience: Duration) -> (Self, Scissors) {
        let cut = Arc::new(Cut::default());
        let scissors = Scissors { cut: Arc::clone(&cut) };
        (Self { tcp, cut, patience, stalled: None }, scissors)
    }
}

impl Scissors {
    /// Ends the stream; reading and writing fail from now on.
    pub(super) fn cut(&self) {
        self.cut.done.store(true, Ordering::Release);
        self.cut.reader.wake();
        self.cut.writer.wake();
    }
}

impl Cut {
    fn check(&self) -> io::Result<()> {
        if self.done.load(Ordering::Acquire) {
            return Err(io::Error::new(ErrorKind::ConnectionAborted, "closed on this side"));
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cut.reader.register(cx.waker());
        self.cut.check()?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cut.writer.register(cx.waker());
        self.cut.check()?;
        let this = &mut *self;
        if let Poll::Ready(written) = Pin::new(&mut this.tcp).poll_write(cx, buf) {
            this.stalled = None;
            return Poll::Ready(written);
        }
        let patience = this.patience;
        let stalled = this.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        if stalled.as_mut().poll(cx).is_ready() {
            let said = format!("nothing could be sent for {} s", patience.as_secs());
            return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, said)));
        }
        Poll::Pending
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket that is gone already can't be shut down. russh would take that for the reason of the end.
        match Pin::new(&mut self.tcp).poll_shutdown(cx) {
            Poll::Ready(Ok(()) | Err(_)) => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair(patience: Duration) -> (Wire, Scissors, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let (wire, scissors) = Wire::new(near, patience);
        (wire, scissors, far)
    }

    #[tokio::test]
    async fn cutting_wakes_a_reader_that_waits() {
        let (mut wire, scissors, _far) = pair(Duration::from_secs(60)).await;
        let reading = tokio::spawn(async move { wire.read_u8().await });
        tokio::task::yield_now().await;
        scissors.cut();
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn a_receiver_that_takes_nothing_is_noticed() {
        let (mut wire, _scissors, _far) = pair(Duration::from_millis(50)).await;
        let full = loop {
            if let Err(full) = wire.write_all(&[0; 1 << 16]).await {
                break full;
            }
        };
        assert_eq!(full.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_receiver_that_is_slow_but_takes_is_not() {
        let (mut wire, _scissors, mut far) = pair(Duration::from_secs(5)).await;
        let taking = tokio::spawn(async move {
            let mut sink = vec![0; 1 << 14];
            let mut taken = 0;
            while taken < 8 << 20 {
                taken += far.read(&mut sink).await.unwrap();
            }
        });
        for _ in 0..128 {
            wire.write_all(&[0; 1 << 16]).await.unwrap();
        }
        taking.await.unwrap();
    }
}
