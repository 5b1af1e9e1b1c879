//! A small engine for tests of the seam: what is sent to it becomes an event.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Ephemerals, EventBody, HostingPlan, MessageId, NewSession, Program, Query, Receipts,
    Reply, Request, Seam, Session, SessionId, Snapshot, Started, Subscribe, Subscription, Tab,
    TabId, TabState, Ticket, Totals, follow,
};
use orchestrator::store::{Batch, Change, Draft, Environment, Store};

/// A session of each `NewSession`, an event of each `Send` to whatever session; everything else is refused.
#[derive(Debug)]
pub struct ProbeEngine {
    store: Store,
    ephemerals: Ephemerals,
    receipts: Receipts,
    answer_after: Duration,
}

impl ProbeEngine {
    /// One on the store in `data`; a command's answer comes that much later than what it does.
    pub fn start(data: &Path, answer_after: Duration) -> Result<Arc<Self>, Failure> {
        let store = Store::open(data)?;
        Ok(Arc::new(Self {
            ephemerals: Ephemerals::default(),
            receipts: Receipts::new(store.clone()),
            store,
            answer_after,
        }))
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its unfinished pieces.
    pub fn ephemerals(&self) -> &Ephemerals {
        &self.ephemerals
    }

    /// How a process hosts one.
    pub fn plan(data: PathBuf, run: PathBuf, answer_after: Duration) -> HostingPlan {
        let program =
            Program { name: "probe".into(), version: "1".into(), pid: std::process::id() };
        let of = data.clone();
        let start = move || -> futures::future::BoxFuture<'static, Result<Started, Failure>> {
            let data = of.clone();
            Box::pin(async move {
                let engine = Self::start(&data, answer_after)?;
                let store = engine.store.clone();
                let stop = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
                    Box::pin(async move { store.close().await })
                });
                Ok(Started { seam: engine, stop })
            })
        };
        HostingPlan { data, run, program, start: Box::new(start) }
    }

    async fn query(&self, query: Query) -> Result<Reply, Failure> {
        match query {
            Query::Snapshot => {
                let loaded = self.store.load().await?;
                Ok(Reply::Snapshot(Box::new(Snapshot {
                    seq: loaded.seq,
                    epoch: self.store.epoch().to_owned(),
                    sessions: loaded.sessions.into_iter().map(|(session, _)| session).collect(),
                    approvals: loaded.approvals,
                })))
            }
            Query::Session { named } => {
                let sessions = self.store.load().await?.sessions;
                let found = sessions.into_iter().find(|(session, _)| session.name == named);
                found.map(|(session, _)| Reply::Session(Box::new(session))).ok_or_else(|| {
                    Failure::new(Code::NotFound, format!("no session is called {named}"))
                })
            }
            Query::Events { since, session, tab, limit } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (events, more) =
                    self.store.events(since, session.as_ref(), tab.as_ref(), limit).await?;
                Ok(Reply::Events { events, more })
            }
            Query::Approvals { .. } => Ok(Reply::Approvals(self.store.load().await?.approvals)),
            Query::Prompt { .. } => {
                Err(Failure::new(Code::Unsupported, "the probe keeps no prompts"))
            }
            Query::EventsBefore { before, session, tab, limit } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (events, more) =
                    self.store.events_before(before, &session, &tab, limit).await?;
                Ok(Reply::Events { events, more })
            }
            Query::Agents { .. }
            | Query::Directory { .. }
            | Query::Git { .. }
            | Query::File(_)
            | Query::Repository(_)
            | Query::Operation(_)
            | Query::Terminals
            | Query::Images { .. } => {
                Err(Failure::new(Code::Unsupported, "the probe reaches no machine"))
            }
            Query::History(_)
            | Query::HistoryEntry { .. }
            | Query::HistoryActivity { .. }
            | Query::Outbox => Err(Failure::new(Code::Unsupported, "the probe keeps no history")),
            Query::CommandStatus { id } => {
                let status = self.receipts.status(&id).await?;
                Ok(Reply::Status(status.map(|answer| answer.map(Box::new))))
            }
        }
    }
}

