//! Carries the bytes of one channel: always drained on the way in, never ahead of the server's window on the way out.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures::future::{BoxFuture, join3};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

use super::link::{LinkLoss, Session};
use super::spill::{SpillError, SpillReader, SpillWriter, spill};
use crate::transport::{ChannelExit, TerminalSize, TransportError};

/// Bytes of standard input that wait on this side, on top of the server's window.
const STDIN_BYTES: usize = 64 << 10;
/// The extended data that is standard error (RFC 4254, section 5.2).
const STDERR: u32 = 1;

/// When a channel of a connection last came to its end.
///
/// sshd counts a session for some milliseconds after it told us of the end.
#[derive(Debug, Default)]
pub(super) struct LastEnd(Mutex<Option<Instant>>);

impl LastEnd {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it is less than `age` ago.
    pub(super) fn within(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < age)
    }
}

/// How a channel ended, once it did.
type Exit = watch::Sender<Option<Result<ChannelExit, TransportError>>>;

/// The near ends of a channel's streams.
pub(super) struct Streams {
    pub(super) stdin: DuplexStream,
    pub(super) stdout: SpillReader,
    pub(super) stderr: SpillReader,
    pub(super) exit: BoxFuture<'static, Result<ChannelExit, TransportError>>,
    pub(super) size: watch::Sender<Option<TerminalSize>>,
    /// The server's answers to the requests that start the program: whether all were granted.
    pub(super) started: oneshot::Receiver<bool>,
}

/// Starts to carry the bytes of `channel`. `replies` is how many requests the server still has to answer.
///
/// The channel is closed when its program ends, or when nobody holds any end of it any more.
pub(super) fn carry(
    (from, to): (ChannelReadHalf, Arc<ChannelWriteHalf<Msg>>),
    replies: usize,
    session: &Session,
) -> Streams {
    let (settings, loss) = (&session.settings, session.loss.clone());
    let (out, stdout) = spill(&settings.spill_dir, settings.spill.clone());
    let (err, stderr) = spill(&settings.spill_dir, settings.spill.clone());
    let (stdin, input) = duplex(STDIN_BYTES);
    let (size, sizes) = watch::channel(None);
    let (exit, exited) = watch::channel(None);
    let (started_sender, started) = oneshot::channel();
    let (all_sent, sent) = oneshot::channel::<()>();
    let sender = Arc::clone(&to);
    let sending = tokio::spawn(async move {
        send(sender, input, sizes).await;
        drop(all_sent);
    });
    let inbound = Inbound {
        from,
        to,
        out,
        err,
        exit,
        loss: loss.clone(),
        ended: Arc::clone(&session.ended),
        replies,
        started: Some(started_sender),
    };
    tokio::spawn(inbound.run(sending.abort_handle(), sent));
    let exit = Box::pin(async move { wait_for_exit(exited, loss).await });
    Streams { stdin, stdout, stderr, exit, size, started }
}

async fn wait_for_exit(
    mut exited: watch::Receiver<Option<Result<ChannelExit, TransportError>>>,
    loss: LinkLoss,
) -> Result<ChannelExit, TransportError> {
    match exited.wait_for(Option::is_some).await {
        Ok(exit) => exit.clone().unwrap_or(Ok(ChannelExit::Unknown)),
        // The runtime is going down.
        Err(_) => Err(loss.now()),
    }
}

