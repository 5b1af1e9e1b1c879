//! What we are measured against: the `ssh` program, alone and through a master of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Outcome;
use crate::bed::ALIAS;

/// How long a master may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A master that plain ssh has started; ended on drop.
#[derive(Debug)]
pub struct PlainMaster {
    config: PathBuf,
    socket: PathBuf,
    // Killed when it is dropped.
    _master: Child,
    _dir: TempDir,
}

/// An `ssh -F config` that reads nothing; add options, then [`ALIAS`] and the command.
pub fn ssh(config: &Path) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).stdin(Stdio::null()).kill_on_drop(true);
    command
}

impl PlainMaster {
    /// Starts one and waits until it takes commands.
    pub async fn start(config: &Path) -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
        let socket = dir.path().join("m");
        let mut master = ssh(config)
            .args(["-M", "-N", "-S"])
            .arg(&socket)
            .arg(ALIAS)
            .stdout(Stdio::null())
            .spawn()?;
        let up = async {
            while !socket.exists() {
                if let Some(status) = master.try_wait()? {
                    return Err(format!("the master of plain ssh ended with {status}").into());
                }
                tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
            }
            Outcome::Ok(())
        };
        tokio::time::timeout(PATIENCE, up).await??;
        Ok(Self { config: config.to_owned(), socket, _master: master, _dir: dir })
    }

    /// `ssh` through this master, running `command` on the host.
    pub fn command(&self, command: &str) -> Command {
        let mut ssh = ssh(&self.config);
        // Without its master it must fail, not connect anew.
        ssh.args(["-o", "ProxyCommand=false", "-S"]).arg(&self.socket).args([ALIAS, command]);
        ssh
    }
    /// `ssh` through this master, to a subsystem of the server.
    pub fn subsystem(&self, name: &str) -> Command {
        let mut ssh = ssh(&self.config);
        ssh.args(["-o", "ProxyCommand=false", "-S"]).arg(&self.socket).args(["-s", ALIAS, name]);
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped());
        ssh
    }

    /// `scp` through this master; add from where and where to.
    pub fn scp(&self) -> Command {
        let mut scp = Command::new("scp");
        let socket = format!("ControlPath={}", self.socket.display());
        scp.arg("-q").arg("-F").arg(&self.config).args(["-o", "ProxyCommand=false", "-o", &socket]);
        scp.stdin(Stdio::null()).kill_on_drop(true);
        scp
    }
}
