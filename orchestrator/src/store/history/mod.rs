//! The history in the database: entries made here, what waits to be sent, and what other people's shared files hold.

mod api;
mod arms;
mod entries;
mod hidden;
mod number;
mod outbox;
mod projects;
mod read;
mod shared;
mod types;
mod words;

pub use types::{
    Activity, HistoryQuery, HistoryRow, HistoryRows, HistoryScope, HistorySource, NewEntry,
    OutboxJob, OutboxScope, Project, ProjectId, SharedEntry,
};

pub(super) use entries::{add, rewrite};
pub(super) use outbox::{not_sent, sent};
pub(super) use projects::{put_project, set_hinted, set_ignored};
pub(super) use shared::{Shared, drop_shared, put_shared};

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod migration_tests;
#[cfg(test)]
mod model_tests;
