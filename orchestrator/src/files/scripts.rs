//! The scripts that run on a host, and the words that they are called with.

use std::time::Duration;

use crate::transport::{Call, Library, TransportError, quote};

/// What shells learn once.
pub(super) static FILES: Library = Library::new(
    "files",
    &[
        include_str!("scripts/put.sh"),
        include_str!("scripts/directory.sh"),
        include_str!("scripts/names.sh"),
        include_str!("scripts/glance.sh"),
    ],
);

/// What they learn when files are looked at or changed.
pub(super) static SHELL_FILES: Library = Library::new(
    "shell-files",
    &[
        include_str!("../run/scripts/process.sh"),
        include_str!("scripts/put.sh"),
        include_str!("scripts/host.sh"),
        include_str!("scripts/enter.sh"),
        include_str!("scripts/list.sh"),
        include_str!("scripts/read.sh"),
        include_str!("scripts/many.sh"),
        include_str!("scripts/write.sh"),
        include_str!("scripts/change.sh"),
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

/// A line of calls, whose words may be any bytes but NUL.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(function: &str) -> Self {
        Self(function.to_owned())
    }

    /// Begins one more call, behind [`Line::then`].
    pub(super) fn function(mut self, function: &str) -> Self {
        self.0.push_str(function);
        self
    }

    /// What follows is done where what stands here has gone well. Each has a shell of its own, which it may leave.
    pub(super) fn then(mut self) -> Self {
        self.0 = format!("({}) || exit; ", self.0);
        self
    }

    /// One more word: a path, in which `~` is the host's to expand. None is where a relative one begins.
    ///
    /// # Errors
    ///
    /// [`TransportError::Usage`] for a NUL.
    pub(super) fn path(self, path: &[u8]) -> Result<Self, TransportError> {
        let path = if path.is_empty() { b"." } else { path };
        Ok(self.and(&quote::path_text(path)?))
    }

    /// One more word, as it is.
    ///
    /// # Errors
    ///
    /// As [`Line::path`].
    pub(super) fn word(self, word: &[u8]) -> Result<Self, TransportError> {
        Ok(self.and(&quote::text(word)?))
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.and(&number.to_string())
    }

    /// `1`, or nothing.
    pub(super) fn flag(self, flag: bool) -> Self {
        self.and(if flag { "1" } else { "''" })
    }

    fn and(mut self, word: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(word);
        self
    }

    /// For a shell that reads one line.
    pub(super) fn text(&self) -> String {
        quote::line(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_library_is_one_short_line() {
        for (library, most) in [(&FILES, 4), (&SHELL_FILES, 20)] {
            let line = library.line().unwrap();
            assert!(!line.contains('\n') && line.len() < most * 1024, "{}", line.len());
        }
    }

    #[test]
    fn what_a_shell_learns_of_one_library_doesnt_replace_what_it_learnt_of_the_other() {
        let functions = |library: &Library| -> Vec<String> {
            let line = library.line().unwrap().split("\\n");
            line.filter_map(|line| line.strip_suffix("() {")).map(str::to_owned).collect()
        };
        let (one, other) = (functions(&FILES), functions(&SHELL_FILES));
        assert!(one.len() > 5 && other.len() > 20);
        // What stands in both is the same.
        let shared = include_str!("scripts/put.sh");
        let replaced = one
            .iter()
            .find(|name| other.contains(name) && !shared.contains(&format!("{name}() {{")));
        assert_eq!(replaced, None);
    }
}
