//! `baton runs clean`: removes the directories of old runs from their hosts.

use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::Place;
use orchestrator::seam::RunId;
use orchestrator::store::{Change, RunState, Store};
use serde_json::json;

use super::book;
use crate::app::App;
use crate::exit;
use crate::output::Stop;

/// How long a host may take; removing takes longer than looking.
const PATIENCE: Duration = Duration::from_secs(45);

/// Where.
#[derive(Debug, Args)]
pub struct CleanArgs {
    /// On this host; without it, on all where runs are known to be
    host: Option<String>,
}

/// Sweeps, and says what is gone.
///
/// # Errors
///
/// When the store can't be read. A host that can't be reached is noted, and gives the status of its failure.
pub async fn clean(app: &App, store: &Store, args: CleanArgs) -> Result<u8, Stop> {
    let records = store.runs(None).await?;
    let hosts = app.hosts().read()?;
    let mut places: Vec<(String, Result<Place, Failure>)> = Vec::new();
    match &args.host {
        Some(host) => {
            let host = app.resolve_host(host)?;
            places.push((host.reference(), Ok(host.place())));
        }
        None => {
            for one in records.iter().filter(|one| !one.swept) {
                let place = (one.host.clone(), book::place_of(one, &hosts));
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
    }
    let swept = places.into_iter().map(|(reference, place)| {
        // A run's id is nowhere twice: what is not there is not removed there.
        let of_host = records.iter().filter(|one| one.host == reference);
        let stored: Vec<RunId> = of_host
            .filter(|one| matches!(one.state, RunState::Ended | RunState::Never))
            .map(|one| one.id.clone())
            .collect();
        async move {
            let swept = match place {
                Ok(place) => sweep(app, &place, &stored).await,
                Err(failure) => Err(failure),
            };
            (reference, swept)
        }
    });
    let (mut removed, mut failures) = (Vec::new(), Vec::new());
    for (reference, swept) in join_all(swept).await {
        match swept {
            Ok(runs) => {
                for run in runs {
                    if records.iter().any(|one| one.id == run) {
                        book::change(store, Change::Swept(run.clone())).await?;
                    }
                    removed.push(json!({ "run": run, "host": reference }));
                }
            }
            Err(failure) => failures.push(failure),
        }
    }
    let count = removed.len();
    let text = format!("removed {count} {}", if count == 1 { "run" } else { "runs" });
    app.output.answer(&json!({ "removed": removed, "errors": failures }), text)?;
    for failure in &failures {
        app.output.note(&failure.message);
    }
    Ok(failures.first().map_or(exit::DONE, |failure| exit::status(failure.code)))
}

async fn sweep(app: &App, place: &Place, stored: &[RunId]) -> Result<Vec<RunId>, Failure> {
    let runs = book::runs_of(app, place)?;
    let swept = tokio::time::timeout(PATIENCE, runs.sweep(stored)).await;
    runs.connection().close().await;
    match swept {
        Ok(swept) => swept.map_err(Failure::from),
        Err(_) => {
            let what = format!("{} did not answer within {} s", place.id, PATIENCE.as_secs());
            Err(Failure::new(Code::TimedOut, what).on(place.id.to_string()))
        }
    }
}
