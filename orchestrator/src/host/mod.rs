//! The machines that a person works on: `hosts.toml`, its checks, and what a HOST argument means.
//!
//! An entry is a table whose heading is its id: `[host.gpu]`. So an id stands where the eye looks first, TOML
//! itself forbids two of the same, and the shortest entry is two lines.

mod config;
mod directory;
mod document;
mod edit;
mod error;
mod id;
mod place;
mod reached;
mod reference;
mod resolve;
mod slug;
mod store;
pub mod test_connection;
mod validate;
mod watch;

pub use config::{HostConfig, Hosts, TransportKind};
pub use directory::HostDirectory;
pub use document::{Problem, parse};
pub use edit::{Change, apply};
pub use error::HostsError;
pub use id::HostId;
pub use place::{Place, Site, Way};
pub use reached::{Reach, Reached, Seated};
pub use reference::recall;
pub use resolve::{AdHoc, ResolvedHost, find, resolve};
pub use slug::unique_id;
pub use store::HostsStore;
pub use validate::{Fault, KeyReadable, expand_home, validate, validate_host};
pub use watch::{HostsView, HostsWatch};

#[cfg(test)]
mod example_tests;
