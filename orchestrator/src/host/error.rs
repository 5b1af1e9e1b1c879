use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::validate::list;
use super::{Fault, Problem};
use crate::failure::{Code, Failure};

/// Why `hosts.toml` wasn't read or changed. The file is as it was in every case.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "a variant's line speaks of its fields, too")]
pub enum HostsError {
    /// The file is broken; nothing of it is used, and nothing is written over it.
    #[error("{}", places(path, problems))]
    Broken { path: PathBuf, problems: Vec<Problem> },
    /// What was asked for would make it invalid.
    #[error("{}", list(faults))]
    Invalid { faults: Vec<Fault> },
    /// The asker found a reason against it while it looked at the fresh file.
    #[error("{0}")]
    Refused(Failure),
    /// Another process has held the lock for too long.
    #[error("another program has held {} for {waited_secs} s", lock.display())]
    Locked { lock: PathBuf, waited_secs: u64 },
    /// The file system refused.
    #[error("could not {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl HostsError {
    /// The name under which scripts know it.
    pub fn code(&self) -> Code {
        match self {
            Self::Broken { .. } | Self::Invalid { .. } => Code::InvalidConfig,
            Self::Refused(failure) => failure.code,
            Self::Locked { .. } => Code::Busy,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Code::PermissionDenied
                }
                io::ErrorKind::IsADirectory => Code::IsDirectory,
                io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::Internal,
            },
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Broken { .. } => {
                Some("Mend the file by hand; hosts.toml.example shows every key".into())
            }
            Self::Invalid { .. } => Some("Nothing was changed; correct it and try again".into()),
            Self::Refused(failure) => failure.hint.clone(),
            Self::Locked { .. } => Some("End the program that holds it, then try again".into()),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => {
                    Some("Free some space; the old file is as it was".into())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("Check the owner and mode of the file and its directory".into())
                }
                _ => None,
            },
        }
    }
}

impl From<&HostsError> for Failure {
    fn from(error: &HostsError) -> Self {
        match error {
            HostsError::Refused(failure) => failure.clone(),
            HostsError::Broken { .. }
            | HostsError::Invalid { .. }
            | HostsError::Locked { .. }
            | HostsError::Io { .. } => Self {
                code: error.code(),
                message: error.to_string(),
                hint: error.hint(),
                host: None,
            },
        }
    }
}

impl From<HostsError> for Failure {
    fn from(error: HostsError) -> Self {
        Self::from(&error)
    }
}

fn places(path: &std::path::Path, problems: &[Problem]) -> String {
    let path = path.display();
    problems.iter().map(|problem| format!("{path}:{problem}")).collect::<Vec<_>>().join("; ")
}
