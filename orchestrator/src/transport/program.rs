//! A program on a host: what to run, how it is started on a channel, and how it ends.

use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::boot::{self, Invocation, Stage};
use super::marks::{MarkReader, Marked, NoMark};
use super::quote;
use super::{Channel, ChannelExit, ChannelRequest, Input, Output, TerminalSize, TransportError};
use crate::host::HostId;

/// What a login profile may print before it is taken for one that never ends.
const NOISE_LIMIT: usize = 1024 * 1024;

/// How long the words of a shell that ended are waited for: children of its profile may hold the stream open.
const LAST_WORDS: Duration = Duration::from_secs(2);

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
            terminal: None,
        }
    }

    fn stage(&self) -> Stage {
        if self.terminal.is_some() { Stage::Terminal } else { Stage::Program }
    }

    /// The form of `line` that goes along with the command, where that is possible: it saves a round trip.
    ///
    /// With a terminal the line waits until nothing is echoed; an environment is nobody else's business.
    fn argument(&self, line: &str) -> Option<String> {
        if self.terminal.is_some() || !self.env.is_empty() {
            return None;
        }
        boot::argument(line)
    }

    fn request(&self, nonce: &str, argument: Option<&str>) -> ChannelRequest {
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
    exit: super::link::ExitFuture,
    host: HostId,
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

/// Opens channels of a connection; the pool behind a connection does.
pub(super) trait Open {
    /// Opens one, on whichever connection has room.
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, TransportError>;
}

/// A program that can be sent: what is wrong with it shows before a host is spoken to.
pub(super) struct Prepared<'a> {
    program: &'a Program,
    nonce: String,
    line: String,
}

impl<'a> Prepared<'a> {
    /// Writes the line that starts `program`.
    ///
    /// # Errors
    ///
    /// [`TransportError::Usage`], as [`boot::program_line`].
    pub(super) fn new(program: &'a Program) -> Result<Self, TransportError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let line = boot::program_line(&Invocation {
            argv: &program.argv,
            cwd: program.cwd.as_deref(),
            env: &program.env,
        })?;
        Ok(Self { program, nonce, line })
    }
}

/// Starts a program and waits for its first sign of life.
///
/// # Errors
///
/// [`TransportError::DirMissing`], [`TransportError::PermissionDenied`] and [`TransportError::ShellBroken`] mean
/// that nothing was run.
pub(super) async fn start(
    opener: &impl Open,
    host: &HostId,
    prepared: Prepared<'_>,
    patience: Duration,
) -> Result<Process, TransportError> {
    let Prepared { program, nonce, line } = prepared;
    let argument = program.argument(&line);
    let Channel { stdin, stdout, stderr, exit, resize, waiter } =
        opener.open(&program.request(&nonce, argument.as_deref())).await?;
    let mut unless_begun = CloseOnDrop(waiter);
    // On stdin there is nothing left for us to say.
    let line = if argument.is_some() { String::new() } else { line };
    let mut starting = Starting {
        host,
        nonce,
        stdin,
        stdout: MarkReader::new(stdout),
        stderr: MarkReader::new(stderr),
        exit,
        pid: None,
    };
    let begun = match program.terminal {
        None => tokio::time::timeout(patience, starting.with_streams(&line)).await,
        Some(_) => tokio::time::timeout(patience, starting.with_terminal(&line)).await,
    };
    let group = match begun {
        Ok(Ok(group)) => {
            unless_begun.0 = None;
            group
        }
        Ok(Err(StartFailure::Refused(kind))) => return Err(starting.refused(&kind, program)),
        Ok(Err(StartFailure::Ended { out, err })) => return Err(starting.ended(out, err).await),
        Ok(Err(StartFailure::Endless)) | Err(_) => {
            drop(unless_begun);
            if let Some(pid) = starting.pid {
                kill(opener, host, pid).await;
            }
            let said = match begun {
                Ok(_) => "its profile prints without end".to_owned(),
                Err(_) => format!("its profile was not done after {} s", patience.as_secs()),
            };
            return Err(TransportError::ShellBroken { host: host.clone(), said });
        }
    };
    Ok(Process {
        stdin: starting.stdin,
        stdout: rest(starting.stdout),
        stderr: rest(starting.stderr),
        group,
        resize,
        exit: starting.exit,
        host: host.clone(),
    })
}

/// Closes a channel when it is dropped.
///
/// The line with the program is on its way before anybody knows whether the shell works. When nobody waits for
/// it any more, the closed channel is what keeps a slow profile from running it later: the second stage ends
/// where it can't print its mark.
#[derive(Debug)]
pub(super) struct CloseOnDrop(pub(super) Option<tokio::task::AbortHandle>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        if let Some(waiter) = &self.0 {
            waiter.abort();
        }
    }
}

/// Kills a process group through a channel of its own, as far as the host lets us.
pub(super) async fn kill(opener: &impl Open, host: &HostId, pid: u32) {
    let request =
        ChannelRequest::Command(format!("exec sh -c '{}'", quote::kill_group("KILL", pid)));
    let killed = async {
        let channel = opener.open(&request).await?;
        channel.exit.await
    };
    match tokio::time::timeout(LAST_WORDS, killed).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::warn!(%host, pid, %error, "could not kill a process group")
        }
        Err(_) => tracing::warn!(%host, pid, "could not kill a process group: no answer"),
    }
}

