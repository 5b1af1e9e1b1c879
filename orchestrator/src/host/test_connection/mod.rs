//! Whether a host can be used, stage by stage.

mod address;
mod agent;
mod report;
mod shell;
mod stages;

pub use report::{AgentFound, ConnectionReport, Progress, StageName, StageReport};
pub use stages::test_connection;
