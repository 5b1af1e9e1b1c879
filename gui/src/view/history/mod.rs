//! What was done: here, and by everybody who works on the same project.

mod card;
mod cards;
mod data;
mod details;
mod graph;
mod look_back;
mod narrow;
mod view;
mod wanted;

pub use card::{CardKind, HistoryCard};
pub use data::{HistoryAct, HistoryData};
pub use look_back::LookBack;
pub use view::HistoryView;
pub use wanted::{Bucket, Wanted};

#[cfg(test)]
mod tests;
