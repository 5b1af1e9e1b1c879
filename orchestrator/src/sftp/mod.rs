//! A server's sftp subsystem, for hosts whose shell runs nothing.
//!
//! The protocol's names are bytes, which the clients that there are don't keep: they make text of them.

mod handle;
mod path;
mod session;
mod wire;

pub(crate) use path::full;
pub(crate) use session::{AT_ONCE, Done, Refused, Session};
pub(crate) use wire::{Attrs, kind, status};
