//! The views: a file or a folder each.

pub mod composer;
pub mod queue;
pub mod places;
pub mod sidebar;
