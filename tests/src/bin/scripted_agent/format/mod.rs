//! How an agent says things: one file a format of a turn that ends with its process.

mod claude;
mod codex;
mod gemini;
mod opencode;
mod plain;
mod voice;

pub(crate) use voice::{Answer, Beginning, End, Format, Voice, of};
