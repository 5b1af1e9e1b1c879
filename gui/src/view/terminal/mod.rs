//! A terminal: what its program shows, and a person's hands on it.

mod bars;
mod data;
mod find;
mod mouse;
mod screen;
mod still;
#[cfg(test)]
mod tests;
mod view;

pub use data::{TerminalAct, TerminalData};
pub use still::PATIENCE;
pub use view::TerminalView;
