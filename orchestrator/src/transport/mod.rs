//! Ways to run programs on a host: over the system's ssh, over a built-in client, or on this machine.

mod error;
mod link;
pub mod native;
mod question;
mod target;

pub use error::TransportError;
pub use link::{
    Channel, ChannelExit, ChannelRequest, Forward, ForwardTarget, Link, OpenError, TerminalSize,
    Transport,
};
pub use question::{Asker, Question, QuestionKind};
pub use target::Target;
