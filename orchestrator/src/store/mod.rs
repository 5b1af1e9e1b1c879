//! The database of one data directory: what happened, and how things stand.

mod change;

pub use change::{
    Batch, Change, Draft, Environment, Loaded, Receipt, RunOwner, RunRecord, RunState,
};
