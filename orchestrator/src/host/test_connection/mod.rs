//! Whether a host can be used, stage by stage.

mod agent;
mod report;
mod stages;

pub use report::{AgentFound, ConnectionReport, Progress, StageName, StageReport};
pub use stages::test_connection;
