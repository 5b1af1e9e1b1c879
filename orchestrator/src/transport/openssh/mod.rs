//! The default transport: the system's ssh, one master per connection, spoken to over its socket.
//!
//! ssh itself honours all of the person's configuration. No process of ours is needed for a command, a stalled
//! reader holds up nobody else, and the connection is shared with every other process that means the same target.

mod askpass;
mod config;
mod control_path;
mod link;
mod master;
mod session;
mod transport;

pub use askpass::{SOCKET_VARIABLE, ask};
pub use config::Patience;
pub use transport::{OpenSsh, OpenSshSettings, Steps};
