//! The machines that a person works on: `hosts.toml`, its checks, and what a HOST argument means.

mod id;

pub use id::HostId;
