//! One master: channels, forwards, and noticing that it is gone.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::net::{TcpStream, UnixStream};

use super::master;
use super::mux::{self, MuxClient, MuxError};
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

/// What ssh itself exits with when it fails, ssh(1).
const SSH_FAILED: u32 = 255;

/// A connection of a master that runs.
pub(super) struct MasterLink {
    target: Target,
    program: PathBuf,
    config: PathBuf,
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
    pub(super) config: PathBuf,
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
        let Seat { config, socket, log, slot, ends_with_us } = seat;
        let gone =
            |error: String| TransportError::ConnectionLost { host: target.id.clone(), said: error };
        let watch = mux::call(&socket).await.map_err(|error| gone(error.to_string()))?;
        let pid = async { MuxClient::connect(&socket).await?.pid().await };
        let pid = pid.await.map_err(|error: MuxError| gone(error.to_string()))?;
        Ok(Self {
            target: target.clone(),
            program: settings.program.clone(),
            config,
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

    async fn session(&self, command: &str, subsystem: bool) -> Result<Channel, OpenError> {
        let host = self.host().clone();
        let local = |error: std::io::Error| {
            OpenError::Failed(TransportError::Local {
                what: format!("could not make pipes for {host}: {error}"),
                hint: Some("Too many files may be open: see `ulimit -n`".into()),
            })
        };
        let (stdin, their_stdin) = pipe::pipe().map_err(local)?;
        let (their_stdout, stdout) = pipe::pipe().map_err(local)?;
        let (their_stderr, stderr) = pipe::pipe().map_err(local)?;
        // The master wants blocking descriptors.
        let fds = [
            their_stdin.into_blocking_fd().map_err(local)?,
            their_stdout.into_blocking_fd().map_err(local)?,
            their_stderr.into_blocking_fd().map_err(local)?,
        ];
        let socket = Arc::clone(&self.socket);
        let command = command.to_owned();
        // In a task: dropped half-way the master would be left with half a request.
        let opening = tokio::spawn(async move {
            MuxClient::connect(&socket).await?.session(&command, subsystem, fds).await
        });
        let opened = match opening.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(MuxError::Refused(said))) if said == REFUSED_BY_SERVER => {
                return Err(OpenError::Full);
            }
            Ok(Err(error)) => return Err(OpenError::Failed(self.lost_by(&error.to_string()))),
            Err(error) => return Err(OpenError::Failed(self.lost_by(&error.to_string()))),
        };
        let socket = Arc::clone(&self.socket);
        let log = self.log.clone();
        let host = self.host().clone();
        let exit = async move {
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
        };
        Ok(Channel {
            stdin: Input::from_pipe(stdin),
            stdout: Output::from_pipe(stdout),
            stderr: Output::from_pipe(stderr),
            exit: Box::pin(exit),
            resize: None,
            waiter: None,
        })
    }

    /// A terminal is a client of the master's own: it alone can set terminal modes over the socket.
    fn terminal(
        &self,
        command: &str,
        term: &str,
        size: TerminalSize,
    ) -> Result<Channel, TransportError> {
        let mut program = pty::Program::new(&self.program);
        program
            .args(["-tt", "-F"])
            .args([&self.config])
            .arg("-S")
            .args([&*self.socket])
            // Without its master it must fail, not connect anew.
            .args([
                "-o",
                "ProxyCommand=false",
                "-o",
                "ControlMaster=no",
                "-o",
                "EscapeChar=none",
                "-o",
                "LogLevel=ERROR",
            ])
            .args(master::target_args(&self.target))
            .args([command])
            .env("TERM", term);
        let mut channel = pty::spawn(program, size, self.host())?;
        let (socket, log, host) = (Arc::clone(&self.socket), self.log.clone(), self.host().clone());
        let exit = channel.exit;
        channel.exit = Box::pin(async move {
            match exit.await? {
                // So ends a client whose master died; a program may end so, too.
                ChannelExit::Status(SSH_FAILED) if !master::is_alive(&socket).await => {
                    Err(lost(&host, &log))
                }
                ended => Ok(ended),
            }
        });
        Ok(channel)
    }

    fn lost_by(&self, said: &str) -> TransportError {
        tracing::debug!(host = %self.host(), said, "the master did not do it");
        lost(self.host(), &self.log)
    }
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
            ChannelRequest::Command(command) => self.session(command, false).await,
            ChannelRequest::Subsystem(name) => self.session(name, true).await,
            ChannelRequest::Terminal { command, term, size } => {
                Ok(self.terminal(command, term, *size)?)
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
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid
            && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM)
        {
            tracing::debug!(host = %self.host(), %error, "the master was gone already");
        }
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
