//! How a process stands to the engine of a data directory.

use std::sync::Arc;

use tokio::sync::watch;

use super::Seam;
use super::client::SocketSeam;
use crate::failure::{Code, Failure};

/// How this process stands to the engine; `count` grows with each change.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) count: u64,
    pub(super) role: Role,
}

#[derive(Clone, Debug)]
pub(super) enum Role {
    /// Nobody knows yet who hosts.
    Settling,
    /// It is here.
    Host(Arc<dyn Seam>),
    /// It is there.
    Guest(SocketSeam),
    /// Neither could be had; it is tried again.
    Failed(Failure),
    /// This process has left, and what it hosted ends.
    Leaving,
    /// It has ended.
    Left,
}

/// Who serves at the moment.
pub(super) enum Serving {
    Host(Arc<dyn Seam>),
    Guest(SocketSeam),
}

/// Waits for somebody who serves, but for the one that was `used` and is gone.
pub(super) async fn serving(
    standing: &mut watch::Receiver<Standing>,
    used: Option<u64>,
) -> Result<(u64, Serving), Failure> {
    let left = || Failure::new(Code::Cancelled, "the engine was left: this program ends");
    loop {
        let Standing { count, role } = standing.borrow_and_update().clone();
        if used != Some(count) {
            match role {
                Role::Host(seam) => return Ok((count, Serving::Host(seam))),
                Role::Guest(socket) => return Ok((count, Serving::Guest(socket))),
                Role::Failed(failure) => return Err(failure),
                Role::Leaving | Role::Left => return Err(left()),
                Role::Settling => {}
            }
        }
        standing.changed().await.map_err(|_| left())?;
    }
}
