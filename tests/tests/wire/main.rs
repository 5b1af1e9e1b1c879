//! What users may rely on of the wire: one binary for all tests over a real sshd.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod conformance;
mod cuts;
mod limits;
mod questions;
mod sharing;
mod shells;
mod support;
