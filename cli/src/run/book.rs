//! What this machine knows of runs.

use std::time::{Duration, Instant};

use orchestrator::failure::Failure;
use orchestrator::host::{Hosts, Place, recall};
use orchestrator::run::{Offsets, Runs};
use orchestrator::seam::RunId;
use orchestrator::store::{Batch, Change, RunRecord, RunState, Store};

use crate::app::App;
use crate::output::Stop;

/// How old the stored offset may be.
const FRESH: Duration = Duration::from_millis(250);

/// Opens the store of this machine.
///
/// # Errors
///
/// As [`Store::open`].
pub fn open(app: &App) -> Result<Store, Failure> {
    Store::open(&app.paths.data)
}

/// The run of that id or beginning, and where it is: there it stays, whatever its host's name means by now.
///
/// # Errors
///
/// When there is none, or several, or its host is not there any more.
pub async fn find(app: &App, store: &Store, name: &str) -> Result<(RunRecord, Place), Stop> {
    let record = store.run_named(name).await?;
    let place = place_of(&record, &app.hosts().read()?)?;
    Ok((record, place))
}

/// Where a run is.
///
/// # Errors
///
/// When it never had a place, and its host is not there any more.
pub fn place_of(record: &RunRecord, hosts: &Hosts) -> Result<Place, Failure> {
    match &record.place {
        Some(place) => Ok(place.clone()),
        None => Ok(recall(&record.host, hosts)?.place()),
    }
}

/// The runs at a place, for one command.
///
/// # Errors
///
/// When `config.toml` is broken.
pub fn runs_of(app: &App, place: &Place) -> Result<Runs, Failure> {
    Ok(Runs::for_one(app.machine()?.reach(place, None)))
}

/// Stores one change.
///
/// # Errors
///
/// As [`Store::commit`].
pub async fn change(store: &Store, change: Change) -> Result<(), Failure> {
    store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.map(drop)
}

/// Stores how far a run is.
///
/// # Errors
///
/// As [`Store::commit`].
pub async fn set(
    store: &Store,
    run: &RunId,
    state: RunState,
    status: Option<u8>,
) -> Result<(), Failure> {
    change(store, Change::SetRun { run: run.clone(), state, status }).await
}

/// Stores how much of a run's output was shown: soon after, and at the end.
#[derive(Debug)]
pub struct Shown {
    store: Store,
    run: RunId,
    /// What was shown.
    pub at: Offsets,
    stored: Offsets,
    stored_at: Instant,
}

impl Shown {
    /// Begins at what is stored.
    pub fn new(store: Store, run: RunId, at: Offsets) -> Self {
        Self { store, run, at, stored: at, stored_at: Instant::now() }
    }

    /// Whether there is something to store.
    pub fn is_due(&self) -> bool {
        self.at != self.stored
    }

    /// When it is to be stored at the latest.
    pub fn due(&self) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.stored_at + FRESH)
    }

    /// Stores it now.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`].
    pub async fn save(&mut self) -> Result<(), Failure> {
        if self.is_due() {
            self.store.progress(&self.run, self.at.out, self.at.err).await?;
            self.stored = self.at;
        }
        self.stored_at = Instant::now();
        Ok(())
    }
}
