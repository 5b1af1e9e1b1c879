//! What tests may rely on when they use the test bed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod agents;
mod scripted;
mod shells;
mod sshd;
mod support;
mod wan;
