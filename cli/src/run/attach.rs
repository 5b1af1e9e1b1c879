//! `baton attach`: a run's output from where it was last shown.

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::run::{Offsets, RunError, Standing};
use orchestrator::store::RunState;

use super::book::{self, Shown};
use super::show::Printer;
use super::watch::Watch;
use crate::app::App;
use crate::exec::Leaving;
use crate::output::Stop;

/// Which run, and from where.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run's id, or its first letters
    run: String,
    /// Everything that it has printed, not only what wasn't shown here yet
    #[arg(long)]
    from_start: bool,
}

/// Shows the run to its end and returns its status.
///
/// # Errors
///
/// When there is no such run, or its host can't be reached.
pub async fn attach(app: &App, args: AttachArgs) -> Result<u8, Stop> {
    let store = book::open(app)?;
    let (record, place) = book::find(app, &store, &args.run).await?;
    if let Some(owner) = &record.owner {
        // The engine reads it, and notes how far it has come.
        let what = format!("the run {} belongs to the session {}", record.id, owner.session);
        return Err(Failure::new(Code::Conflict, what)
            .hint(format!("`baton follow {}` shows it", owner.session))
            .into());
    }
    let runs = book::runs_of(app, &place)?;
    let printer = Printer::new(&app.output, place.id.to_string());
    let mut leaving = Leaving::listen()?;
    let begun = async {
        match record.state {
            // All that it printed was shown here.
            RunState::Ended if !args.from_start => return Ok(Some(record.status)),
            RunState::Never => {
                let (host, run) = (place.id.clone(), record.id.clone());
                return Err(RunError::Never { host, run });
            }
            RunState::Launching => {
                let settled = runs.settle(&record.id).await?;
                if settled.standing == Standing::Never {
                    return Err(RunError::Never { host: place.id.clone(), run: record.id.clone() });
                }
            }
            RunState::Ended | RunState::Running | RunState::Left => {
                runs.connection().ready().await?;
            }
        }
        Ok(None)
    };
    let begun = tokio::select! {
        begun = begun => begun,
        number = leaving.first() => return Ok(128 + number),
    };
    let shown = match begun {
        Ok(Some(status)) => {
            printer.started(&record.id)?;
            printer.exited(status)?;
            return Ok(status.unwrap_or(1));
        }
        Ok(None) => {
            if record.state == RunState::Launching {
                book::set(&store, &record.id, RunState::Running, None).await?;
            }
            let at = if args.from_start {
                Offsets::default()
            } else {
                Offsets { out: record.out_offset, err: record.err_offset }
            };
            Shown::new(store.clone(), record.id.clone(), at)
        }
        Err(error) => {
            if matches!(error, RunError::Never { .. }) {
                book::set(&store, &record.id, RunState::Never, None).await?;
            }
            return Err(Failure::from(error).into());
        }
    };
    printer.started(&record.id)?;
    let follow = runs.follow(&record.id, shown.at);
    let run = record.id;
    let watch = Watch { app, store: &store, runs: &runs, run, printer, shown };
    let status = watch.show(follow, &mut leaving).await;
    runs.connection().close().await;
    store.close().await;
    status
}
