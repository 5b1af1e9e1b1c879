//! The left bar: sessions in groups.

mod arrange;
mod data;
mod drag;
mod keys;
mod menu;
mod naming;
mod order;
mod row;
mod status;
mod view;

pub use arrange::{BOOKMARKS, Heading, List, Place, Row, arrange, below_key, below_of};
pub use data::{SidebarAct, SidebarData};
pub use order::{Moved, Step, Target, group_moved, moved, step};
pub use status::{status, tab_status};
pub use view::SidebarView;

#[cfg(test)]
mod arrange_tests;
#[cfg(test)]
mod nested_tests;
#[cfg(test)]
mod tests;
