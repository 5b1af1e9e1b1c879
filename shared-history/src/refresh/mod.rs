//! Bringing what is known of a directory up to date, by reading only what is new.

mod change;
mod drive;
mod growth;
mod judge;
mod kept;
mod load;

pub use change::{FileChange, Refreshed, Settings};
pub use drive::refresh;

#[cfg(test)]
#[path = "../refresh_tests/mod.rs"]
mod tests;
