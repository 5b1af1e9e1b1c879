//! The scripts that run on a host.

use crate::transport::Library;

/// What shells learn once.
pub(super) static OPERATIONS: Library =
    Library::new("operations", &[include_str!("scripts/repository.sh")]);

/// The same for who completes command lines: it is long, and not everybody does.
pub(super) static COMPLETE: Library =
    Library::new("complete", &[include_str!("scripts/complete.sh")]);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_library_is_one_line() {
        for (library, most) in [(&OPERATIONS, 1024), (&COMPLETE, 12 * 1024)] {
            let line = library.line().unwrap();
            assert!(!line.contains('\n') && line.len() < most, "{}", line.len());
        }
    }
}
