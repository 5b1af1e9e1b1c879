//! One master: channels, forwards, and noticing that it is gone.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use openssh_mux_client::{Error as MuxError, ForwardType, Socket};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

use super::master;
use super::session::{self, NotOpened};
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
    program: PathBuf,
    config: PathBuf,
    run_dir: PathBuf,
    socket: Arc<PathBuf>,
    log: PathBuf,
    /// Ends when the master does; while we hold it, the master doesn't count as idle.
    watch: tokio::sync::Mutex<UnixStream>,
    pid: u32,
    ends_with_us: bool,
    _slot: Slot,
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
    pub(super) async fn attach(
        target: &Target,
        settings: &OpenSshSettings,
        config: PathBuf,
        socket: PathBuf,
        log: PathBuf,
        slot: Slot,
        ends_with_us: bool,
    ) -> Result<Self, TransportError> {
        let gone =
            |error: String| TransportError::ConnectionLost { host: target.id.clone(), said: error };
        let mut connection =
            master::call(&socket).await.map_err(|error| gone(error.to_string()))?;
        let pid =
            connection.send_alive_check().await.map_err(|error| gone(error.to_string()))?.get();
        let watch = master::stay(&socket).await.map_err(|error| gone(error.to_string()))?;
        Ok(Self {
            target: target.clone(),
            program: settings.program.clone(),
            config,
            run_dir: settings.run_dir.clone(),
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
        // In a task: dropped half-way the master would be left with half a request. Our ends of the descriptors
        // are closed with it, or the streams would never end.
        let opening =
            tokio::spawn(async move { session::open(&socket, &command, subsystem, &fds).await });
        let opened = match opening.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(NotOpened::Refused(said))) if said == REFUSED_BY_SERVER => {
                return Err(OpenError::Full);
            }
            Ok(Err(NotOpened::Refused(said))) => {
                return Err(OpenError::Failed(self.lost_by(&said)));
            }
            Ok(Err(NotOpened::Lost(error))) => {
                return Err(OpenError::Failed(self.lost_by(&error.to_string())));
            }
            Err(error) => return Err(OpenError::Failed(self.lost_by(&error.to_string()))),
        };
        let socket = Arc::clone(&self.socket);
        let log = self.log.clone();
        let host = self.host().clone();
        let exit = async move {
            match opened.exit().await {
                Some(status) => Ok(ChannelExit::Status(status)),
                // The master says nothing of a signal; nor does one that died.
                None if master::is_alive(&socket).await => Ok(ChannelExit::Unknown),
                None => Err(lost(&host, &log)),
            }
        };
        Ok(Channel {
            stdin: Input::from_pipe(stdin),
            stdout: Output::from_pipe(stdout),
            stderr: Output::from_pipe(stderr),
            exit: Box::pin(exit),
            resize: None,
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
        pty::spawn(program, size, self.host())
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
        // ssh can't listen on a port of the kernel's choice here, so it listens on a socket file behind ours.
        let name = format!("{}.fwd", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let file = self.run_dir.join(name);
        let mut connection =
            master::call(&self.socket).await.map_err(|error| self.lost_by(&error.to_string()))?;
        let there =
            Socket::TcpSocket { host: target.host.clone().into(), port: target.port.into() };
        let here = Socket::UnixSocket { path: file.clone().into() };
        connection.request_port_forward(ForwardType::Local, &here, &there).await.map_err(
            |error| match error {
                MuxError::PermissionDenied(said) | MuxError::RequestFailure(said) => {
                    TransportError::Unsupported {
                        host: self.host().clone(),
                        what: format!("ssh forwards no port: {said}"),
                    }
                }
                error => self.lost_by(&error.to_string()),
            },
        )?;
        let path = file.clone();
        let listening = LocalForward::listen(self.host(), move |mut stream, _| {
            let path = path.clone();
            async move {
                let mut behind = UnixStream::connect(&path).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut behind).await.map(|_| ())
            }
        })
        .await?;
        Ok(Box::new(MasterForward {
            listening,
            file,
            target: target.clone(),
            socket: Arc::clone(&self.socket),
        }))
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
    }
}

/// A forwarded port over a master; dropping it takes the forward back.
#[derive(Debug)]
struct MasterForward {
    listening: LocalForward,
    file: PathBuf,
    target: ForwardTarget,
    socket: Arc<PathBuf>,
}

impl Forward for MasterForward {
    fn address(&self) -> std::net::SocketAddr {
        self.listening.address()
    }
}

impl Drop for MasterForward {
    fn drop(&mut self) {
        let (file, target, socket) =
            (self.file.clone(), self.target.clone(), Arc::clone(&self.socket));
        let cancel = async move {
            let mut connection = master::call(&socket).await?;
            let there = Socket::TcpSocket { host: target.host.into(), port: target.port.into() };
            let here = Socket::UnixSocket { path: file.clone().into() };
            let closed = connection.close_port_forward(ForwardType::Local, &here, &there).await;
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::debug!(%error, "the socket of a forward was gone already");
            }
            closed
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = cancel.await {
                    tracing::debug!(%error, "a forward ended with its master");
                }
            });
        }
    }
}
