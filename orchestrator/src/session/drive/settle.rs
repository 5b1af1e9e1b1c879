//! Finding out whether a run was launched.

use super::back::{link, until_back};
use super::report::{Ending, Reporter};
use crate::run::{Runs, Standing};
use crate::seam::{LinkState, RunId, TurnId};

/// Makes sure that a run was launched or never will be, however long the way to its host is broken; `true` when it was.
///
/// # Errors
///
/// [`Ending`], when the engine ends before.
pub async fn was_launched(
    report: &Reporter,
    turn: &TurnId,
    runs: &Runs,
    run: &RunId,
) -> Result<bool, Ending> {
    let facts = loop {
        let settling = tokio::select! {
            settled = runs.settle(run) => settled,
            () = report.world.ended() => return Err(Ending),
        };
        match settling {
            Ok(facts) => break facts,
            Err(error) => until_back(report, turn, runs.connection(), error).await?,
        }
    };
    link(report, turn, LinkState::Restored, None).await?;
    Ok(match facts.standing {
        Standing::Never | Standing::Absent | Standing::Staged => false,
        Standing::Running | Standing::Exited(_) | Standing::Unknown | Standing::Broken => true,
    })
}
