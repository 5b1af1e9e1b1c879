//! The scripts that run on a host.

use crate::transport::Library;

/// What shells learn once.
pub(super) static OPERATIONS: Library =
    Library::new("operations", &[include_str!("scripts/repository.sh")]);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = OPERATIONS.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 8 * 1024, "{}", line.len());
    }
}
