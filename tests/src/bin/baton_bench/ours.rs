//! What is measured: connections of the engine, and the `baton` program beside this one.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::host::HostId;
use orchestrator::transport::{
    Connection, ConnectionSettings, OpenSsh, OpenSshSettings, Patience, Target, Transport,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;

use crate::bed::ALIAS;
use crate::counting::{Counting, Told};
use crate::{Outcome, machine};

/// A connection of the engine with a run directory of its own.
#[derive(Debug)]
pub struct Engine {
    /// Not opened yet.
    pub connection: Connection,
    dir: TempDir,
}

impl Engine {
    /// Makes one; nothing is started.
    pub fn new(config: &Path) -> Outcome<Self> {
        Self::with(config, |transport| transport)
    }

    /// The same, counting what programs on the host are told.
    pub fn counted(config: &Path) -> Outcome<(Self, Told)> {
        let told = Told::default();
        let engine = Self::with(config, |transport| Arc::new(Counting::new(transport, &told)))?;
        Ok((engine, told))
    }

    fn with(
        config: &Path,
        wrap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
        let settings = OpenSshSettings {
            program: "ssh".into(),
            config: Some(config.to_owned()),
            home: "/nonexistent".into(),
            system_config: "/nonexistent/system".into(),
            run_dir: dir.path().to_owned(),
            env: Vec::new(),
            patience: Patience::default(),
            linger: Duration::ZERO,
            askpass: None,
            steps: None,
            asker: None,
        };
        let target = Target {
            id: HostId::new(ALIAS),
            destination: ALIAS.into(),
            user: None,
            port: None,
            identity_file: None,
        };
        let transport = wrap(Arc::new(OpenSsh::new(target, settings)));
        let connection =
            Connection::new(HostId::new(ALIAS), transport, ConnectionSettings::default());
        Ok(Self { connection, dir })
    }

    /// How many `ssh` processes of it there are.
    pub fn ssh_processes(&self) -> Outcome<usize> {
        Ok(machine::processes("ssh", &self.dir.path().display().to_string())?.len())
    }
}

/// The `baton` program, with a home of its own; its lingering connections are ended on drop.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    config: PathBuf,
    home: TempDir,
}

impl Program {
    /// The one beside this program, if it is there and knows `exec`.
    pub async fn find(config: &Path) -> Outcome<Option<Self>> {
        let path = std::env::current_exe()?.with_file_name("baton");
        let mut help = Command::new(&path);
        help.args(["exec", "--help"]).stdout(Stdio::null()).stderr(Stdio::null());
        if !help.status().await.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let home = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
        Ok(Some(Self { path, config: config.to_owned(), home }))
    }

    /// `baton exec HOST -- words`, reading nothing.
    pub fn exec(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env("BATON_HOME", self.home.path())
            .env("BATON_SSH_CONFIG", &self.config)
            .args(["exec", ALIAS, "--"])
            .args(words)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let home = self.home.path().display().to_string();
        for pid in machine::processes("ssh", &home).unwrap_or_default() {
            // Gone already is as good.
            if let Some(pid) = Pid::from_raw(pid)
                && let Err(error) = kill_process(pid, Signal::TERM)
                && error != rustix::io::Errno::SRCH
            {
                eprintln!("warning: a connection of baton stays: {error}");
            }
        }
    }
}
