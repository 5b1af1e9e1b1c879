//! The calls of the scripts.

use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::{TransportError, quote};

/// A call: variables, and then a function.
#[derive(Debug, Default)]
pub(super) struct Words(String);

impl Words {
    /// Sets a variable to a path, `~` left to the host.
    pub(super) fn path(mut self, name: &str, path: &[u8]) -> Result<Self, TransportError> {
        self.0.push_str(&format!("{name}={};", quote::path_text(path)?));
        Ok(self)
    }

    /// Sets a variable.
    pub(super) fn set(mut self, name: &str, value: &str) -> Result<Self, TransportError> {
        self.0.push_str(&format!("{name}={};", quote::text(value.as_bytes())?));
        Ok(self)
    }

    /// Calls a function, in one line.
    pub(super) fn call(self, function: &str) -> String {
        quote::line(&format!("{}{function}", self.0))
    }
}

/// The directory that a target has to lie in, as [`Words::path`] takes it; none where it may lie anywhere.
pub(super) fn base(reached: &Reached, outside: bool) -> &[u8] {
    match (&reached.directory, outside) {
        (_, true) => b"",
        (Some(directory), false) if !directory.is_empty() => directory,
        (Some(_) | None, false) => b"~",
    }
}

/// Where a script has to begin, for a path that is relative.
pub(super) fn cwd<'a>(reached: &'a Reached, path: &FilePath) -> Option<&'a [u8]> {
    let is_own = path.bytes().starts_with(b"/") || path.bytes().starts_with(b"~");
    reached.directory.as_deref().filter(|_| !is_own)
}
