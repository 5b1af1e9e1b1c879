//! The machine that we run on, as far as reaching others takes it: which ssh, which directories, who answers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::host::{Place, ResolvedHost, TransportKind};
use crate::settings::ConnectionKeys;
use crate::transport::native::{ResolvingNative, Surroundings};
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
    /// The environment: for the host `local`, and for what a person's ssh configuration sends to others.
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
    pub fn connection(&self, host: &ResolvedHost, steps: Option<Arc<dyn Steps>>) -> Connection {
        self.reach(&host.place(), steps)
    }

    /// A connection to a place, not opened yet. Must be called within a tokio runtime.
    pub fn reach(&self, place: &Place, steps: Option<Arc<dyn Steps>>) -> Connection {
        let transport: Arc<dyn Transport> = match (place.target(&self.home), &place.way) {
            (None, _) | (_, None) => Arc::new(self.local()),
            (Some(target), Some(way)) => match way.transport {
                TransportKind::Openssh => Arc::new(OpenSsh::new(target, self.ssh(steps))),
                TransportKind::Native => Arc::new(self.native(target)),
            },
        };
        let settings = ConnectionSettings {
            profile_patience: Duration::from_secs(self.keys.profile_timeout_seconds.into()),
            ..ConnectionSettings::default()
        };
        Connection::new(place.id.clone(), transport, settings)
    }

    fn local(&self) -> Local {
        Local::new(LocalSettings {
            shell: self.shell.clone(),
            home: self.home.clone(),
            env: self.env.clone(),
        })
    }

    fn ssh(&self, steps: Option<Arc<dyn Steps>>) -> OpenSshSettings {
        OpenSshSettings {
            program: self.ssh.clone(),
            config: self.ssh_config.clone(),
            home: self.home.clone(),
            system_config: "/etc/ssh/ssh_config".into(),
            run_dir: socket_dir(&self.run_dir),
            env: self.env.clone(),
            patience: self.keys.patience(),
            linger: self.keys.linger(),
            askpass: self.askpass.clone(),
            asker: self.asker.clone(),
            steps,
        }
    }

    fn native(&self, target: Target) -> ResolvingNative {
        let text = |word: &OsString| word.to_str().map(ToOwned::to_owned);
        let environment: Vec<(String, String)> =
            self.env.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        let local_user = ["USER", "LOGNAME"]
            .iter()
            .find_map(|wanted| environment.iter().find(|(name, _)| name == wanted))
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let around = Surroundings { home: self.home.clone(), local_user, environment };
        ResolvingNative::new(target, self.ssh(None), around)
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
/// [`TransportError::NotSetUp`] with how much too long it is.
pub fn check_run_dir(run_dir: &Path) -> Result<(), TransportError> {
    check_room(&socket_dir(run_dir))
}
