//! Watching a session: what is stored and what is being written, until there is a reason to stop.

mod driver;
mod effect;
mod printing;
mod question;
mod questions;
mod queue;
mod report;
mod screen;
mod signals;
mod state;
mod terminal;

#[cfg(test)]
pub mod fake;

pub use driver::{Watcher, watch};
pub use effect::{End, Ended, Target};
pub use report::Report;
pub use screen::Console;
pub use signals::{Told, signals};
pub use state::Watch;
pub use terminal::{Ask, Nobody, Terminal};
