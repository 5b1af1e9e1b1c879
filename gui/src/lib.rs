//! Baton's window: views take data and give wishes; the bridge carries them to the engine and its news back.

pub mod app;
pub mod bridge;
pub mod clipboard;
pub mod commands;
pub mod fetched;
pub mod fonts;
pub mod fuzzy;
pub mod kept_image;
pub mod keys;
pub mod memory;
pub mod model;
pub mod program;
#[cfg(test)]
pub(crate) mod samples;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod theme;
pub mod transcript;
pub mod view;
pub mod widget;
pub mod words;
