//! An engine of the bench's own, with a host behind the bed's link and an agent that is a script.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::agent::Definitions;
use orchestrator::history::HistorySettings;
use orchestrator::host::HostDirectory;
use orchestrator::machine::ThisMachine;
use orchestrator::seam::{
    Command, Delivery, Event, EventBody, HistoryFilter, HistoryQuery, HistoryScope, NewMessage,
    NewSession, Query, Reply, Request, Seam, SessionId, Subscribe, Subscription, TabChoice,
};
use orchestrator::session::{Engine, EnginePlan, EngineSettings};
use orchestrator::settings::ConnectionKeys;
use orchestrator::store::Store;
use orchestrator::transport::Connection;
use tempfile::TempDir;

use crate::Outcome;
use crate::bed::ALIAS;

/// An agent whose prompt is a script for `sh`, and whose output is codex's.
const AGENT: &str = r#"
id = "script"
name = "Script"
program = "sh"
version = []
[batch]
output = "codex"
prompt = "script"
"#;

/// How long a turn may take to say its first word.
const PATIENCE: Duration = Duration::from_secs(60);

/// A laptop with an engine.
pub struct Desk {
    engine: Arc<Engine>,
    hosts: HostDirectory,
    _dir: TempDir,
}

impl Desk {
    /// One that knows the bed's machine under each of `names`.
    pub async fn new(config: &Path, names: &[&str]) -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
        for folder in ["config/agents", "data", "run"] {
            fs::create_dir_all(dir.path().join(folder))?;
        }
        fs::write(dir.path().join("config/agents/script.toml"), AGENT)?;
        let entry = |name: &&str| format!("[host.{name}]\nssh_config = \"{ALIAS}\"\n");
        let hosts_toml = dir.path().join("config/hosts.toml");
        fs::write(&hosts_toml, names.iter().map(entry).collect::<String>())?;
        let machine = ThisMachine {
            ssh: "ssh".into(),
            ssh_config: Some(config.to_owned()),
            home: dir.path().to_owned(),
            run_dir: dir.path().join("run"),
            shell: "/bin/sh".into(),
            env: Vec::new(),
            askpass: None,
            asker: None,
            keys: ConnectionKeys { linger_seconds: 0, ..ConnectionKeys::default() },
        };
        let hosts = HostDirectory::new(hosts_toml, machine);
        let (definitions, faults) = Definitions::load(&dir.path().join("config/agents"));
        if let Some(fault) = faults.first() {
            return Err(fault.message.clone().into());
        }
        let engine = Engine::start(EnginePlan {
            store: Store::open(&dir.path().join("data"))?,
            hosts: hosts.clone(),
            definitions,
            settings: EngineSettings::default(),
            history: HistorySettings {
                hostname: "bench".into(),
                limit: 5_000,
                home: dir.path().to_owned(),
            },
        })
        .await?;
        Ok(Self { engine, hosts, _dir: dir })
    }

    /// The connection that turns on `host` use.
    pub fn connection(&self, host: &str) -> Outcome<Connection> {
        Ok(self.hosts.connection(&self.hosts.resolve(host)?.place()))
    }

    /// A session on `host`.
    pub async fn session(&self, host: &str) -> Outcome<SessionId> {
        let new = NewSession {
            name: None,
            group: None,
            agent: "script".into(),
            host: host.into(),
            cwd: None,
            env: Default::default(),
            model: None,
            arguments: vec![],
            read_only: false,
            talks: false,
            sync_history: false,
            synopsis: false,
            resume: None,
            parent: None,
        };
        match self.command(Command::NewSession(new)).await? {
            Reply::Session(session) => Ok(session.id),
            other => Err(format!("no session but {other:?}").into()),
        }
    }

    /// Sends a script; the number that its events begin after.
    pub async fn send(&self, session: &SessionId, script: &str) -> Outcome<u64> {
        let message = NewMessage {
            prompt: script.to_owned(),
            images: vec![],
            read_only: false,
            save_to_history: true,
        };
        let session = session.clone();
        let send = Command::Send { session, tab: TabChoice::Last, message };
        match self.command(send).await? {
            Reply::Sent { seq, .. } => Ok(seq),
            other => Err(format!("not sent but {other:?}").into()),
        }
    }

    /// Carries out a command.
    pub async fn command(&self, command: Command) -> Outcome<Reply> {
        Ok(self.engine.call(Request::command(command)).await?)
    }

    /// Answers a question.
    pub async fn query(&self, query: Query) -> Outcome<Reply> {
        Ok(self.engine.call(Request::query(query)).await?)
    }

    /// Follows something else than events.
    pub async fn watch(&self, watch: orchestrator::seam::Watch) -> Outcome<Subscription> {
        self.subscribe(Subscribe { watch: Some(watch), ..Subscribe::default() }).await
    }

    /// Follows something from now on.
    pub async fn subscribe(&self, wanted: Subscribe) -> Outcome<Subscription> {
        Ok(self.engine.subscribe(wanted).await?)
    }

    /// Follows a session from now on.
    pub async fn follow(&self, session: &SessionId) -> Outcome<Watch> {
        let session = Some(session.clone());
        let wanted = Subscribe { session, ..Subscribe::default() };
        Ok(Watch { subscription: self.engine.subscribe(wanted).await? })
    }

    /// Looks at a history.
    pub async fn look(&self, scope: &HistoryScope) -> Outcome<Looking<'_>> {
        let wanted = Subscribe { history: Some(scope.clone()), ..Subscribe::default() };
        let subscription = self.engine.subscribe(wanted).await?;
        Ok(Looking { desk: self, scope: scope.clone(), subscription })
    }

    /// Ends the engine.
    pub async fn stop(&self) {
        self.engine.stop().await;
    }
}

