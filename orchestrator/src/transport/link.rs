//! The seam between the engine and the ways to reach a host: one connection, many channels.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::{Input, Output, TransportError};

/// A way to connect to one host. `Local`, `OpenSsh` and `Native` pass one conformance suite.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Opens one more connection, with its own authentication, and waits until it can be used.
    ///
    /// # Errors
    ///
    /// Says why the host was not reached or let nobody in; nothing is left behind.
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError>;
}

/// One open connection to a host.
///
/// Remote programs go on running when a link is dropped, closed or cut.
#[async_trait]
pub trait Link: fmt::Debug + Send + Sync {
    /// Opens a channel and starts what `request` says on it.
    ///
    /// A reader of one channel that stalls never stops another channel.
    ///
    /// # Errors
    ///
    /// [`OpenError::Full`] when the server takes no more sessions on this connection.
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, OpenError>;

    /// Listens on a free port of `127.0.0.1` here and carries each connection to `target` there.
    ///
    /// Whether the server forwards, and whether anybody listens at `target`, shows with the first connection:
    /// it ends at once. Nothing is tried before, since `target` would notice.
    ///
    /// # Errors
    ///
    /// [`TransportError::Local`] when no port can be listened on.
    async fn forward(&self, target: &ForwardTarget) -> Result<Box<dyn Forward>, TransportError>;

    /// Waits until the connection is gone, and says why.
    ///
    /// A link that is cut silently is noticed when the keepalives go unanswered.
    async fn lost(&self) -> TransportError;

    /// Gives the connection up. Its channels end; it may linger for others where the transport shares connections.
    async fn close(&self);
}

/// What to start on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelRequest {
    /// A command line for the account's login shell; three separate streams.
    Command(String),
    /// The same with a terminal of that size; stdout and stderr are one stream.
    Terminal {
        /// The command line.
        command: String,
        /// `TERM` on the host.
        term: String,
        /// How large the terminal is at first.
        size: TerminalSize,
    },
    /// A subsystem of the server, such as `sftp`.
    Subsystem(String),
}

/// How large a terminal is, in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Cells a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// Resolves to how a command ended; an error means that nobody knows.
pub type ExitFuture = BoxFuture<'static, Result<ChannelExit, TransportError>>;

/// A started command with its streams.
///
/// Dropping `stdin` (or shutting it down) sends the end of file; dropping the rest lets the program run on.
pub struct Channel {
    /// To the program.
    pub stdin: Input,
    /// From the program.
    pub stdout: Output,
    /// From the program; empty with a terminal.
    pub stderr: Output,
    /// How it ended. May be awaited before the streams are read to their end.
    pub exit: ExitFuture,
    /// Changes the size of the terminal; absent without one.
    pub resize: Option<Box<dyn Fn(TerminalSize) + Send + Sync>>,
    /// Whoever waits for the end on our behalf; aborting it closes the channel.
    pub waiter: Option<tokio::task::AbortHandle>,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("terminal", &self.resize.is_some()).finish_non_exhaustive()
    }
}

/// How a command ended, as far as the transport can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelExit {
    /// With that status.
    Status(u32),
    /// By a signal, named without `SIG`.
    Signal(String),
    /// It is gone, and the server didn't say how: by a signal, over OpenSSH's multiplexing.
    Unknown,
}

/// Why no channel was opened.
#[derive(Debug)]
pub enum OpenError {
    /// The server takes no more sessions on this connection (`MaxSessions`); a further connection may.
    Full,
    /// Anything else.
    Failed(TransportError),
}

impl From<TransportError> for OpenError {
    fn from(error: TransportError) -> Self {
        Self::Failed(error)
    }
}

/// Where a forwarded connection goes, seen from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardTarget {
    /// A name or an address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// A forwarded port; dropping it stops listening.
pub trait Forward: fmt::Debug + Send + Sync {
    /// Where we listen.
    fn address(&self) -> SocketAddr;
}
