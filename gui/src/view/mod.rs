//! The views: a file or a folder each.
