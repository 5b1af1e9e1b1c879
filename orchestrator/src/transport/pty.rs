//! A program of this machine in a pseudo terminal, with its streams made asynchronous.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Mutex;

use portable_pty::{CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::runtime::Handle;

use super::{Channel, ChannelExit, Input, Output, TerminalSize, TransportError};
use crate::host::HostId;

/// How much waits between a terminal and its reader; more blocks the program, as a slow terminal does.
const BUFFER: usize = 64 * 1024;

/// What to run in the terminal.
#[derive(Debug)]
pub(super) struct Program(CommandBuilder);

impl Program {
    pub(super) fn new(program: &Path) -> Self {
        Self(CommandBuilder::new(program))
    }

    pub(super) fn args<A: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        self.0.args(args);
        self
    }

    pub(super) fn clear_env(&mut self) -> &mut Self {
        self.0.env_clear();
        self
    }

    pub(super) fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.0.env(name, value);
        self
    }

    pub(super) fn dir(&mut self, dir: &Path) -> &mut Self {
        self.0.cwd(dir);
        self
    }
}

/// Starts `program` in a terminal of its own.
///
/// Its reader and writer are blocking in the library, so each gets a thread that ends with the terminal.
pub(super) fn spawn(
    program: Program,
    size: TerminalSize,
    host: &HostId,
) -> Result<Channel, TransportError> {
    let pair = open(size)?;
    let mut child = pair.slave.spawn_command(program.0).map_err(failed)?;
    // Ours would keep the terminal open after the program's end.
    drop(pair.slave);
    let mut from = pair.master.try_clone_reader().map_err(failed)?;
    let (out, stdout) = pipe::pipe().map_err(failed)?;
    // The kernel gives a terminal's output in pieces of 4 KiB at most. A pipe collects what came while its reader was busy.
    let mut out = std::fs::File::from(out.into_blocking_fd().map_err(failed)?);
    thread("terminal output", move || {
        let mut buffer = vec![0; BUFFER];
        // EIO is how Linux says that the terminal's last program is gone.
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if out.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
    })
    .map_err(failed)?;
    let stdin = typed(&*pair.master)?;

    let (sender, receiver) = tokio::sync::oneshot::channel();
    thread("terminal program", move || {
        let ended = child.wait();
        if sender.send(ended).is_err() {
            tracing::trace!("nobody waited for a terminal's program");
        }
    })
    .map_err(failed)?;
    let host = host.clone();
    let exit = async move {
        match receiver.await {
            Ok(Ok(status)) if status.signal().is_some() => Ok(ChannelExit::Unknown),
            Ok(Ok(status)) => Ok(ChannelExit::Status(status.exit_code())),
            Ok(Err(error)) => Err(TransportError::ConnectionLost { host, said: error.to_string() }),
            Err(error) => Err(TransportError::ConnectionLost { host, said: error.to_string() }),
        }
    };

    Ok(Channel {
        stdin,
        stdout: Output::from_stream(stdout),
        stderr: Output::from_stream(tokio::io::empty()),
        exit: Box::pin(exit),
        resize: Some(Box::new(sizes(pair.master))),
        waiter: None,
    })
}

/// A terminal of this machine that nothing prints on: what is typed comes out of `line`, which has modes and a size.
pub(super) struct Typing<F> {
    pub(super) stdin: Input,
    pub(super) line: OwnedFd,
    /// Changes the size.
    pub(super) size: F,
}

/// Makes one, with a person's usual modes: see [`make_raw`].
pub(super) fn typing(
    size: TerminalSize,
) -> Result<Typing<impl Fn(TerminalSize) + Send + Sync + 'static>, TransportError> {
    let pair = open(size)?;
    let name =
        pair.master.tty_name().ok_or_else(|| failed("a terminal of this machine has no name"))?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let line = rustix::fs::open(name, flags, Mode::empty()).map_err(failed)?;
    drop(pair.slave);
    let stdin = typed(&*pair.master)?;
    Ok(Typing { stdin, line, size: sizes(pair.master) })
}

