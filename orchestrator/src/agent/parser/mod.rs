//! From the bytes that an agent prints to items: pure, incremental over any split, resumable in the middle.

mod claude;
mod claude_line;
mod codex;
mod codex_rollout;
mod copilot;
mod cut;
mod droid;
mod error;
mod frame;
mod gemini;
mod json;
mod opencode;
mod plain;
mod stream;

pub(crate) use cut::cut;
pub(crate) use error::{Clues, agent_error, at_second};
pub(crate) use frame::{Between, Frame, Framer, Skipping};
pub(crate) use json::{repaired, unknown};
pub(crate) use stream::too_long;
pub use stream::{Carry, Parser, ParserKind, Saved};

#[cfg(test)]
#[path = "../parser_tests.rs"]
mod tests;
