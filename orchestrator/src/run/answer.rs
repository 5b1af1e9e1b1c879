//! What the script that launches answers, in words of ours.

use super::error::{Refusal, RunError};
use crate::host::HostId;
use crate::seam::RunId;
use crate::transport::TransportError;

/// Reads the answer to a launch; `dir` is where the job was to run.
///
/// # Errors
///
/// Why nothing was launched.
pub(super) fn launched(
    host: &HostId,
    run: &RunId,
    dir: &str,
    answer: &str,
) -> Result<(), RunError> {
    let (word, said) = answer.split_once(' ').unwrap_or((answer, ""));
    let host = host.clone();
    let no_room = |why| {
        let said = said.trim().to_owned();
        Err(RunError::NoRoom { host: host.clone(), why, said })
    };
    match word {
        "ok" => Ok(()),
        "exists" | "claimed" => Err(RunError::Exists { host, run: run.clone() }),
        "dir_missing" => Err(TransportError::DirMissing { host, dir: dir.into() }.into()),
        "dir_file" => {
            let dir = format!("{dir} is not a directory: a directory of that name");
            Err(TransportError::DirMissing { host, dir }.into())
        }
        "dir_denied" => {
            let what = format!("can't enter {dir}");
            Err(TransportError::PermissionDenied { host, what }.into())
        }
        "full" => no_room(Refusal::Full),
        "quota" => no_room(Refusal::Quota),
        "readonly" => no_room(Refusal::ReadOnly),
        "denied" => no_room(Refusal::Denied),
        "tool" => no_room(Refusal::Tool),
        "other" => no_room(Refusal::Other),
        _ => Err(RunError::Odd { host, said: answer.to_owned() }),
    }
}

/// Reads the answer to a wish to follow: the sizes of `out` and `err`.
///
/// # Errors
///
/// Why there is nothing to follow.
pub(super) fn followed(host: &HostId, run: &RunId, answer: &str) -> Result<(u64, u64), RunError> {
    let (host, run) = (host.clone(), run.clone());
    let words: Vec<&str> = answer.split(' ').collect();
    match words.as_slice() {
        ["ok", out, err] => match (out.parse(), err.parse()) {
            (Ok(out), Ok(err)) => Ok((out, err)),
            (_, _) => Err(RunError::Odd { host, said: answer.to_owned() }),
        },
        ["ok"] | ["ok", _] => Err(RunError::Corrupt { host, run, what: "a file is gone".into() }),
        ["absent"] => Err(RunError::NotFound { host, run }),
        ["never" | "staged"] => Err(RunError::Never { host, run }),
        _ => Err(RunError::Odd { host, said: answer.to_owned() }),
    }
}

/// Reads the answer to a message.
///
/// # Errors
///
/// Why it was not taken.
pub(super) fn written(host: &HostId, run: &RunId, answer: &str) -> Result<(), RunError> {
    let (word, said) = answer.split_once(' ').unwrap_or((answer, ""));
    let (host, run) = (host.clone(), run.clone());
    match word {
        "ok" => Ok(()),
        "over" => Err(RunError::Over { host, run }),
        "absent" => Err(RunError::NotFound { host, run }),
        "full" => {
            let said = said.trim().to_owned();
            Err(RunError::NoRoom { host, why: Refusal::Full, said })
        }
        _ => Err(RunError::Odd { host, said: answer.to_owned() }),
    }
}
