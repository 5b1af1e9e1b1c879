//! Drivers: a task for each run that launches it, follows it and reports what is so.

mod drivers;
mod link;
mod order;
mod partial;
mod quiet;
mod reading;
mod signal;
mod talker;
mod turn;

pub use drivers::Drivers;
