//! Baton's window: views take data and give wishes; the bridge carries them to the engine and its news back.

pub mod fetched;
pub mod fonts;
pub mod memory;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod theme;
pub mod transcript;
pub mod view;
pub mod widget;
