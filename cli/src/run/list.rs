//! `baton runs`: the runs that are known here, or that are on a host.

use std::time::Duration;

use clap::{Args, Subcommand};
use futures::future::join_all;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{Place, ResolvedHost};
use orchestrator::run::{Facts, Standing};
use orchestrator::store::{Change, RunRecord, RunState, Store};
use serde::Serialize;
use serde_json::json;

use super::book;
use super::clean::{CleanArgs, clean};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::{ago, clean_line, cut, host};

/// How long a host may take to answer; one that is dead must not hold up the others.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whose runs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    /// Look on this host, also for runs that were launched elsewhere; without it, all that are known here
    host: Option<String>,
    #[command(subcommand)]
    verb: Option<RunsVerb>,
}

/// What can be done with all of them.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// Remove what is of no more use: runs whose output is here, those that ended a week ago, and broken launches
    Clean(CleanArgs),
}

/// A run, as it is listed.
#[derive(Debug, Serialize)]
struct Row {
    run: String,
    host: String,
    command: String,
    state: &'static str,
    status: Option<u8>,
    started_at: Timestamp,
    out_bytes: u64,
    err_bytes: u64,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

/// Lists them.
///
/// # Errors
///
/// When the store can't be read, or the one host that was named can't be reached.
pub async fn runs(app: &App, args: RunsArgs) -> Result<u8, Stop> {
    let store = book::open(app)?;
    if let Some(RunsVerb::Clean(args)) = args.verb {
        return clean(app, &store, args).await;
    }
    let rows = match &args.host {
        Some(host) => {
            let host = app.resolve_host(host)?;
            let (reference, place) = (host.reference(), host.place());
            let facts = look(app, &place).await?;
            learn(&store, &host, &store.runs_of(&reference).await?, &facts).await?;
            let mut known = store.runs_of(&reference).await?;
            // Those that are where the host was before can't be looked for here.
            let is_here = |record: &RunRecord| {
                record.place.as_ref().is_none_or(|other| *other == place)
                    || facts.iter().any(|facts| facts.run == record.id)
            };
            known.retain(is_here);
            rows_of(&store, &host.id().to_string(), known, Ok(facts)).await?
        }
        None => everywhere(app, &store).await?,
    };
    store.close().await;
    show(app, rows)?;
    Ok(exit::DONE)
}

/// All that are known here; their hosts are asked at the same time.
async fn everywhere(app: &App, store: &Store) -> Result<Vec<Row>, Stop> {
    let hosts = app.hosts().read()?;
    let mut by_place: Vec<(Result<Place, Failure>, Vec<RunRecord>)> = Vec::new();
    for record in store.runs(None).await? {
        if record.swept {
            continue;
        }
        let place = book::place_of(&record, &hosts);
        match by_place.iter_mut().find(|(other, _)| *other == place) {
            Some((_, known)) => known.push(record),
            None => by_place.push((place, vec![record])),
        }
    }
    let asked = by_place.into_iter().map(|(place, known)| async move {
        let (name, facts) = match place {
            Ok(place) => (place.id.to_string(), look(app, &place).await),
            Err(failure) => (failure.host.clone().unwrap_or_default(), Err(failure)),
        };
        (name, known, facts)
    });
    let mut rows = Vec::new();
    for (name, known, facts) in join_all(asked).await {
        if let Err(failure) = &facts {
            app.output.note(format_args!("{name}: {}", failure.message));
        }
        rows.extend(rows_of(store, &name, known, facts).await?);
    }
    rows.sort_by_key(|row| row.started_at);
    Ok(rows)
}

/// What is on a host.
async fn look(app: &App, place: &Place) -> Result<Vec<Facts>, Failure> {
    let runs = book::runs_of(app, place)?;
    let listed = tokio::time::timeout(PATIENCE, runs.list()).await;
    let closing = async {
        if tokio::time::timeout(Duration::from_secs(1), runs.connection().close()).await.is_err() {
            tracing::debug!("a connection was slow to close");
        }
    };
    closing.await;
    match listed {
        Ok(listed) => listed.map_err(Failure::from),
        Err(_) => {
            let what = format!("{} did not answer within {} s", place.id, PATIENCE.as_secs());
            Err(Failure::new(Code::TimedOut, what).on(place.id.to_string()))
        }
    }
}

/// Notes the runs that were launched elsewhere. One that is known under another name of the same machine stays as it is.
async fn learn(
    store: &Store,
    host: &ResolvedHost,
    known: &[RunRecord],
    facts: &[Facts],
) -> Result<(), Failure> {
    for one in facts {
        let launched =
            !matches!(one.standing, Standing::Staged | Standing::Never | Standing::Absent);
        let is_known = known.iter().any(|record| record.id == one.run);
        let Some(meta) = one.meta.as_ref().filter(|_| launched && !is_known) else { continue };
        let record = RunRecord {
            id: one.run.clone(),
            host: host.reference(),
            place: Some(host.place()),
            started_at: meta.started_at,
            command: meta.command.clone(),
            cwd: meta.cwd.clone(),
            owner: None,
            state: RunState::Running,
            status: None,
            out_offset: 0,
            err_offset: 0,
            reader: None,
            swept: false,
        };
        store.add_run(record).await?;
    }
    Ok(())
}

/// Puts together what is known here and what the host says.
async fn rows_of(
    store: &Store,
    host: &str,
    known: Vec<RunRecord>,
    facts: Result<Vec<Facts>, Failure>,
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for record in known.into_iter().filter(|record| !record.swept) {
        let mut row = Row {
            run: record.id.to_string(),
            host: host.to_owned(),
            command: record.command,
            state: "unknown",
            status: record.status,
            started_at: record.started_at,
            out_bytes: record.out_offset,
            err_bytes: record.err_offset,
            error: None,
        };
        if record.state == RunState::Ended {
            row.state = "exited";
        }
        match &facts {
            Err(failure) => row.error = Some(failure.clone()),
            Ok(facts) => match facts.iter().find(|facts| facts.run == record.id) {
                Some(facts) => {
                    (row.out_bytes, row.err_bytes) = (facts.out_bytes, facts.err_bytes);
                    (row.state, row.status) = match facts.standing {
                        Standing::Running => ("running", None),
                        Standing::Exited(status) => ("exited", Some(status)),
                        Standing::Staged | Standing::Never => continue,
                        Standing::Absent | Standing::Unknown | Standing::Broken => {
                            ("unknown", None)
                        }
                    };
                }
                // It is being launched right now: its directory comes later.
                None if record.state == RunState::Launching => continue,
                None => {
                    // Removed there, by another machine or by hand; this is the last time that it is listed.
                    book::change(store, Change::Swept(record.id)).await?;
                    if record.state != RunState::Ended {
                        continue;
                    }
                }
            },
        }
        if record.state != RunState::Never {
            rows.push(row);
        }
    }
    Ok(rows)
}

fn show(app: &App, rows: Vec<Row>) -> Result<(), Stop> {
    if app.output.is_json() {
        return app.output.document(&json!({ "runs": rows }));
    }
    if rows.is_empty() {
        return app.output.line("no runs");
    }
    let now = Timestamp::now();
    let cells: Vec<[String; 5]> = rows
        .into_iter()
        .map(|row| {
            let state = match row.status {
                Some(status) => format!("{} {status}", row.state),
                None => row.state.to_owned(),
            };
            let command = cut(&clean_line(&row.command), 60);
            [row.run, host(&row.host), state, ago(row.started_at, now), command]
        })
        .collect();
    app.output.table(["RUN", "HOST", "STATE", "STARTED", "COMMAND"], &cells)
}
