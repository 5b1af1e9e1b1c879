//! The engine's log: a file, so that there is one to look into when something went wrong.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use orchestrator::failure::{Code, Failure};
use tracing_subscriber::EnvFilter;

/// What is written, such as `orchestrator=debug`; warnings and errors without it.
const VARIABLE: &str = "BATON_LOG";
/// A log of that size is set aside at the next start, in bytes.
const LARGE: u64 = 4 << 20;

/// Where the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile(pub PathBuf);

/// Starts writing to `baton-gui.log` in `dir`.
///
/// # Errors
///
/// When it can't be written.
pub fn start_log(dir: &Path) -> Result<LogFile, Failure> {
    let path = dir.join("baton-gui.log");
    let file = open(dir, &path).map_err(|error| {
        Failure::new(Code::PermissionDenied, format!("could not write {}: {error}", path.display()))
            .hint("Check the directory, or choose another place with BATON_HOME")
    })?;
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .with_env_var(VARIABLE)
        .from_env_lossy();
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
    match started {
        Ok(()) => Ok(LogFile(path)),
        Err(error) => Err(Failure::new(Code::Internal, format!("there is a log already: {error}"))),
    }
}

fn open(dir: &Path, path: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(dir)?;
    if std::fs::metadata(path).is_ok_and(|file| file.len() > LARGE) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}
