//! What users may rely on of the wire: one binary for all tests over a real sshd.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod agents;
mod arguments;
mod cli_agents;
mod cli_doctor;
mod cli_exec;
mod cli_exec_questions;
mod cli_exec_signals;
mod cli_exec_streams;
mod cli_exec_tty;
mod cli_test_connection;
mod conformance;
mod cuts;
mod full_disk;
mod limits;
mod questions;
mod sessions;
mod sharing;
mod shells;
mod support;
mod terminals;
