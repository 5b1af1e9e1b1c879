//! Baton's window: views take data and give wishes; the bridge carries them to the engine and its news back.

pub mod bridge;
pub mod fetched;
pub mod fonts;
pub mod memory;
pub mod model;
pub mod program;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
pub mod transcript;
pub mod view;
pub mod widget;
