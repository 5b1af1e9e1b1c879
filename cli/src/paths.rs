//! Where Baton keeps its files.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;
use orchestrator::failure::{Code, Failure};

/// The directories of `BATON_HOME`, or those of the XDG base directory specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `hosts.toml` and `config.toml`.
    pub config: PathBuf,
    /// What must not be lost.
    pub data: PathBuf,
    /// Logs and what can be made again.
    pub state: PathBuf,
    /// Sockets; short-lived, private.
    pub run: PathBuf,
}

impl Paths {
    /// From the environment. Nothing is created.
    ///
    /// # Errors
    ///
    /// When neither `BATON_HOME` nor the home directory is known.
    pub fn from_env() -> Result<Self, Failure> {
        match set("BATON_HOME") {
            Some(home) => {
                let home = std::path::absolute(&home).map_err(|error| {
                    Failure::new(
                        Code::InvalidConfig,
                        format!("BATON_HOME is not a directory: {error}"),
                    )
                })?;
                Ok(Self::below(&home))
            }
            None => {
                let xdg = Xdg::new().map_err(|_| no_home())?;
                let state = xdg.state_dir().unwrap_or_else(|| xdg.home_dir().join(".local/state"));
                let state = state.join("baton");
                let run = match xdg.runtime_dir() {
                    Some(dir) => dir.join("baton"),
                    None => state.join("run"),
                };
                Ok(Self {
                    config: xdg.config_dir().join("baton"),
                    data: xdg.data_dir().join("baton"),
                    state,
                    run,
                })
            }
        }
    }

    fn below(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            data: home.join("data"),
            state: home.join("state"),
            run: home.join("run"),
        }
    }

    /// The file of the hosts.
    pub fn hosts_toml(&self) -> PathBuf {
        self.config.join("hosts.toml")
    }
}

/// The home directory, for `~` and `~/.ssh`.
///
/// # Errors
///
/// When nobody knows it.
pub fn home() -> Result<PathBuf, Failure> {
    etcetera::home_dir().map_err(|_| no_home())
}

/// Makes a directory that only its owner can look into, with its parents; one that is there stays as it is.
///
/// # Errors
///
/// What the file system says.
pub fn make_private(dir: &Path) -> Result<(), Failure> {
    if fs::metadata(dir).is_ok_and(|dir| dir.is_dir()) {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Code::PermissionDenied,
            _ => Code::Internal,
        };
        Failure::new(code, format!("could not create {}: {error}", dir.display()))
            .hint("Check the directory above it, or choose another place with BATON_HOME")
    })
}

/// A variable of the environment; an empty one counts as not set, as XDG wants it.
pub fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn no_home() -> Failure {
    Failure::new(Code::InvalidConfig, "the home directory is not known")
        .hint("Set HOME, or BATON_HOME to where Baton may keep its files")
}
