//! The line at the bottom: connections and what they do, the engine, what waits to be shared.

mod data;
mod details;
mod state;
mod view;

pub use data::{EngineState, StatusBarAct, StatusBarData};
pub use state::{Mend, mend, state_words};
pub use view::{HEIGHT, StatusBarView};

#[cfg(test)]
mod tests;
