//! Drivers: a task for each run that launches it, follows it and reports what is so.

mod back;
mod converse;
mod drivers;
mod follow;
mod keep;
mod order;
mod partial;
mod quiet;
mod reading;
mod refused;
mod release;
mod report;
mod sending;
mod settle;
mod signal;
mod sweep;
mod talker;
mod talking;
mod trouble;
mod turn;

pub use drivers::{Begin, Drivers};
