//! The control shell: a shell kept open on a host and fed one small operation after another.
//!
//! A command on a channel of its own costs two round trips; in an open shell it costs one.

use std::fmt;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::boot::{self, Stage};
use super::marks::{MarkReader, NoMark};
use super::program::{CloseOnDrop, Open};
use super::quote;
use super::{Channel, ChannelRequest, Input, Output, TransportError};
use crate::host::HostId;

/// What a login profile may print before it is taken for one that never ends.
const NOISE_LIMIT: usize = 1024 * 1024;

/// A small operation for a control shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// POSIX sh; words of others must have gone through [`quote`].
    pub script: String,
    /// After this long it is killed with all that it started.
    pub patience: Duration,
    /// At most so many bytes are taken from each stream; more is [`TransportError::TooLarge`].
    pub limit_bytes: usize,
}

impl Call {
    /// `script` with 30 s and 8 MiB, which no operation that deserves to be called small needs.
    pub fn new(script: impl Into<String>) -> Self {
        Self {
            script: script.into(),
            patience: Duration::from_secs(30),
            limit_bytes: 8 * 1024 * 1024,
        }
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
    /// Process group of the shell and all that it runs; known once it has answered.
    group: Option<u32>,
    /// A request to a shell that is thrown away before it was ready must not run later.
    _open: CloseOnDrop,
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
        // The end of the streams says all that its status would.
        let Channel { stdin, stdout, stderr, waiter, .. } = opener.open(&request).await?;
        let (stdout, stderr) = (MarkReader::new(stdout), MarkReader::new(stderr));
        Ok(Self {
            host: host.clone(),
            nonce,
            stdin,
            stdout,
            stderr,
            group: None,
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
        let text = match quote::script(&call.script) {
            Ok(text) => text,
            Err(error) => return Err(Broken { error, group: self.group }),
        };
        let request = format!("{request_nonce}\n{text}\n");
        if self.group.is_none() {
            let ready = tokio::time::timeout(ready_patience, self.ready(&request)).await;
            match ready {
                Ok(Ok(group)) => self.group = Some(group),
                Ok(Err(error)) => return Err(Broken { error, group: None }),
                Err(_) => {
                    let said =
                        format!("its profile was not done after {} s", ready_patience.as_secs());
                    let error = TransportError::ShellBroken { host: self.host, said };
                    return Err(Broken { error, group: None });
                }
            }
            return self.answer(call, &request_nonce).await;
        }
        if let Err(error) = self.tell(&request).await {
            return Err(Broken { error, group: self.group });
        }
        self.answer(call, &request_nonce).await
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
    async fn ready(&mut self, request: &str) -> Result<u32, TransportError> {
        if let Err(error) = self.tell(request).await {
            tracing::debug!(host = %self.host, %error, "a shell took no input");
        }
        let mark = format!("{}.", self.nonce);
        let Self { host, stdout, stderr, .. } = self;
        let broken = |no_mark: NoMark| TransportError::ShellBroken {
            host: host.clone(),
            said: match no_mark {
                NoMark::TooLarge => "its profile prints without end".into(),
                NoMark::Ended(said) => super::program::last_line(&said).unwrap_or_default(),
            },
        };
        let out = async {
            stdout.read_to_mark(mark.as_bytes(), NOISE_LIMIT).await?;
            stdout.read_to_mark(mark.as_bytes(), NOISE_LIMIT).await
        };
        let err = stderr.read_to_mark(mark.as_bytes(), NOISE_LIMIT);
        let marked = match tokio::join!(out, err) {
            (Ok(marked), Ok(_)) => marked,
            // Complaints stand on stderr; stdout only counts where that is silent.
            (_, Err(NoMark::Ended(said))) if !said.iter().all(u8::is_ascii_whitespace) => {
                return Err(broken(NoMark::Ended(said)));
            }
            (Err(no_mark), _) | (Ok(_), Err(no_mark)) => return Err(broken(no_mark)),
        };
        marked.rest.strip_prefix("b ").and_then(|pid| pid.parse().ok()).ok_or_else(|| {
            TransportError::ShellBroken {
                host: host.clone(),
                said: format!("it answered {:?}", marked.rest),
            }
        })
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
