//! Waiting for a broken way to an operation's host.

use std::time::Duration;

use super::drive::Ending;
use super::work::Workshop;
use crate::run::RunError;
use crate::transport::{Connection, State};

/// Before what failed is tried again, where nothing says that the way is back.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// Says why the way is broken, and waits until it is back. The connection is held by the caller: it is tried by itself.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub(super) async fn until_back(
    shop: &Workshop,
    id: &str,
    connection: &Connection,
    why: RunError,
) -> Result<(), Ending> {
    shop.away(id, &why.into());
    pause(shop).await?;
    let mut state = connection.state();
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            State::Connected | State::Degraded => return Ok(()),
            State::Blocked { why } => shop.away(id, &why.into()),
            State::Closed => {
                connection.ready().await.ok(); // Its answer shows in the state.
                pause(shop).await?;
                continue;
            }
            State::Connecting { .. } | State::Reconnecting { .. } => {}
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() {
                return Err(Ending);
            },
            () = shop.ended() => return Err(Ending),
        }
    }
}

async fn pause(shop: &Workshop) -> Result<(), Ending> {
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => Ok(()),
        () = shop.ended() => Err(Ending),
    }
}
