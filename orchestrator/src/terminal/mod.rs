//! Terminals on hosts.

mod desk;
pub mod screen;

pub(crate) use desk::Terminals;
pub use screen::Screen;
