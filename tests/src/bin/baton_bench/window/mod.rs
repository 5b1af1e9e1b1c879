//! The window: how soon it is there, what it costs at rest, and what its frames cost under load.

mod far_place;
pub mod frames;
mod mentions;
mod opening;
mod place;
mod program;
mod resting;
mod screen;
mod streams;
mod transcript;
mod tree;

pub use frames::Costs;
pub use mentions::measure as mentions;
pub use opening::measure as opening;
pub use resting::measure as resting;
pub use streams::measure as streams;
pub use transcript::measure as transcript;
pub use tree::measure as tree;
