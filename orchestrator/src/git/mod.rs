//! Git on hosts: always the host's own, with its credentials. A kind of question or change a file; `call.rs` runs all of them.

mod branches;
mod call;
mod channel;
mod choose;
mod commit;
mod desk;
mod diff;
mod graph;
mod lines;
mod log;
mod patch;
mod pull_request;
mod refusal;
mod stage;
mod status;
mod worktree;

pub(crate) use desk::GitDesk;
pub use graph::{GraphRow, graph};
