//! Waiting for a broken way to a host, and saying how it is.

use std::time::Duration;

use super::report::{Ending, Reporter};
use crate::failure::Failure;
use crate::run::{RunError, Runs};
use crate::seam::{LinkState, RunId, TurnId};
use crate::session::fact::FactBody;
use crate::store::RunState;
use crate::transport::{Connection, State};

/// Before a connection that nobody tries any more is asked for again.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Says why the way to a turn's host is broken, and waits until it is back.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub async fn until_back(
    report: &Reporter,
    turn: &TurnId,
    connection: &Connection,
    why: RunError,
) -> Result<(), Ending> {
    link(report, turn, LinkState::Lost, Some(why.into())).await?;
    // A fault that has nothing to do with the link is not to be tried without a pause.
    pause(report).await?;
    let mut state = connection.state();
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            State::Connected | State::Degraded => return Ok(()),
            State::Blocked { why } => {
                link(report, turn, LinkState::Blocked, Some(why.into())).await?;
            }
            State::Closed => {
                connection.ready().await.ok(); // Its answer shows in the state.
                pause(report).await?;
                continue;
            }
            State::Connecting { .. } | State::Reconnecting { .. } => {}
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() {
                return Err(Ending);
            },
            () = report.world.ended() => return Err(Ending),
        }
    }
}

/// Ends a run that nobody here can make anything of, however long the way to its host is broken: nothing works unwatched.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub async fn put_down(
    report: &Reporter,
    turn: &TurnId,
    runs: &Runs,
    run: &RunId,
) -> Result<(), Ending> {
    loop {
        match runs.stop(run).await {
            Ok(_) | Err(RunError::NotFound { .. } | RunError::Never { .. }) => return Ok(()),
            Err(error @ RunError::Left { .. }) => {
                tracing::warn!(%run, %error, "an agent goes on that nobody understands");
                return Ok(());
            }
            Err(error) => until_back(report, turn, runs.connection(), error).await?,
        }
    }
}

/// How far a run is that can't be followed to its end: what it has printed isn't all here, so nothing may remove it.
pub fn given_up(why: &RunError) -> RunState {
    if matches!(why, RunError::Never { .. }) { RunState::Never } else { RunState::Left }
}

async fn pause(report: &Reporter) -> Result<(), Ending> {
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => Ok(()),
        () = report.world.ended() => Err(Ending),
    }
}

/// Says of a turn that is taken up that the way to its host stands, where it does: a former engine may have ended while
/// it was broken. Why it still is, the follower says.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub async fn told_of_link(
    report: &Reporter,
    turn: TurnId,
    connection: &Connection,
) -> Result<(), Ending> {
    tokio::select! {
        ready = connection.ready() => match ready {
            Ok(_) => link(report, &turn, LinkState::Restored, None).await,
            Err(_) => Ok(()),
        },
        // What was wished until now is still to be passed on.
        () = report.world.ended() => Ok(()),
    }
}

/// Says how the way to a turn's host is.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub async fn link(
    report: &Reporter,
    turn: &TurnId,
    state: LinkState,
    why: Option<Failure>,
) -> Result<(), Ending> {
    report.tell(FactBody::Link { turn: turn.clone(), state, why }).await
}