/// Sends standard input and the terminal's sizes until both have ended.
///
/// It is a task of its own: waiting for the session to take something must never keep [`Inbound`] from draining.
async fn send(
    to: Arc<ChannelWriteHalf<Msg>>,
    mut input: DuplexStream,
    mut sizes: watch::Receiver<Option<TerminalSize>>,
) {
    let stdin = async {
        let mut buffer = BytesMut::with_capacity(STDIN_BYTES);
        loop {
            let sent = match input.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => {
                    let ended = to.eof().await;
                    tracing::trace!(?ended, "standard input ended");
                    return;
                }
                Ok(_) => to.data_bytes(buffer.split().freeze()).await,
            };
            if sent.is_err() {
                return;
            }
            buffer.reserve(STDIN_BYTES);
        }
    };
    let resizing = async {
        while sizes.changed().await.is_ok() {
            let size = *sizes.borrow_and_update();
            let Some(TerminalSize { columns, rows }) = size else { continue };
            if to.window_change(columns.into(), rows.into(), 0, 0).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(stdin, resizing);
}

/// Takes everything that the server sends on a channel.
struct Inbound {
    from: ChannelReadHalf,
    to: Arc<ChannelWriteHalf<Msg>>,
    out: SpillWriter,
    err: SpillWriter,
    exit: Exit,
    loss: LinkLoss,
    ended: Arc<LastEnd>,
    replies: usize,
    started: Option<oneshot::Sender<bool>>,
}

/// What ended the taking.
enum Over {
    /// The server closed the channel.
    Closed,
    /// The session is gone.
    Lost,
    /// Nobody holds any end.
    Abandoned,
    /// The reader fell too far behind, or the disk refused.
    Overrun(TransportError),
}

impl Inbound {
    async fn run(mut self, sending: AbortHandle, sent: oneshot::Receiver<()>) {
        let over = self.take_all(sent).await;
        // Whoever still writes gets a broken pipe from now on.
        sending.abort();
        self.ended.now();
        match over {
            Over::Closed => {
                self.out.finish();
                self.err.finish();
                self.end(Ok(ChannelExit::Unknown));
            }
            Over::Lost => {
                let lost = self.loss.wait().await;
                self.fail(&lost, io::ErrorKind::ConnectionReset);
                self.end(Err(lost));
            }
            Over::Abandoned => self.close().await,
            Over::Overrun(why) => {
                self.fail(&why, io::ErrorKind::Other);
                self.end(Err(why));
                self.close().await;
            }
        }
    }

    async fn take_all(&mut self, sent: oneshot::Receiver<()>) -> Over {
        let Self { from, out, err, exit, replies, started, loss, ended, .. } = self;
        let abandoned = async {
            join3(out.abandoned(), err.abandoned(), exit.closed()).await;
            // Whoever still writes wants it to arrive. The other end is dropped, never used, when all is sent.
            sent.await.is_ok()
        };
        tokio::pin!(abandoned);
        loop {
            let message = tokio::select! {
                biased;
                message = from.wait() => message,
                _ = &mut abandoned => return Over::Abandoned,
            };
            let pushed = match message {
                None => return Over::Lost,
                Some(ChannelMsg::Close) => return Over::Closed,
                Some(ChannelMsg::Data { data }) => out.push(data).await,
                Some(ChannelMsg::ExtendedData { data, ext: STDERR }) => err.push(data).await,
                Some(ChannelMsg::Eof) => {
                    out.finish();
                    err.finish();
                    Ok(())
                }
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    ended.now();
                    end(exit, Ok(ChannelExit::Status(exit_status)));
                    Ok(())
                }
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    ended.now();
                    end(exit, Ok(ChannelExit::Signal(name_of(&signal_name))));
                    Ok(())
                }
                Some(ChannelMsg::Success) => {
                    *replies = replies.saturating_sub(1);
                    if *replies == 0 {
                        answer(started, true);
                    }
                    Ok(())
                }
                Some(ChannelMsg::Failure) => {
                    answer(started, false);
                    Ok(())
                }
                Some(_) => Ok(()),
            };
            match pushed {
                Ok(()) => {}
                Err(SpillError::Full { limit_bytes }) => {
                    let host = loss.host().clone();
                    return Over::Overrun(TransportError::TooLarge { host, limit_bytes });
                }
                Err(SpillError::Disk(error)) => {
                    let what =
                        format!("could not keep what {} sends on disk: {error}", loss.host());
                    let hint = Some("Make room on this machine's disk".to_owned());
                    return Over::Overrun(TransportError::Local { what, hint });
                }
            }
        }
    }

    fn end(&self, how: Result<ChannelExit, TransportError>) {
        end(&self.exit, how);
    }

    fn fail(&self, why: &TransportError, kind: io::ErrorKind) {
        for stream in [&self.out, &self.err] {
            let why = why.clone();
            stream.fail(move || io::Error::new(kind, why.clone()));
        }
    }

    /// Asks the server to close; nothing of the channel is taken any more, so nothing blocks the session.
    async fn close(self) {
        let Self { from, to, ended, .. } = self;
        drop(from);
        if let Err(error) = to.close().await {
            tracing::trace!(%error, "the channel was gone already");
        }
        ended.now();
    }
}

/// Keeps the first end; a status counts more than the closing after it.
fn end(exit: &Exit, how: Result<ChannelExit, TransportError>) {
    exit.send_if_modified(|known| {
        let first = known.is_none();
        if first {
            *known = Some(how);
        }
        first
    });
}

fn answer(started: &mut Option<oneshot::Sender<bool>>, granted: bool) {
    if let Some(started) = started.take()
        && started.send(granted).is_err()
    {
        tracing::trace!("nobody waits for the start any more");
    }
}

/// A signal's name without `SIG`, as the protocol has it.
fn name_of(signal: &Sig) -> String {
    let name = match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    };
    // OpenSSH adds its domain to those that the protocol doesn't name.
    name.split('@').next().unwrap_or(&name).to_owned()
}
