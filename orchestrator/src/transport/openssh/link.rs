//! One master: channels, forwards, and noticing that it is gone.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::net::{TcpStream, UnixStream};

use super::master;
use super::mux::{self, MuxClient, MuxError, Wanted};
use super::transport::{OpenSshSettings, Slot};
use crate::host::HostId;
use crate::transport::forward::LocalForward;
use crate::transport::stderr::{self, Phase};
use crate::transport::{
    Channel, ChannelExit, ChannelRequest, Forward, ForwardTarget, Input, Link, OpenError, Output,
    Target, TerminalSize, TransportError, pty,
};

/// What the master says when the server takes no more sessions (OpenSSH mux.c, `mux_session_confirm`).
const REFUSED_BY_SERVER: &str = "Session open refused by peer";

/// A connection of a master that runs.
pub(super) struct MasterLink {
    target: Target,
    env: Vec<(OsString, OsString)>,
    socket: Arc<PathBuf>,
    log: PathBuf,
    /// Ends when the master does; while we hold it, the master doesn't count as idle.
    watch: tokio::sync::Mutex<UnixStream>,
    pid: u32,
    ends_with_us: bool,
    _slot: Arc<Slot>,
}

/// Where a master is, and what is held for it.
pub(super) struct Seat {
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
    pub(super) slot: Arc<Slot>,
    /// Whether it is ours alone and goes with us.
    pub(super) ends_with_us: bool,
}

impl fmt::Debug for MasterLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterLink")
            .field("host", &self.target.id)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl MasterLink {
    /// Calls the master; from then on it doesn't count as idle.
    pub(super) async fn attach(
        target: &Target,
        settings: &OpenSshSettings,
        seat: Seat,
    ) -> Result<Self, TransportError> {
        let Seat { socket, log, slot, ends_with_us } = seat;
        let gone =
            |error: String| TransportError::ConnectionLost { host: target.id.clone(), said: error };
        let watch = mux::call(&socket).await.map_err(|error| gone(error.to_string()))?;
        let pid = async { MuxClient::connect(&socket).await?.pid().await };
        let pid = pid.await.map_err(|error: MuxError| gone(error.to_string()))?;
        Ok(Self {
            target: target.clone(),
            env: settings.env.clone(),
            socket: Arc::new(socket),
            log,
            watch: tokio::sync::Mutex::new(watch),
            pid,
            ends_with_us,
            _slot: slot,
        })
    }

    fn host(&self) -> &HostId {
        &self.target.id
    }

    /// A session with these descriptors as its streams, and how it ends.
    async fn session(
        &self,
        wanted: Wanted,
        fds: [OwnedFd; 3],
    ) -> Result<impl Future<Output = Result<ChannelExit, TransportError>> + Send + use<>, OpenError>
    {
        let socket = Arc::clone(&self.socket);
        // In a task: dropped half-way the master would be left with half a request.
        let opening =
            tokio::spawn(
                async move { MuxClient::connect(&socket).await?.session(&wanted, fds).await },
            );
        let opened = match opening.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(MuxError::Refused(said))) if said == REFUSED_BY_SERVER => {
                return Err(OpenError::Full);
            }
            Ok(Err(error)) => return Err(OpenError::Failed(self.lost_by(&error.to_string()))),
            Err(error) => return Err(OpenError::Failed(self.lost_by(&error.to_string()))),
        };
        let (socket, log, host) = (Arc::clone(&self.socket), self.log.clone(), self.host().clone());
        Ok(async move {
            match opened.wait().await {
                Ok(Some(status)) => Ok(ChannelExit::Status(status)),
                // The master says nothing of a signal; nor does one that died.
                Ok(None) | Err(_) => {
                    if master::is_alive(&socket).await {
                        Ok(ChannelExit::Unknown)
                    } else {
                        Err(lost(&host, &log))
                    }
                }
            }
        })
    }

    async fn command(&self, command: &str, is_subsystem: bool) -> Result<Channel, OpenError> {
        let local = |error| no_pipes(self.host(), &error);
        let (stdin, their_stdin) = pipe::pipe().map_err(local)?;
        let (their_stdout, stdout) = pipe::pipe().map_err(local)?;
        let (their_stderr, stderr) = pipe::pipe().map_err(local)?;
        // The master wants blocking descriptors.
        let fds = [
            their_stdin.into_blocking_fd().map_err(local)?,
            their_stdout.into_blocking_fd().map_err(local)?,
            their_stderr.into_blocking_fd().map_err(local)?,
        ];
        let command = command.to_owned();
        let wanted = Wanted { command, is_subsystem, term: None, env: Vec::new() };
        let exit = self.session(wanted, fds).await?;
        Ok(Channel {
            stdin: Input::from_pipe(stdin),
            stdout: Output::from_pipe(stdout),
            stderr: Output::from_pipe(stderr),
            exit: Box::pin(exit),
            resize: None,
            waiter: None,
        })
    }

    /// What is typed goes through a terminal of this machine, from which the master takes modes and sizes. What is printed
    /// comes through a pipe: a second terminal would carry each byte once more, in pieces of 4 KiB.
    async fn terminal(
        &self,
        command: &str,
        term: &str,
        size: TerminalSize,
    ) -> Result<Channel, OpenError> {
        let local = |error| no_pipes(self.host(), &error);
        let pty::Typing { stdin, line, size: typed_at } = pty::typing(size)?;
        let (their_stdout, stdout) = pipe::pipe().map_err(local)?;
        let their_stdout = their_stdout.into_blocking_fd().map_err(local)?;
        let their_stderr = their_stdout.try_clone().map_err(local)?;
        let fds = [line.try_clone().map_err(local)?, their_stdout, their_stderr];
        let wanted = Wanted {
            command: command.to_owned(),
            is_subsystem: false,
            term: Some(term.to_owned()),
            env: self.env.clone(),
        };
        let exit = self.session(wanted, fds).await?;
        // The host's terminal has got the modes of this one by now; from here on it alone minds them.
        pty::make_raw(&line).map_err(local)?;
        drop(line);
        let is_over = Arc::new(AtomicBool::new(false));
        let resize = {
            let (is_over, master) = (Arc::clone(&is_over), self.pid);
            move |size| {
                typed_at(size);
                // While the session lasts its master does, and the number is nobody else's.
                if !is_over.load(Ordering::Acquire) {
                    tell(master, Signal::WINCH);
                }
            }
        };
        Ok(Channel {
            stdin,
            // Not a pipe to those who let the kernel move its bytes: when they stop, nobody hears of it, and a terminal's program,
            // other than one that writes to a pipe, would wait for ever.
            stdout: Output::from_stream(stdout),
            stderr: Output::from_stream(tokio::io::empty()),
            exit: Box::pin(async move {
                let ended = exit.await;
                is_over.store(true, Ordering::Release);
                ended
            }),
            resize: Some(Box::new(resize)),
            waiter: None,
        })
    }

    fn lost_by(&self, said: &str) -> TransportError {
        tracing::debug!(host = %self.host(), said, "the master did not do it");
        lost(self.host(), &self.log)
    }
}

