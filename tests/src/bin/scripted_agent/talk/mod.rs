//! Agents that talk: JSON-RPC over stdin and stdout, a line a message, for as long as stdin is open.

mod acp;
mod codex;
mod memory;
mod serve;
mod wire;

pub(crate) use serve::{Dialect, serve};
