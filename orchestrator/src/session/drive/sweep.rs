//! Removing the directories of finished runs from a host.

use super::report::{Ending, Reporter};
use crate::run::Runs;
use crate::session::fact::FactBody;
use crate::store::RunState;

/// Removes the directories of runs whose output is all stored here; what can't be removed now is by a later turn.
pub async fn sweep(report: &Reporter, host: &str, runs: &Runs) -> Result<(), Ending> {
    let stored = match report.world.store.runs_of(host).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::warn!(%host, %error, "finished runs stay for now");
            return Ok(());
        }
    };
    let over = stored
        .into_iter()
        .filter(|run| !run.swept && matches!(run.state, RunState::Ended | RunState::Never));
    let ids: Vec<_> = over.map(|run| run.id).collect();
    match runs.sweep(&ids).await {
        Ok(gone) => {
            for run in gone {
                report.tell(FactBody::Swept { run }).await?;
            }
        }
        Err(error) => tracing::debug!(%host, %error, "finished runs stay for now"),
    }
    Ok(())
}
