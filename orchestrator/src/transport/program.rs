//! A program on a host: what to run, its streams, and how it ends.

use std::fmt;

use super::boot::{self, Stage};
use super::link::ExitFuture;
use super::{ChannelExit, ChannelRequest, Input, Output, TerminalSize, TransportError};
use crate::host::HostId;

/// A program to run on a host.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments, byte for byte; at least one.
    pub argv: Vec<Vec<u8>>,
    /// Where; the account's home when `None`. `~` is the host's to expand.
    pub cwd: Option<Vec<u8>>,
    /// Names and values to add to the environment. They never stand on a command line.
    pub env: Vec<(String, Vec<u8>)>,
    /// Whether the account's login shell sets the environment first (`$SHELL -lc`).
    pub login: bool,
    /// Whether a program with a terminal takes the place of the shell that starts it: it leads its session then, and is who
    /// hears that the terminal is hung up. The number of a signal that ends it is lost over OpenSSH's multiplexing.
    pub takes_over: bool,
    /// A terminal of that `TERM` and size instead of three streams.
    pub terminal: Option<(String, TerminalSize)>,
}

impl Program {
    /// `argv` in the account's home, with its login environment and three streams.
    pub fn new<A: Into<Vec<u8>>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: None,
            env: Vec::new(),
            login: true,
            takes_over: false,
            terminal: None,
        }
    }

    fn stage(&self) -> Stage {
        match (&self.terminal, self.takes_over) {
            (Some(_), true) => Stage::Shell,
            (Some(_), false) => Stage::Terminal,
            (None, _) => Stage::Program,
        }
    }

    /// The form of `line` that goes along with the command, where that is possible: it saves a round trip.
    ///
    /// With a terminal the line waits until nothing is echoed; an environment is nobody else's business.
    pub(super) fn argument(&self, line: &str) -> Option<String> {
        if self.terminal.is_some() || !self.env.is_empty() {
            return None;
        }
        boot::argument(line)
    }

    pub(super) fn request(&self, nonce: &str, argument: Option<&str>) -> ChannelRequest {
        let command = boot::command(self.stage(), self.login, nonce, argument);
        match &self.terminal {
            None => ChannelRequest::Command(command),
            Some((term, size)) => {
                ChannelRequest::Terminal { command, term: term.clone(), size: *size }
            }
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of the environment are secrets; so may be arguments.
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Program")
            .field("program", &self.argv.first().map(|name| String::from_utf8_lossy(name)))
            .field("cwd", &self.cwd.as_deref().map(String::from_utf8_lossy))
            .field("env", &names)
            .field("login", &self.login)
            .field("terminal", &self.terminal)
            .finish_non_exhaustive()
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// 0 to 255; 128 + n after signal n, as shells have it.
    pub status: u8,
}

impl Exit {
    /// Number of the signal that ended it, by the shells' convention.
    pub fn signal(self) -> Option<u8> {
        (129..=192).contains(&self.status).then(|| self.status - 128)
    }
}

/// A program that has been started: its directory was there, its login shell worked.
pub struct Process {
    /// To the program; dropping it sends the end of file.
    pub stdin: Input,
    /// From the program.
    pub stdout: Output,
    /// From the program; empty with a terminal.
    pub stderr: Output,
    /// Id of its process group on the host.
    pub group: u32,
    /// Changes the size of the terminal; absent without one.
    pub resize: Option<Box<dyn Fn(TerminalSize) + Send + Sync>>,
    pub(super) exit: ExitFuture,
    pub(super) host: HostId,
}

impl Process {
    /// Waits for the program's end. The streams should be read meanwhile, or it may never end.
    ///
    /// # Errors
    ///
    /// [`TransportError::ConnectionLost`] when the connection broke: the program may run on.
    pub async fn wait(self) -> Result<Exit, TransportError> {
        exit_of(&self.host, self.exit.await?)
    }

    /// Splits the streams from the wait, for callers that serve them in tasks of their own.
    pub fn into_parts(
        self,
    ) -> (ProcessStreams, impl Future<Output = Result<Exit, TransportError>> + Send) {
        let Self { stdin, stdout, stderr, exit, host, .. } = self;
        let streams = ProcessStreams { stdin, stdout, stderr };
        (streams, async move { exit_of(&host, exit.await?) })
    }
}

/// The three streams of a [`Process`].
pub struct ProcessStreams {
    /// To the program; dropping it sends the end of file.
    pub stdin: Input,
    /// From the program.
    pub stdout: Output,
    /// From the program; empty with a terminal.
    pub stderr: Output,
}

impl fmt::Debug for ProcessStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessStreams").finish_non_exhaustive()
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("group", &self.group).finish_non_exhaustive()
    }
}

fn exit_of(host: &HostId, exit: ChannelExit) -> Result<Exit, TransportError> {
    match exit {
        ChannelExit::Status(status) => Ok(Exit { status: u8::try_from(status).unwrap_or(u8::MAX) }),
        // Only a signal that can't be caught ends the shell around the program, so the group got it, too.
        ChannelExit::Unknown => Ok(Exit { status: 128 + 9 }),
        ChannelExit::Signal(name) => match signal_number(&name) {
            Some(number) => Ok(Exit { status: 128 + number }),
            None => Err(TransportError::Unsupported {
                host: host.clone(),
                what: format!("the program was ended by a signal we don't know: {name}"),
            }),
        },
    }
}

/// Numbers of the signals that RFC 4254 (6.10) names, where all systems agree on them.
fn signal_number(name: &str) -> Option<u8> {
    let numbers = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("ABRT", 6),
        ("FPE", 8),
        ("KILL", 9),
        ("SEGV", 11),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
    ];
    numbers.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}
