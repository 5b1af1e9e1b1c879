//! What users may rely on of durable runs: one binary for all tests over a real sshd.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bed;
mod cli;
mod cuts;
mod launching;
mod many;
mod room;
mod settling;
mod shells;
mod speed;
mod stopping;
#[expect(dead_code, reason = "shared with the other tier, which needs more of it")]
#[path = "../wire/support.rs"]
mod support;
mod sweeping;
mod talking;