/// What happens in a session.
pub struct Watch {
    subscription: Subscription,
}

/// Somebody looks at a history.
pub struct Looking<'a> {
    desk: &'a Desk,
    scope: HistoryScope,
    subscription: Subscription,
}

impl Looking<'_> {
    /// Looks on until it has so many entries.
    pub async fn until(&mut self, entries: u64) -> Outcome<()> {
        let seen = async {
            loop {
                let (scope, filter) = (self.scope.clone(), HistoryFilter::default());
                let query = Query::History(HistoryQuery { scope, filter, limit: 1, offset: 0 });
                match self.desk.engine.call(Request::query(query)).await? {
                    Reply::History(page) if page.total >= entries => return Ok(()),
                    Reply::History(_) => {}
                    other => return Err(format!("no history but {other:?}").into()),
                }
                match self.subscription.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err("the engine has ended".into()),
                }
            }
        };
        tokio::time::timeout(PATIENCE, seen).await?
    }
}

impl Watch {
    /// The next event that `wanted` takes.
    pub async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> Outcome<T> {
        let found = async {
            loop {
                match self.subscription.next().await {
                    Some(Ok(Delivery::Event(event))) => {
                        if let Some(found) = wanted(&event) {
                            return Ok(found);
                        }
                        if let EventBody::Error { failure, .. } = &event.body {
                            return Err(failure.message.clone().into());
                        }
                    }
                    Some(Ok(
                        Delivery::Partial(_)
                        | Delivery::Sync { .. }
                        | Delivery::History(_)
                        | Delivery::Connections(_)
                        | Delivery::Questions(_)
                        | Delivery::Operation(_)
                        | Delivery::Forgotten { .. }
                        | Delivery::Output(_)
                        | Delivery::Terminals(_)
                        | Delivery::Terminal(_),
                    )) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err("the engine has ended".into()),
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await?
    }

    /// The next piece of the answer.
    pub async fn text(&mut self) -> Outcome<String> {
        self.until(|event| match &event.body {
            EventBody::Text { text, .. } => Some(text.clone()),
            _ => None,
        })
        .await
    }

    /// The end of the turn.
    pub async fn end(&mut self) -> Outcome<()> {
        self.until(|event| matches!(event.body, EventBody::TurnEnded { .. }).then_some(())).await
    }
}

/// A line of the script that says something, as codex would; `said` is put into double quotes.
pub fn say(said: &str) -> String {
    format!(
        "printf '{{\"type\":\"item.completed\",\"item\":{{\"id\":\"i\",\"type\":\"agent_message\",\"text\":\"%s\"}}}}\\n' \"{said}\""
    )
}
