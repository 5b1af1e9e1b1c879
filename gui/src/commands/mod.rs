//! Everything that the window can be told to do: one table for keys, palette and help.

mod command;
mod entry;
mod situation;
mod table;

pub use command::{Group, WindowCommand};
pub use entry::{Entry, Shortcut, entry, keys_of, written};
pub use situation::{Situation, When};
pub use table::TABLE;

#[cfg(test)]
mod tests;
