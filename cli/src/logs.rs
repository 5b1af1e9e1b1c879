//! What the engine notes down while it works, for whoever looks for a fault.

use tracing_subscriber::EnvFilter;

/// Names what is written to stderr, such as `orchestrator=debug`; without it, errors alone are.
const VARIABLE: &str = "BATON_LOG";

/// Starts writing.
pub fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::ERROR.into())
        .with_env_var(VARIABLE)
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