enum StartFailure {
    /// The second stage says why it ran nothing.
    Refused(String),
    /// The streams ended first; the words that came until then.
    Ended { out: Vec<u8>, err: Vec<u8> },
    /// More came than any profile prints.
    Endless,
}

/// Writes `line`. A shell that is gone shows itself by what it printed; the write error says less.
async fn tell(stdin: &mut Input, line: &str) {
    let told = async {
        stdin.write_all(line.as_bytes()).await?;
        stdin.flush().await
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, "a shell took no input");
    }
}

struct Starting<'a> {
    host: &'a HostId,
    nonce: String,
    stdin: Input,
    stdout: MarkReader<Output>,
    stderr: MarkReader<Output>,
    exit: super::link::ExitFuture,
    pid: Option<u32>,
}

impl Starting<'_> {
    async fn with_streams(&mut self, line: &str) -> Result<u32, StartFailure> {
        let mark = format!("{}.", self.nonce);
        let Self { stdin, stdout, stderr, pid, .. } = self;
        let write = async {
            tell(stdin, line).await;
            Ok(())
        };
        // A stage that refuses says so on stdout and ends: that stderr ends without a mark says nothing by itself.
        let mut complaints = Vec::new();
        let noise = async {
            match stderr.read_to_mark(mark.as_bytes(), NOISE_LIMIT).await {
                Ok(_) => Ok(()),
                Err(NoMark::Ended(err)) => {
                    complaints = err;
                    Ok(())
                }
                Err(NoMark::TooLarge) => Err(StartFailure::Endless),
            }
        };
        let begun = tokio::try_join!(write, begin(stdout, mark.as_bytes(), pid, None), noise);
        match begun {
            Ok(((), group, ())) => Ok(group),
            Err(StartFailure::Ended { out, mut err }) => {
                err.append(&mut complaints);
                Err(StartFailure::Ended { out, err })
            }
            Err(failure @ (StartFailure::Refused(_) | StartFailure::Endless)) => Err(failure),
        }
    }

    async fn with_terminal(&mut self, line: &str) -> Result<u32, StartFailure> {
        let mark = format!("{}.", self.nonce);
        begin(&mut self.stdout, mark.as_bytes(), &mut self.pid, Some((&mut self.stdin, line))).await
    }

    fn refused(&self, kind: &str, program: &Program) -> TransportError {
        let dir = String::from_utf8_lossy(program.cwd.as_deref().unwrap_or_default()).into_owned();
        match kind {
            "denied" => TransportError::PermissionDenied {
                host: self.host.clone(),
                what: format!("can't enter {dir}"),
            },
            "file" => TransportError::DirMissing {
                host: self.host.clone(),
                dir: format!("{dir} is not a directory: a directory of that name"),
            },
            _ => TransportError::DirMissing { host: self.host.clone(), dir },
        }
    }

    /// What to say of a shell that ended before it ran anything.
    async fn ended(self, out: Vec<u8>, mut err: Vec<u8>) -> TransportError {
        let Self { host, stderr, exit, .. } = self;
        let mut rest = rest(stderr).take(NOISE_LIMIT as u64);
        match tokio::time::timeout(LAST_WORDS, rest.read_to_end(&mut err)).await {
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!(%host, %error, "a shell's last words are lost"),
        }
        let ended = match tokio::time::timeout(LAST_WORDS, exit).await {
            Ok(Ok(ChannelExit::Status(status))) => format!("it ended with status {status}"),
            Ok(Ok(ChannelExit::Signal(name))) => format!("it was ended by {name}"),
            Ok(Ok(ChannelExit::Unknown)) | Err(_) => "it ended".to_owned(),
            Ok(Err(error)) => return error,
        };
        let line = last_line(&err).or_else(|| last_line(&out));
        TransportError::ShellBroken {
            host: host.clone(),
            said: line.unwrap_or_else(|| format!("{ended} before it ran anything")),
        }
    }
}

/// The stream after its last mark.
fn rest(marks: MarkReader<Output>) -> Output {
    let (stream, head) = marks.into_parts();
    stream.after(head)
}

pub(super) fn last_line(words: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(words);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(ToOwned::to_owned)
}

/// Reads marks until the program runs; answers the terminal's readiness with the line.
async fn begin(
    stdout: &mut MarkReader<Output>,
    mark: &[u8],
    pid: &mut Option<u32>,
    mut terminal: Option<(&mut Input, &str)>,
) -> Result<u32, StartFailure> {
    let mut noise = Vec::new();
    loop {
        let Marked { before, rest } = match stdout.read_to_mark(mark, NOISE_LIMIT).await {
            Ok(marked) => marked,
            Err(NoMark::Ended(said)) => {
                noise.extend_from_slice(&said);
                return Err(StartFailure::Ended { out: noise, err: Vec::new() });
            }
            Err(NoMark::TooLarge) => return Err(StartFailure::Endless),
        };
        noise.extend_from_slice(&before);
        match rest.split_once(' ').unwrap_or((&rest, "")) {
            ("a", id) => *pid = id.parse().ok(),
            ("b", id) => {
                return id.parse().map_err(|_| StartFailure::Ended {
                    out: rest.clone().into_bytes(),
                    err: Vec::new(),
                });
            }
            ("e", kind) => return Err(StartFailure::Refused(kind.to_owned())),
            ("t", _) => {
                if let Some((stdin, line)) = terminal.as_mut() {
                    tell(stdin, line).await;
                }
            }
            (other, _) => tracing::debug!(other, "an unknown mark"),
        }
    }
}
