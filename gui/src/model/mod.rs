//! What the window knows: how everything stands, as the bridge has told it.

mod looks;
mod recent;
mod sessions;
mod speed;

pub use looks::{Looks, Typed};
pub use recent::{MOST_RECENT, Recent, recent};
pub use sessions::{Sessions, cost_words, session_unread, tab_unread};
pub use speed::Speed;

#[cfg(test)]
mod recent_tests;
#[cfg(test)]
mod sessions_tests;
