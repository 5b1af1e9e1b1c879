//! An engine, a terminal and a screen in memory, for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use orchestrator::agent::{ApprovalChoice, ChoiceKind, ToolCall, ToolStatus, Usage};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Approval, ApprovalId, Command, Decision, Delivery, Event, EventBody, LinkState, MessageId,
    Partial, PartialKind, Query, QueuedMessage, Reply, Request, RunId, Seam, Session, SessionId,
    Subscribe, Subscription, Tab, TabId, TabState, Totals, Turn, TurnId, TurnStatus,
};
use tokio::sync::mpsc;

use super::effect::Ended;
use super::screen::Screen;
use super::terminal::Ask;
use crate::output::Stop;
use crate::render::Line;

pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_760_000_000_000 + ms).unwrap()
}

pub fn session(tabs: &[&str]) -> Session {
    Session {
        id: SessionId::new("s1"),
        name: "work".into(),
        group: None,
        agent: "codex".into(),
        host: "box".into(),
        cwd: Some("~/p".into()),
        env_names: BTreeSet::new(),
        model: None,
        arguments: Vec::new(),
        read_only: false,
        talks: false,
        sync_history: false,
        synopsis: false,
        parent: None,
        created_at: at(0),
        tabs: tabs.iter().map(|id| tab(id)).collect(),
        totals: Totals::default(),
    }
}

pub fn tab(id: &str) -> Tab {
    Tab {
        id: TabId::new(id),
        name: format!("tab {id}"),
        agent_session: None,
        talk: None,
        carry: Default::default(),
        state: TabState::Idle,
        turn: None,
        queue: Vec::new(),
        paused: false,
        totals: Totals::default(),
        account: None,
    }
}

/// A turn under way whose message the agent has.
pub fn turn(id: &str) -> Turn {
    Turn {
        id: TurnId::new(id),
        run: RunId::new("r1"),
        started_at: at(0),
        read_only: false,
        status: None,
        link: LinkState::Restored,
        interrupting: false,
        stopping: false,
        host: "box".into(),
        usage: Usage::default(),
        synopsis: false,
        save_to_history: true,
        message: None,
    }
}

pub fn queued(id: &str) -> QueuedMessage {
    QueuedMessage {
        id: MessageId::new(id),
        prompt: format!("prompt of {id}"),
        prompt_bytes: 10 + id.len() as u64,
        images: 0,
        read_only: false,
        save_to_history: true,
        paused: false,
        at: at(0),
    }
}

/// An event of tab `t1`, of that turn if it isn't empty; stored `seq` tenths of a second after the beginning.
pub fn event(seq: u64, turn: &str, body: EventBody) -> Event {
    Event {
        seq,
        at: at(i64::try_from(seq).unwrap() * 100),
        session: SessionId::new("s1"),
        tab: Some(TabId::new("t1")),
        turn: (!turn.is_empty()).then(|| TurnId::new(turn)),
        body,
    }
}

pub fn started(message: &str) -> EventBody {
    EventBody::TurnStarted {
        message: MessageId::new(message),
        prompt: "do it".into(),
        images: 0,
        read_only: false,
        run: RunId::new("r1"),
        synopsis: false,
    }
}

pub fn text(text: &str) -> EventBody {
    EventBody::Text { text: text.into(), plain: false }
}

pub fn ended(status: TurnStatus) -> EventBody {
    EventBody::TurnEnded { status, exit_status: Some(0), elapsed_ms: 12_400, text: String::new() }
}

/// An end without any error before it.
pub fn how(status: TurnStatus) -> Ended {
    Ended { status, fault: None }
}

pub fn tool(status: ToolStatus) -> ToolCall {
    ToolCall {
        id: "c1".into(),
        name: "Bash".into(),
        status,
        input: serde_json::json!({ "command": "ls -la" }),
        output: None,
    }
}

pub fn partial(turn: &str, text: &str) -> Partial {
    Partial {
        session: SessionId::new("s1"),
        tab: TabId::new("t1"),
        turn: TurnId::new(turn),
        kind: PartialKind::Text,
        text: text.into(),
    }
}

