//! The left bar: sessions in groups.

mod arrange;
mod menu;
mod order;
mod row;
mod status;
mod view;

pub use arrange::{BOOKMARKS, Heading, List, Row, arrange};
pub use order::{Moved, Step, Target, group_moved, moved, step};
pub use status::{status, tab_status};
pub use view::{SidebarAct, SidebarData, SidebarView};

#[cfg(test)]
mod tests;
