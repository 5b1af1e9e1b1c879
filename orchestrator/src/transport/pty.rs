//! A program of this machine in a pseudo terminal, with its streams made asynchronous.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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

    pub(super) fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.0.arg(arg);
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
    let failed = |error: String| TransportError::Local {
        what: format!("could not open a terminal on this machine: {error}"),
        hint: None,
    };
    let pair =
        native_pty_system().openpty(pty_size(size)).map_err(|error| failed(error.to_string()))?;
    let mut child =
        pair.slave.spawn_command(program.0).map_err(|error| failed(error.to_string()))?;
    // Ours would keep the terminal open after the program's end.
    drop(pair.slave);
    let mut from = pair.master.try_clone_reader().map_err(|error| failed(error.to_string()))?;
    let mut to = pair.master.take_writer().map_err(|error| failed(error.to_string()))?;
    let runtime = Handle::current();

    let (stdout, mut out) = tokio::io::duplex(BUFFER);
    thread("terminal output", {
        let runtime = runtime.clone();
        move || {
            let mut buffer = vec![0; BUFFER];
            // EIO is how Linux says that the terminal's last program is gone.
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                if runtime.block_on(out.write_all(&buffer[..read])).is_err() {
                    break;
                }
            }
        }
    })
    .map_err(|error| failed(error.to_string()))?;

    let (stdin, mut input) = tokio::io::duplex(BUFFER);
    thread("terminal input", {
        let runtime = runtime.clone();
        move || {
            let mut buffer = vec![0; BUFFER];
            while let Ok(read @ 1..) = runtime.block_on(input.read(&mut buffer)) {
                if to.write_all(&buffer[..read]).and_then(|()| to.flush()).is_err() {
                    break;
                }
            }
        }
    })
    .map_err(|error| failed(error.to_string()))?;

    let (sender, receiver) = tokio::sync::oneshot::channel();
    thread("terminal program", move || {
        let ended = child.wait();
        if sender.send(ended).is_err() {
            tracing::trace!("nobody waited for a terminal's program");
        }
    })
    .map_err(|error| failed(error.to_string()))?;
    let host = host.clone();
    let exit = async move {
        match receiver.await {
            Ok(Ok(status)) if status.signal().is_some() => Ok(ChannelExit::Unknown),
            Ok(Ok(status)) => Ok(ChannelExit::Status(status.exit_code())),
            Ok(Err(error)) => Err(TransportError::ConnectionLost { host, said: error.to_string() }),
            Err(error) => Err(TransportError::ConnectionLost { host, said: error.to_string() }),
        }
    };

    let master: Arc<Mutex<Box<dyn MasterPty + Send>>> = Arc::new(Mutex::new(pair.master));
    let resize = move |size: TerminalSize| {
        let Ok(master) = master.lock() else { return };
        if let Err(error) = master.resize(pty_size(size)) {
            tracing::debug!(%error, "a terminal kept its size");
        }
    };
    Ok(Channel {
        stdin: Input::from_stream(stdin),
        stdout: Output::from_stream(stdout),
        stderr: Output::from_stream(tokio::io::empty()),
        exit: Box::pin(exit),
        resize: Some(Box::new(resize)),
        waiter: None,
    })
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(body).map(|_| ())
}

fn pty_size(size: TerminalSize) -> PtySize {
    PtySize { rows: size.rows, cols: size.columns, pixel_width: 0, pixel_height: 0 }
}
