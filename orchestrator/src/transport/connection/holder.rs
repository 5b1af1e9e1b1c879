//! What the engine holds of a host: run programs, call the control shell, forward, watch.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::actor::{Actor, Message};
use super::pool::Pool;
use super::shells::Shells;
use super::state::State;
use crate::host::HostId;
use crate::transport::control::{Answer, Call};
use crate::transport::program::{Process, Program};
use crate::transport::quote;
use crate::transport::start::{self, Prepared};
use crate::transport::{
    Channel, ChannelRequest, Forward, ForwardTarget, Transport, TransportError,
};

/// How long things may take on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// For a login profile, until the first program runs.
    pub profile_patience: Duration,
    /// Between two signs of life while somebody holds the connection.
    pub sign_interval: Duration,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self { profile_patience: Duration::from_secs(20), sign_interval: Duration::from_secs(5) }
    }
}

/// A connection to one host, opened when it is first used; cheap to clone.
///
/// Whoever asks while it is being opened shares the attempt. Dropping the last clone gives it up; remote
/// programs run on.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    host: HostId,
    settings: ConnectionSettings,
    pool: Arc<Pool>,
    shells: Arc<Shells>,
    state: watch::Receiver<State>,
    next_try: Arc<Mutex<Option<Timestamp>>>,
    held: Arc<watch::Sender<usize>>,
    messages: mpsc::Sender<Message>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.inner.host)
            .field("state", &*self.inner.state.borrow())
            .finish()
    }
}

/// Keeps a connection: while one is held, it is watched, and reconnected when it breaks.
#[derive(Debug)]
pub struct Hold {
    held: Arc<watch::Sender<usize>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.send_modify(|held| *held = held.saturating_sub(1));
    }
}

impl Connection {
    /// Makes a connection over `transport`; nothing is opened yet. Must be called within a tokio runtime.
    pub fn new(host: HostId, transport: Arc<dyn Transport>, settings: ConnectionSettings) -> Self {
        // One message for each break of the last link; there is none without an attempt in between.
        let (lost_sender, lost) = mpsc::channel(4);
        let (messages, inbox) = mpsc::channel(64);
        let (state_sender, state) = watch::channel(State::Closed);
        let (held, holders) = watch::channel(0);
        let held = Arc::new(held);
        let next_try = Arc::default();
        let pool = Pool::new(host.clone(), transport, lost_sender);
        let shells = Shells::new(host.clone(), Arc::clone(&pool), settings.profile_patience);
        let actor = Actor {
            host: host.clone(),
            pool: Arc::clone(&pool),
            shells: Arc::clone(&shells),
            state: state_sender,
            next_try: Arc::clone(&next_try),
            held: holders,
            lost,
            sign_interval: settings.sign_interval,
        };
        tokio::spawn(actor.run(inbox));
        Self {
            inner: Arc::new(Inner {
                host,
                settings,
                pool,
                shells,
                state,
                next_try,
                held,
                messages,
            }),
        }
    }

    /// The host's id.
    pub fn host(&self) -> &HostId {
        &self.inner.host
    }

