//! What a host's login shell says of its machine.

use std::time::Duration;

use super::stages::millis;
use crate::failure::Failure;
use crate::transport::{Call, Connection, TransportError};

/// Three lines: the machine's name, its system, the login shell.
const WHO_ARE_YOU: &str =
    "hostname 2>/dev/null || uname -n; uname -s; printf '%s\\n' \"${SHELL:-/bin/sh}\"";

/// What a working shell says of its machine.
pub(super) struct About {
    pub hostname: String,
    pub os: String,
    pub shell: String,
    pub latency: Duration,
}

pub(super) async fn ask(connection: &Connection) -> Result<(About, String), Failure> {
    let answer = connection.call(Call::new(WHO_ARE_YOU)).await?;
    let text = printable(&answer.stdout);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (Some(hostname), Some(os), Some(shell)) = (lines.next(), lines.next(), lines.next()) else {
        let complaint = printable(&answer.stderr);
        let said = complaint.lines().last().unwrap_or("`hostname` and `uname` print nothing");
        let host = connection.host().clone();
        return Err(TransportError::ShellBroken { host, said: said.trim().into() }.into());
    };
    let latency = connection.round_trip().await?;
    let about = About { hostname: hostname.into(), os: os.into(), shell: shell.into(), latency };
    let found =
        format!("{shell} on {hostname}, {os}; a round trip takes {}", took(millis(latency)));
    Ok((about, found))
}

/// Milliseconds in words.
fn took(millis: u64) -> String {
    if millis == 0 { "less than 1 ms".into() } else { format!("{millis} ms") }
}

/// Text from a host without what could steer a terminal; its line breaks stay.
pub(super) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
