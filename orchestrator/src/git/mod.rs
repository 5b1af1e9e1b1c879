//! Git on hosts: always the host's own, with its credentials. A kind of question or change a file; `call.rs` runs all of them.

#![allow(dead_code, reason = "the kinds that use it follow")]

mod call;
mod channel;
mod desk;
mod graph;
mod pull_request;
mod refusal;
mod worktree;

pub(crate) use desk::GitDesk;
pub use graph::{GraphRow, graph};
