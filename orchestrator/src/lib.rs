//! Baton's engine: it starts programs on people's own machines over plain SSH and keeps track of them.
//!
//! The engine never prints, prompts or reads `$HOME`: paths, environment and programs are handed in by
//! the front end. What decides is pure; one driver per module does the I/O. See `ARCHITECTURE.md`.

pub mod agent;
mod connections;
pub mod failure;
pub mod files;
pub mod git;
pub mod history;
pub mod host;
pub mod machine;
mod operation;
pub mod run;
pub mod seam;
pub mod session;
pub mod settings;
mod sftp;
pub mod ssh_config;
pub mod store;
pub mod terminal;
pub mod transfer;
pub mod transport;
