//! The views: a file or a folder each.

pub mod approval;
