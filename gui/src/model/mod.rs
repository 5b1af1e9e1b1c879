//! What the window knows: how everything stands, as the bridge has told it.

mod looks;
mod sessions;
mod tests_of_hosts;

pub use looks::{Looks, Typed};
pub use sessions::{Sessions, cost_words, session_unread, tab_unread};
pub use tests_of_hosts::{HostTest, HostTests};

#[cfg(test)]
mod sessions_tests;
