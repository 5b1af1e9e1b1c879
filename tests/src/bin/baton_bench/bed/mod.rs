//! The machine that is measured, and the way there.

#[cfg(target_os = "linux")]
mod far;
mod relay;
mod setup;

pub use setup::{ALIAS, Bed};
