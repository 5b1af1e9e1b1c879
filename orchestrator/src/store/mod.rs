//! The database of one data directory: what happened, and how things stand.

mod apply;
mod change;
mod database;
mod fault;
mod history;
mod open;
mod operations;
mod read;
mod rows;
mod terminals;
mod writer;

pub use change::{
    Batch, Change, Draft, Environment, Loaded, Receipt, RemovedMessage, RunOwner, RunRecord,
    RunState,
};
pub use database::Store;
pub use history::{
    Activity, HistoryQuery, HistoryRow, HistoryRows, HistoryScope, HistorySource, NewEntry,
    OutboxJob, OutboxScope, Project, ProjectId, SharedEntry,
};
pub use operations::{LineFilter, LineScope, OperationRecord};
pub use terminals::TerminalRecord;
