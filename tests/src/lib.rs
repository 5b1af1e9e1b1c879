//! The test bed: real parts, started by the tests themselves, gone on drop.
//!
//! Everything here panics when it can't do its work, with the log or the install line in the message: this is a
//! library for tests, and a part that is missing is a failure, never a skip. `docs/testing.md` shows it in use.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a part that doesn't work must fail its test"
)]

mod accident;
mod agent_cli;
mod agent_host;
mod home;
mod look;
mod model;
mod probe_engine;
mod process;
mod shells;
mod sshd;
mod terminal;
mod wan;

pub use accident::Accident;
pub use agent_cli::{
    codex_config, gemini_environment, install_codex, install_gemini, install_opencode,
    opencode_environment, scripted_agent, write_codex_config, write_gemini_config,
    write_opencode_config, write_opencode_config_that_asks,
};
pub use agent_host::AgentHost;
pub use home::{Home, Run, ended, program, start};
pub use look::{Sockets, children_of_sessions, is_running, processes, short_dir, sleepers, until};
pub use model::{MockModel, Request};
pub use probe_engine::ProbeEngine;
pub use shells::LoginShells;
pub use sshd::{Builder, TestSshd};
pub use terminal::{InTerminal, Terminal};
pub use wan::Wan;
