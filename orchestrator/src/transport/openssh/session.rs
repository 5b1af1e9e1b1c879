//! One command over a master, in the master's own protocol (OpenSSH, PROTOCOL.mux).
//!
//! `openssh-mux-client` hangs up as soon as it has the exit status. A server may send the status before the last
//! output, and a master throws away what comes for a session whose client is gone (mux.c,
//! `mux_master_session_cleanup_cb`). So this part is ours: it stays on the line until the master hangs up.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use super::master;

const HELLO: u32 = 0x0000_0001;
const NEW_SESSION: u32 = 0x1000_0002;
const PERMISSION_DENIED: u32 = 0x8000_0002;
const FAILURE: u32 = 0x8000_0003;
const EXIT_MESSAGE: u32 = 0x8000_0004;
const SESSION_OPENED: u32 = 0x8000_0006;

/// The one version that there is since OpenSSH 5.4.
const VERSION: u32 = 4;

/// No key sequence is taken for a command to ssh (mux.c sends this for `EscapeChar none`).
const NO_ESCAPE: u32 = u32::MAX;

/// The longest packet that a master sends (OpenSSH packet.h, `PACKET_MAX_SIZE`).
const LONGEST_PACKET: u32 = 256 * 1024;

/// We ask for one thing on a line, so any number does.
const REQUEST: u32 = 1;

/// Why no session was opened.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// The master or the server said no, in these words.
    Refused(String),
    /// The master is gone, or says what we don't understand.
    Lost(io::Error),
}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct Session {
    line: UnixStream,
}

/// Runs `command`, or the subsystem of that name, on the master at `socket`; `fds` are its three streams.
pub(super) async fn open(
    socket: &Path,
    command: &str,
    subsystem: bool,
    fds: &[OwnedFd; 3],
) -> Result<Session, NotOpened> {
    let mut line = master::stay(socket).await?;
    line.write_all(&packet(&[Field::Number(HELLO), Field::Number(VERSION)])).await?;
    let greeting = read_packet(&mut line).await?;
    if (number(&greeting, 0), number(&greeting, 4)) != (Some(HELLO), Some(VERSION)) {
        return Err(strange("greets with another version").into());
    }
    let request = packet(&[
        Field::Number(NEW_SESSION),
        Field::Number(REQUEST),
        Field::Text(""),  // reserved
        Field::Number(0), // no terminal
        Field::Number(0), // no X11
        Field::Number(0), // no agent
        Field::Number(u32::from(subsystem)),
        Field::Number(NO_ESCAPE),
        Field::Text(""), // TERM
        Field::Text(command),
    ]);
    line.write_all(&request).await?;
    for fd in fds {
        line.async_io(Interest::WRITABLE, || send_fd(&line, fd)).await?;
    }
    let answer = read_packet(&mut line).await?;
    match number(&answer, 0) {
        Some(SESSION_OPENED) => Ok(Session { line }),
        Some(PERMISSION_DENIED | FAILURE) => {
            let words = answer.get(12..).unwrap_or_default();
            Err(NotOpened::Refused(String::from_utf8_lossy(words).into_owned()))
        }
        Some(_) | None => Err(strange("answers in words that we don't know").into()),
    }
}

impl Session {
    /// Waits for the command's end; `None` when no status came: a signal, or the master is gone.
    ///
    /// Its streams may bring more afterwards: a task stays on the line for them until the master hangs up.
    pub(super) async fn exit(mut self) -> Option<u32> {
        loop {
            let packet = read_packet(&mut self.line).await.ok()?;
            if number(&packet, 0) != Some(EXIT_MESSAGE) {
                continue;
            }
            let status = number(&packet, 8)?;
            tokio::spawn(async move { while read_packet(&mut self.line).await.is_ok() {} });
            return Some(status);
        }
    }
}

enum Field<'a> {
    Number(u32),
    Text(&'a str),
}

fn packet(fields: &[Field<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for field in fields {
        match field {
            Field::Number(number) => body.extend(number.to_be_bytes()),
            Field::Text(text) => {
                body.extend((text.len() as u32).to_be_bytes());
                body.extend(text.as_bytes());
            }
        }
    }
    [&(body.len() as u32).to_be_bytes()[..], &body].concat()
}

/// The number at byte `at` of a packet.
fn number(packet: &[u8], at: usize) -> Option<u32> {
    let bytes = packet.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

async fn read_packet(line: &mut UnixStream) -> io::Result<Vec<u8>> {
    let length = line.read_u32().await?;
    if length > LONGEST_PACKET {
        return Err(strange("sends a packet that is too long"));
    }
    let mut body = vec![0; length as usize];
    line.read_exact(&mut body).await?;
    Ok(body)
}

/// Sends one descriptor with the one byte that carries it (OpenSSH monitor_fdpass.c).
fn send_fd(line: &UnixStream, fd: &OwnedFd) -> io::Result<()> {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&fds));
    sendmsg(line, &[IoSlice::new(&[0])], &mut control, SendFlags::empty())?;
    Ok(())
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the master {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_its_length_and_its_fields() {
        let bytes = packet(&[Field::Number(1), Field::Text("ab")]);
        assert_eq!(bytes, [0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 2, b'a', b'b']);
        assert_eq!((number(&bytes, 4), number(&bytes, 11)), (Some(1), None));
    }
}
