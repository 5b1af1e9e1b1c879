//! Makes connections: address, key exchange, host key, login.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use russh::client;
use tokio::sync::watch;

use super::algorithms::offered;
use super::auth::Login;
use super::config::NativeConfig;
use super::dial::dial;
use super::failure::from_entering;
use super::host_key::{Client, Gate, name_of};
use super::identities::{read_key_files, refuse_lone_security_keys};
use super::known_hosts_files;
use super::link::{LinkLoss, NativeLink, Session};
use super::questions::Questions;
use super::spill::SpillLimits;
use super::wire::{Scissors, Wire};
use crate::host::HostId;
use crate::transport::{Asker, Link, Transport, TransportError};

/// How long the server may take to let us in, questions apart. sshd itself gives up then (`LoginGraceTime`).
const LOGIN_PATIENCE: Duration = Duration::from_secs(120);
/// Messages of a channel that wait for their turn: at 32 KiB each, 1 MiB at most.
const CHANNEL_MESSAGES: usize = 32;

/// What isn't a host's business but this machine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeSettings {
    /// Where what a slow reader hasn't taken waits. Made with mode 0700 when it is first needed.
    pub spill_dir: PathBuf,
    /// How much of it may wait.
    pub spill: SpillLimits,
    /// How many bytes a server may send on a channel before we acknowledge any. With russh's 2 MiB, a link of
    /// 50 ms carries 18.5 MiB/s; with 16 MiB, 30.5 (33 is what ssh does).
    pub window_bytes: u32,
}

impl NativeSettings {
    /// The usual sizes.
    pub fn new(spill_dir: impl Into<PathBuf>) -> Self {
        let spill_dir = spill_dir.into();
        Self { spill_dir, spill: SpillLimits::default(), window_bytes: 16 << 20 }
    }
}

/// Connects to one host with the ssh client that is built in.
#[derive(Debug)]
pub struct Native {
    host: HostId,
    config: NativeConfig,
    settings: NativeSettings,
    asker: Option<Arc<dyn Asker>>,
}

impl Native {
    /// A way to reach `host`. Without an `asker`, whatever would be asked fails with an error that says what.
    pub fn new(
        host: HostId,
        config: NativeConfig,
        settings: NativeSettings,
        asker: Option<Arc<dyn Asker>>,
    ) -> Self {
        Self { host, config, settings, asker }
    }

    async fn enter(&self) -> Result<NativeLink, TransportError> {
        let Self { host, config, settings, .. } = self;
        let asker = self.asker.clone().filter(|_| !config.batch);
        let (key_paths, known_paths) =
            (config.identity_files.clone(), config.known_hosts_files.clone());
        let read = tokio::task::spawn_blocking(move || {
            (read_key_files(&key_paths), known_hosts_files::read(&known_paths))
        });
        let (files, known) =
            read.await.map_err(|_| TransportError::Cancelled { host: host.clone() })?;
        let known = known.map_err(|error| TransportError::InvalidConfig {
            host: host.clone(),
            said: format!("the known host keys can't be read: {error}"),
        })?;
        refuse_lone_security_keys(host, config, &files).await?;
        let preferred = offered(host, &config.algorithms, &known.algorithms(&name_of(config)))?;

        let tcp = dial(host, config).await?;
        let silence =
            config.keepalive_interval * u32::try_from(config.keepalive_count).unwrap_or(3);
        let (wire, scissors) = Wire::new(tcp, silence);
        let questions = Questions::new(host.clone(), asker, config.connect_timeout);
        let attempt = Attempt { scissors: Some(scissors), questions: questions.clone() };
        let (lost_sender, lost) = watch::channel(None);
        let client = Client {
            host: host.clone(),
            gate: Gate::new(config, known, questions.clone()),
            lost: lost_sender,
        };
        let ssh = Arc::new(client::Config {
            window_size: settings.window_bytes,
            channel_buffer_size: CHANNEL_MESSAGES,
            preferred,
            keepalive_interval: Some(config.keepalive_interval),
            keepalive_max: config.keepalive_count,
            nodelay: true,
            ..client::Config::default()
        });
        let entering = async {
            let shaken = Box::pin(client::connect_stream(ssh, wire, client)).await;
            let mut handle = shaken.map_err(|error| from_entering(host, error))?;
            questions.allow(LOGIN_PATIENCE);
            let session = &mut handle;
            let (lost, questions, files) = (lost.clone(), &questions, &files[..]);
            Box::pin(Login { host, config, questions, session, lost, files }.run()).await?;
            Ok(handle)
        };
        let handle = tokio::select! {
            entered = entering => entered?,
            () = questions.patience_ends() => {
                let said = "the server took too long to let us in".to_owned();
                return Err(TransportError::ConnectionTimedOut { host: host.clone(), said });
            }
        };
        let session = Session {
            handle,
            settings: settings.clone(),
            environment: config.environment.clone(),
            loss: LinkLoss::new(host.clone(), lost),
            ended: Arc::default(),
        };
        Ok(NativeLink { session: Arc::new(session), scissors: attempt.succeeded() })
    }
}

#[async_trait]
impl Transport for Native {
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError> {
        Ok(Arc::new(Box::pin(self.enter()).await?))
    }
}

/// russh's session is a task of its own: an attempt that fails or is given up must end it.
struct Attempt {
    scissors: Option<Scissors>,
    questions: Questions,
}

impl Attempt {
    fn succeeded(mut self) -> Scissors {
        self.scissors.take().unwrap_or_default()
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(scissors) = &self.scissors {
            self.questions.give_up();
            scissors.cut();
        }
    }
}
