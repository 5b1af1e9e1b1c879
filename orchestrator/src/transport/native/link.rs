//! One open connection of the built-in client.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use russh::client::{Handle, Msg};
use russh::{ChannelOpenFailure, ChannelWriteHalf, Disconnect};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::NativeSettings;
use super::channel::{LastEnd, Streams, carry};
use super::forward;
use super::host_key::Client;
use super::wire::Scissors;
use crate::host::HostId;
use crate::transport::{
    Channel, ChannelRequest, Forward, ForwardTarget, Input, Link, OpenError, Output, TerminalSize,
    TransportError,
};

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// For how long after an end a refusal may be due to it.
const JUST_NOW: Duration = Duration::from_millis(500);
/// The pauses before it is tried again. sshd frees a session in the round after the one that closed it.
const FREEING: [Duration; 4] = [
    Duration::from_millis(2),
    Duration::from_millis(8),
    Duration::from_millis(32),
    Duration::from_millis(96),
];

/// An open connection. It ends when it is closed, or when it and all its channels are dropped.
pub(super) struct NativeLink {
    pub(super) session: Arc<Session>,
    /// Dropped without a cut: channels that are still held go on.
    pub(super) scissors: Scissors,
}

/// What channels and forwards share.
pub(super) struct Session {
    pub(super) handle: Handle<Client>,
    pub(super) settings: NativeSettings,
    pub(super) environment: Vec<(String, String)>,
    pub(super) loss: LinkLoss,
    /// When a channel last ended.
    pub(super) ended: Arc<LastEnd>,
}

/// Why the connection ended, for everybody who hangs on it.
#[derive(Clone, Debug)]
pub(super) struct LinkLoss {
    host: HostId,
    lost: watch::Receiver<Option<TransportError>>,
}

impl LinkLoss {
    pub(super) fn new(host: HostId, lost: watch::Receiver<Option<TransportError>>) -> Self {
        Self { host, lost }
    }

    pub(super) fn host(&self) -> &HostId {
        &self.host
    }

    /// Waits for the end.
    pub(super) async fn wait(&self) -> TransportError {
        match self.lost.clone().wait_for(Option::is_some).await {
            Ok(lost) => lost.clone().unwrap_or_else(|| self.unsaid()),
            Err(_) => self.unsaid(),
        }
    }

    /// The end as far as it is known.
    pub(super) fn now(&self) -> TransportError {
        self.lost.borrow().clone().unwrap_or_else(|| self.unsaid())
    }

    fn unsaid(&self) -> TransportError {
        let said = "the connection was closed".to_owned();
        TransportError::ConnectionLost { host: self.host.clone(), said }
    }
}

impl std::fmt::Debug for NativeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeLink")
            .field("host", self.session.loss.host())
            .field("closed", &self.session.handle.is_closed())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Link for NativeLink {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, OpenError> {
        let (session, request) = (Arc::clone(&self.session), request.clone());
        // A task of its own: were the asker gone half-way, the channel would stay open for good.
        let opening = tokio::spawn(async move { session.open(request).await });
        match opening.await {
            Ok(opened) => opened,
            Err(_) => Err(self.session.loss.now().into()),
        }
    }

    async fn forward(&self, target: &ForwardTarget) -> Result<Box<dyn Forward>, TransportError> {
        let forward = forward::start(Arc::clone(&self.session), target.clone()).await?;
        Ok(Box::new(forward))
    }

    async fn lost(&self) -> TransportError {
        self.session.loss.wait().await
    }

    async fn close(&self) {
        let bye = self.session.handle.disconnect(Disconnect::ByApplication, "", "");
        let gone = async {
            if bye.await.is_ok() {
                self.session.loss.wait().await;
            }
        };
        if timeout(FAREWELL, gone).await.is_err() {
            tracing::debug!(host = %self.session.loss.host(), "cut without a farewell");
        }
        self.scissors.cut();
    }
}

