//! A host's connection: one life for all who use the host, whichever transport is behind it.

mod actor;
mod holder;
mod pool;
mod shells;
mod state;

pub use holder::{Connection, ConnectionSettings, Hold};
pub use state::State;
