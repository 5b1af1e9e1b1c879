//! Who makes the session that an operation ends with.

use std::fmt;

use async_trait::async_trait;

use crate::failure::Failure;
use crate::seam::{CommandId, NewSession, SessionId};

/// The engine's sessions.
#[async_trait]
pub(crate) trait Sessions: fmt::Debug + Send + Sync {
    /// Makes a session, once under that id: who asks again gets the same one.
    ///
    /// # Errors
    ///
    /// Why it can't be.
    async fn begin(&self, id: CommandId, new: NewSession) -> Result<SessionId, Failure>;
}
