//! Terminals on hosts.

mod desk;

pub(crate) use desk::Terminals;
