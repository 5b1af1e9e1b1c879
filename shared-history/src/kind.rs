//! What made an entry.

use std::fmt;

/// What made an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A person's turn.
    User,
    /// A task of an Auto Run.
    Auto,
    /// A trigger.
    Cue,
    /// What a newer or foreign program calls it; empty when it doesn't say.
    Other(String),
}

impl EntryKind {
    /// Returns the word in the file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User => "USER",
            Self::Auto => "AUTO",
            Self::Cue => "CUE",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for EntryKind {
    fn from(word: String) -> Self {
        match word.as_str() {
            "USER" => Self::User,
            "AUTO" => Self::Auto,
            "CUE" => Self::Cue,
            _ => Self::Other(word),
        }
    }
}

impl From<&str> for EntryKind {
    fn from(word: &str) -> Self {
        word.to_owned().into()
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
