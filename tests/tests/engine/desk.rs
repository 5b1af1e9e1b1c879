//! A real engine in this process, with real machines behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{AgentHost, Wan};
use orchestrator::agent::Definitions;
use orchestrator::failure::Failure;
use orchestrator::history::HistorySettings;
use orchestrator::host::HostDirectory;
use orchestrator::machine::ThisMachine;
use orchestrator::seam::{
    Command, Delivery, EngineHandle, Event, EventBody, HostingPlan, NewMessage, NewSession, Query,
    Reply, Request, Seam, Session, SessionId, StartEngine, Started, StopEngine, Subscribe,
    TabChoice, TurnStatus,
};
use orchestrator::session::{Engine, EnginePlan, EngineSettings};
use orchestrator::settings::ConnectionKeys;
use orchestrator::store::Store;
use orchestrator::transport::Asker;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take whose end is at hand; both cores may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A laptop: its data and configuration, the machines that it knows, and an engine at a time.
pub struct Laptop {
    dir: TempDir,
    ssh_config: PathBuf,
    pub settings: EngineSettings,
    pub history: HistorySettings,
    /// Who answers questions in the process that hosts the engine; ssh asks nothing without.
    pub asker: Option<Arc<dyn Asker>>,
    /// Where sockets of its own tmux servers are, instead of with everybody's.
    pub tmux: Option<PathBuf>,
}

impl Laptop {
    /// One that knows `machine` as the host `box`.
    pub fn new(machine: &AgentHost) -> Self {
        Self::over(machine.sshd().write_client_config("box", &[]), "openssh")
    }

    /// The same through a link.
    pub fn through(machine: &AgentHost, wan: &Wan, transport: &str) -> Self {
        let config = machine.sshd().write_client_config_through("box", wan.port(), &[]);
        Self::over(config, transport)
    }

    /// One whose ssh reads that configuration, which knows `box`.
    pub fn over(ssh_config: PathBuf, transport: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("bt").tempdir_in("/tmp").unwrap();
        for folder in ["config/agents", "data", "run", "home"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let history = HistorySettings {
            hostname: "laptop".into(),
            limit: 5_000,
            home: dir.path().join("home"),
        };
        let settings = EngineSettings::default();
        let laptop = Self { dir, ssh_config, settings, history, asker: None, tmux: None };
        laptop.write_hosts(&format!(
            "[host.box]\nssh_config = \"box\"\ntransport = \"{transport}\"\n[host.box.env]\nFROM_HOST = \"the host\"\n"
        ));
        laptop
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// What ssh reads there.
    pub fn ssh_config(&self) -> &Path {
        &self.ssh_config
    }

    pub fn write_hosts(&self, text: &str) {
        fs::write(self.path("config/hosts.toml"), text).unwrap();
    }

    /// An agent of the person's own.
    pub fn write_agent(&self, name: &str, text: &str) {
        fs::write(self.path("config/agents").join(name), text).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "ssh is found as the tests themselves are")]
    fn machine(&self) -> ThisMachine {
        ThisMachine {
            ssh: "ssh".into(),
            ssh_config: Some(self.ssh_config.clone()),
            home: self.path("home"),
            run_dir: self.path("run"),
            shell: "/bin/sh".into(),
            env: {
                let mut env = vec![
                    ("PATH".into(), std::env::var_os("PATH").unwrap()),
                    ("HOME".into(), self.path("home").into()),
                ];
                env.extend(self.tmux.as_ref().map(|dir| ("TMUX_TMPDIR".into(), dir.into())));
                env
            },
            askpass: self.asker.as_ref().map(|_| env!("CARGO_BIN_EXE_askpass").into()),
            asker: self.asker.clone(),
            keys: ConnectionKeys {
                linger_seconds: 0,
                keepalive_interval_seconds: 1,
                keepalive_count: 2,
                ..ConnectionKeys::default()
            },
        }
    }

    /// Kills the ssh processes that hold this laptop's connections, as the system may.
    pub fn kill_masters(&self) {
        let run = self.path("run").display().to_string();
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // One that has ended in between says nothing.
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            let is_master =
                line.starts_with("ssh\0") && line.contains("\0-M\0") && line.contains(&run);
            if let Some(pid) = Pid::from_raw(pid).filter(|_| is_master) {
                kill_process(pid, Signal::KILL).ok(); // It may have ended in between.
            }
        }
    }

