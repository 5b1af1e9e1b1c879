//! A line of a file that is an entry.

use crate::{Entry, Head, Malformed};

/// A line of a file that is an entry, not yet read as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The entry's id.
    pub id: String,
    /// Milliseconds since 1970-01-01 UTC, on its writer's clock.
    pub timestamp: i64,
    /// Where it begins in its file, in bytes.
    pub position: u64,
    /// The line without its end (and without the mark that some editors put at a file's start).
    pub text: Vec<u8>,
}

impl Line {
    /// Reads a line without its end.
    ///
    /// # Errors
    ///
    /// It is no entry.
    pub fn parse(text: &[u8], position: u64) -> Result<Self, Malformed> {
        let head = Head::parse(text)?;
        Ok(Self {
            id: head.id.into_owned(),
            timestamp: head.timestamp,
            position,
            text: text.to_vec(),
        })
    }

    /// Reads all of it.
    ///
    /// # Errors
    ///
    /// None for a line that [`Line::parse`] has made.
    pub fn entry(&self) -> Result<Entry, Malformed> {
        Entry::parse(&self.text)
    }
}
