//! The conversations of the session that is shown.

mod menu;
mod moving;
mod naming;
mod terminals;
mod view;

pub use moving::stepped;
pub use terminals::{TerminalTab, TerminalTabsAct};
pub use view::{TabsAct, TabsData, TabsView, tab_words};