    /// The connection's state, and every change of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.inner.state.clone()
    }

    /// When it is tried again, where its state is [`State::Reconnecting`].
    pub(crate) fn next_try(&self) -> Option<Timestamp> {
        *self.inner.next_try.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections to the server are open: more than one where it limits their sessions.
    pub fn links(&self) -> usize {
        self.inner.pool.size()
    }

    /// Keeps the connection open until the hold is dropped: it reconnects by itself.
    pub fn hold(&self) -> Hold {
        self.inner.held.send_modify(|held| *held += 1);
        Hold { held: Arc::clone(&self.inner.held) }
    }

    fn cancelled(&self) -> TransportError {
        TransportError::Cancelled { host: self.inner.host.clone() }
    }

    /// Waits until the connection can be used.
    ///
    /// # Errors
    ///
    /// Why the host was not reached, or nobody was let in.
    pub async fn ready(&self) -> Result<(), TransportError> {
        let (sender, receiver) = oneshot::channel();
        self.inner.messages.send(Message::Ask(sender)).await.map_err(|_| self.cancelled())?;
        receiver.await.map_err(|_| self.cancelled())?
    }

    /// Says that the person has mended something: a blocked connection is tried again.
    pub async fn retry(&self) {
        if self.inner.messages.send(Message::Acted).await.is_err() {
            tracing::debug!(host = %self.inner.host, "the connection has ended");
        }
    }

    /// Starts a program.
    ///
    /// # Errors
    ///
    /// `Usage`, `DirMissing`, `PermissionDenied` and `ShellBroken`: nothing was run. `ConnectionLost`: nobody knows.
    pub async fn start(&self, program: &Program) -> Result<Process, TransportError> {
        let prepared = Prepared::new(program)?;
        self.ready().await?;
        start::start(
            &self.inner.pool,
            &self.inner.host,
            prepared,
            self.inner.settings.profile_patience,
        )
        .await
    }

    /// Runs one small operation in a control shell: one round trip.
    ///
    /// # Errors
    ///
    /// A script that fails is `Ok` with its status. [`TransportError::TimedOut`] and
    /// [`TransportError::TooLarge`]: it was killed. [`TransportError::ConnectionLost`]: nobody knows.
    pub async fn call(&self, call: Call) -> Result<Answer, TransportError> {
        self.ready().await?;
        self.inner.shells.call(call).await
    }

    /// Sends a signal, named without `SIG`, to a process group on the host. One that is gone is no error.
    ///
    /// # Errors
    ///
    /// As [`Connection::call`].
    pub async fn signal(&self, group: u32, name: &str) -> Result<(), TransportError> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(TransportError::Usage {
                what: format!("{name:?} is not the name of a signal"),
            });
        }
        // A server that starts its commands in its own group leaves only the process itself to us.
        let to_group = quote::kill_group(name, group);
        let script = format!("{to_group} 2>/dev/null || kill -{name} {group} 2>/dev/null || :");
        self.call(Call::new(script)).await.map(|_| ())
    }

    /// Opens a channel to a subsystem of the server, such as `sftp`.
    ///
    /// # Errors
    ///
    /// [`TransportError::Unsupported`] shows only when the channel ends at once: servers differ.
    pub async fn subsystem(&self, name: &str) -> Result<Channel, TransportError> {
        self.ready().await?;
        self.inner.pool.open(&ChannelRequest::Subsystem(name.to_owned())).await
    }

    /// Listens on a free port of `127.0.0.1` here and carries its connections to `target`, seen from the host.
    ///
    /// # Errors
    ///
    /// As [`crate::transport::Link::forward`].
    pub async fn forward(
        &self,
        target: &ForwardTarget,
    ) -> Result<Box<dyn Forward>, TransportError> {
        self.ready().await?;
        let link = self.inner.pool.first().ok_or_else(|| self.cancelled())?;
        link.forward(target).await
    }

    /// Measures one round trip to the host and back, through a control shell.
    ///
    /// # Errors
    ///
    /// As [`Connection::call`].
    pub async fn round_trip(&self) -> Result<Duration, TransportError> {
        // The first call may open a shell; the second one is the measure.
        self.call(Call::new(":")).await?;
        let start = Instant::now();
        self.call(Call::new(":")).await?;
        Ok(start.elapsed())
    }

    /// Measures one round trip over what is open: nothing is connected for it, and nothing is kept for it.
    ///
    /// # Errors
    ///
    /// As [`Connection::call`]; `ConnectionLost` where no connection is open.
    pub(crate) async fn measure(&self) -> Result<Duration, TransportError> {
        self.inner.shells.round_trip().await
    }

    /// Gives the connection up, and waits until it is. It may linger for others; remote programs run on.
    pub async fn close(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.inner.messages.send(Message::Close(sender)).await.is_ok() && receiver.await.is_err()
        {
            tracing::debug!(host = %self.inner.host, "the connection had ended");
        }
    }
}
