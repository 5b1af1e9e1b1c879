//! Where a host is, as ssh and the name service have it.

use std::net::IpAddr;
use std::time::Duration;

use crate::failure::Failure;
use crate::host::{ResolvedHost, TransportKind};
use crate::machine::ThisMachine;
use crate::ssh_config::{Resolved, SshQuery};
use crate::transport::{Target, TransportError};

/// How long the name service may take; the system's resolver gives up after 10 s (resolv.conf(5): 5 s, twice).
const LOOKUP_PATIENCE: Duration = Duration::from_secs(15);

/// Reads the ssh config and looks the address up; answers with the account.
pub(super) async fn resolve(
    host: &ResolvedHost,
    machine: &ThisMachine,
) -> Result<(String, String), Failure> {
    let Some(target) = host.target(&machine.home) else {
        return Ok((String::new(), "no address is needed".into()));
    };
    let query = SshQuery::new(&machine.ssh, machine.ssh_config.clone());
    let (resolved, mut found) = match query.resolve(&target).await {
        Ok(resolved) => {
            let found = resolved.summary();
            (resolved, found)
        }
        // The built-in client is for where there is no ssh, and so nobody to read its config.
        Err(error @ TransportError::NotSetUp { .. }) => {
            let plain = without_ssh(host, target.clone()).ok_or(error)?;
            let found = format!("{}, without an ssh config: there is no ssh", plain.summary());
            (plain, found)
        }
        Err(error) => return Err(error.into()),
    };
    // Behind a proxy the name is the proxy's to look up.
    if resolved.proxy_jump.is_none() && resolved.proxy_command.is_none() {
        let address = look_up(&resolved).await.map_err(|said| {
            let error = TransportError::HostUnresolved { host: target.id.clone(), said };
            let failure = Failure::from(error);
            Failure {
                message: format!("{}: no address for {}", failure.message, resolved.hostname),
                ..failure
            }
        })?;
        if resolved.hostname.parse() != Ok(address) {
            found = format!("{found}, at {address}");
        }
    }
    Ok((resolved.user, found))
}

/// A target by itself, as the built-in client takes it; `None` for hosts that need ssh.
fn without_ssh(host: &ResolvedHost, target: Target) -> Option<Resolved> {
    let ResolvedHost::Saved(saved) = host else { return None };
    match saved.transport {
        TransportKind::Openssh => None,
        TransportKind::Native => Some(Resolved {
            hostname: target.destination,
            port: target.port.unwrap_or(22),
            user: target.user.unwrap_or_default(),
            ..Resolved::default()
        }),
    }
}

/// The first address; the error is what the system says.
async fn look_up(resolved: &Resolved) -> Result<IpAddr, String> {
    let name = (resolved.hostname.as_str(), resolved.port);
    match tokio::time::timeout(LOOKUP_PATIENCE, tokio::net::lookup_host(name)).await {
        Ok(Ok(mut addresses)) => match addresses.next() {
            Some(address) => Ok(address.ip()),
            None => Err("no address".into()),
        },
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", LOOKUP_PATIENCE.as_secs())),
    }
}
