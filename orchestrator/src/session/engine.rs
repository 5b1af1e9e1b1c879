//! The engine: the seam over a store, the desk and its drivers.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::desk::{Desk, DeskHandle};
use super::look;
use super::reach::Places;
use super::world::{EngineSettings, World};
use crate::agent::Definitions;
use crate::connections::Board;
use crate::failure::{Code, Failure};
use crate::files::FileDesk;
use crate::git::GitDesk;
use crate::history::{HistorySettings, Ledger, Scoped};
use crate::host::{HostDirectory, Reach, Site};
use crate::operation::Operations;
use crate::seam::{
    Command, Ephemerals, HistoryScope, HistorySync, Query, Receipts, Reply, Request, Seam,
    Subscribe, Subscription, SyncedProject, TerminalReply, Watch, follow,
};
use crate::store::Store;
use crate::terminal::Terminals;

/// What an engine is started with.
#[derive(Debug)]
pub struct EnginePlan {
    /// Its data directory's database.
    pub store: Store,
    /// The machines.
    pub hosts: HostDirectory,
    /// The agents.
    pub definitions: Definitions,
    /// How it behaves.
    pub settings: EngineSettings,
    /// How history is kept.
    pub history: HistorySettings,
}

/// The engine of one data directory. It is the only one at work there while it lives.
#[derive(Debug)]
pub struct Engine {
    world: Arc<World>,
    desk: DeskHandle,
    receipts: Receipts,
    board: Board,
    files: Arc<FileDesk>,
    git: Arc<GitDesk>,
    operations: Arc<Operations>,
    terminals: Arc<Terminals>,
    taken_up: OnceCell<()>,
}

impl Engine {
    /// Starts it. What a former engine has left under way is taken up when somebody sends, decides or follows.
    ///
    /// # Errors
    ///
    /// When the store can't be read; nothing is changed then.
    pub async fn start(plan: EnginePlan) -> Result<Arc<Self>, Failure> {
        let EnginePlan { store, hosts, definitions, settings, history } = plan;
        let loaded = store.load().await?;
        let receipts = Receipts::new(store.clone());
        let partials = Ephemerals::default();
        let ledger = Ledger::open(store.clone(), hosts.clone(), history).await?;
        let world = Arc::new(World::new(store, hosts, definitions, settings, partials, ledger));
        let desk = Desk::start(Arc::clone(&world), loaded);
        let board = Board::new(world.hosts.clone(), world.turns.watch());
        let places = Arc::new(Places::new(Arc::clone(&world), desk.clone(), receipts.clone()));
        let reach: Arc<dyn Reach> = Arc::clone(&places) as _;
        let files = Arc::new(FileDesk::new(Arc::clone(&reach)));
        let git = Arc::new(GitDesk::new(Arc::clone(&reach)));
        let operations = Operations::new(world.store.clone(), Arc::clone(&reach), places);
        let operations = Arc::new(operations);
        let terminals = Arc::new(Terminals::new(world.store.clone(), reach));
        Ok(Arc::new(Self {
            world,
            desk,
            receipts,
            board,
            files,
            git,
            operations,
            terminals,
            taken_up: OnceCell::new(),
        }))
    }

    /// Ends it: what was heard is stored, runs go on on their hosts.
    pub async fn stop(&self) {
        self.world.end();
        self.desk.end().await;
        self.operations.end().await;
        self.terminals.end().await;
        self.world.ledger.end().await;
        for connection in self.world.hosts.connections() {
            connection.close().await;
        }
        self.world.store.close().await;
    }

    /// Takes up what was under way when the last engine ended, once.
    async fn take_up(&self) -> Result<(), Failure> {
        let take_up = async || {
            self.world.ledger.take_up().await?;
            self.operations.take_up().await?;
            self.terminals.take_up().await
        };
        self.taken_up.get_or_try_init(take_up).await.copied()
    }