#[async_trait]
impl Seam for ProbeEngine {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::Query { query } => self.query(query).await,
            Request::Command { id, command } => {
                let wanted = command.clone();
                let (store, pause) = (self.store.clone(), self.answer_after);
                let work = |ticket| async move {
                    let answer = carry_out(&store, wanted, &ticket).await;
                    // wait: how long an answer takes is what some tests are about.
                    tokio::time::sleep(pause).await; // wait: as the test asked for
                    answer
                };
                self.receipts.run(&id, &command, work).await
            }
        }
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure> {
        follow(&self.store, &self.ephemerals, wanted)
    }
}

async fn carry_out(store: &Store, command: Command, ticket: &Ticket) -> Result<Reply, Failure> {
    match command {
        Command::NewSession(wanted) => {
            let env = Environment(wanted.env.clone());
            let session = session(wanted);
            let reply = Reply::Session(Box::new(session.clone()));
            let draft = Draft {
                session: session.id.clone(),
                tab: None,
                turn: None,
                body: EventBody::SessionChanged { of: Box::new(session.clone()) },
            };
            let tabs = session
                .tabs
                .iter()
                .map(|tab| Change::PutTab { session: session.id.clone(), tab: tab.clone() });
            let mut changes = vec![Change::PutSession { session: session.clone(), env: Some(env) }];
            changes.extend(tabs);
            changes.push(ticket.receipt(Ok(reply.clone())));
            store.commit(Batch { changes, drafts: vec![draft] }).await?;
            Ok(reply)
        }
        Command::Send { message, .. } if message.prompt.is_empty() => {
            Err(Failure::new(Code::Usage, "the prompt is empty").hint("Say something").on("box"))
        }
        Command::Send { session, message: sent, .. } => {
            let (tab, message) = (TabId::new("tab"), MessageId::random());
            let reply =
                Reply::Sent { tab: tab.clone(), message: message.clone(), seq: store.head() };
            let body = EventBody::Text { text: sent.prompt, plain: false };
            let draft = Draft { session: session.clone(), tab: Some(tab), turn: None, body };
            let images = Change::PutImages { session, message, images: sent.images };
            let changes = vec![images, ticket.receipt(Ok(reply.clone()))];
            store.commit(Batch { changes, drafts: vec![draft] }).await?;
            Ok(reply)
        }
        Command::EditSession { .. }
        | Command::File(_)
        | Command::Repository(_)
        | Command::Operation(_)
        | Command::Terminal(_)
        | Command::RemoveSession { .. }
        | Command::Interrupt { .. }
        | Command::EditMessage { .. }
        | Command::MoveMessage { .. }
        | Command::RemoveMessage { .. }
        | Command::RestoreMessage { .. }
        | Command::RenameTab { .. }
        | Command::MoveTab { .. }
        | Command::PauseQueue { .. }
        | Command::FreshConversation { .. }
        | Command::ResolveApproval { .. }
        | Command::RetryHost { .. }
        | Command::AnswerQuestion { .. }
        | Command::AddHistory(_)
        | Command::SyncHistory { .. }
        | Command::IgnoreHistory { .. }
        | Command::KeepHistoryHere { .. } => {
            Err(Failure::new(Code::Unsupported, "the probe takes sessions and messages only"))
        }
    }
}

fn session(wanted: NewSession) -> Session {
    Session {
        id: SessionId::random(),
        name: wanted.name.unwrap_or_else(|| wanted.agent.clone()),
        group: wanted.group,
        agent: wanted.agent,
        host: wanted.host,
        cwd: wanted.cwd,
        env_names: wanted.env.into_keys().collect(),
        model: wanted.model,
        arguments: wanted.arguments,
        read_only: wanted.read_only,
        talks: wanted.talks,
        sync_history: wanted.sync_history,
        synopsis: wanted.synopsis,
        parent: wanted.parent,
        created_at: Timestamp::now(),
        tabs: vec![Tab {
            id: TabId::random(),
            name: "1".into(),
            agent_session: None,
            talk: None,
            carry: Default::default(),
            state: TabState::Idle,
            turn: None,
            queue: Vec::new(),
            paused: false,
            totals: Totals::default(),
            account: None,
        }],
        totals: Totals::default(),
    }
}
