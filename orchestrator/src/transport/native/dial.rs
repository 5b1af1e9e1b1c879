//! Opens the TCP connection: every address of the name in turn, each with a time limit.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::config::{AddressFamily, NativeConfig};
use super::failure::from_connecting;
use crate::host::HostId;
use crate::transport::TransportError;

/// Connects to the first address that answers.
///
/// # Errors
///
/// Says what the last address answered, or that the name has none.
pub(super) async fn dial(
    host: &HostId,
    config: &NativeConfig,
) -> Result<TcpStream, TransportError> {
    let unresolved = |said: String| TransportError::HostUnresolved { host: host.clone(), said };
    let wanted = |address: &SocketAddr| match config.address_family {
        AddressFamily::Any => true,
        AddressFamily::Inet => address.is_ipv4(),
        AddressFamily::Inet6 => address.is_ipv6(),
    };
    let limit = config.connect_timeout;
    let timed_out = |what: &str| TransportError::ConnectionTimedOut {
        host: host.clone(),
        said: format!("{what}: no answer within {} s", limit.as_secs()),
    };
    let name = config.hostname.as_str();
    let found = timeout(limit, lookup_host((name, config.port)))
        .await
        .map_err(|_| unresolved(format!("{name}: no answer within {} s", limit.as_secs())))?
        .map_err(|error| unresolved(format!("{name}: {error}")))?;
    let mut last = unresolved(format!("{name}: no address of the wanted family"));
    for address in found.filter(wanted) {
        match timeout(limit, connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = from_connecting(host, &format!("{address}"), &error),
            Err(_) => last = timed_out(&address.to_string()),
        }
        tracing::debug!(%host, %address, error = %last, "no connection");
    }
    Err(last)
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Without this, Nagle's algorithm makes every command 40 ms slower.
    stream.set_nodelay(true)?;
    Ok(stream)
}
