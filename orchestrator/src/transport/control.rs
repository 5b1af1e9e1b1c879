//! The control shell: a shell kept open on a host and fed one small operation after another.
//!
//! A command on a channel of its own costs two round trips; in an open shell it costs one.

use std::fmt;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::boot::{self, Stage};
use super::library::Library;
use super::link::ExitFuture;
use super::marks::{MarkReader, NoMark};
use super::quote;
use super::start::{CloseOnDrop, LAST_WORDS, NOISE_LIMIT, Open, last_line};
use super::{Channel, ChannelRequest, Input, Output, TransportError};
use crate::host::HostId;

/// A small operation for a control shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// POSIX sh; words of others must have gone through [`quote`].
    pub script: String,
    /// After this long it is killed with all that it started.
    pub patience: Duration,
    /// At most so many bytes are taken from each stream; more is [`TransportError::TooLarge`].
    pub limit_bytes: usize,
    /// Functions that `script` calls; each shell learns them once.
    pub library: Option<&'static Library>,
}

impl Call {
    /// `script` with 30 s and 8 MiB, which no operation that deserves to be called small needs.
    pub fn new(script: impl Into<String>) -> Self {
        Self {
            script: script.into(),
            patience: Duration::from_secs(30),
            limit_bytes: 8 * 1024 * 1024,
            library: None,
        }
    }

    /// The same, with the functions of `library` at hand.
    pub fn with(self, library: &'static Library) -> Self {
        Self { library: Some(library), ..self }
    }
}

/// What came of a [`Call`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The script's exit status.
    pub status: u8,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained.
    pub stderr: Vec<u8>,
}

/// One shell on a host, in step with us: every call that was sent has been answered.
pub(super) struct ControlShell {
    host: HostId,
    nonce: String,
    stdin: Input,
    stdout: MarkReader<Output>,
    stderr: MarkReader<Output>,
    /// Process group of the shell and all that it runs; known once its login shell has been started.
    group: Option<u32>,
    /// A request to a shell that is thrown away before it was ready must not run later.
    _open: CloseOnDrop,
    /// Whether its login profile is done.
    is_ready: bool,
    /// How it ended, kept until it is ready: a lost link and a shell that runs nothing both end the streams.
    exit: Option<ExitFuture>,
    /// The libraries that it was told.
    learnt: Vec<&'static str>,
}

impl fmt::Debug for ControlShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlShell")
            .field("host", &self.host)
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

/// A call that was not answered; its shell is out of step and must be thrown away.
#[derive(Debug)]
pub(super) struct Broken {
    pub error: TransportError,
    /// The process group that may still be at work there.
    pub group: Option<u32>,
}

