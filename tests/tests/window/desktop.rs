//! A person's machine, for the window: directories, an ssh config, agents in its path.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use baton_front::Setup;
use baton_front::paths::Paths;
use baton_tests::AgentHost;
use orchestrator::seam::{
    Command, Event, EventBody, NewSession, Program, Query, Reply, Request, Seam, Session, SessionId,
};
use tempfile::TempDir;

/// A person's machine; gone on drop.
pub struct Desktop {
    /// Gone on drop, with all that is in it.
    _dir: TempDir,
    pub setup: Setup,
}

impl Desktop {
    /// One whose ssh reads `ssh_config`. It has no hosts and no agents.
    pub fn new(ssh_config: PathBuf) -> Self {
        let dir = tempfile::Builder::new().prefix("bw").tempdir_in("/tmp").unwrap();
        let below = |name: &str| dir.path().join(name);
        for folder in ["home", "bin", "b/config", "b/data", "b/state", "b/run"] {
            fs::create_dir_all(below(folder)).unwrap();
        }
        // What lingers goes with the test's server.
        fs::write(below("b/config/config.toml"), "[connection]\nlinger_seconds = 5\n").unwrap();
        let path = format!("{}:/usr/bin:/bin", below("bin").display());
        let env = [
            ("HOME", below("home").into_os_string()),
            ("PATH", path.into()),
            ("SHELL", "/bin/sh".into()),
        ];
        let setup = Setup {
            paths: Paths {
                config: below("b/config"),
                data: below("b/data"),
                state: below("b/state"),
                run: below("b/run"),
            },
            home: below("home"),
            ssh: "ssh".into(),
            ssh_config: Some(ssh_config),
            shell: "/bin/sh".into(),
            env: env.into_iter().map(|(name, value)| (OsString::from(name), value)).collect(),
            askpass: Some(env!("CARGO_BIN_EXE_askpass").into()),
        };
        Self { _dir: dir, setup }
    }

    /// One that knows a machine as the alias `box` of its ssh config, and has saved nothing.
    pub fn beside(machine: &AgentHost) -> Self {
        Self::new(machine.sshd().write_client_config("box", &[]))
    }

    /// The same with the machine saved as a host, and the first screen left behind.
    pub fn knowing(machine: &AgentHost) -> Self {
        Self::knowing_over(machine.sshd().write_client_config("box", &[]))
    }

    /// The same with an ssh config that leads to `box` in its own way.
    pub fn knowing_over(ssh_config: PathBuf) -> Self {
        let desktop = Self::new(ssh_config);
        fs::write(desktop.setup.paths.data.join("window.json"), "{\"welcomed\":true}").unwrap();
        fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
        desktop
    }
}

/// A program of the desktop's; killed on drop.
pub struct Running(process::Child);

impl Running {
    /// Kills it, and waits until it is gone.
    pub fn kill(self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A session to be made; `host` as a HOST argument.
pub fn new_session(name: &str, agent: &str, host: &str, cwd: &Path) -> NewSession {
    NewSession {
        name: Some(name.into()),
        group: None,
        agent: agent.into(),
        host: host.into(),
        cwd: Some(cwd.display().to_string()),
        env: BTreeMap::new(),
        model: None,
        arguments: Vec::new(),
        read_only: false,
        talks: false,
        sync_history: false,
        synopsis: false,
        parent: None,
        resume: None,
    }
}

impl Desktop {
    /// Runs `baton` on this desktop, and comes back when it hosts the engine.
    pub fn baton(&self, words: &[&str]) -> Running {
        let mut command = process::Command::new(baton_tests::program());
        command.args(words).env_clear().envs(self.setup.env.iter().cloned());
        command.env("BATON_HOME", self.setup.paths.data.parent().unwrap());
        command.env("BATON_SSH_CONFIG", self.setup.ssh_config.as_ref().unwrap());
        let null = process::Stdio::null;
        let child = command.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap();
        let socket = self.setup.paths.run.join(orchestrator::seam::SOCKET);
        let child = Running(child);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(baton_tests::until("the other program's engine", || socket.exists()));
        child
    }

    /// Asks an engine of this desktop: one of its own for that, or the one that is there.
    pub fn ask(&self, requests: Vec<Request>) -> Vec<Reply> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let program =
                Program { name: "test".into(), version: "1".into(), pid: std::process::id() };
            let engine = self.setup.open_engine(program, None).await.unwrap();
            let mut replies = Vec::new();
            for request in requests {
                replies.push(engine.call(request).await.unwrap());
            }
            engine.shutdown().await;
            replies
        })
    }

    /// Makes a session before a window is opened.
    pub fn make(&self, session: NewSession) -> Session {
        match self.ask(vec![Request::command(Command::NewSession(session))]).remove(0) {
            Reply::Session(session) => *session,
            other => panic!("{other:?}"),
        }
    }

    /// The sessions as they are.
    pub fn sessions(&self) -> Vec<Session> {
        match self.ask(vec![Request::query(Query::Snapshot)]).remove(0) {
            Reply::Snapshot(snapshot) => snapshot.sessions,
            other => panic!("{other:?}"),
        }
    }

    /// What stands in a session's events.
    pub fn events(&self, session: &SessionId) -> Vec<Event> {
        let wanted =
            Query::Events { since: 0, session: Some(session.clone()), tab: None, limit: 1000 };
        match self.ask(vec![Request::query(wanted)]).remove(0) {
            Reply::Events { events, .. } => events,
            other => panic!("{other:?}"),
        }
    }

    /// What the agent said in a session, piece by piece.
    pub fn said(&self, session: &SessionId) -> Vec<String> {
        let text = |event: Event| match event.body {
            EventBody::Text { text, .. } => Some(text),
            _ => None,
        };
        self.events(session).into_iter().filter_map(text).collect()
    }
}
