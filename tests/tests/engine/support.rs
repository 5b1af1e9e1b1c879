//! What these tests share.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use orchestrator::failure::Failure;
use orchestrator::seam::{
    Command as Wish, CommandId, Delivery, Event, EventBody, NewMessage, Program, Query, Reply,
    Request, Seam, SessionId, Snapshot, Subscription, TabChoice,
};
use tempfile::TempDir;

/// Longer than anything here takes, also when both cores are busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A data and a run directory, gone on drop; short, since a socket's path is.
pub struct Dirs {
    dir: TempDir,
}

impl Dirs {
    pub fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("b").tempdir_in("/tmp").unwrap() }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn run(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    pub fn socket(&self) -> PathBuf {
        self.run().join(orchestrator::seam::SOCKET)
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

pub fn program() -> Program {
    Program { name: "test".into(), version: "1".into(), pid: std::process::id() }
}

/// The probe, killed on drop.
pub struct Probe {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Probe {
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_engine-probe")).args(arguments))
    }

    pub fn of(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the probe");
        let stdin = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, lines }
    }

    /// One that hosts or attaches; returns when it does.
    pub fn handle(dirs: &Dirs, answer_after_ms: u64) -> (Self, String) {
        let (data, run) = (dirs.data(), dirs.run());
        let after = format!("--answer-after={answer_after_ms}");
        let mut probe =
            Self::start(&["handle", data.to_str().unwrap(), run.to_str().unwrap(), &after]);
        let role = probe.line().expect("the probe ended");
        (probe, role)
    }

    /// Its next line; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        self.lines.next().map(Result::unwrap)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As when the machine takes it away.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it leave by itself, and waits for that.
    pub fn leave(&mut self) -> std::process::ExitStatus {
        drop(self.stdin.take());
        self.child.wait().unwrap()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.child.kill().ok(); // gone already is as good
        self.child.wait().ok(); // waited for already is as good
    }
}

/// A message to the session `s`.
pub fn send(text: &str) -> Request {
    send_to("s", text, CommandId::random())
}

pub fn send_to(session: &str, text: &str, id: CommandId) -> Request {
    let message = NewMessage {
        prompt: text.into(),
        images: Vec::new(),
        read_only: false,
        save_to_history: true,
    };
    let session = SessionId::new(session);
    Request::Command { id, command: Wish::Send { session, tab: TabChoice::Last, message } }
}

pub async fn snapshot(seam: &dyn Seam) -> Snapshot {
    match within(seam.call(Request::query(Query::Snapshot))).await.unwrap() {
        Reply::Snapshot(snapshot) => *snapshot,
        other => panic!("{other:?}"),
    }
}

/// All stored events.
pub async fn stored(seam: &dyn Seam) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    loop {
        let since = all.last().map_or(0, |event| event.seq);
        let query = Query::Events { since, session: None, tab: None, limit: 1000 };
        match within(seam.call(Request::query(query))).await.unwrap() {
            Reply::Events { events, more } => {
                all.extend(events);
                if !more {
                    return all;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("took too long")
}

pub async fn next(subscription: &mut Subscription) -> Delivery {
    within(subscription.next()).await.expect("the subscription ended").unwrap()
}

/// The next stored event, whatever comes between.
pub async fn next_event(subscription: &mut Subscription) -> Event {
    loop {
        if let Delivery::Event(event) = next(subscription).await {
            return *event;
        }
    }
}

pub fn text(event: &Event) -> &str {
    match &event.body {
        EventBody::Text { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

/// Waits until `condition` holds.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !condition().await {
            // wait: between two looks at a condition
            tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}: not so"));
}

pub fn code(answer: Result<Reply, Failure>) -> orchestrator::failure::Code {
    answer.expect_err("was not refused").code
}
