//! This machine as a host: the same shells, marks and process groups, without a network in between.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::unix::pipe;
use tokio::process::Command;

use super::forward::{LocalForward, direct};
use super::pty;
use super::{
    Channel, ChannelExit, ChannelRequest, Forward, ForwardTarget, Input, Link, OpenError, Output,
    Transport, TransportError,
};
use crate::host::HostId;

/// Where OpenSSH's packages keep their sftp server.
const SFTP_SERVERS: [&str; 6] = [
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/libexec/sftp-server",
    "/usr/lib/ssh/sftp-server",
    "/usr/lib/sftp-server",
    "/opt/homebrew/libexec/sftp-server",
];

/// What a program on this machine starts with, as sshd would set it for a remote one.
#[derive(Clone, Debug)]
pub struct LocalSettings {
    /// The account's login shell.
    pub shell: PathBuf,
    /// The account's home.
    pub home: PathBuf,
    /// The environment to start from.
    pub env: Vec<(OsString, OsString)>,
}

/// The transport to this machine.
#[derive(Clone, Debug)]
pub struct Local {
    settings: Arc<LocalSettings>,
    host: HostId,
}

impl Local {
    /// Makes the transport; nothing is started yet.
    pub fn new(settings: LocalSettings) -> Self {
        Self { settings: Arc::new(settings), host: HostId::new("local") }
    }

    fn spawn(&self, program: &mut Command) -> Result<Channel, TransportError> {
        let failed = |error: std::io::Error| TransportError::Local {
            what: format!("could not start {}: {error}", self.settings.shell.display()),
            hint: Some("Set SHELL to a login shell that is installed".into()),
        };
        program
            .env_clear()
            .envs(self.settings.env.iter().map(|(name, value)| (name, value)))
            .env("SHELL", &self.settings.shell)
            .env("HOME", &self.settings.home)
            .current_dir(&self.settings.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that it can be signalled as one, and Ctrl-C here doesn't reach it.
            .process_group(0);
        let mut child = program.spawn().map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(std::io::Error::other("no pipes")));
        };
        let (stdin, stdout, stderr) = (|| {
            let stdin = pipe::Sender::from_owned_fd(stdin.into_owned_fd()?)?;
            let stdout = pipe::Receiver::from_owned_fd(stdout.into_owned_fd()?)?;
            let stderr = pipe::Receiver::from_owned_fd(stderr.into_owned_fd()?)?;
            Ok((stdin, stdout, stderr))
        })()
        .map_err(failed)?;
        let host = self.host.clone();
        // A task of its own reaps the child even when nobody waits.
        let ended = tokio::spawn(async move { child.wait().await });
        let exit = async move {
            match ended.await {
                Ok(Ok(status)) => Ok(exit_of(status)),
                Ok(Err(error)) => {
                    Err(TransportError::ConnectionLost { host, said: error.to_string() })
                }
                Err(error) => Err(TransportError::ConnectionLost { host, said: error.to_string() }),
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

    fn sftp(&self) -> Result<Command, TransportError> {
        SFTP_SERVERS
            .iter()
            .find(|path| std::path::Path::new(path).exists())
            .map(Command::new)
            .ok_or_else(|| TransportError::Unsupported {
                host: self.host.clone(),
                what: "no sftp-server is installed on this machine".into(),
            })
    }
}

fn exit_of(status: std::process::ExitStatus) -> ChannelExit {
    match status.code() {
        Some(code) => ChannelExit::Status(code.unsigned_abs()),
        None => ChannelExit::Unknown,
    }
}

#[async_trait]
impl Transport for Local {
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError> {
        // sshd hands over none of its descriptors either: a lock that our caller holds would be held by a run as long
        // as that lives, and a pipe of our caller's would stay open. Ours are marked from their beginning.
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Link for Local {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, OpenError> {
        let channel = match request {
            ChannelRequest::Command(line) => {
                self.spawn(Command::new(&self.settings.shell).arg("-c").arg(line))?
            }
            ChannelRequest::Subsystem(name) if name == "sftp" => self.spawn(&mut self.sftp()?)?,
            ChannelRequest::Subsystem(name) => {
                let what = format!("this machine has no subsystem {name}");
                return Err(TransportError::Unsupported { host: self.host.clone(), what }.into());
            }
            ChannelRequest::Terminal { command, term, size } => {
                let mut program = pty::Program::new(&self.settings.shell);
                program.args(["-c", command]).clear_env().dir(&self.settings.home);
                for (name, value) in &self.settings.env {
                    program.env(name, value);
                }
                program
                    .env("SHELL", &self.settings.shell)
                    .env("HOME", &self.settings.home)
                    .env("TERM", term);
                pty::spawn(program, *size, &self.host)?
            }
        };
        Ok(channel)
    }

    async fn forward(&self, target: &ForwardTarget) -> Result<Box<dyn Forward>, TransportError> {
        let target = target.clone();
        let forward = LocalForward::listen(&self.host, move |stream, _from: SocketAddr| {
            let target = target.clone();
            async move { direct(stream, &target).await }
        })
        .await?;
        Ok(Box::new(forward))
    }

    async fn lost(&self) -> TransportError {
        // This machine is never lost as long as we are there to ask.
        std::future::pending().await
    }

    async fn close(&self) {}
}
