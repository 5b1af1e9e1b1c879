//! The engine as this process would host it.

use orchestrator::agent::Definitions;
use orchestrator::failure::Failure;
use orchestrator::history::HistorySettings;
use orchestrator::host::HostDirectory;
use orchestrator::seam::{EngineHandle, HostingPlan, Program, Started};
use orchestrator::session::{Engine, EnginePlan, EngineSettings};
use orchestrator::store::Store;

use crate::app::App;
use crate::paths;

/// Opens the engine of the data directory, or attaches to the process that hosts it.
///
/// # Errors
///
/// When neither works, and why.
pub async fn open(app: &App) -> Result<EngineHandle, Failure> {
    paths::make_private(&app.paths.data)?;
    paths::make_private(&app.paths.run)?;
    let hosts = HostDirectory::new(app.paths.hosts_toml(), app.machine()?);
    let agents = app.paths.config.join("agents");
    let data = app.paths.data.clone();
    let history = app.history()?;
    let plan = HostingPlan {
        data: data.clone(),
        run: app.paths.run.clone(),
        program: Program {
            name: "baton".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
        },
        start: Box::new(move || {
            let (hosts, agents) = (hosts.clone(), agents.clone());
            Box::pin(start(hosts, agents, data.clone(), history.clone()))
        }),
    };
    EngineHandle::open(plan).await
}

async fn start(
    hosts: HostDirectory,
    agents: std::path::PathBuf,
    data: std::path::PathBuf,
    history: HistorySettings,
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
    let settings = EngineSettings::default();
    let plan = EnginePlan { store: store?, hosts, definitions, settings, history };
    let engine = Engine::start(plan).await?;
    let ending = std::sync::Arc::clone(&engine);
    Ok(Started {
        seam: engine,
        stop: Box::new(move || Box::pin(async move { ending.stop().await })),
    })
}
