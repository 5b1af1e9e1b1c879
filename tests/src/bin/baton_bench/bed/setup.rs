//! A real sshd, near or far.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use baton_tests::TestSshd;
use tempfile::TempDir;
use tokio::net::TcpStream;

#[cfg(target_os = "linux")]
use super::far::Far;
use super::relay::Relay;
use crate::Outcome;
use crate::rounds::{Method, take_turns};
use crate::small::millis;

/// What the host is called in the client's configuration.
pub const ALIAS: &str = "box";

/// A port that nobody listens on: a closed port answers after one round trip, and no process takes part.
const CLOSED_PORT: u16 = 1;

/// How often the round trip is measured for the title.
const PROBES: u32 = 20;

/// An sshd and the way to it; gone on drop.
#[derive(Debug)]
pub struct Bed {
    config: PathBuf,
    // Before the server, whose directory it uses.
    way: Way,
    sshd: TestSshd,
    /// The account's home, empty: what dotfiles do costs every method the same, and more than all the rest.
    _home: TempDir,
}

#[derive(Debug)]
enum Way {
    Loopback,
    #[cfg(target_os = "linux")]
    Far(Box<Far>),
    Relay(Relay),
}

impl Bed {
    /// Puts up a server at so many milliseconds' distance; with `relay` never behind a true link.
    pub async fn set_up(millis: u64, relay: bool) -> Outcome<Self> {
        let home = tempfile::tempdir()?;
        let sshd =
            TestSshd::builder().environment("HOME", &home.path().display().to_string()).start();
        if millis == 0 {
            let config = sshd.write_client_config(ALIAS, &[]);
            return Ok(Self { config, way: Way::Loopback, sshd, _home: home });
        }
        #[cfg(target_os = "linux")]
        if !relay && Far::is_possible() {
            let far = Far::set_up(&sshd, millis).await?;
            let config = sshd.write_client_config(ALIAS, &[&format!("HostName {}", far.address())]);
            return Ok(Self { config, way: Way::Far(Box::new(far)), sshd, _home: home });
        }
        let relay = Relay::set_up(&sshd, millis)?;
        let config = sshd.write_client_config_through(ALIAS, relay.port(), &[]);
        Ok(Self { config, way: Way::Relay(relay), sshd, _home: home })
    }

    /// A configuration for `ssh -F` that knows [`ALIAS`].
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Kills the server's side of every connection.
    pub fn cut_connections(&self) -> Outcome<()> {
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Far(far) => far.cut_connections()?,
            Way::Loopback | Way::Relay(_) => self.sshd.cut_connections(),
        }
        Ok(())
    }

    /// Whether the round trip counts for more than the work at its ends.
    pub fn is_far(&self) -> bool {
        !matches!(self.way, Way::Loopback)
    }

    /// One round trip, in milliseconds.
    pub async fn round_trip(&self) -> Outcome<f64> {
        match &self.way {
            Way::Loopback => refused(([127, 0, 0, 1], CLOSED_PORT).into()).await,
            #[cfg(target_os = "linux")]
            Way::Far(far) => refused((far.address(), CLOSED_PORT).into()).await,
            Way::Relay(relay) => relay.round_trip().await,
        }
    }

    /// What the way is, with its round trip as measured now.
    pub async fn describe(&self) -> Outcome<String> {
        let methods = [Method::new("round trip", || Box::pin(self.round_trip()))];
        let samples = take_turns(PROBES, &methods).await?;
        let round_trip = samples.first().map(|sample| sample.spread("ms")).unwrap_or_default();
        let way = match &self.way {
            Way::Loopback => "loopback",
            #[cfg(target_os = "linux")]
            Way::Far(_) => "a true link (TUN devices, a network namespace)",
            Way::Relay(_) => {
                "a TCP relay, which makes connecting too quick (no root or no /dev/net/tun)"
            }
        };
        Ok(format!("{way}, round trip {round_trip}"))
    }
}

/// The time until a closed port says so.
async fn refused(address: SocketAddr) -> Outcome<f64> {
    let start = Instant::now();
    match TcpStream::connect(address).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(millis(start)),
        Err(error) => Err(format!("no round trip to {address}: {error}").into()),
        Ok(_) => Err(format!("somebody listens at {address}").into()),
    }
}
