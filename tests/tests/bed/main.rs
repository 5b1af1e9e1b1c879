//! What tests may rely on when they use the test bed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod accident;
mod agent_host;
mod agents;
mod scripted;
mod scripted_formats;
mod scripted_names;
mod scripted_steps;
mod scripted_talk;
mod shells;
mod sshd;
mod support;
mod talk;
mod tmux;
mod wan;