    /// What a scope of history means today.
    async fn scoped(&self, scope: HistoryScope) -> Result<Scoped, Failure> {
        let site = match &scope {
            HistoryScope::All => return Ok(Scoped { scope, site: None, why: None }),
            HistoryScope::Session { session } => {
                match self.desk.entry(session.clone()).await? {
                    Some(mut entry) => {
                        // Hosts may have been edited since something was decided about it.
                        entry.host = self.world.hosts.recall(&entry.session.host);
                        entry.site().ok_or_else(|| entry.host.err())
                    }
                    // What a session did that is gone, is still known.
                    None => Err(Some(Failure::new(Code::NotFound, "the session is gone"))),
                }
            }
            HistoryScope::Project { host, cwd } => {
                let host = self.world.hosts.resolve(host)?;
                Ok(Site { place: host.place(), cwd: host.directory(cwd.as_deref()) })
            }
        };
        Ok(match site {
            Ok(site) => Scoped { scope, site: Some(site), why: None },
            Err(why) => Scoped { scope, site: None, why },
        })
    }

    async fn sync(&self, scope: HistoryScope, write_only: bool) -> Result<Reply, Failure> {
        // What an agent is just asked to say goes there, too, once it has said it.
        self.desk.take_up().await?;
        let ledger = &self.world.ledger;
        let sites = match scope {
            HistoryScope::All => ledger.sites().await?,
            HistoryScope::Session { .. } | HistoryScope::Project { .. } => {
                match self.scoped(scope).await? {
                    Scoped { site: Some(site), .. } => vec![site],
                    Scoped { why, .. } => {
                        let synced = HistorySync { projects: why.into_iter().map(away).collect() };
                        return Ok(Reply::Synced(Box::new(synced)));
                    }
                }
            }
        };
        Ok(Reply::Synced(Box::new(ledger.sync(sites, write_only).await?)))
    }

    async fn ignore(&self, scope: HistoryScope) -> Result<Reply, Failure> {
        match self.scoped(scope).await? {
            Scoped { site: Some(site), .. } => {
                Ok(Reply::Ignored(self.world.ledger.ignore(&site).await?))
            }
            Scoped { why: Some(why), .. } => Err(why),
            Scoped { why: None, .. } => Err(Failure::new(Code::Usage, "this is about one project")
                .hint("Name a session, or a host and a directory")),
        }
    }

    async fn answer(&self, query: Query) -> Result<Reply, Failure> {
        let ledger = &self.world.ledger;
        match query {
            Query::History(query) => {
                let scoped = self.scoped(query.scope.clone()).await?;
                Ok(Reply::History(Box::new(ledger.page(&scoped, &query).await?)))
            }
            Query::HistoryEntry { id } => {
                Ok(Reply::HistoryEntry(Box::new(ledger.entry(&id).await?)))
            }
            Query::HistoryActivity { scope, filter, from, to, buckets } => {
                let scoped = self.scoped(scope).await?;
                let activity = ledger.activity(&scoped, &filter, (from, to), buckets).await?;
                Ok(Reply::HistoryActivity(activity))
            }
            Query::Outbox => Ok(Reply::Outbox(ledger.outbox().await?)),
            Query::Events { since, session, tab, limit } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (events, more) =
                    self.world.store.events(since, session.as_ref(), tab.as_ref(), limit).await?;
                Ok(Reply::Events { events, more })
            }
            Query::CommandStatus { id } => {
                let answer = self.receipts.status(&id).await?;
                Ok(Reply::Status(answer.map(|answer| answer.map(Box::new))))
            }
            Query::EventsBefore { before, session, tab, limit } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (events, more) =
                    self.world.store.events_before(before, &session, &tab, limit).await?;
                Ok(Reply::Events { events, more })
            }
            Query::Agents { host, refresh } => {
                let known = look::agents(&self.world, host.as_deref(), refresh).await?;
                Ok(Reply::Agents(Box::new(known)))
            }
            Query::Directory { host, typed } => {
                Ok(Reply::Directory(look::directory(&self.world, &host, &typed).await?))
            }
            Query::Git { session } => {
                Ok(Reply::Git(look::git(&self.world, &self.desk, session).await?))
            }
            Query::File(query) => Ok(Reply::File(self.files.answer(query).await?)),
            Query::Repository(query) => Ok(Reply::Repository(self.git.answer(query).await?)),
            Query::Operation(query) => {
                self.take_up().await?;
                Ok(Reply::Operation(self.operations.answer(query).await?))
            }
            Query::Terminals => {
                self.take_up().await?;
                Ok(Reply::Terminal(TerminalReply::Terminals(self.terminals.list().await?)))
            }
            Query::Images { session, message } => {
                Ok(Reply::Images(look::images(&self.world, &self.desk, session, &message).await?))
            }
            Query::Snapshot
            | Query::Session { .. }
            | Query::Approvals { .. }
            | Query::Prompt { .. } => self.desk.query(query).await,
        }
    }
}

