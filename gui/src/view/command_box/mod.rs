//! The command box: a line for a session's host, and what the lines that were run have printed.

mod assist;
mod block;
mod data;
mod help;
mod offers;
mod output;
mod view;

pub use data::{Block, BlockAct, CommandBoxAct, CommandBoxData, Completed, LineData, Unfolded};
pub use help::{LineHelp, Wanted};
pub(crate) use view::place;
pub use view::{CommandBoxView, TAKE_ONE_FIRST, several};

#[cfg(test)]
mod tests;