pub fn approval(id: &str, turn: &str) -> Approval {
    let option = |id: &str, kind| ApprovalChoice { id: id.into(), name: id.into(), kind };
    Approval {
        id: ApprovalId::new(id),
        session: SessionId::new("s1"),
        tab: TabId::new("t1"),
        turn: TurnId::new(turn),
        title: "Run ls".into(),
        tool_call: Some(tool(ToolStatus::Running)),
        options: vec![option("yes", ChoiceKind::AllowOnce), option("no", ChoiceKind::RejectOnce)],
        request: serde_json::json!(7),
        at: at(0),
    }
}

/// An engine that knows one session and tells what it is told to tell.
#[derive(Debug)]
pub struct FakeEngine {
    pub session: Mutex<Session>,
    pub stored: Mutex<Vec<Event>>,
    pub approvals: Mutex<Vec<Approval>>,
    /// What was asked for, in its order.
    pub commands: Mutex<Vec<Command>>,
    pub subscribed: Mutex<Vec<Subscribe>>,
    /// Answers to commands; then each is done.
    pub replies: Mutex<VecDeque<Result<Reply, Failure>>>,
    feeds: Mutex<VecDeque<Subscription>>,
}

pub type Feed = mpsc::Sender<Result<Delivery, Failure>>;

impl FakeEngine {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            session: Mutex::new(session(&["t1"])),
            stored: Mutex::default(),
            approvals: Mutex::default(),
            commands: Mutex::default(),
            subscribed: Mutex::default(),
            replies: Mutex::default(),
            feeds: Mutex::default(),
        })
    }

    /// What the next subscription delivers.
    pub fn feed(&self) -> Feed {
        let (sender, receiver) = mpsc::channel(64);
        self.feeds.lock().unwrap().push_back(Subscription::new(receiver));
        sender
    }

    pub fn reply(&self, reply: Result<Reply, Failure>) {
        self.replies.lock().unwrap().push_back(reply);
    }

    pub fn commands(&self) -> Vec<Command> {
        self.commands.lock().unwrap().clone()
    }
}

#[async_trait]
impl Seam for FakeEngine {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        let query = match request {
            Request::Command { command, .. } => {
                self.commands.lock().unwrap().push(command);
                return self.replies.lock().unwrap().pop_front().unwrap_or(Ok(Reply::Done));
            }
            Request::Query { query } => query,
        };
        let session = self.session.lock().unwrap().clone();
        match query {
            Query::Session { named } if named == session.id.as_str() || named == session.name => {
                Ok(Reply::Session(Box::new(session)))
            }
            Query::Session { named } => {
                Err(Failure::new(Code::NotFound, format!("no session is called {named:?}")))
            }
            Query::Events { since, limit, .. } => {
                let stored = self.stored.lock().unwrap();
                let mut events: Vec<Event> =
                    stored.iter().filter(|event| event.seq > since).cloned().collect();
                let more = events.len() > limit as usize;
                events.truncate(limit as usize);
                Ok(Reply::Events { events, more })
            }
            Query::Approvals { .. } => Ok(Reply::Approvals(self.approvals.lock().unwrap().clone())),
            Query::Snapshot => Ok(Reply::Snapshot(Box::new(orchestrator::seam::Snapshot {
                sessions: vec![session],
                ..Default::default()
            }))),
            Query::Prompt { message, .. } => {
                Ok(Reply::Prompt { prompt: format!("the whole prompt of {message}") })
            }
            Query::CommandStatus { .. } => Ok(Reply::Status(None)),
            Query::History(_) => Ok(Reply::History(Box::default())),
            Query::Outbox => Ok(Reply::Outbox(Vec::new())),
            Query::HistoryEntry { .. }
            | Query::HistoryActivity { .. }
            | Query::EventsBefore { .. }
            | Query::Agents { .. }
            | Query::Directory { .. }
            | Query::Git { .. }
            | Query::File(_)
            | Query::Repository(_)
            | Query::Operation(_)
            | Query::Terminals
            | Query::Images { .. } => {
                Err(Failure::new(Code::Unsupported, "it knows nothing of that"))
            }
        }
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure> {
        self.subscribed.lock().unwrap().push(wanted);
        let gone = || Failure::new(Code::Internal, "no more subscriptions");
        self.feeds.lock().unwrap().pop_front().ok_or_else(gone)
    }
}

