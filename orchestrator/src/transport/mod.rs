//! Ways to run programs on a host: over the system's ssh, over a built-in client, or on this machine.

mod boot;
mod connection;
mod control;
mod error;
mod forward;
mod library;
mod link;
mod local;
mod long_call;
mod marks;
pub mod native;
mod openssh;
mod program;
mod pty;
mod question;
pub mod quote;
mod start;
pub mod stderr;
mod stream;
mod target;

pub use connection::{Connection, ConnectionSettings, Hold, State};
pub use control::{Answer, Call};
pub use error::{KeyRecord, TransportError};
pub use library::Library;
pub use link::{
    Channel, ChannelExit, ChannelRequest, ExitFuture, Forward, ForwardTarget, Link, OpenError,
    TerminalSize, Transport,
};
pub use local::{Local, LocalSettings};
pub(crate) use long_call::{LongCall, timed_out};
pub(crate) use openssh::check_room;
pub use openssh::{
    OpenSsh, OpenSshSettings, Patience, SOCKET_VARIABLE as ASKPASS_SOCKET_VARIABLE, Steps, ask,
};
pub use program::{Exit, Process, ProcessStreams, Program};
pub use question::{Asker, Question, QuestionKind};
pub use stream::{Input, Output};
pub use target::Target;
