//! Connections of the engine to the test bed's machines.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{TestSshd, processes, short_dir};
use orchestrator::host::HostId;
use orchestrator::transport::native::{ResolvingNative, Surroundings};
use orchestrator::transport::{
    Connection, ConnectionSettings, Exit, Local, LocalSettings, OpenSsh, OpenSshSettings, Patience,
    Process, Program, Target, Transport,
};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

/// A host of the test bed, its connection, and the directories of ours that go with it.
pub struct Host {
    pub connection: Connection,
    /// Ours: sockets, logs, configuration.
    pub run_dir: TempDir,
    /// Kept for as long as the host is used.
    pub sshd: Option<Arc<TestSshd>>,
}

impl Host {
    /// A file that is not there, and that any account may make: what must not run would make it.
    pub fn proof(&self) -> PathBuf {
        let folder = self.run_dir.path().join("proof");
        std::fs::create_dir_all(&folder).unwrap();
        for open in [self.run_dir.path(), &folder] {
            std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        folder.join("ran")
    }

    pub fn log(&self) -> String {
        self.sshd.as_ref().map(|sshd| sshd.log()).unwrap_or_default()
    }
}

pub fn target(name: &str) -> Target {
    Target {
        id: HostId::new(name),
        destination: name.into(),
        user: None,
        port: None,
        identity_file: None,
    }
}

pub fn openssh_settings(config: PathBuf, run_dir: &TempDir) -> OpenSshSettings {
    OpenSshSettings {
        program: "ssh".into(),
        config: Some(config),
        home: "/nonexistent".into(),
        system_config: "/nonexistent/system".into(),
        run_dir: run_dir.path().to_owned(),
        env: Vec::new(),
        patience: Patience {
            connect: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(1),
            keepalive_count: 2,
        },
        linger: Duration::ZERO,
        askpass: None,
        asker: None,
        steps: None,
    }
}

pub fn connection_over(transport: Arc<dyn Transport>) -> Connection {
    Connection::new(HostId::new("box"), transport, ConnectionSettings::default())
}

/// The machine behind `sshd`, over the system's ssh.
pub fn openssh(sshd: TestSshd) -> Host {
    let config = sshd.write_client_config("box", &[]);
    openssh_with(Arc::new(sshd), config, ConnectionSettings::default(), |_| ())
}

/// The same with a client's `config`, and whatever else is changed of the settings.
pub fn openssh_with(
    sshd: Arc<TestSshd>,
    config: PathBuf,
    connection: ConnectionSettings,
    change: impl FnOnce(&mut OpenSshSettings),
) -> Host {
    let run_dir = short_dir();
    let mut settings = openssh_settings(config, &run_dir);
    change(&mut settings);
    let transport = Arc::new(OpenSsh::new(target("box"), settings));
    let connection = Connection::new(HostId::new("box"), transport, connection);
    Host { connection, run_dir, sshd: Some(sshd) }
}

/// The account with that login shell.
pub fn openssh_as(sshd: &Arc<TestSshd>, shell: &str) -> Host {
    openssh_as_with(sshd, shell, ConnectionSettings::default())
}

/// The same with other settings.
pub fn openssh_as_with(sshd: &Arc<TestSshd>, shell: &str, settings: ConnectionSettings) -> Host {
    let config = sshd.write_client_config_as(shell, "box", &[]);
    openssh_with(Arc::clone(sshd), config, settings, |_| ())
}

/// The machine behind `sshd`, over the client that is built in.
pub fn native(sshd: TestSshd) -> Host {
    let run_dir = short_dir();
    let config = sshd.write_client_config("box", &[]);
    let settings = openssh_settings(config, &run_dir);
    let transport = ResolvingNative::new(target("box"), settings, Surroundings::default());
    Host { connection: connection_over(Arc::new(transport)), run_dir, sshd: Some(Arc::new(sshd)) }
}

/// This machine.
#[expect(
    clippy::disallowed_methods,
    reason = "programs of the test need the path of the one who runs it"
)]
pub fn local() -> Host {
    let run_dir = short_dir();
    let settings = LocalSettings {
        shell: "/bin/bash".into(),
        home: run_dir.path().to_owned(),
        env: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
    };
    Host { connection: connection_over(Arc::new(Local::new(settings))), run_dir, sshd: None }
}

pub fn sh(script: &str) -> Program {
    Program::new(["sh", "-c", script])
}

/// What a finished program printed.
#[derive(Debug, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

pub async fn finish(process: Process) -> Output {
    let (mut streams, exit) = process.into_parts();
    drop(streams.stdin);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (out, err, exit) = tokio::join!(
        streams.stdout.read_to_end(&mut stdout),
        streams.stderr.read_to_end(&mut stderr),
        exit
    );
    out.unwrap();
    err.unwrap();
    Output {
        exit: exit.unwrap(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

pub async fn run(connection: &Connection, program: &Program) -> Output {
    finish(connection.start(program).await.unwrap()).await
}

/// The masters of ours whose socket is in `run_dir`.
pub fn masters_in(run_dir: &Path) -> Vec<(u32, Vec<String>)> {
    let folder = format!("{}/", run_dir.display());
    processes(|words| {
        words.iter().any(|word| word == "-M") && words.iter().any(|word| word.starts_with(&folder))
    })
}
