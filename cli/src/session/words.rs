//! What a person writes about a session: its environment and its directory.

use std::ffi::OsString;
use std::path::Path;

use orchestrator::failure::{Code, Failure};

use crate::env_row::env_rows;

/// Reads rows of `NAME=VALUE`; values are text, since the store keeps text.
///
/// # Errors
///
/// [`Code::Usage`], which names the variable at the most.
pub fn env(rows: &[OsString]) -> Result<Vec<(String, String)>, Failure> {
    let text = |(name, value): (String, Vec<u8>)| match String::from_utf8(value) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(Failure::new(Code::Usage, format!("the value of {name} is not UTF-8"))
            .hint("A session keeps its environment as text; `baton exec --env` takes any bytes")),
    };
    env_rows(rows)?.into_iter().map(text).collect()
}

/// A directory on the host. On this machine, one that is relative is one from here.
///
/// # Errors
///
/// [`Code::Usage`] when there is no directory that it could be relative to.
pub fn cwd(host: &str, cwd: String) -> Result<String, Failure> {
    let from_home = cwd == "~" || cwd.starts_with("~/");
    if host != "local" || cwd.is_empty() || from_home || Path::new(&cwd).is_absolute() {
        return Ok(cwd);
    }
    let absolute = std::path::absolute(&cwd).map_err(|error| {
        Failure::new(Code::Usage, format!("{cwd:?} is no directory: {error}"))
            .hint("Give an absolute path")
    })?;
    absolute.into_os_string().into_string().map_err(|_| {
        Failure::new(Code::Usage, format!("the path of {cwd:?} is not UTF-8"))
            .hint("Give a path that is UTF-8")
    })
}

/// Refuses words that can't be meant.
///
/// # Errors
///
/// [`Code::Usage`] when it is empty.
pub fn filled(text: &str, what: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::new(Code::Usage, format!("{what} is empty")).hint("Write something"));
    }
    Ok(())
}
