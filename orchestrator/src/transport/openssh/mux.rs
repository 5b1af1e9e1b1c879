//! The protocol of a master's socket (OpenSSH PROTOCOL.mux, version 4), as far as we speak it.
//!
//! A session lives as long as its connection to the socket. So it is kept until the *master* closes it: when the
//! exit status comes, output may still wait in the master, and hanging up then would throw it away.

use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

/// The one version that there is.
const VERSION: u32 = 4;

/// No packet of a master is nearly so long: its largest holds one line of words.
const LONGEST_PACKET: u32 = 256 * 1024;

const HELLO: u32 = 0x0000_0001;
const NEW_SESSION: u32 = 0x1000_0002;
const ALIVE_CHECK: u32 = 0x1000_0004;
const NEW_STDIO_FORWARD: u32 = 0x1000_0008;
const PERMISSION_DENIED: u32 = 0x8000_0002;
const FAILURE: u32 = 0x8000_0003;
const EXIT_MESSAGE: u32 = 0x8000_0004;
const ALIVE: u32 = 0x8000_0005;
const SESSION_OPENED: u32 = 0x8000_0006;
const TTY_ALLOC_FAIL: u32 = 0x8000_0008;

/// The escape character that means none.
const NO_ESCAPE: u32 = 0xffff_ffff;

/// Every connection asks for one thing only, so its requests need no numbers of their own.
const REQUEST_ID: u32 = 1;

/// Why the master didn't do it.
#[derive(Debug, Error)]
pub(super) enum MuxError {
    /// It, or the server, refused.
    #[error("{0}")]
    Refused(String),
    /// It is gone, or speaks another protocol.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How often, and after which wait each time, a master is called that has too many callers just now: for 10 s.
const CALLS: u32 = 2000;
const CALL_AGAIN: Duration = Duration::from_millis(5);

/// Calls the master at `socket`, and says nothing yet: the stream ends when the master does.
///
/// It takes 64 callers at once (OpenSSH misc.c, `unix_listener`), and Linux turns further ones away with EAGAIN.
pub(super) async fn call(socket: &Path) -> io::Result<UnixStream> {
    for _ in 1..CALLS {
        match UnixStream::connect(socket).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(CALL_AGAIN).await;
            }
            called => return called,
        }
    }
    UnixStream::connect(socket).await
}

/// A connection to a master's socket, before anything was asked for.
#[derive(Debug)]
pub(super) struct MuxClient {
    stream: UnixStream,
}

/// A session that runs, or a forwarded connection that is open.
#[derive(Debug)]
pub(super) struct MuxSession {
    stream: UnixStream,
}

/// What a session is to be.
pub(super) struct Wanted {
    /// The command line, or the subsystem's name.
    pub(super) command: String,
    /// Whether it is a subsystem.
    pub(super) is_subsystem: bool,
    /// `TERM`, where the session has a terminal: its modes and size are those of the descriptor that is its input.
    pub(super) term: Option<String>,
    /// Names and values that the person's `SendEnv` may choose from: the master sends no others.
    pub(super) env: Vec<(OsString, OsString)>,
}

/// Names and values that are offered to a master at most, in bytes: it takes packets of 256 KiB (OpenSSH channels.h,
/// `CHANNEL_MUX_MAX_PACKET`), and a command line is in there as well.
const MOST_ENV: usize = 96 * 1024;

struct Packet {
    kind: u32,
    body: Vec<u8>,
}

impl MuxClient {
    /// Connects and greets. The master's greeting is read with its first answer, which saves a turn.
    pub(super) async fn connect(socket: &Path) -> Result<Self, MuxError> {
        let mut stream = call(socket).await?;
        write(&mut stream, &[HELLO, VERSION], &[]).await?;
        Ok(Self { stream })
    }

    /// Reads the greeting, and the answer to what was asked.
    async fn answer(&mut self) -> Result<Packet, MuxError> {
        let hello = read(&mut self.stream).await?;
        if hello.kind != HELLO || hello.number(0)? != VERSION {
            return Err(strange("the greeting").into());
        }
        Ok(read(&mut self.stream).await?)
    }

    /// Asks for a sign of life; answered with the master's process id.
    pub(super) async fn pid(mut self) -> Result<u32, MuxError> {
        write(&mut self.stream, &[ALIVE_CHECK, REQUEST_ID], &[]).await?;
        let alive = self.answer().await?;
        if alive.kind != ALIVE {
            return Err(alive.refusal());
        }
        Ok(alive.number(1)?)
    }

    /// Starts what is wanted with these descriptors, which must be in blocking mode.
    pub(super) async fn session(
        mut self,
        wanted: &Wanted,
        fds: [OwnedFd; 3],
    ) -> Result<MuxSession, MuxError> {
        let mut request = Request::new(NEW_SESSION);
        request.string("");
        request.number(u32::from(wanted.term.is_some()));
        request.number(u32::from(wanted.term.is_some())); // X11, if the person's configuration forwards it
        request.number(1); // the agent, likewise
        request.number(u32::from(wanted.is_subsystem));
        request.number(NO_ESCAPE);
        request.string(wanted.term.as_deref().unwrap_or_default());
        request.string(&wanted.command);
        let mut room = MOST_ENV;
        for (name, value) in &wanted.env {
            let entry = [name.as_bytes(), b"=", value.as_bytes()].concat();
            if let Some(left) = room.checked_sub(entry.len()) {
                room = left;
                request.bytes(&entry);
            }
        }
        self.stream.write_all(&request.finish()).await?;
        self.hand_over(&fds).await?;
        self.opened().await
    }

