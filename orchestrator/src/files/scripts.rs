//! The scripts that run on a host, and the words that they are called with.

use std::time::Duration;

use crate::transport::{Call, Library, TransportError, quote};

/// What shells learn once.
static FILES: Library = Library::new(
    "files",
    &[
        include_str!("scripts/put.sh"),
        include_str!("scripts/directory.sh"),
        include_str!("scripts/names.sh"),
        include_str!("scripts/glance.sh"),
    ],
);

/// How long a listing may take: somebody types on meanwhile.
pub(super) const LISTING_SECONDS: u64 = 5;

/// The same with the way there and back, and with a disk that has fallen asleep.
const PATIENCE: Duration = Duration::from_secs(LISTING_SECONDS + 10);

/// A call of one of the functions.
#[derive(Debug)]
pub(super) struct Words(String);

impl Words {
    pub(super) fn new(function: &str) -> Self {
        Self(function.to_owned())
    }

    /// One more word: a path, in which `~` is the host's to expand. None is where a relative one begins.
    ///
    /// # Errors
    ///
    /// [`TransportError::Usage`] for a NUL.
    pub(super) fn path(self, path: &str) -> Result<Self, TransportError> {
        let path = if path.is_empty() { "." } else { path };
        Ok(self.and(&quote::path_text(path.as_bytes())?))
    }

    /// One more word, as it is.
    ///
    /// # Errors
    ///
    /// As [`Words::path`].
    pub(super) fn text(self, text: &str) -> Result<Self, TransportError> {
        Ok(self.and(&quote::text(text.as_bytes())?))
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.and(&number.to_string())
    }

    fn and(mut self, word: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(word);
        self
    }

    /// For a control shell.
    pub(super) fn call(&self) -> Call {
        Call { patience: PATIENCE, ..Call::new(quote::line(&self.0)).with(&FILES) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = FILES.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 4 * 1024, "{}", line.len());
    }
}
