//! The scripts that run on a host, and the words that they are called with.

use std::sync::OnceLock;

use crate::transport::{Call, Library, TransportError, quote};

/// What control shells learn once.
static SOCKETS: Library = Library::new("terminals", &[include_str!("scripts/sockets.sh")]);

/// What becomes a client of the host's tmux.
pub(super) fn keep() -> &'static str {
    static KEEP: OnceLock<String> = OnceLock::new();
    KEEP.get_or_init(|| quote::bare(include_str!("scripts/keep.sh")))
}

/// Lists sockets whose names begin so.
pub(super) fn sockets(prefix: &str) -> Result<Call, TransportError> {
    Ok(call(&format!("b_kept {}", quote::word(prefix.as_bytes())?)))
}

/// Ends the servers behind those sockets.
pub(super) fn end_kept(names: &[String]) -> Result<Call, TransportError> {
    let mut line = "b_end_kept".to_owned();
    for name in names {
        line.push(' ');
        line.push_str(&quote::word(name.as_bytes())?);
    }
    Ok(call(&line))
}

/// Hangs up on a shell.
pub(super) fn end_shell(group: u32) -> Call {
    call(&format!("b_end_shell {group}"))
}

fn call(line: &str) -> Call {
    Call::new(quote::line(line)).with(&SOCKETS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = SOCKETS.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 2 * 1024, "{}", line.len());
    }
}
