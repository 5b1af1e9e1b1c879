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
                let runtime = xdg.runtime_dir();
                Ok(Self::in_xdg(&xdg.config_dir(), &xdg.data_dir(), &state, runtime.as_deref()))
            }
        }
    }

    fn in_xdg(config: &Path, data: &Path, state: &Path, runtime: Option<&Path>) -> Self {
        let state = state.join("baton");
        Self {
            config: config.join("baton"),
            data: data.join("baton"),
            // Without a login manager there is no runtime directory.
            run: runtime.map_or_else(|| state.join("run"), |dir| dir.join("baton")),
            state,
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

    /// The file of the settings.
    pub fn config_toml(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The person's own definitions of agents.
    pub fn agents(&self) -> PathBuf {
        self.config.join("agents")
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
    #[expect(clippy::disallowed_methods, reason = "the marked place: everybody else is handed it")]
    let value = std::env::var_os(name);
    value.filter(|value| !value.is_empty())
}

/// The whole environment, for programs that are started on this machine.
pub fn environment() -> Vec<(OsString, OsString)> {
    #[expect(clippy::disallowed_methods, reason = "the marked place: everybody else is handed it")]
    let variables = std::env::vars_os();
    variables.collect()
}

fn no_home() -> Failure {
    Failure::new(Code::InvalidConfig, "the home directory is not known")
        .hint("Set HOME, or BATON_HOME to where Baton may keep its files")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn sockets_go_to_the_runtime_directory_or_else_below_the_state() {
        let of = |runtime: Option<&str>| {
            let path = Path::new;
            Paths::in_xdg(path("/h/.config"), path("/h/share"), path("/h/state"), runtime.map(path))
        };
        assert_eq!(of(Some("/run/user/7")).run, Path::new("/run/user/7/baton"));
        assert_eq!(of(None).run, Path::new("/h/state/baton/run"));
        assert_eq!(of(None).hosts_toml(), Path::new("/h/.config/baton/hosts.toml"));
        assert_eq!(Paths::below(Path::new("/b")).run, Path::new("/b/run"));
    }

    #[test]
    fn a_directory_that_is_made_is_private_with_its_parents() {
        let dir = tempfile::tempdir().unwrap();
        make_private(&dir.path().join("a/b")).unwrap();
        make_private(&dir.path().join("a/b")).unwrap();
        for made in ["a", "a/b"] {
            let mode = fs::metadata(dir.path().join(made)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{made}");
        }
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(make_private(&dir.path().join("file")).is_err());
    }
}
