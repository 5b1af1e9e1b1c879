//! Ways to run programs on a host: over the system's ssh, over a built-in client, or on this machine.

mod error;
mod link;
pub mod stderr;
mod target;

pub use error::{KeyRecord, TransportError};
pub use link::{
    Channel, ChannelExit, ChannelRequest, Forward, ForwardTarget, Link, OpenError, TerminalSize,
    Transport,
};
pub use target::Target;
