//! A listening port on this machine whose connections are carried somewhere else.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Forward, ForwardTarget, TransportError};
use crate::host::HostId;

/// How many connections one forward carries at once; the next ones wait in the listener's queue.
const MOST_CONNECTIONS: usize = 128;

/// A port of `127.0.0.1`; dropping it stops listening and ends its connections.
#[derive(Debug)]
pub(super) struct LocalForward {
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl LocalForward {
    /// Listens on a free port and hands every connection to `carry`.
    pub(super) async fn listen<F, C>(host: &HostId, carry: F) -> Result<Self, TransportError>
    where
        F: Fn(TcpStream, SocketAddr) -> C + Send + 'static,
        C: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let failed = |error: std::io::Error| TransportError::Local {
            what: format!("could not listen on a port of this machine: {error}"),
            hint: None,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let host = host.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                while connections.len() >= MOST_CONNECTIONS {
                    connections.join_next().await;
                }
                match listener.accept().await {
                    Ok((stream, from)) => {
                        let carried = carry(stream, from);
                        let host = host.clone();
                        connections.spawn(async move {
                            if let Err(error) = carried.await {
                                tracing::debug!(%host, %error, "a forwarded connection ended");
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%host, %error, "a forwarded port takes no more connections");
                        return;
                    }
                }
            }
        });
        Ok(Self { address, accepting })
    }
}

impl Forward for LocalForward {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for LocalForward {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries `stream` to `target` over this machine's own network.
pub(super) async fn direct(mut stream: TcpStream, target: &ForwardTarget) -> std::io::Result<()> {
    let mut there = TcpStream::connect((target.host.as_str(), target.port)).await?;
    tokio::io::copy_bidirectional(&mut stream, &mut there).await.map(|_| ())
}
