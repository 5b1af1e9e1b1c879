//! `baton stop`: ends a run and everything that it has started.

use clap::Args;
use orchestrator::failure::Failure;
use orchestrator::run::Standing;
use serde_json::json;

use super::book;
use crate::app::App;
use crate::exit;
use crate::output::Stop;

/// Which run, and how.
#[derive(Debug, Args)]
pub struct StopArgs {
    /// The run's id, or its first letters
    run: String,
    /// Kill it at once, without asking it to end first
    #[arg(long)]
    now: bool,
}

/// Stops it, and says how it stands when nothing of it is left.
///
/// # Errors
///
/// When there is no such run, its host can't be reached, or a process would not end.
pub async fn stop(app: &App, args: StopArgs) -> Result<u8, Stop> {
    let store = book::open(app)?;
    let (record, place) = book::find(app, &store, &args.run).await?;
    let runs = book::runs_of(app, &place)?;
    let stopping = async {
        if args.now { runs.stop_now(&record.id).await } else { runs.stop(&record.id).await }
    };
    let stopped = stopping.await;
    runs.connection().close().await;
    let facts = stopped.map_err(Failure::from)?;
    let (run, on) = (&record.id, place.id.clone());
    let (state, status, text) = match facts.standing {
        Standing::Exited(status) => {
            ("exited", Some(status), format!("run {run} on {on} has ended with status {status}"))
        }
        Standing::Never | Standing::Staged => {
            ("never", None, format!("run {run} on {on} never began"))
        }
        Standing::Running => {
            ("running", None, format!("run {run} on {on} is still being launched"))
        }
        Standing::Unknown | Standing::Broken | Standing::Absent => (
            "unknown",
            None,
            format!("nothing of run {run} is left on {on}; nobody knows how it ended"),
        ),
    };
    let document = json!({ "run": run, "host": on, "state": state, "status": status });
    app.output.answer(&document, text)?;
    store.close().await;
    Ok(exit::DONE)
}
