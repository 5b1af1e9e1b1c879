//! Why a line is no entry.

use serde::{Deserialize, Serialize};

/// Why a line is no entry. Such a line is counted and left where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// It isn't JSON, or not all of it.
    #[error("it is not JSON")]
    NotJson,
    /// It is JSON, but a number, a list, `null`…
    #[error("it is no JSON object")]
    NotAnObject,
    /// There is no `id`, or it is no string.
    #[error("it has no id")]
    NoId,
    /// There is no `timestamp`, or it is no number.
    #[error("it has no timestamp")]
    NoTimestamp,
    /// It is longer than [`LONGEST_LINE`](crate::LONGEST_LINE).
    #[error("it is longer than 16 MiB")]
    TooLong,
}
