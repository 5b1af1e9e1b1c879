//! What people may rely on of a project's shared history on a host: one binary for all tests over real shells.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bed;
mod bytes;
mod crashes;
mod git;
mod locks;
mod neighbours;
mod poor;
mod promises;
mod refusals;
mod shells;
mod strangers;
#[expect(dead_code, reason = "shared with the other tier, which needs more of it")]
#[path = "../wire/support.rs"]
mod support;
mod writers;
