//! wip
/// wip
pub fn start() {}