#[async_trait]
impl Seam for Engine {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        match request {
            // To the same effect however often: nobody needs a receipt.
            Request::Command { command: Command::SyncHistory { scope, write_only }, .. } => {
                self.sync(scope, write_only).await
            }
            Request::Command { command: Command::IgnoreHistory { scope }, .. } => {
                self.ignore(scope).await
            }
            Request::Command { command: Command::KeepHistoryHere { id }, .. } => {
                let kept = self.world.ledger.keep_here(&id).await?;
                Ok(Reply::Outbox(vec![kept]))
            }
            // Neither stored nor hashed: it may be a password.
            Request::Command { command: Command::AnswerQuestion { question, answer }, .. } => {
                self.world.hosts.questions().answer(&question, answer).map(|()| Reply::Done)
            }
            // What is typed into a terminal is nobody's to keep, and comes in the order of its calls.
            Request::Command { command: Command::Terminal(command), .. } => {
                self.take_up().await?;
                Ok(Reply::Terminal(self.terminals.carry_out(command).await?))
            }
            Request::Command { id, command: command @ Command::File(_) } => {
                let files = Arc::clone(&self.files);
                let Command::File(wish) = command.clone() else { return Ok(Reply::Done) };
                let carried_out = |_| async move { files.carry_out(wish).await.map(Reply::File) };
                self.receipts.run(&id, &command, carried_out).await
            }
            Request::Command { id, command: command @ Command::Repository(_) } => {
                let git = Arc::clone(&self.git);
                let Command::Repository(wish) = command.clone() else { return Ok(Reply::Done) };
                let carried_out =
                    |_| async move { git.carry_out(wish).await.map(Reply::Repository) };
                self.receipts.run(&id, &command, carried_out).await
            }
            Request::Command { id, command: command @ Command::Operation(_) } => {
                self.take_up().await?;
                let operations = Arc::clone(&self.operations);
                let Command::Operation(wish) = command.clone() else { return Ok(Reply::Done) };
                let carried_out = |ticket| async move {
                    operations.carry_out(wish, &ticket).await.map(Reply::Operation)
                };
                self.receipts.run(&id, &command, carried_out).await
            }
            Request::Command { id, command } => {
                self.take_up().await?;
                let desk = self.desk.clone();
                let wish = command.clone();
                let carried_out = |ticket| async move { desk.command(wish, ticket).await };
                let reply = self.receipts.run(&id, &command, carried_out).await;
                if let (Ok(_), Command::RemoveSession { session, .. }) = (&reply, &command) {
                    self.terminals.close_of(session).await;
                }
                reply
            }
            Request::Query { query } => self.answer(query).await,
        }
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure> {
        self.take_up().await?;
        if let Some(scope) = wanted.history {
            let scoped = self.scoped(scope).await?;
            return Ok(self.world.ledger.look(scoped).await);
        }
        match wanted.watch {
            Some(Watch::Operations) => return Ok(self.operations.watch()),
            Some(Watch::Output { id, offset }) => return self.operations.output(&id, offset),
            Some(Watch::Terminals) => return self.terminals.watch().await,
            Some(Watch::Terminal { id, answers }) => {
                return self.terminals.follow(&id, answers).await;
            }
            None => {}
        }
        self.desk.take_up().await?;
        if wanted.connections {
            let world = Arc::clone(&self.world);
            return Ok(self.board.follow(async move { world.ended().await }));
        }
        follow(&self.world.store, &self.world.partials, wanted)
    }
}

/// A project whose host may not be used.
fn away(why: Failure) -> SyncedProject {
    SyncedProject {
        host: why.host.clone().unwrap_or_default(),
        directory: String::new(),
        received: 0,
        sent: 0,
        pending: 0,
        offline: Some(why),
        delayed: None,
        ignored: None,
        hint: false,
    }
}