    /// Starts an engine on what is there.
    pub async fn engine(&self) -> Desk {
        Desk { engine: Engine::start(self.plan()()).await.unwrap() }
    }

    /// What each of its engines is started with.
    fn plan(&self) -> impl Fn() -> EnginePlan + Send + Sync + 'static {
        let (agents, data) = (self.path("config/agents"), self.path("data"));
        let (hosts, machine) = (self.path("config/hosts.toml"), self.machine());
        let (settings, history) = (self.settings.clone(), self.history.clone());
        move || {
            let (definitions, faults) = Definitions::load(&agents);
            assert_eq!(faults, []);
            EnginePlan {
                store: Store::open(&data).unwrap(),
                hosts: HostDirectory::new(&hosts, machine.clone()),
                definitions,
                settings: settings.clone(),
                history: history.clone(),
            }
        }
    }

    /// One more process that hosts the engine, or attaches to the one that does.
    pub async fn process(&self) -> EngineHandle {
        let plan = self.plan();
        let start: StartEngine = Box::new(move || {
            let plan = plan();
            Box::pin(async move {
                let seam = Engine::start(plan).await?;
                let ending = Arc::clone(&seam);
                let stop: StopEngine =
                    Box::new(move || Box::pin(async move { ending.stop().await }));
                Ok(Started { seam, stop })
            })
        });
        let (data, run) = (self.path("data"), self.path("run"));
        let plan = HostingPlan { data, run, program: crate::support::program(), start };
        EngineHandle::open(plan).await.unwrap()
    }
}

/// An engine, as a test uses it.
pub struct Desk {
    pub engine: Arc<Engine>,
}

impl Desk {
    pub async fn command(&self, command: Command) -> Result<Reply, Failure> {
        self.engine.call(Request::command(command)).await
    }

    pub async fn query(&self, query: Query) -> Reply {
        self.engine.call(Request::query(query)).await.unwrap()
    }

    pub async fn try_session(&self, new: NewSession) -> Result<Session, Failure> {
        match self.command(Command::NewSession(new)).await? {
            Reply::Session(session) => Ok(*session),
            other => panic!("{other:?}"),
        }
    }

    /// A session with that agent on the host `box`.
    pub async fn session(&self, agent: &str, machine: &AgentHost) -> Session {
        self.try_session(new_session(agent, machine)).await.unwrap()
    }

    pub async fn try_send(
        &self,
        session: &SessionId,
        tab: TabChoice,
        message: NewMessage,
    ) -> Result<Sent, Failure> {
        let session = session.clone();
        match self.command(Command::Send { session: session.clone(), tab, message }).await? {
            Reply::Sent { tab, message, seq } => Ok(Sent { session, tab, message, seq }),
            other => panic!("{other:?}"),
        }
    }

    pub async fn send(&self, session: &SessionId, prompt: &str) -> Sent {
        self.try_send(session, TabChoice::Last, message(prompt)).await.unwrap()
    }

    /// Sends, and waits for the end of that turn; all its events.
    pub async fn turn(&self, session: &SessionId, prompt: &str) -> Turn {
        let sent = self.send(session, prompt).await;
        self.end_of(&sent).await
    }

    /// Waits for the end of the turn of a message.
    pub async fn end_of(&self, sent: &Sent) -> Turn {
        self.until(sent, |body| matches!(body, EventBody::TurnEnded { .. })).await
    }

