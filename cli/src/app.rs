//! What every verb is handed: where files are, which ssh to use, where to print.

use std::ops::Deref;
use std::sync::Arc;

use baton_front::Setup;
use orchestrator::failure::Failure;
use orchestrator::host::ResolvedHost;
use orchestrator::machine::ThisMachine;
use orchestrator::seam::{EngineHandle, Program, Seam};
use orchestrator::transport::Asker;
use tokio::sync::OnceCell;

use crate::ask::TerminalAsker;
use crate::output::{Output, Stop};

/// The environment of one run of `baton`, read once.
#[derive(Debug)]
pub struct App {
    setup: Setup,
    pub output: Output,
    engine: OnceCell<EngineHandle>,
}

impl Deref for App {
    type Target = Setup;

    fn deref(&self) -> &Setup {
        &self.setup
    }
}

impl App {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// When the home directory isn't known.
    pub fn from_env(output: Output) -> Result<Self, Failure> {
        Ok(Self { setup: Setup::from_env()?, output, engine: OnceCell::new() })
    }

    /// What a HOST argument means.
    ///
    /// # Errors
    ///
    /// As [`Setup::resolve_host`].
    pub fn resolve_host(&self, argument: &str) -> Result<ResolvedHost, Stop> {
        Ok(self.setup.resolve_host(argument)?)
    }

    /// What connections need of this machine; questions go to the terminal, if there is one.
    ///
    /// # Errors
    ///
    /// When `config.toml` is broken.
    pub fn machine(&self) -> Result<ThisMachine, Failure> {
        self.setup.machine(asker())
    }

    /// The engine of this data directory: hosted here, or by the process that was first.
    ///
    /// # Errors
    ///
    /// When it can't be opened or attached to.
    pub async fn engine(&self) -> Result<Arc<dyn Seam>, Failure> {
        let program = Program {
            name: "baton".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
        };
        let open = || self.setup.open_engine(program, asker());
        let handle = self.engine.get_or_try_init(open).await?;
        Ok(Arc::new(handle.clone()))
    }

    /// Leaves what was opened; another process that is attached takes the engine over.
    pub async fn leave(&self) {
        if let Some(handle) = self.engine.get() {
            handle.shutdown().await;
        }
    }
}

fn asker() -> Option<Arc<dyn Asker>> {
    TerminalAsker::find().map(|asker| Arc::new(asker) as Arc<dyn Asker>)
}
