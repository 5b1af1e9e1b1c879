//! Letting an agent that talks go: its input ends, and if it stays, it is stopped.

use std::sync::Arc;
use std::time::Duration;

use super::back::PAUSE;
use crate::host::Place;
use crate::run::{RunError, Runs, Standing};
use crate::seam::RunId;
use crate::session::world::World;

/// How long an agent may take to end by itself when its input has ended.
const GRACE: Duration = Duration::from_secs(3);

/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(200);

/// Lets go of the agent of a run; whether nothing of it is left. What the engine's end leaves undone is up to the next one.
pub async fn let_go(world: Arc<World>, place: Place, run: RunId) -> bool {
    let _hold = world.hosts.connection(&place).hold();
    let runs = world.runs(&place);
    loop {
        match released(&world, &runs, &run).await {
            Ok(()) => return true,
            Err(error) if world.is_ending() => {
                tracing::info!(%run, %error, "an agent is still to be let go");
                return false;
            }
            Err(error) => tracing::debug!(%run, %error, "an agent is still to be let go"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = world.ended() => {}
        }
    }
}

async fn released(world: &World, runs: &Runs, run: &RunId) -> Result<(), RunError> {
    // Who leaves has no time to wait for it.
    if !world.is_ending() {
        match runs.end_of_messages(run).await {
            Ok(()) => until_gone(world, runs, run).await?,
            Err(RunError::Over { .. }) => {}
            Err(error) => return settled(error),
        }
    }
    // Also what it has left behind.
    match runs.stop(run).await {
        Ok(_) => Ok(()),
        Err(error) => settled(error),
    }
}

/// A run that isn't there needs nothing more.
fn settled(error: RunError) -> Result<(), RunError> {
    match error {
        RunError::NotFound { .. } | RunError::Never { .. } => Ok(()),
        other => Err(other),
    }
}

/// Waits a while for its end.
async fn until_gone(world: &World, runs: &Runs, run: &RunId) -> Result<(), RunError> {
    let gone = async {
        while runs.state(run).await?.standing == Standing::Running {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    tokio::select! {
        gone = gone => gone,
        () = tokio::time::sleep(GRACE) => Ok(()),
        () = world.ended() => Ok(()),
    }
}