/// What was printed, in its order, without colours; shared with the test.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    pub out: Arc<Mutex<String>>,
    pub err: Arc<Mutex<String>>,
    pub reader: Arc<Mutex<Reader>>,
    taken: usize,
    marked: u64,
    printed: u64,
}

/// Who reads what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    #[default]
    Reads,
    Stalls,
    Left,
}

impl Recorded {
    /// One that such a one reads.
    pub fn read_by(reader: Reader) -> Self {
        Self { reader: Arc::new(Mutex::new(reader)), ..Self::default() }
    }

    pub fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    pub fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }
}

#[async_trait]
impl Screen for Recorded {
    fn out(&mut self, text: &str) {
        self.taken += 1;
        *self.out.lock().unwrap() += &anstream::adapter::strip_str(text).to_string();
    }

    fn err(&mut self, text: &str) {
        *self.err.lock().unwrap() += &anstream::adapter::strip_str(text).to_string();
    }

    fn at_once(&mut self, text: &str) {
        self.err(text);
    }

    fn document(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        self.out(&(serde_json::to_string(line).unwrap() + "\n"));
        Ok(())
    }

    fn mark(&mut self, seq: u64) {
        self.marked = seq;
        if !self.is_busy() {
            self.printed = seq;
        }
    }

    fn printed(&self) -> u64 {
        self.printed
    }

    fn is_busy(&self) -> bool {
        self.taken > 0
    }

    fn has_room(&self) -> bool {
        true
    }

    async fn step(&mut self) -> Result<(), Stop> {
        let reader = *self.reader.lock().unwrap();
        match reader {
            Reader::Stalls => {
                // wait: it may be made to read meanwhile
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok(())
            }
            Reader::Left => Err(Stop::Stdout(std::io::ErrorKind::BrokenPipe.into())),
            Reader::Reads => {
                (self.taken, self.printed) = (0, self.marked);
                Ok(())
            }
        }
    }

    fn progress_columns(&self) -> Option<usize> {
        None
    }

    fn progress(&mut self, _line: Option<&str>) {}
}

/// A person at a terminal.
#[derive(Debug)]
pub struct Person {
    /// What is asked now.
    pub open: Arc<Mutex<Option<ApprovalId>>>,
    answers: mpsc::Receiver<(ApprovalId, Decision)>,
}

impl Person {
    pub fn new() -> (Self, mpsc::Sender<(ApprovalId, Decision)>) {
        let (sender, answers) = mpsc::channel(4);
        (Self { open: Arc::default(), answers }, sender)
    }
}

#[async_trait]
impl Ask for Person {
    fn can(&self) -> bool {
        true
    }

    fn begin(&mut self, approval: &Approval) {
        *self.open.lock().unwrap() = Some(approval.id.clone());
    }

    async fn withdraw(&mut self) {
        *self.open.lock().unwrap() = None;
    }

    async fn answer(&mut self) -> (ApprovalId, Decision) {
        match self.answers.recv().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

/// Text with what could steer a terminal, amid Markdown that moves it around.
pub fn hostile() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let token = prop_oneof![
        2 => "[a-z]{1,5} ".prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
        3 => prop::sample::select(vec![
            "\x1b[2J", "\x1b]0;t\x07", "\u{9b}2J", "\x1b", "\r", "\x08", "\x7f", "\0", "\u{202e}", "\u{2066}",
            "\u{2028}", "\x1bc", "\n", "\r\n", "\t", "`", "```\n", "- ", "| a | b |\n|--|--|\n", "# ", "[x](", ")",
            "&#27;", "&#x9b;", "<b>", "\\", "**", "]: ",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

/// Whether nothing but line ends and our own styles (ESC, bracket, numbers, m) could steer a terminal.
pub fn is_harmless(shown: &str) -> bool {
    let steers = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    shown.split('\x1b').enumerate().all(|(at, part)| {
        let rest = if at == 0 {
            Some(part)
        } else {
            let style = part.strip_prefix('[').and_then(|part| part.split_once('m'));
            style
                .filter(|(style, _)| style.chars().all(|c| c.is_ascii_digit() || c == ';'))
                .map(|(_, rest)| rest)
        };
        rest.is_some_and(|rest| !rest.chars().any(steers))
    })
}
