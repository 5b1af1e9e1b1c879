//! Where files are, which ssh to use, what the person set.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::history::{HistorySettings, checked_hostname};
use orchestrator::host::{Hosts, HostsStore, ResolvedHost, resolve};
use orchestrator::machine::ThisMachine;
use orchestrator::seam::{EngineHandle, Program};
use orchestrator::settings::Settings;
use orchestrator::ssh_config::{
    Aliases, KnownHost, KnownNames, SshQuery, usual_aliases, usual_known_hosts,
};
use orchestrator::transport::Asker;

use crate::engine;
use crate::paths::{self, Paths};

/// The environment of one run of a front end, read once.
#[derive(Clone)]
pub struct Setup {
    /// Where files are.
    pub paths: Paths,
    /// The person's home.
    pub home: PathBuf,
    /// `BATON_SSH`, or `ssh`.
    pub ssh: PathBuf,
    /// `BATON_SSH_CONFIG`: passed to ssh as `-F`.
    pub ssh_config: Option<PathBuf>,
    /// The login shell, for the host `local`.
    pub shell: PathBuf,
    /// The environment, for the host `local`.
    pub env: Vec<(OsString, OsString)>,
    /// The program that ssh runs with a question: this one, which calls [`crate::ssh_asks`] first.
    pub askpass: Option<PathBuf>,
}

/// Leaves the environment out, since it may hold secrets.
impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("paths", &self.paths)
            .field("ssh", &self.ssh)
            .field("ssh_config", &self.ssh_config)
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// When the home directory isn't known.
    pub fn from_env() -> Result<Self, Failure> {
        Ok(Self {
            paths: Paths::from_env()?,
            home: paths::home()?,
            ssh: paths::set("BATON_SSH").unwrap_or_else(|| "ssh".into()).into(),
            ssh_config: paths::set("BATON_SSH_CONFIG").map(PathBuf::from),
            shell: paths::set("SHELL").unwrap_or_else(|| "/bin/sh".into()).into(),
            env: paths::environment(),
            askpass: std::env::current_exe().ok(), // Without it nothing is asked, and ssh says what it lacks.
        })
    }

    /// `hosts.toml`, to read.
    pub fn hosts(&self) -> HostsStore {
        HostsStore::new(self.paths.hosts_toml())
    }

    /// `hosts.toml`, to edit: its directory is made when it isn't there.
    ///
    /// # Errors
    ///
    /// When it can't be made.
    pub fn hosts_to_edit(&self) -> Result<HostsStore, Failure> {
        paths::make_private(&self.paths.config)?;
        Ok(self.hosts())
    }

    /// What a HOST argument means.
    ///
    /// # Errors
    ///
    /// As [`resolve`], and when `hosts.toml` is broken.
    pub fn resolve_host(&self, argument: &str) -> Result<ResolvedHost, Failure> {
        let hosts: Hosts = self.hosts().read()?;
        resolve(argument, &hosts, || KnownNames::new(self.aliases(), self.known_hosts()))
    }

    /// What connections need of this machine; questions go to `asker`, if there is one.
    ///
    /// # Errors
    ///
    /// When `config.toml` is broken.
    pub fn machine(&self, asker: Option<Arc<dyn Asker>>) -> Result<ThisMachine, Failure> {
        Ok(ThisMachine {
            ssh: self.ssh.clone(),
            ssh_config: self.ssh_config.clone(),
            home: self.home.clone(),
            run_dir: self.paths.run.clone(),
            shell: self.shell.clone(),
            env: self.env.clone(),
            askpass: self.askpass.clone(),
            asker,
            keys: self.settings()?.connection,
        })
    }

    /// What `config.toml` says; without one, the defaults.
    ///
    /// # Errors
    ///
    /// When it is broken or can't be read.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let path = self.paths.config_toml();
        match std::fs::read_to_string(&path) {
            Ok(text) => Settings::parse(&text, &path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
            Err(error) => Err(Failure::new(
                Code::InvalidConfig,
                format!("can't read {}: {error}", path.display()),
            )),
        }
    }

    /// How history is kept: what this machine is called, and how much of it counts.
    ///
    /// # Errors
    ///
    /// When `config.toml` is broken, or this machine's own name can't be used.
    pub fn history(&self) -> Result<HistorySettings, Failure> {
        let keys = self.settings()?.history;
        let name = match keys.host_name {
            Some(name) => name,
            None => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        };
        Ok(HistorySettings {
            hostname: checked_hostname(&name)?,
            limit: keys.limit.into(),
            home: self.home.clone(),
        })
    }

    /// Asks `ssh -G`.
    pub fn ssh_query(&self) -> SshQuery {
        SshQuery::new(&self.ssh, self.ssh_config.clone())
    }

    /// The aliases of the ssh config that ssh itself would read.
    pub fn aliases(&self) -> Aliases {
        usual_aliases(self.ssh_config.as_deref(), &self.home)
    }

    /// The plain names of the `known_hosts` files in their standard places; one that can't be read has none.
    pub fn known_hosts(&self) -> Vec<KnownHost> {
        usual_known_hosts(&self.home)
    }

    /// The engine of this data directory: hosted here as `program`, or by the process that was first.
    ///
    /// # Errors
    ///
    /// When it can't be opened or attached to.
    pub async fn open_engine(
        &self,
        program: Program,
        asker: Option<Arc<dyn Asker>>,
    ) -> Result<EngineHandle, Failure> {
        engine::open(self, program, asker).await
    }
}
