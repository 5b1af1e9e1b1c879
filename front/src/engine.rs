//! The engine as this process would host it.

use std::sync::Arc;

use orchestrator::agent::Definitions;
use orchestrator::failure::Failure;
use orchestrator::history::HistorySettings;
use orchestrator::host::HostDirectory;
use orchestrator::seam::{EngineHandle, HostingPlan, Program, Started};
use orchestrator::session::{Engine, EnginePlan, EngineSettings};
use orchestrator::store::Store;
use orchestrator::transport::Asker;

use crate::paths;
use crate::setup::Setup;

/// Opens the engine of the data directory, or attaches to the process that hosts it.
///
/// # Errors
///
/// When neither works, and why.
pub(crate) async fn open(
    setup: &Setup,
    program: Program,
    asker: Option<Arc<dyn Asker>>,
) -> Result<EngineHandle, Failure> {
    let dirs = &setup.paths;
    paths::make_private(&dirs.data)?;
    paths::make_private(&dirs.run)?;
    let hosts = HostDirectory::new(dirs.hosts_toml(), setup.machine(asker)?);
    let agents = dirs.agents();
    let data = dirs.data.clone();
    let history = setup.history()?;
    let worktree_path = setup.settings()?.git.worktree_path;
    let settings = EngineSettings { worktree_path, ..EngineSettings::default() };
    let plan = HostingPlan {
        data: data.clone(),
        run: dirs.run.clone(),
        program,
        start: Box::new(move || {
            let (hosts, agents, settings) = (hosts.clone(), agents.clone(), settings.clone());
            Box::pin(start(hosts, agents, data.clone(), history.clone(), settings))
        }),
    };
    EngineHandle::open(plan).await
}

async fn start(
    hosts: HostDirectory,
    agents: std::path::PathBuf,
    data: std::path::PathBuf,
    history: HistorySettings,
    settings: EngineSettings,
) -> Result<Started, Failure> {
    let read = tokio::task::spawn_blocking(move || {
        let (definitions, faults) = Definitions::load(&agents);
        (definitions, faults, Store::open(&data))
    });
    let (definitions, faults, store) = read.await.map_err(|error| {
        Failure::new(
            orchestrator::failure::Code::Internal,
            format!("opening the database broke off: {error}"),
        )
    })?;
    for fault in faults {
        tracing::warn!("{fault}");
    }
    let plan = EnginePlan { store: store?, hosts, definitions, settings, history };
    let engine = Engine::start(plan).await?;
    let ending = Arc::clone(&engine);
    Ok(Started {
        seam: engine,
        stop: Box::new(move || Box::pin(async move { ending.stop().await })),
    })
}
