//! `Native`: an ssh client inside this process, for where the system's ssh with a master can't exist.

mod algorithms;
mod auth;
mod channel;
mod config;
mod dial;
mod failure;
mod forward;
mod host_key;
mod identities;
mod known_hosts;
mod known_hosts_files;
mod link;
mod pattern;
mod questions;
mod resolving;
mod sign;
mod spill;
mod ssh_g;
mod transport;
mod wire;

pub use config::{
    AddressFamily, AlgorithmNames, HostKeyPolicy, Method, NativeConfig, Surroundings,
};
pub use known_hosts::{KnownHosts, KnownName, Verdict};
pub use resolving::ResolvingNative;
pub use spill::{SpillError, SpillLimits, SpillReader, SpillWriter, spill};
pub use transport::{Native, NativeSettings};
