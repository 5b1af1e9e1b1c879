//! `Native`: an ssh client inside this process, for where the system's ssh with a master can't exist.
mod algorithms;
mod config;
mod known_hosts;
mod known_hosts_files;
mod pattern;
mod spill;
mod ssh_g;
pub use config::{
    AddressFamily, AlgorithmNames, HostKeyPolicy, Method, NativeConfig, Surroundings,
};
pub use known_hosts::{KnownHosts, KnownName, Verdict, line_for};
pub use spill::{SpillError, SpillLimits, SpillReader, SpillWriter, spill};
