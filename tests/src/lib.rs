//! The test bed: real parts, started by the tests themselves, gone on drop.
//!
//! Everything here panics when it can't do its work, with the log or the install line in the message: this is a
//! library for tests, and a part that is missing is a failure, never a skip. `docs/testing.md` shows it in use.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a part that doesn't work must fail its test"
)]

mod agent_cli;
mod model;
mod probe_engine;
mod process;
mod shells;
mod sshd;
mod wan;

pub use agent_cli::{codex_config, install_codex, write_codex_config};
pub use model::{MockModel, Request};
pub use probe_engine::ProbeEngine;
pub use shells::LoginShells;
pub use sshd::{Builder, TestSshd};
pub use wan::Wan;
