//! What every front end reads of this machine, once, and hands to the engine: directories, environment, settings.

mod askpass;
mod engine;
pub mod paths;
mod setup;

pub use askpass::ssh_asks;
pub use setup::Setup;