/// Signals a master.
fn tell(master: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(master).ok().and_then(Pid::from_raw)
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(%error, "the master was gone already");
    }
}

fn no_pipes(host: &HostId, error: &std::io::Error) -> OpenError {
    OpenError::Failed(TransportError::Local {
        what: format!("could not make pipes for {host}: {error}"),
        hint: Some("Too many files may be open: see `ulimit -n`".into()),
    })
}

/// Why a master is gone, from the last words in its log.
fn lost(host: &HostId, log: &std::path::Path) -> TransportError {
    let words = std::fs::read(log).unwrap_or_default();
    stderr::explain(host, Phase::Connected, &String::from_utf8_lossy(&words), &[])
}

#[async_trait]
impl Link for MasterLink {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, OpenError> {
        match request {
            ChannelRequest::Command(command) => self.command(command, false).await,
            ChannelRequest::Subsystem(name) => self.command(name, true).await,
            ChannelRequest::Terminal { command, term, size } => {
                self.terminal(command, term, *size).await
            }
        }
    }

    async fn forward(&self, target: &ForwardTarget) -> Result<Box<dyn Forward>, TransportError> {
        let (socket, target) = (Arc::clone(&self.socket), target.clone());
        let forward = LocalForward::listen(self.host(), move |stream, _| {
            let (socket, target) = (Arc::clone(&socket), target.clone());
            async move { carry(stream, &socket, &target).await.map_err(std::io::Error::other) }
        })
        .await?;
        Ok(Box::new(forward))
    }

    async fn lost(&self) -> TransportError {
        let mut watch = self.watch.lock().await;
        let mut buffer = [0; 256];
        // The master greets, and then says nothing more until it is gone.
        while let Ok(1..) = watch.read(&mut buffer).await {}
        lost(self.host(), &self.log)
    }

    async fn close(&self) {
        if !self.ends_with_us {
            return;
        }
        tell(self.pid, Signal::TERM);
        if let Err(error) = std::fs::remove_file(&self.log) {
            tracing::debug!(host = %self.host(), %error, "the master's log was gone already");
        }
    }
}

/// Carries one connection to `target` through the master.
async fn carry(
    mut stream: TcpStream,
    socket: &std::path::Path,
    target: &ForwardTarget,
) -> Result<(), MuxError> {
    let (mut there, their_input) = pipe::pipe()?;
    let (their_output, mut from_there) = pipe::pipe()?;
    let fds = [their_input.into_blocking_fd()?, their_output.into_blocking_fd()?];
    let session = MuxClient::connect(socket).await?;
    let session = session.forward(&target.host, target.port, fds).await?;
    let (mut from_here, mut here) = stream.split();
    let to = async {
        tokio::io::copy(&mut from_here, &mut there).await?;
        // A pipe is ended by closing it.
        drop(there);
        Ok::<(), std::io::Error>(())
    };
    let from = async {
        tokio::io::copy(&mut from_there, &mut here).await?;
        here.shutdown().await
    };
    tokio::try_join!(to, from)?;
    session.wait().await?;
    Ok(())
}
