//! The outbox as a whole: what was made here, and is not yet where it is shared.

use crate::failure::Failure;
use crate::store::{OutboxJob, OutboxScope, Store};

/// Everything that waits, oldest first.
///
/// # Errors
///
/// When the store can't be read.
pub(super) async fn waiting(store: &Store) -> Result<Vec<OutboxJob>, Failure> {
    let mut all: Vec<OutboxJob> = Vec::new();
    loop {
        let after = all.last().map_or(0, |job| job.position);
        let page = store.outbox(&OutboxScope::All, after).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
