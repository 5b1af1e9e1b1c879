//! A port here whose connections go to a port there.

use std::net::SocketAddr;
use std::sync::Arc;

use russh::client::Msg;
use tokio::io::{AsyncWriteExt as _, copy};
use tokio::net::TcpStream;

use super::channel::carry;
use super::link::Session;
use crate::transport::forward::LocalForward;
use crate::transport::{ForwardTarget, TransportError};

/// Listens here; each connection is a channel of `session`.
pub(super) async fn start(
    session: Arc<Session>,
    target: ForwardTarget,
) -> Result<LocalForward, TransportError> {
    let host = session.loss.host().clone();
    LocalForward::listen(&host, move |stream, peer| {
        let (session, target) = (Arc::clone(&session), target.clone());
        async move { carry_one(&session, &target, stream, peer).await }
    })
    .await
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
