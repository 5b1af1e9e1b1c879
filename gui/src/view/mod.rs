//! The views: a file or a folder each.

pub mod places;
pub mod sidebar;
