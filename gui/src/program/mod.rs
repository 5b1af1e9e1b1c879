//! The program around the window: one at a time, its log, and what a crash leaves.

mod crash;
mod fault;
mod instance;
mod log;
mod pace;
mod start;

pub use crash::report_crashes;
pub use instance::{First, Instance};
pub use log::{Log, start_log};
pub use start::start;