impl Session {
    async fn open(&self, request: ChannelRequest) -> Result<Channel, OpenError> {
        let channel = self.open_session().await?;
        let (from, to) = channel.split();
        let to = Arc::new(to);
        let terminal = matches!(request, ChannelRequest::Terminal { .. });
        let streams = carry((from, Arc::clone(&to)), replies(&request), self);
        self.request(&to, &request).await.map_err(|_| self.loss.now())?;
        let Streams { stdin, stdout, stderr, exit, size, started } = streams;
        match started.await {
            Ok(true) => {}
            Ok(false) => {
                // Taking the streams down closes the channel.
                return Err(self.not_granted(&request).into());
            }
            // The channel ended before it was answered.
            Err(_) if self.handle.is_closed() => return Err(self.loss.wait().await.into()),
            Err(_) => return Err(self.not_granted(&request).into()),
        }
        let resize = terminal.then(|| {
            Box::new(move |wanted: TerminalSize| {
                size.send_replace(Some(wanted));
            }) as Box<dyn Fn(TerminalSize) + Send + Sync>
        });
        Ok(Channel {
            stdin: Input::from_stream(stdin),
            stdout: Output::from_stream(stdout),
            stderr: Output::from_stream(stderr),
            exit,
            resize,
            waiter: None,
        })
    }

    /// Opens a session. A refusal right after the end of another one is tried again, for sshd may still count that one.
    async fn open_session(&self) -> Result<russh::Channel<Msg>, OpenError> {
        for pause in FREEING {
            match self.handle.channel_open_session().await {
                Ok(channel) => return Ok(channel),
                Err(russh::Error::ChannelOpenFailure(_)) if self.ended.within(JUST_NOW) => {
                    sleep(pause).await;
                }
                Err(error) => return Err(self.not_opened(error)),
            }
        }
        self.handle.channel_open_session().await.map_err(|error| self.not_opened(error))
    }

    /// Sends everything that starts the program at once; the answers come back in this order.
    async fn request(
        &self,
        to: &ChannelWriteHalf<Msg>,
        request: &ChannelRequest,
    ) -> Result<(), russh::Error> {
        for (name, value) in &self.environment {
            to.set_env(false, name, value).await?;
        }
        match request {
            ChannelRequest::Command(command) => to.exec(true, command.as_str()).await,
            ChannelRequest::Terminal { command, term, size } => {
                let (columns, rows) = (size.columns.into(), size.rows.into());
                to.request_pty(true, term, columns, rows, 0, 0, &[]).await?;
                to.exec(true, command.as_str()).await
            }
            ChannelRequest::Subsystem(name) => to.request_subsystem(true, name.as_str()).await,
        }
    }

    fn not_opened(&self, error: russh::Error) -> OpenError {
        let host = self.loss.host().clone();
        match error {
            russh::Error::ChannelOpenFailure(ChannelOpenFailure::UnknownChannelType) => {
                let what = "the server knows no sessions".to_owned();
                TransportError::Unsupported { host, what }.into()
            }
            russh::Error::ChannelOpenFailure(_) => OpenError::Full,
            _ => self.loss.now().into(),
        }
    }

    fn not_granted(&self, request: &ChannelRequest) -> TransportError {
        let what = match request {
            ChannelRequest::Command(_) => "the server starts no commands".to_owned(),
            ChannelRequest::Terminal { .. } => "the server gives no terminal".to_owned(),
            ChannelRequest::Subsystem(name) => format!("the server has no subsystem {name}"),
        };
        TransportError::Unsupported { host: self.loss.host().clone(), what }
    }
}

/// How many answers the requests get.
fn replies(request: &ChannelRequest) -> usize {
    match request {
        ChannelRequest::Command(_) | ChannelRequest::Subsystem(_) => 1,
        ChannelRequest::Terminal { .. } => 2,
    }
}
