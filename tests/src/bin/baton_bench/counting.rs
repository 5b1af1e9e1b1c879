//! A transport that counts what the programs on a host are told.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use async_trait::async_trait;
use orchestrator::transport::{
    Channel, ChannelRequest, Forward, ForwardTarget, Input, Link, OpenError, Transport,
    TransportError,
};
use tokio::io::AsyncWrite;

/// How many bytes the programs were told so far.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<AtomicU64>);

impl Told {
    /// The number.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A transport, counted.
#[derive(Debug)]
pub struct Counting {
    inner: Arc<dyn Transport>,
    told: Told,
}

impl Counting {
    /// Counts what goes through `inner`.
    pub fn new(inner: Arc<dyn Transport>, told: &Told) -> Self {
        Self { inner, told: told.clone() }
    }
}

#[async_trait]
impl Transport for Counting {
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError> {
        let inner = self.inner.connect().await?;
        Ok(Arc::new(CountingLink { inner, told: self.told.clone() }))
    }
}

#[derive(Debug)]
struct CountingLink {
    inner: Arc<dyn Link>,
    told: Told,
}

#[async_trait]
impl Link for CountingLink {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, OpenError> {
        let channel = self.inner.open(request).await?;
        let stdin = CountingInput { inner: channel.stdin, told: self.told.clone() };
        Ok(Channel { stdin: Input::from_stream(stdin), ..channel })
    }

    async fn forward(&self, target: &ForwardTarget) -> Result<Box<dyn Forward>, TransportError> {
        self.inner.forward(target).await
    }

    async fn lost(&self) -> TransportError {
        self.inner.lost().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

struct CountingInput {
    inner: Input,
    told: Told,
}

impl AsyncWrite for CountingInput {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.told.0.fetch_add(count as u64, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
