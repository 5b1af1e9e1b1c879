//! Ways to run programs on a host: over the system's ssh, over a built-in client, or on this machine.

mod error;
mod link;
mod target;

pub use error::TransportError;
pub use link::{
    Channel, ChannelExit, ChannelRequest, Forward, ForwardTarget, Link, OpenError, TerminalSize,
    Transport,
};
pub use target::Target;
