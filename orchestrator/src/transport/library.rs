//! Functions that control shells learn once, so that a call is no longer than what it asks.

use std::fmt;
use std::sync::OnceLock;

use super::{TransportError, quote};

/// A script that only defines functions, and variables for them. Its name is its own among all.
pub struct Library {
    name: &'static str,
    parts: &'static [&'static str],
    line: OnceLock<Result<String, TransportError>>,
}

impl Library {
    /// Puts `parts` together; they are evaluated one after the other.
    pub const fn new(name: &'static str, parts: &'static [&'static str]) -> Self {
        Self { name, parts, line: OnceLock::new() }
    }

    /// What shells remember it by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The whole as one line, without what is there for readers.
    ///
    /// # Errors
    ///
    /// As [`quote::folded`].
    pub fn line(&self) -> Result<&str, TransportError> {
        let fold =
            || quote::folded(&self.parts.iter().map(|part| quote::bare(part)).collect::<String>());
        self.line.get_or_init(fold).as_ref().map(String::as_str).map_err(Clone::clone)
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Library").field(&self.name).finish()
    }
}

impl PartialEq for Library {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Library {}
