//! The engine's socket: who may come in, and how it ends.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::{debug, warn};

use super::Seam;
use super::frame::Program;
use super::server_connection::{Hosted, serve};
use crate::failure::{Code, Failure};

/// The socket's name in the run directory.
pub const SOCKET: &str = "engine.sock";

/// The longest path of a socket: `sun_path` holds 104 bytes with the NUL on macOS and 108 on Linux (unix(7)).
const LONGEST: usize = if cfg!(target_os = "macos") { 103 } else { 107 };
/// How long calls under way may go on when the engine ends.
const ENDING: Duration = Duration::from_secs(5);
/// How long front ends may take then to hear the rest; what they miss the next engine tells them.
const REST: Duration = Duration::from_secs(1);

/// An engine's socket, served until [`Server::stop`].
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    ending: watch::Sender<bool>,
    under_way: mpsc::Receiver<()>,
    accepting: JoinHandle<JoinSet<()>>,
}

impl Server {
    /// Listens on `engine.sock` in `run` (0700) and serves `seam` to processes of the same user; must be called on a
    /// runtime. A socket that is there already is replaced: the caller has made sure that nobody serves it.
    ///
    /// # Errors
    ///
    /// `usage` when the path is too long for a socket, `permission_denied` when the directory is somebody else's or
    /// can't be written.
    pub fn start(
        run: &Path,
        data: &Path,
        seam: Arc<dyn Seam>,
        program: Program,
    ) -> Result<Self, Failure> {
        let path = socket_path(run)?;
        private_dir(run)?;
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused("replace", &path, &error)),
        }
        let listener =
            UnixListener::bind(&path).map_err(|error| refused("listen on", &path, &error))?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))
            .map_err(|error| refused("take others' access from", &path, &error))?;
        let (ending, told) = watch::channel(false);
        let (calls, under_way) = mpsc::channel(1);
        let data = data.display().to_string();
        let hosted = Hosted { seam, program, data, ending: told, calls };
        let accepting = tokio::spawn(accept(listener, hosted));
        Ok(Self { path, ending, under_way, accepting })
    }

    /// Lets nobody in any more and waits until what is under way is answered, 5 s at most. The engine may end then.
    pub async fn quiet(&mut self) {
        self.ending.send_replace(true);
        if let Err(error) = fs::remove_file(&self.path) {
            // Who connects is refused all the same.
            debug!(%error, "the socket stays");
        }
        if timeout(ENDING, self.under_way.recv()).await.is_err() {
            warn!("calls were under way when the engine ended");
        }
    }

    /// Ends once front ends have heard the rest, 1 s at most; call [`Server::quiet`] and end the engine before.
    pub async fn stop(self) {
        let mut connections = match self.accepting.await {
            Ok(connections) => connections,
            Err(error) => {
                warn!(%error, "the socket's task broke off");
                return;
            }
        };
        let rest = async { while connections.join_next().await.is_some() {} };
        if timeout(REST, rest).await.is_err() {
            debug!("a front end didn't read to the end");
        }
    }
}

async fn accept(listener: UnixListener, hosted: Hosted) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut ending = hosted.ending.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(error) = ended {
                    warn!(%error, "a connection's task broke off");
                }
                continue;
            }
            _ = ending.wait_for(|ending| *ending) => return connections,
        };
        match accepted {
            Ok((stream, _)) if is_ours(&stream) => {
                connections.spawn(serve(stream, hosted.clone()));
            }
            Ok(_) => warn!("another user's process was turned away from the engine's socket"),
            Err(error) => {
                warn!(%error, "could not let a front end in");
                // wait: the reason is a lack of file descriptors or memory, which looking again at once doesn't help.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether the process at the other end is the same user's.
fn is_ours(stream: &UnixStream) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == ours)
}

/// Where the socket is.
///
/// # Errors
///
/// `usage` with how much too long the path is.
pub(super) fn socket_path(run: &Path) -> Result<PathBuf, Failure> {
    let path = run.join(SOCKET);
    let length = path.as_os_str().len();
    if length > LONGEST {
        let message =
            format!("{} is too long for a socket by {} bytes", path.display(), length - LONGEST);
        return Err(Failure::new(Code::Usage, message)
            .hint("Name a shorter run directory (BATON_HOME or XDG_RUNTIME_DIR)"));
    }
    Ok(path)
}

/// Makes a directory of our own (0700) where it is missing, and refuses one of somebody else.
pub(super) fn private_dir(dir: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| refused("make", dir, &error))?;
    let meta = fs::metadata(dir).map_err(|error| refused("look at", dir, &error))?;
    let ours = meta.uid() == rustix::process::geteuid().as_raw();
    if !ours || meta.permissions().mode() & 0o022 != 0 {
        let whose = if ours { "can be written by others" } else { "belongs to somebody else" };
        let message = format!("the directory {} {whose}", dir.display());
        return Err(Failure::new(Code::PermissionDenied, message)
            .hint(format!("Make it yours alone: chmod 700 {}", dir.display())));
    }
    Ok(())
}

/// What to say when the file system doesn't do what is needed.
pub(super) fn refused(what: &str, path: &Path, error: &io::Error) -> Failure {
    let message = format!("could not {what} {}: {error}", path.display());
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Code::PermissionDenied
        }
        _ => Code::Internal,
    };
    Failure::new(code, message).hint("Check that the directory is yours and the disk is not full")
}
