//! A place that a front end has named, ready to be asked.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;

use super::Place;
use crate::failure::Failure;
use crate::seam::{At, SessionId};
use crate::transport::Connection;

/// Where something is to be done.
#[derive(Clone)]
pub struct Reached {
    /// The machine, as it is remembered over a restart.
    pub place: Place,
    /// Its connection, not opened yet.
    pub connection: Connection,
    /// The directory that relative paths begin in; `~` is the host's to expand. The account's home when `None`.
    pub directory: Option<Vec<u8>>,
    /// What is added to the environment there: the host's, and the session's. Secrets.
    pub env: BTreeMap<String, String>,
    /// The session that was named.
    pub session: Option<SessionId>,
}

/// Leaves the values of the environment out.
impl fmt::Debug for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reached")
            .field("place", &self.place)
            .field("directory", &self.directory.as_deref().map(String::from_utf8_lossy))
            .field("env", &self.env.keys())
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// A session of a place.
#[derive(Clone, Debug)]
pub struct Seated {
    /// Which.
    pub session: SessionId,
    /// What a person calls it.
    pub name: String,
    /// The one that it belongs below.
    pub parent: Option<SessionId>,
    /// Its directory, as [`Reached::directory`].
    pub directory: Option<Vec<u8>>,
    /// Whether a turn is under way.
    pub is_working: bool,
}

/// Who knows what a front end's words mean.
#[async_trait]
pub trait Reach: fmt::Debug + Send + Sync {
    /// What a place means today.
    ///
    /// # Errors
    ///
    /// `not_found` without that session, and why a host may not be used.
    async fn reach(&self, at: &At) -> Result<Reached, Failure>;

    /// A connection to a place that was remembered, not opened yet.
    fn connection(&self, place: &Place) -> Connection;

    /// The sessions of a place.
    ///
    /// # Errors
    ///
    /// When the engine has ended.
    async fn sessions(&self, place: &Place) -> Result<Vec<Seated>, Failure>;

    /// Where a new worktree lies, as `config.toml` says it; see [`crate::settings::GitKeys::worktree_path`].
    fn worktree_path(&self) -> &str;
}
