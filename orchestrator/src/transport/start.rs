//! Starting a program on a channel: what it is told, the marks that it has begun, and what to say when it hasn't.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::boot::{self, Invocation};
use super::link::ExitFuture;
use super::marks::{MarkReader, Marked, NoMark};
use super::program::{Process, Program};
use super::quote;
use super::{Channel, ChannelExit, ChannelRequest, Input, Output, TransportError};
use crate::host::HostId;

/// What a login profile may print before it is taken for one that never ends.
pub(super) const NOISE_LIMIT: usize = 1024 * 1024;

/// How long the words of a shell that ended are waited for: children of its profile may hold the stream open.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

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
    let request = ChannelRequest::Command(format!("exec sh -c '{}'", quote::end_group(pid)));
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
    exit: ExitFuture,
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

/// The last line that says anything.
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
