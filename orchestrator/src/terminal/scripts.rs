//! The scripts that run on a host, and the words that they are called with.

use std::sync::OnceLock;

use crate::transport::{Call, Library, quote};

/// What control shells learn once.
static ENDS: Library = Library::new("terminals", &[include_str!("scripts/end.sh")]);

/// What becomes a client of the host's tmux.
pub(super) fn keep() -> &'static str {
    static KEEP: OnceLock<String> = OnceLock::new();
    KEEP.get_or_init(|| quote::bare(include_str!("scripts/keep.sh")))
}

/// Hangs up on a shell.
pub(super) fn end_shell(group: u32) -> Call {
    Call::new(quote::line(&format!("b_end_shell {group}"))).with(&ENDS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = ENDS.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 2 * 1024, "{}", line.len());
    }
}
