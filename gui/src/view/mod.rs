//! The views: a file or a folder each.

pub mod header;
pub mod places;
pub mod sidebar;
pub mod status_bar;
pub mod tabs;
