//! Something that was asked for and may not be there yet.

use orchestrator::failure::Failure;

/// What came of asking for something.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fetched<T> {
    /// Nobody has asked.
    #[default]
    Missing,
    /// It is under way.
    Pending,
    /// Here it is.
    Ready(T),
    /// It can't be had.
    Failed(Failure),
}

impl<T> Fetched<T> {
    /// What is there, if it is.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Missing | Self::Pending | Self::Failed(_) => None,
        }
    }

    /// Whether somebody has to ask for it.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Whether it is under way.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }

    /// Why it can't be had.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Missing | Self::Pending | Self::Ready(_) => None,
        }
    }
}

impl<T> From<Result<T, Failure>> for Fetched<T> {
    fn from(answer: Result<T, Failure>) -> Self {
        match answer {
            Ok(value) => Self::Ready(value),
            Err(failure) => Self::Failed(failure),
        }
    }
}
