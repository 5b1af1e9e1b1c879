//! The conversations of the session that is shown.

mod menu;
mod moving;
mod naming;
mod view;

pub use moving::stepped;
pub use view::{TabsAct, TabsData, TabsView, tab_words};
