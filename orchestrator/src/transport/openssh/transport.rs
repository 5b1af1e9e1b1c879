//! Finding a connection that is there already, or starting one.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::config::{self, Patience};
use super::control_path::{ControlPaths, check_room};
use super::link::{MasterLink, Seat};
use super::master::{self, Start};
use super::run_dir;
use crate::ssh_config::{self, ConfigFiles, ConfigSources, Disk, SshQuery};
use crate::transport::{Asker, Link, Target, Transport, TransportError};

/// So many connections to one target at once: 200 programs at sshd's default `MaxSessions 10`, with room to spare.
const MOST_SLOTS: u16 = 100;

/// Connections past the first one go sooner: they were needed for a rush.
const EXTRA_LINGER: Duration = Duration::from_secs(5);

/// How often a master is started that is gone again when we call it.
const ATTACH_TRIES: u32 = 2;

/// Everything of this machine that ssh needs.
#[derive(Clone)]
pub struct OpenSshSettings {
    /// The ssh client: a path, or a name to be found on `PATH`.
    pub program: PathBuf,
    /// A file instead of the person's and the system's configuration (`-F`); `none` for no file at all.
    pub config: Option<PathBuf>,
    /// The person's home: their configuration is `.ssh/config` there.
    pub home: PathBuf,
    /// The system's configuration.
    pub system_config: PathBuf,
    /// A directory of ours for sockets, logs and configuration; made with mode 0700.
    pub run_dir: PathBuf,
    /// The environment, of which a terminal gets what the person's `SendEnv` names.
    pub env: Vec<(OsString, OsString)>,
    /// How long and how often ssh waits for the server.
    pub patience: Patience,
    /// How long a connection stays after its last user; zero: it goes with us.
    pub linger: Duration,
    /// The program that ssh runs with a question; it calls [`super::ask`]. Without one nothing can be asked.
    pub askpass: Option<PathBuf>,
    /// Told how far a connection has come, while somebody watches.
    pub steps: Option<Arc<dyn Steps>>,
    /// Who answers. Without one the error says what was asked.
    pub asker: Option<Arc<dyn Asker>>,
}

/// Leaves the environment out, since it may hold secrets.
impl fmt::Debug for OpenSshSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSshSettings")
            .field("program", &self.program)
            .field("config", &self.config)
            .field("run_dir", &self.run_dir)
            .finish_non_exhaustive()
    }
}

/// Somebody who watches how a connection comes about.
pub trait Steps: fmt::Debug + Send + Sync {
    /// The server has answered; who we are is still to be shown.
    fn reached(&self);
}

/// The transport over the system's ssh.
#[derive(Debug)]
pub struct OpenSsh {
    target: Target,
    settings: OpenSshSettings,
    /// Tells our connections from everybody else's, where they are not shared.
    id: uuid::Uuid,
    /// Slots that our links hold.
    held: Arc<Mutex<BTreeSet<u16>>>,
}

/// One slot, given back on drop.
#[derive(Debug)]
pub(super) struct Slot {
    number: u16,
    held: Arc<Mutex<BTreeSet<u16>>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Ok(mut held) = self.held.lock() {
            held.remove(&self.number);
        }
    }
}

impl OpenSsh {
    /// Makes the transport; nothing is started yet.
    pub fn new(target: Target, settings: OpenSshSettings) -> Self {
        Self { target, settings, id: uuid::Uuid::new_v4(), held: Arc::default() }
    }

    fn take_slot(&self) -> Option<Slot> {
        let mut held = self.held.lock().ok()?;
        let number = (0..MOST_SLOTS).find(|slot| !held.contains(slot))?;
        held.insert(number);
        Some(Slot { number, held: Arc::clone(&self.held) })
    }

