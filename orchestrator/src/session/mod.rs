//! Sessions: agents at work on hosts, their conversations, turns and queues.

mod book;
mod command;
mod create;
mod entry;
mod fact;
mod fold;
mod queue;
mod turn;

pub use book::Book;
pub use entry::{Effect, Entry, LaunchOrder, Outcome};

#[cfg(test)]
mod state_tests;