    /// Waits for an event of the turn of a message; all events of that turn up to it.
    pub async fn until(&self, sent: &Sent, wanted: impl Fn(&EventBody) -> bool) -> Turn {
        let subscribe = Subscribe {
            since: Some(sent.seq),
            session: Some(sent.session.clone()),
            ..Subscribe::default()
        };
        let mut events: Vec<Event> = Vec::new();
        let mut turn = None;
        let found = async {
            let mut subscription = self.engine.subscribe(subscribe).await.unwrap();
            loop {
                let delivery = subscription.next().await.expect("the engine has ended").unwrap();
                let Delivery::Event(event) = delivery else { continue };
                if let EventBody::TurnStarted { message, .. } = &event.body
                    && *message == sent.message
                {
                    turn = event.turn.clone();
                }
                if turn.is_some() && event.turn == turn {
                    let is_wanted = wanted(&event.body);
                    events.push(*event);
                    if is_wanted {
                        return;
                    }
                }
            }
        };
        if tokio::time::timeout(PATIENCE, found).await.is_err() {
            panic!("waited in vain; the turn so far: {events:#?}");
        }
        Turn { events }
    }

    pub async fn show(&self, session: &SessionId) -> Session {
        match self.query(Query::Session { named: session.to_string() }).await {
            Reply::Session(session) => *session,
            other => panic!("{other:?}"),
        }
    }

    /// Ends the engine as a process does that ends on purpose.
    pub async fn stop(self) {
        tokio::time::timeout(PATIENCE, self.engine.stop()).await.expect("the engine doesn't end");
    }
}

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub session: SessionId,
    pub tab: orchestrator::seam::TabId,
    pub message: orchestrator::seam::MessageId,
    pub seq: u64,
}

/// The events of one turn.
#[derive(Clone, Debug)]
pub struct Turn {
    pub events: Vec<Event>,
}

impl Turn {
    pub fn bodies(&self) -> impl Iterator<Item = &EventBody> {
        self.events.iter().map(|event| &event.body)
    }

    /// The pieces of the answer.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.bodies().filter_map(|body| match body {
            EventBody::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub fn errors(&self) -> Vec<&Failure> {
        let errors = self.bodies().filter_map(|body| match body {
            EventBody::Error { failure, .. } => Some(failure),
            _ => None,
        });
        errors.collect()
    }

    /// How it ended.
    #[track_caller]
    pub fn end(&self) -> (TurnStatus, Option<u8>) {
        match self.events.last().map(|event| &event.body) {
            Some(EventBody::TurnEnded { status, exit_status, .. }) => (*status, *exit_status),
            other => panic!("it has not ended: {other:?}"),
        }
    }

    #[track_caller]
    pub fn is_done(&self) -> &Self {
        assert_eq!(self.end(), (TurnStatus::Done, Some(0)), "{:#?}", self.events);
        self
    }

    #[track_caller]
    pub fn failure(&self) -> &Failure {
        assert_eq!(self.end().0, TurnStatus::Failed, "{:#?}", self.events);
        self.errors().pop().expect("a failed turn says why")
    }
}

pub fn message(prompt: &str) -> NewMessage {
    NewMessage { prompt: prompt.into(), images: vec![], read_only: false, save_to_history: true }
}

pub fn new_session(agent: &str, machine: &AgentHost) -> NewSession {
    NewSession {
        name: None,
        group: None,
        agent: agent.into(),
        host: "box".into(),
        cwd: Some(machine.project().display().to_string()),
        env: Default::default(),
        model: None,
        arguments: vec![],
        read_only: false,
        talks: false,
        sync_history: false,
        synopsis: false,
        resume: None,
        parent: None,
    }
}

/// Waits until `condition` holds.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
    }
}

/// Living processes of a machine of the test bed whose command line holds `word`.
pub fn processes_of(machine: &AgentHost, word: &str) -> Vec<u32> {
    let mark = format!("BATON_TEST_SSHD={}", machine.sshd().dir().display());
    let of = |entry: fs::DirEntry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let all = fs::read(entry.path().join("environ")).ok()?;
        let is_ours = all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes());
        (is_ours && String::from_utf8_lossy(&line).contains(word)).then_some(pid)
    };
    fs::read_dir("/proc").unwrap().filter_map(Result::ok).filter_map(of).collect()
}
