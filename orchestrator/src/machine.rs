//! The machine that we run on, as far as reaching others takes it: which ssh, which directories, who answers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::host::{ResolvedHost, TransportKind};
use crate::settings::ConnectionKeys;
use crate::transport::{
    Asker, Connection, ConnectionSettings, Local, LocalSettings, OpenSsh, OpenSshSettings, Steps,
    Target, Transport, TransportError, check_room,
};

/// Everything of this machine that connections need; a front end fills it in once.
#[derive(Clone, Debug)]
pub struct ThisMachine {
    /// The ssh client: a path, or a name to be found on `PATH`.
    pub ssh: PathBuf,
    /// A file instead of the person's and the system's ssh configuration.
    pub ssh_config: Option<PathBuf>,
    /// The person's home.
    pub home: PathBuf,
    /// Where sockets and their like go; a subdirectory of ours is made there.
    pub run_dir: PathBuf,
    /// The login shell, for the host `local`.
    pub shell: PathBuf,
    /// The environment, for the host `local`.
    pub env: Vec<(OsString, OsString)>,
    /// The program that ssh runs with a question; see [`crate::transport::ask`].
    pub askpass: Option<PathBuf>,
    /// Who answers questions.
    pub asker: Option<Arc<dyn Asker>>,
    /// What the person set.
    pub keys: ConnectionKeys,
}

impl ThisMachine {
    /// A connection to `host`, not opened yet. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`TransportError::Unsupported`] for a transport that this build can't offer.
    pub fn connection(
        &self,
        host: &ResolvedHost,
        steps: Option<Arc<dyn Steps>>,
    ) -> Result<Connection, TransportError> {
        let transport: Arc<dyn Transport> = match (host.target(&self.home), host) {
            (None, _) | (_, ResolvedHost::Local) => Arc::new(self.local()),
            (Some(target), ResolvedHost::Saved(saved)) => match saved.transport {
                TransportKind::Openssh => Arc::new(self.openssh(target, steps)),
                TransportKind::Native => self.native(target)?,
            },
            (Some(target), ResolvedHost::AdHoc(_)) => Arc::new(self.openssh(target, steps)),
        };
        let settings = ConnectionSettings {
            profile_patience: Duration::from_secs(self.keys.profile_timeout_seconds.into()),
            ..ConnectionSettings::default()
        };
        Ok(Connection::new(host.id(), transport, settings))
    }

    fn local(&self) -> Local {
        Local::new(LocalSettings {
            shell: self.shell.clone(),
            home: self.home.clone(),
            env: self.env.clone(),
        })
    }

    fn openssh(&self, target: Target, steps: Option<Arc<dyn Steps>>) -> OpenSsh {
        let settings = OpenSshSettings {
            program: self.ssh.clone(),
            config: self.ssh_config.clone(),
            home: self.home.clone(),
            system_config: "/etc/ssh/ssh_config".into(),
            run_dir: socket_dir(&self.run_dir),
            patience: self.keys.patience(),
            linger: self.keys.linger(),
            askpass: self.askpass.clone(),
            asker: self.asker.clone(),
            steps,
        };
        OpenSsh::new(target, settings)
    }

    fn native(&self, target: Target) -> Result<Arc<dyn Transport>, TransportError> {
        Err(TransportError::Unsupported {
            host: target.id,
            what: "the built-in client is not there yet".into(),
        })
    }
}

/// Where the sockets of ssh's connections go.
fn socket_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("ssh")
}

/// Says whether `run_dir` (as in [`ThisMachine::run_dir`]) is short enough for the sockets that go below it.
///
/// # Errors
///
/// [`TransportError::Local`] with how much too long it is.
pub fn check_run_dir(run_dir: &Path) -> Result<(), TransportError> {
    check_room(&socket_dir(run_dir))
}
