//! Connections of the engine to the test bed's machines.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_tests::TestSshd;
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
    pub sshd: Option<TestSshd>,
}

/// A directory whose path is short enough for sockets.
pub fn short_dir() -> TempDir {
    tempfile::Builder::new().prefix("bt").tempdir_in("/tmp").unwrap()
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
    let run_dir = short_dir();
    let config = sshd.write_client_config("box", &[]);
    let transport = OpenSsh::new(target("box"), openssh_settings(config, &run_dir));
    Host { connection: connection_over(Arc::new(transport)), run_dir, sshd: Some(sshd) }
}

/// The machine behind `sshd`, over the client that is built in.
pub fn native(sshd: TestSshd) -> Host {
    let run_dir = short_dir();
    let config = sshd.write_client_config("box", &[]);
    let settings = openssh_settings(config, &run_dir);
    let transport = ResolvingNative::new(target("box"), settings, Surroundings::default());
    Host { connection: connection_over(Arc::new(transport)), run_dir, sshd: Some(sshd) }
}

/// This machine.
pub fn local() -> Host {
    let run_dir = short_dir();
    #[expect(clippy::disallowed_methods, reason = "programs are found as the tests themselves are")]
    let path = std::env::var_os("PATH").unwrap();
    let settings = LocalSettings {
        shell: "/bin/bash".into(),
        home: run_dir.path().to_owned(),
        env: vec![("PATH".into(), path)],
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

/// Whether a process of this machine runs; one that only waits to be reaped does not.
pub fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

/// Waits for a condition; panics with its name after 20 s, which is generous on two busy cores.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(std::time::Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await; // wait: between two looks
    }
}