    /// The socket of the person's own multiplexing for this target, if their configuration sets one up.
    ///
    /// ssh itself is only asked (10 ms, and it runs `Match exec`) where a file mentions a `ControlPath` at all.
    async fn their_socket(&self, config: &Path) -> Result<Option<PathBuf>, TransportError> {
        let sources = ConfigSources {
            user: config.to_owned(),
            system: None,
            home: self.settings.home.clone(),
        };
        let mentions = ControlPathMentions::default();
        ssh_config::aliases(&sources, &mentions);
        if !mentions.found.get() {
            return Ok(None);
        }
        let query = SshQuery::new(&self.settings.program, Some(config.to_owned()));
        let resolved = query.resolve(&self.target).await?;
        let Some(path) = resolved.control_path.map(PathBuf::from) else { return Ok(None) };
        // Without `ControlMaster` they use a master that is there, but start none.
        let starts = resolved.control_master.is_some();
        if starts || master::is_alive(&path).await { Ok(Some(path)) } else { Ok(None) }
    }
}

/// The disk, seen through the question whether any file of the configuration mentions a `ControlPath`.
#[derive(Debug, Default)]
struct ControlPathMentions {
    found: Cell<bool>,
}

impl ConfigFiles for ControlPathMentions {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = Disk.read(path)?;
        self.found.set(self.found.get() || config::mentions_control_path(&text));
        Ok(text)
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        Disk.glob(pattern)
    }
}

#[async_trait]
impl Transport for OpenSsh {
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError> {
        let settings = &self.settings;
        if self.target.destination.starts_with('-')
            || self.target.user.as_deref().is_some_and(|user| user.starts_with('-'))
        {
            return Err(TransportError::Usage {
                what: format!("a host or user can't begin with '-': {}", self.target.destination),
            });
        }
        check_room(&settings.run_dir)?;
        let config = run_dir::write_config(&self.target.id, settings)?;
        let slot = self.take_slot().ok_or_else(|| TransportError::Unsupported {
            host: self.target.id.clone(),
            what: format!("{MOST_SLOTS} connections are open already"),
        })?;
        let theirs = match slot.number {
            0 => self.their_socket(&config).await?,
            _ => None,
        };
        // With no lingering nobody else may depend on our connection.
        let private =
            if settings.linger.is_zero() { self.id.simple().to_string() } else { String::new() };
        let scope = format!("{}\0{private}", config.display());
        let paths = ControlPaths::new(&settings.run_dir, &self.target, &scope)?;
        let is_theirs = theirs.is_some();
        let socket = theirs.unwrap_or_else(|| paths.socket(slot.number));
        let log = paths.log(slot.number);
        let ends_with_us = settings.linger.is_zero() && !is_theirs;
        let slot = Arc::new(slot);
        let attach = || async {
            let seat = Seat {
                socket: socket.clone(),
                log: log.clone(),
                slot: Arc::clone(&slot),
                ends_with_us,
            };
            let link: Arc<dyn Link> =
                Arc::new(MasterLink::attach(&self.target, settings, seat).await?);
            Ok::<_, TransportError>(link)
        };
        if let Ok(link) = attach().await {
            return Ok(link);
        }
        // Nobody else knows the name of one that isn't shared.
        let is_shared = !ends_with_us;
        let _lock = if is_shared { Some(lock(paths.lock(slot.number)).await?) } else { None };
        let start = Start {
            settings,
            target: &self.target,
            config: &config,
            socket: &socket,
            log: &log,
            linger: match slot.number {
                0 => settings.linger,
                _ => settings.linger.min(EXTRA_LINGER),
            },
            theirs: is_theirs,
        };
        let mut tried = 0;
        loop {
            // Another process may have been faster while we waited for the lock.
            match attach().await {
                Ok(link) => return Ok(link),
                Err(error) if tried == ATTACH_TRIES => return Err(error),
                // Nobody is there, or it ended as we came: its linger was over, or its server gone.
                Err(error) => tracing::debug!(host = %self.target.id, %error, "no master"),
            }
            tried += 1;
            start.run().await?;
        }
    }
}

/// Waits for the lock at `path`; it is given back when the file is closed, also by a crash.
async fn lock(path: PathBuf) -> Result<File, TransportError> {
    let locked = tokio::task::spawn_blocking(move || {
        let open = || {
            let file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|error| run_dir::failed("lock", &path, &error))
    });
    locked.await.map_err(|error| TransportError::Local { what: error.to_string(), hint: None })?
}
