//! What can go wrong with shared files, in people's words.

use shared_history::{Denial, FilesError};

use crate::failure::{Code, Failure};
use crate::host::HostId;
use crate::transport::TransportError;

/// What a person hears of an error with the shared files of `directory` on `host`.
pub(super) fn failure(host: &HostId, directory: &str, error: &FilesError) -> Failure {
    let failure = match error {
        FilesError::Unreachable(cause) | FilesError::InDoubt(cause) => {
            match cause.downcast_ref::<TransportError>() {
                Some(error) => return error.clone().into(),
                None => Failure::new(Code::Internal, format!("{error}: {cause}")),
            }
        }
        FilesError::NoProject => {
            Failure::new(Code::DirMissing, format!("there is no directory {directory} on {host}"))
                .hint("Make it there. An entry that waits for a wrong one: `baton history outbox remove ENTRY`")
        }
        FilesError::Denied { path, denial } => denied(path, denial),
        FilesError::Locked { .. } => Failure::new(Code::Busy, error.to_string())
            .hint("Another program of somebody who writes there hangs; its end frees the lock"),
    };
    failure.on(host.as_str())
}

fn denied(path: &str, denial: &Denial) -> Failure {
    let (code, hint) = match denial {
        Denial::Permission => (
            Code::PermissionDenied,
            "Let your account write there. Two people whose machines have the same name write the same file: \
             give one of them another name with host_name in [history] of config.toml",
        ),
        Denial::ReadOnly => (Code::PermissionDenied, "Mount it so that it can be written"),
        Denial::Full => {
            (Code::TooLarge, "Make room there; the entry is kept here and written then")
        }
        Denial::Symlink => (
            Code::PermissionDenied,
            "Put a directory in its place: what is shared stays in the project",
        ),
        Denial::InTheWay => (Code::Conflict, "Move it away"),
        Denial::Other(_) => {
            (Code::Internal, "The entry is kept here and written when that is mended")
        }
    };
    Failure::new(code, format!("can't use {path}: {denial}")).hint(hint)
}