/// Lets a terminal hand on each byte as it is, and print none of it.
pub(super) fn make_raw(line: &OwnedFd) -> io::Result<()> {
    let mut modes = tcgetattr(line)?;
    modes.make_raw();
    // See `be_silent`: here it counts from the beginning on.
    modes.special_codes[SpecialCodeIndex::VEOF] = 0;
    Ok(tcsetattr(line, OptionalActions::Now, &modes)?)
}

/// Keeps the library from typing a newline and the end of a file when it closes what it types with (portable-pty 0.9,
/// `UnixMasterWriter`): the newline would carry out what somebody has half typed. It asks the terminal for that character.
fn be_silent(name: Option<&Path>) {
    let Some(name) = name else { return };
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let silent = || -> io::Result<()> {
        let line = rustix::fs::open(name, flags, Mode::empty())?;
        let mut modes = tcgetattr(&line)?;
        modes.special_codes[SpecialCodeIndex::VEOF] = 0;
        Ok(tcsetattr(&line, OptionalActions::Now, &modes)?)
    };
    if let Err(error) = silent() {
        tracing::debug!(%error, "a terminal that is closed is told so");
    }
}

fn open(size: TerminalSize) -> Result<PtyPair, TransportError> {
    native_pty_system().openpty(pty_size(size)).map_err(failed)
}

fn failed(error: impl fmt::Display) -> TransportError {
    TransportError::Local {
        what: format!("could not open a terminal on this machine: {error}"),
        hint: None,
    }
}

/// What is typed on a terminal.
fn typed(master: &dyn MasterPty) -> Result<Input, TransportError> {
    let mut to = master.take_writer().map_err(failed)?;
    let name = master.tty_name();
    let runtime = Handle::current();
    let (stdin, mut input) = tokio::io::duplex(BUFFER);
    thread("terminal input", move || {
        let mut buffer = vec![0; BUFFER];
        while let Ok(read @ 1..) = runtime.block_on(input.read(&mut buffer)) {
            if to.write_all(&buffer[..read]).and_then(|()| to.flush()).is_err() {
                break;
            }
        }
        be_silent(name.as_deref());
    })
    .map_err(failed)?;
    Ok(Input::from_stream(stdin))
}

/// What changes a terminal's size. It holds the terminal.
fn sizes(master: Box<dyn MasterPty + Send>) -> impl Fn(TerminalSize) + Send + Sync + 'static {
    let master = Mutex::new(master);
    move |size| {
        let Ok(master) = master.lock() else { return };
        if let Err(error) = master.resize(pty_size(size)) {
            tracing::debug!(%error, "a terminal kept its size");
        }
    }
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(body).map(|_| ())
}

fn pty_size(size: TerminalSize) -> PtySize {
    PtySize { rows: size.rows, cols: size.columns, pixel_width: 0, pixel_height: 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SIZE: TerminalSize = TerminalSize { columns: 80, rows: 24 };

    fn line_of(pair: &PtyPair) -> OwnedFd {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        rustix::fs::open(pair.master.tty_name().unwrap(), flags, Mode::empty()).unwrap()
    }

    fn read(line: &OwnedFd) -> Result<Vec<u8>, rustix::io::Errno> {
        let mut buffer = [0; 100];
        rustix::io::read(line, &mut buffer).map(|read| buffer[..read].to_vec())
    }

    #[test]
    fn a_terminal_that_is_closed_carries_out_nothing_that_was_half_typed() {
        let pair = open(SIZE).unwrap();
        let line = line_of(&pair);
        let mut to = pair.master.take_writer().unwrap();
        to.write_all(b"rm -r wo").unwrap();
        be_silent(pair.master.tty_name().as_deref());
        drop(to);
        assert_eq!(read(&line), Err(rustix::io::Errno::AGAIN));
        // What types for ssh hands each byte on at once.
        let pair = open(SIZE).unwrap();
        let line = line_of(&pair);
        make_raw(&line).unwrap();
        let mut to = pair.master.take_writer().unwrap();
        to.write_all(b"rm -r wo").unwrap();
        drop(to);
        assert_eq!(read(&line).unwrap(), b"rm -r wo");
        assert_eq!(read(&line), Err(rustix::io::Errno::AGAIN));
    }
}
