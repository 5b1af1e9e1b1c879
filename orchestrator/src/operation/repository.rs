//! Which repository an operation changes: all its worktrees share it.

use std::time::Duration;

use super::scripts::OPERATIONS;
use crate::failure::Failure;
use crate::host::Reached;
use crate::transport::{Call, quote};

/// git looks no further than the directories above: longer takes only a disk that doesn't answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the host; `None` where there is no repository. One round trip.
///
/// # Errors
///
/// The way to the host.
pub(super) async fn of(reached: &Reached) -> Result<Option<String>, Failure> {
    let directory = reached.directory.as_deref().unwrap_or(b"~");
    let words = format!("bo_repository {}", quote::path_text(directory)?);
    let call = Call { patience: PATIENCE, ..Call::new(quote::line(&words)).with(&OPERATIONS) };
    let answer = reached.connection.call(call).await?;
    let found = answer.stdout.strip_suffix(b"\0").filter(|path| path.starts_with(b"/"));
    // A name for a queue and no more: what isn't UTF-8 may look like another one.
    Ok(found.map(|path| format!("{:?} {}", reached.place, String::from_utf8_lossy(path))))
}
