//! Git on hosts: always the host's own, with its credentials. A kind of question or change a file; `call.rs` runs all of them.

mod branches;
mod call;
mod channel;
mod choose;
mod commit;
#[cfg(test)]
mod cut_tests;
mod desk;
mod diff;
mod graph;
#[cfg(test)]
mod job_bed;
mod known;
mod lines;
mod log;
pub(crate) mod logins;
pub(crate) mod network;
mod network_progress;
mod network_reader;
mod network_refusal;
mod network_told;
mod patch;
pub(crate) mod pull_request;
mod refusal;
mod stage;
mod status;
mod worktree;
pub(crate) mod worktree_add;

pub(crate) use desk::GitDesk;
pub use graph::{GraphRow, graph};
pub use refusal::OUTSIDE;
