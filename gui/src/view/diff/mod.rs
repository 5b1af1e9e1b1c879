//! Differences, to be read and to be staged.

mod chosen;
mod heading;
mod line;
mod rows;
mod view;

pub use view::{DiffData, DiffView};

#[cfg(test)]
mod tests;