impl ControlShell {
    /// Asks for a shell; whether it works shows with the first call, which saves that one a round trip.
    pub(super) async fn open(opener: &impl Open, host: &HostId) -> Result<Self, TransportError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let request = ChannelRequest::Command(boot::command(Stage::Control, true, &nonce, None));
        let Channel { stdin, stdout, stderr, exit, waiter, .. } = opener.open(&request).await?;
        let (stdout, stderr) = (MarkReader::new(stdout), MarkReader::new(stderr));
        Ok(Self {
            host: host.clone(),
            nonce,
            stdin,
            stdout,
            stderr,
            group: None,
            is_ready: false,
            exit: Some(exit),
            learnt: Vec::new(),
            _open: CloseOnDrop(waiter),
        })
    }

    /// Runs `call`; `ready_patience` is for the login profile of a shell that has answered nothing yet.
    pub(super) async fn call(
        mut self,
        call: &Call,
        ready_patience: Duration,
    ) -> Result<(Self, Answer), Broken> {
        let request_nonce = Uuid::new_v4().simple().to_string();
        let request = match self.request(call, &request_nonce) {
            Ok(request) => request,
            Err(error) => return Err(Broken { error, group: self.group }),
        };
        if !self.is_ready {
            let ready = tokio::time::timeout(ready_patience, self.ready(&request)).await;
            match ready {
                Ok(Ok(())) => {
                    self.is_ready = true;
                    self.exit = None;
                }
                Ok(Err(error)) => return Err(Broken { error, group: self.group }),
                Err(_) => {
                    let said =
                        format!("its profile was not done after {} s", ready_patience.as_secs());
                    let error = TransportError::ShellBroken { host: self.host, said };
                    return Err(Broken { error, group: self.group });
                }
            }
            return self.answer(call, &request_nonce).await;
        }
        if let Err(error) = self.tell(&request).await {
            return Err(Broken { error, group: self.group });
        }
        self.answer(call, &request_nonce).await
    }

    /// The lines of `call`, after those of a library that this shell hasn't learnt yet.
    fn request(&mut self, call: &Call, nonce: &str) -> Result<String, TransportError> {
        let text = quote::script(&call.script)?;
        let Some(library) = call.library.filter(|one| !self.learnt.contains(&one.name())) else {
            return Ok(format!("{nonce}\n{text}\n"));
        };
        let lesson = library.line()?;
        self.learnt.push(library.name());
        Ok(format!("+\n{lesson}\n{nonce}\n{text}\n"))
    }

    async fn tell(&mut self, text: &str) -> Result<(), TransportError> {
        let told = async {
            self.stdin.write_all(text.as_bytes()).await?;
            self.stdin.flush().await
        };
        told.await.map_err(|error| TransportError::ConnectionLost {
            host: self.host.clone(),
            said: format!("the control shell takes no input: {error}"),
        })
    }

    /// Sends the first request at once and reads the ready marks.
    async fn ready(&mut self, request: &str) -> Result<(), TransportError> {
        if let Err(error) = self.tell(request).await {
            tracing::debug!(host = %self.host, %error, "a shell took no input");
        }
        let mark = format!("{}.", self.nonce);
        let Self { host, stdout, stderr, group, exit, .. } = self;
        let broken = |said: String| TransportError::ShellBroken { host: host.clone(), said };
        let endless = || broken("its profile prints without end".into());
        // Complaints stand on stderr; stdout only counts where that is silent.
        let mut complaints = Vec::new();
        let err = async {
            match stderr.read_to_mark(mark.as_bytes(), NOISE_LIMIT).await {
                Ok(_) => Ok(()),
                Err(NoMark::TooLarge) => Err(endless()),
                Err(NoMark::Ended(said)) => {
                    complaints = said;
                    Ok(())
                }
            }
        };
        let mut last = Vec::new();
        let out = async {
            for stage in ["a ", "b "] {
                let marked = match stdout.read_to_mark(mark.as_bytes(), NOISE_LIMIT).await {
                    Ok(marked) => marked,
                    Err(NoMark::TooLarge) => return Err(endless()),
                    Err(NoMark::Ended(said)) => {
                        last = said;
                        return Ok(false);
                    }
                };
                // The login shell has the id that the control shell will have: each one execs the next.
                *group = marked.rest.strip_prefix(stage).and_then(|pid| pid.parse().ok());
                if group.is_none() {
                    return Err(broken(format!("it answered {:?}", marked.rest)));
                }
            }
            Ok(true)
        };
        let (is_ready, ()) = tokio::try_join!(out, err)?;
        if is_ready {
            return Ok(());
        }
        // It has ended: there is nothing to kill, and its id may soon be another's.
        *group = None;
        if let Some(exit) = exit.take()
            && let Ok(Err(lost)) = tokio::time::timeout(LAST_WORDS, exit).await
        {
            return Err(lost);
        }
        let line = last_line(&complaints).or_else(|| last_line(&last));
        Err(broken(line.unwrap_or_else(|| "it ended before it ran anything".into())))
    }

    async fn answer(mut self, call: &Call, nonce: &str) -> Result<(Self, Answer), Broken> {
        let mark = nonce.as_bytes();
        let both = async {
            tokio::try_join!(
                self.stdout.read_to_mark(mark, call.limit_bytes),
                self.stderr.read_to_mark(mark, call.limit_bytes),
            )
        };
        let host = self.host.clone();
        let group = self.group;
        match tokio::time::timeout(call.patience, both).await {
            Ok(Ok((out, err))) => match out.rest.parse() {
                Ok(status) => Ok((self, Answer { status, stdout: out.before, stderr: err.before })),
                Err(_) => {
                    let said = format!("it answered {:?}", out.rest);
                    Err(Broken { error: TransportError::ShellBroken { host, said }, group })
                }
            },
            Ok(Err(NoMark::TooLarge)) => {
                let limit_bytes = call.limit_bytes as u64;
                Err(Broken { error: TransportError::TooLarge { host, limit_bytes }, group })
            }
            Ok(Err(NoMark::Ended(_))) => {
                let said = "the control shell ended before it answered".into();
                Err(Broken { error: TransportError::ConnectionLost { host, said }, group })
            }
            Err(_) => {
                let after_ms = u64::try_from(call.patience.as_millis()).unwrap_or(u64::MAX);
                let what = "an operation".into();
                Err(Broken { error: TransportError::TimedOut { host, what, after_ms }, group })
            }
        }
    }
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
