use orchestrator::failure::Failure;
use serde::Serialize;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    Ssh,
    SshConfig,
    SshAgent,
    Directories,
    Config,
    Git,
    Limits,
    Hosts,
}

impl Area {
    /// The heading of its group.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Ssh => "ssh client",
            Self::SshConfig => "ssh config",
            Self::SshAgent => "ssh-agent",
            Self::Directories => "directories",
            Self::Config => "configuration",
            Self::Git => "git",
            Self::Limits => "limits",
            Self::Hosts => "hosts",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Something works less well than it could.
    Warning,
    /// Something doesn't work.
    Problem,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub area: Area,
    pub level: Level,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    pub fn ok(area: Area, message: impl Into<String>) -> Self {
        Self { area, level: Level::Ok, message: message.into(), hint: None }
    }

    pub fn warning(area: Area, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        Self { area, level: Level::Warning, message: message.into(), hint }
    }

    pub fn problem(area: Area, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        Self { area, level: Level::Problem, message: message.into(), hint }
    }

    /// A problem in the words of an error.
    pub fn failure(area: Area, failure: Failure) -> Self {
        let Failure { message, hint, .. } = failure;
        Self { area, level: Level::Problem, message, hint }
    }
}
