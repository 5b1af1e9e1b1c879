//! Drivers: a task for each run that launches it, follows it and reports what is so.

mod back;
mod drivers;
mod follow;
mod order;
mod partial;
mod quiet;
mod reading;
mod report;
mod signal;
mod talker;
mod talking;
mod turn;

pub use drivers::{Begin, Drivers};
