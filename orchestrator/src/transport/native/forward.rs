//! A port here whose connections go to a port there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelOpenFailure;
use russh::client::Msg;
use tokio::io::{AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::channel::carry;
use super::link::Session;
use crate::transport::{Forward, ForwardTarget, TransportError};

/// Connections at once; the next ones wait in the listener's queue.
const MOST_CONNECTIONS: usize = 64;
/// How long the server may take to say whether it forwards at all.
const PROBE: Duration = Duration::from_secs(3);
/// A pause after an accept that failed, mostly for lack of file descriptors.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// A listening port; dropping it ends it and its connections.
#[derive(Debug)]
pub(super) struct NativeForward {
    address: SocketAddr,
    listening: AbortHandle,
}

impl Forward for NativeForward {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NativeForward {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl NativeForward {
    /// Listens, after one connection to `target` has shown that the server forwards.
    pub(super) async fn start(
        session: Arc<Session>,
        target: ForwardTarget,
    ) -> Result<Self, TransportError> {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        probe(&session, &target, here).await?;
        let failed = |error: std::io::Error| TransportError::Local {
            what: format!("could not listen on 127.0.0.1: {error}"),
            hint: None,
        };
        let listener = TcpListener::bind(here).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listening = tokio::spawn(listen(listener, session, target)).abort_handle();
        Ok(Self { address, listening })
    }
}

/// A server that forbids forwarding says so only when a connection is asked for.
async fn probe(
    session: &Arc<Session>,
    target: &ForwardTarget,
    from: SocketAddr,
) -> Result<(), TransportError> {
    let (asking, target) = (Arc::clone(session), target.clone());
    let probing = tokio::spawn(async move {
        let channel = open(&asking, &target, from).await?;
        channel.close().await
    });
    let host = session.loss.host().clone();
    match timeout(PROBE, probing).await {
        Ok(Ok(Err(russh::Error::ChannelOpenFailure(
            ChannelOpenFailure::AdministrativelyProhibited | ChannelOpenFailure::UnknownChannelType,
        )))) => {
            let what = "the server forbids forwarding of ports".to_owned();
            Err(TransportError::Unsupported { host, what })
        }
        // Nobody listens there yet.
        Ok(Ok(Ok(()) | Err(russh::Error::ChannelOpenFailure(_)))) => Ok(()),
        Ok(Ok(Err(_)) | Err(_)) => Err(session.loss.now()),
        // The target is slow; that the server tries at all says that it may.
        Err(_) => Ok(()),
    }
}

async fn listen(listener: TcpListener, session: Arc<Session>, target: ForwardTarget) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = session.loss.wait() => return,
        };
        while connections.try_join_next().is_some() {}
        let (session, target) = (Arc::clone(&session), target.clone());
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(async move {
                    if let Err(error) = carry_one(&session, &target, stream, peer).await {
                        tracing::debug!(host = %session.loss.host(), %error, "a forwarded connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection to forward");
                sleep(AFTER_FAILED_ACCEPT).await;
            }
        }
    }
}

async fn open(
    session: &Session,
    target: &ForwardTarget,
    from: SocketAddr,
) -> Result<russh::Channel<Msg>, russh::Error> {
    let (host, port) = (target.host.as_str(), target.port.into());
    let origin = from.ip().to_string();
    session.handle.channel_open_direct_tcpip(host, port, origin, from.port().into()).await
}

async fn carry_one(
    session: &Arc<Session>,
    target: &ForwardTarget,
    stream: TcpStream,
    peer: SocketAddr,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let channel = open(session, target, peer).await.map_err(std::io::Error::other)?;
    let (from, to) = channel.split();
    let mut far = carry((from, Arc::new(to)), 0, session);
    let (mut reading, mut writing) = stream.into_split();
    let up = async {
        let sent = copy(&mut reading, &mut far.stdin).await;
        far.stdin.shutdown().await.and(sent)
    };
    let down = async {
        let got = copy(&mut far.stdout, &mut writing).await;
        writing.shutdown().await.and(got)
    };
    tokio::try_join!(up, down).map(|_| ())
}
