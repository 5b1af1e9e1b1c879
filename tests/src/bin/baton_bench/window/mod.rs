//! The window: how soon it is there, what it costs at rest, and what its frames cost under load.

pub mod frames;
mod opening;
mod place;
mod program;
mod resting;
mod screen;
mod streams;
mod transcript;

pub use opening::measure as opening;
pub use resting::measure as resting;
pub use streams::measure as streams;
pub use transcript::measure as transcript;