    /// Connects to `host:port`, seen from the server; the descriptors are its input and output, in blocking mode.
    pub(super) async fn forward(
        mut self,
        host: &str,
        port: u16,
        fds: [OwnedFd; 2],
    ) -> Result<MuxSession, MuxError> {
        let mut request = Request::new(NEW_STDIO_FORWARD);
        request.string("");
        request.string(host);
        request.number(port.into());
        self.stream.write_all(&request.finish()).await?;
        self.hand_over(&fds).await?;
        self.opened().await
    }

    async fn opened(mut self) -> Result<MuxSession, MuxError> {
        let opened = self.answer().await?;
        if opened.kind == SESSION_OPENED {
            Ok(MuxSession { stream: self.stream })
        } else {
            Err(opened.refusal())
        }
    }

    /// Sends each descriptor with a byte of its own (monitor_fdpass.c, `mm_send_fd`).
    async fn hand_over(&self, fds: &[OwnedFd]) -> io::Result<()> {
        for fd in fds {
            self.stream
                .async_io(Interest::WRITABLE, || {
                    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                    let mut control = SendAncillaryBuffer::new(&mut space);
                    let rights = [fd.as_fd()];
                    if !control.push(SendAncillaryMessage::ScmRights(&rights)) {
                        return Err(io::Error::other("no room for a descriptor"));
                    }
                    sendmsg(
                        &self.stream,
                        &[IoSlice::new(&[0])],
                        &mut control,
                        SendFlags::NOSIGNAL,
                    )?;
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}

impl MuxSession {
    /// Waits until the session is over and all of its output has been handed out.
    ///
    /// `None`: the master didn't say how it ended (a signal), or is gone itself.
    pub(super) async fn wait(mut self) -> io::Result<Option<u32>> {
        let mut status = None;
        loop {
            match read(&mut self.stream).await {
                Ok(packet) if packet.kind == EXIT_MESSAGE => status = Some(packet.number(1)?),
                Ok(packet) if packet.kind == TTY_ALLOC_FAIL => {}
                Ok(_) => return Err(strange("a packet")),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(status),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(status),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Packet {
    /// The `at`th number of the body.
    fn number(&self, at: usize) -> io::Result<u32> {
        let bytes = self.body.get(at * 4..at * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).ok_or_else(|| strange("a short packet"))
    }

    /// What it says instead of what was asked for.
    fn refusal(&self) -> MuxError {
        if self.kind != FAILURE && self.kind != PERMISSION_DENIED {
            return strange("a packet").into();
        }
        // The request's number, then the length of the words.
        let words = self.body.get(8..).unwrap_or_default();
        MuxError::Refused(String::from_utf8_lossy(words).into_owned())
    }
}

/// A packet that is being put together.
struct Request(Vec<u8>);

impl Request {
    fn new(kind: u32) -> Self {
        // The length is filled in at the end.
        let mut request = Self(vec![0; 4]);
        request.number(kind);
        request.number(REQUEST_ID);
        request
    }

    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn string(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // Nothing of ours is longer than a command line.
        self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(bytes);
    }

    fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

async fn write(stream: &mut UnixStream, numbers: &[u32], rest: &[u8]) -> io::Result<()> {
    let length = numbers.len() * 4 + rest.len();
    let mut packet = Vec::with_capacity(4 + length);
    packet.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    for number in numbers {
        packet.extend_from_slice(&number.to_be_bytes());
    }
    packet.extend_from_slice(rest);
    stream.write_all(&packet).await
}

async fn read(stream: &mut UnixStream) -> io::Result<Packet> {
    let length = stream.read_u32().await?;
    if !(4..=LONGEST_PACKET).contains(&length) {
        return Err(strange("a packet's length"));
    }
    let kind = stream.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).await?;
    Ok(Packet { kind, body })
}

fn strange(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{what} of the master is not of its protocol"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn packet(kind: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&length.to_be_bytes()[..], &kind.to_be_bytes(), body].concat()
    }

    #[tokio::test]
    async fn a_session_is_over_when_the_master_hangs_up_and_not_when_it_names_the_status() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let waiting = tokio::spawn(MuxSession { stream: ours }.wait());
        theirs.write_all(&packet(EXIT_MESSAGE, &[0, 0, 0, 9, 0, 0, 0, 7])).await.unwrap();
        tokio::task::yield_now().await;
        // Hanging up first would be an end of file here.
        let mut byte = [0];
        let looked = theirs.try_read(&mut byte);
        assert_eq!(looked.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(theirs);
        assert_eq!(waiting.await.unwrap().unwrap(), Some(7));
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_words() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let body = [&[0, 0, 0, 1, 0, 0, 0, 4][..], b"nope"].concat();
        theirs.write_all(&packet(HELLO, &VERSION.to_be_bytes())).await.unwrap();
        theirs.write_all(&packet(FAILURE, &body)).await.unwrap();
        match (MuxClient { stream: ours }).opened().await {
            Err(MuxError::Refused(said)) => assert_eq!(said, "nope"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_packet_without_end_is_not_read() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert_eq!(read(&mut ours).await.err().unwrap().kind(), io::ErrorKind::InvalidData);
    }
}
