//! The one task that decides about sessions: a decision is stored, then it counts, then it is carried out.
//!
//! About one session it takes one decision after the other; those about several are stored together (`flow.rs`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::Book;
use super::decide::{self, Touched};
use super::drive::{Begin, Drivers};
use super::entry::{Effect, Entry, LaunchOrder, Outcome};
use super::fact::Fact;
use super::flow::{Flow, Key};
use super::world::World;
use crate::failure::{Code, Failure};
use crate::history::Account;
use crate::host::Site;
use crate::seam::{
    Approval, ApprovalId, Command, Query, Reply, RunId, Session, SessionId, Snapshot, Ticket,
};
use crate::store::{Change, Environment, Loaded, RemovedMessage, RunRecord};

/// How many messages may wait: who sends more waits, too.
const INBOX: usize = 256;

/// What the desk is told.
#[derive(Debug)]
enum Message {
    Command(Box<Command>, Ticket, oneshot::Sender<Result<Reply, Failure>>),
    Query(Query, oneshot::Sender<Result<Reply, Failure>>),
    Fact(Box<Fact>, oneshot::Sender<Result<(), Failure>>),
    Entry(SessionId, oneshot::Sender<Option<Box<Entry>>>),
    TakeUp(oneshot::Sender<()>),
    End(oneshot::Sender<()>),
    /// All drivers have ended.
    Ended(oneshot::Sender<()>),
}

/// A way to talk to the desk; cheap to clone.
#[derive(Clone, Debug)]
pub struct DeskHandle {
    inbox: mpsc::Sender<Message>,
}

impl DeskHandle {
    /// Carries a command out; its receipt is stored with what it changes.
    ///
    /// # Errors
    ///
    /// Why not; nothing has changed then.
    pub async fn command(&self, command: Command, ticket: Ticket) -> Result<Reply, Failure> {
        self.ask(|answer| Message::Command(Box::new(command), ticket, answer)).await?
    }

    /// Answers a question about how things stand.
    ///
    /// # Errors
    ///
    /// When what is asked for isn't there.
    pub async fn query(&self, query: Query) -> Result<Reply, Failure> {
        self.ask(|answer| Message::Query(query, answer)).await?
    }

    /// Reports a fact, and waits until it is stored and counts.
    ///
    /// # Errors
    ///
    /// When it can't be stored, or the engine has ended: nothing has come of the fact then.
    pub async fn fact(&self, fact: Fact) -> Result<(), Failure> {
        self.ask(|answer| Message::Fact(Box::new(fact), answer)).await?
    }

    /// A session as it stands when all that came before is stored; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// When the engine has ended.
    pub async fn entry(&self, session: SessionId) -> Result<Option<Entry>, Failure> {
        Ok(self.ask(|answer| Message::Entry(session, answer)).await?.map(|entry| *entry))
    }

    /// Takes up what was under way when the last engine ended.
    ///
    /// # Errors
    ///
    /// When the engine has ended.
    pub async fn take_up(&self) -> Result<(), Failure> {
        self.ask(Message::TakeUp).await
    }

    /// Lets the desk and all drivers end; waits until they have.
    pub async fn end(&self) {
        self.ask(Message::End).await.ok(); // It has ended already.
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<T>) -> Message,
    ) -> Result<T, Failure> {
        let ended = || Failure::new(Code::Cancelled, "the engine has ended");
        let (sender, receiver) = oneshot::channel();
        self.inbox.send(message(sender)).await.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())
    }
}

/// What the desk has to do.
#[derive(Debug)]
enum Work {
    Command(Box<Command>, Ticket, oneshot::Sender<Result<Reply, Failure>>),
    Query(Query, oneshot::Sender<Result<Reply, Failure>>),
    Fact(Box<Fact>, oneshot::Sender<Result<(), Failure>>),
    Entry(SessionId, oneshot::Sender<Option<Box<Entry>>>),
}

/// Who is answered when a decision is stored.
enum Answer {
    Reply(oneshot::Sender<Result<Reply, Failure>>, Box<Reply>),
    Fact(oneshot::Sender<Result<(), Failure>>),
}

/// A decision that was stored, or not.
struct Stored {
    number: u64,
    result: Result<(), Failure>,
    touched: Touched,
    effects: Vec<Effect>,
    asked: Vec<Approval>,
    resolved: Vec<ApprovalId>,
    accounts: Vec<Account>,
    answer: Answer,
}

/// The desk.
pub struct Desk {
    world: Arc<World>,
    book: Book,
    flow: Flow<Work>,
    storing: FuturesUnordered<BoxFuture<'static, Stored>>,
    drivers: Drivers,
    handle: DeskHandle,
    /// Runs that a former engine has left, until they are taken up.
    left: Vec<RunRecord>,
}

impl Desk {
    /// Starts a desk over what the store had. Must be called within a tokio runtime.
    pub fn start(world: Arc<World>, loaded: Loaded) -> DeskHandle {
        let (inbox, messages) = mpsc::channel(INBOX);
        let handle = DeskHandle { inbox };
        let entries = entries(&world, loaded.sessions, loaded.removed, &loaded.runs);
        entries.iter().for_each(|entry| world.turns.put(entry));
        let desk = Self {
            drivers: Drivers::new(Arc::clone(&world), handle.clone()),
            handle: handle.clone(),
            world,
            book: Book::new(entries, loaded.approvals),
            flow: Flow::new(),
            storing: FuturesUnordered::new(),
            left: loaded.runs,
        };
        tokio::spawn(desk.run(messages));
        handle
    }

    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            while let Some((key, work)) = self.flow.go() {
                self.begin(key, work);
            }
            tokio::select! {
                Some(stored) = self.storing.next(), if !self.storing.is_empty() => self.stored(stored),
                message = messages.recv(), if self.flow.len() < INBOX => {
                    let Some(message) = message else { return };
                    if let Message::Ended(answer) = message {
                        told(answer);
                        return;
                    }
                    self.take(message);
                }
            }
        }
    }

    /// Takes a message in.
    fn take(&mut self, message: Message) {
        match message {
            Message::Command(command, ticket, answer) => {
                self.take_up();
                let key = self.key(&command);
                self.flow.arrive(key, Work::Command(command, ticket, answer));
            }
            Message::Query(query, answer) => {
                self.flow.arrive(Key::Look, Work::Query(query, answer))
            }
            Message::Fact(fact, answer) => {
                let key = Key::Session(fact.session.clone());
                self.flow.arrive(key, Work::Fact(fact, answer));
            }
            Message::Entry(session, answer) => {
                let key = Key::Session(session.clone());
                self.flow.arrive(key, Work::Entry(session, answer));
            }
            Message::TakeUp(answer) => {
                self.take_up();
                told(answer);
            }
            Message::End(answer) => {
                // Until they have ended, drivers report: of a launch that was under way, for one.
                let (tasks, inbox) = (self.drivers.end(), self.handle.inbox.clone());
                tokio::spawn(async move {
                    tasks.await;
                    // Nobody else ends the desk, so it is there.
                    inbox.send(Message::Ended(answer)).await.ok(); // The desk is there: only this ends it.
                });
            }
            Message::Ended(answer) => told(answer),
        }
    }

    /// What a command has to wait for. Names of sessions must differ, so whoever gives one waits for all.
    fn key(&self, command: &Command) -> Key {
        match command {
            Command::NewSession(_)
            | Command::EditSession { .. }
            | Command::RemoveSession { .. }
            | Command::RetryHost { .. }
            | Command::AddHistory(_)
            | Command::SyncHistory { .. }
            | Command::IgnoreHistory { .. }
            | Command::KeepHistoryHere { .. }
            | Command::File(_)
            | Command::Repository(_)
            | Command::Operation(_)
            | Command::Terminal(_)
            | Command::AnswerQuestion { .. } => Key::All,
            Command::Send { session, .. }
            | Command::Interrupt { session, .. }
            | Command::EditMessage { session, .. }
            | Command::MoveMessage { session, .. }
            | Command::RemoveMessage { session, .. }
            | Command::RestoreMessage { session, .. }
            | Command::RenameTab { session, .. }
            | Command::MoveTab { session, .. }
            | Command::PauseQueue { session, .. }
            | Command::FreshConversation { session, .. } => Key::Session(session.clone()),
            Command::ResolveApproval { approval, .. } => match self.book.approval(approval) {
                Ok(approval) => Key::Session(approval.session.clone()),
                // It may be being stored right now.
                Err(_) => Key::All,
            },
        }
    }

    /// Decides, and begins to store what was decided.
    fn begin(&mut self, key: Key, work: Work) {
        let now = Timestamp::now();
        match work {
            Work::Query(query, answer) => answered(answer, self.query(query)),
            Work::Entry(session, answer) => {
                let entry = self.book.get(&session).ok().cloned(); // One that is gone is `None`.
                answered(answer, entry.map(Box::new));
            }
            Work::Command(command, ticket, answer) => {
                match decide::wish(&self.world, &self.book, *command, now) {
                    Ok((touched, mut outcome)) => {
                        if let Reply::Sent { seq, .. } = &mut outcome.reply {
                            *seq = self.world.store.head();
                        }
                        let reply = outcome.reply.clone();
                        outcome.batch.changes.push(ticket.receipt(Ok(reply.clone())));
                        self.store(key, touched, outcome, Answer::Reply(answer, Box::new(reply)));
                    }
                    Err(failure) => answered(answer, Err(failure)),
                }
            }
            Work::Fact(fact, answer) => {
                let (touched, outcome) = decide::fact(&self.world, &self.book, *fact, now);
                self.store(key, touched, outcome, Answer::Fact(answer));
            }
        }
    }

    /// Stores a decision. It counts when it is stored: until then nobody decides about that session.
    fn store(&mut self, key: Key, touched: Touched, outcome: Outcome, answer: Answer) {
        let Outcome { mut batch, effects, accounts, reply: _ } = outcome;
        let hostname = self.world.ledger.hostname();
        batch
            .changes
            .extend(accounts.iter().map(|account| Change::AddEntry(account.stored(hostname))));
        let (mut asked, mut resolved) = (Vec::new(), Vec::new());
        for change in &batch.changes {
            if let Change::PutApproval(approval) = change {
                asked.push(approval.clone());
            } else if let Change::RemoveApproval(id) = change {
                resolved.push(id.clone());
            }
        }
        let number = self.flow.store(key, self.world.store.head());
        let store = self.world.store.clone();
        let is_empty = batch.changes.is_empty() && batch.drafts.is_empty();
        self.storing.push(Box::pin(async move {
            let result = if is_empty { Ok(()) } else { store.commit(batch).await.map(drop) };
            Stored { number, result, touched, effects, asked, resolved, accounts, answer }
        }));
    }

    /// A decision is stored: now it counts, its effects begin, and who asked is answered.
    fn stored(&mut self, stored: Stored) {
        let Stored { number, result, touched, effects, asked, resolved, accounts, answer } = stored;
        self.flow.stored(number);
        if let Err(failure) = result {
            match answer {
                Answer::Reply(answer, _) => answered(answer, Err(failure)),
                Answer::Fact(answer) => answered(answer, Err(failure)),
            }
            return;
        }
        // In this order: one may be asked and fall away in one go.
        self.book.approvals.extend(asked);
        self.book.approvals.retain(|approval| !resolved.contains(&approval.id));
        let session = match touched {
            Touched::Put(entry) => {
                let id = entry.session.id.clone();
                self.world.turns.put(&entry);
                self.book.put(*entry);
                Some(id)
            }
            Touched::Removed(id) => {
                self.world.turns.remove(&id);
                self.book.remove(&id);
                Some(id)
            }
            Touched::Nothing => None,
        };
        for effect in effects {
            let entry = session.as_ref().and_then(|id| self.book.get(id).ok()); // It may just have been removed.
            self.drivers.carry_out(entry, effect);
        }
        for account in &accounts {
            self.world.ledger.made(account.shared_at());
        }
        match answer {
            Answer::Reply(answer, reply) => answered(answer, Ok(*reply)),
            Answer::Fact(answer) => answered(answer, Ok(())),
        }
    }

    fn query(&self, query: Query) -> Result<Reply, Failure> {
        match query {
            Query::Snapshot => Ok(Reply::Snapshot(Box::new(self.snapshot()))),
            Query::Session { named } => {
                Ok(Reply::Session(Box::new(self.book.named(&named)?.session.shown())))
            }
            Query::Approvals { session } => {
                let of_it = |approval: &&Approval| {
                    session.as_ref().is_none_or(|session| approval.session == *session)
                };
                Ok(Reply::Approvals(self.book.approvals.iter().filter(of_it).cloned().collect()))
            }
            Query::Prompt { session, message } => {
                let prompt = self.book.get(&session)?.prompt(&message)?.to_owned();
                Ok(Reply::Prompt { prompt })
            }
            Query::Events { .. }
            | Query::CommandStatus { .. }
            | Query::History(_)
            | Query::HistoryEntry { .. }
            | Query::HistoryActivity { .. }
            | Query::EventsBefore { .. }
            | Query::Agents { .. }
            | Query::Directory { .. }
            | Query::Git { .. }
            | Query::Images { .. }
            | Query::File(_)
            | Query::Repository(_)
            | Query::Operation(_)
            | Query::Terminals
            | Query::Outbox => {
                Err(Failure::new(Code::Internal, "a question about what was came to the desk"))
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let sessions: Vec<Session> = self.book.iter().map(|entry| entry.session.shown()).collect();
        Snapshot {
            // What is being stored right now comes as events.
            seq: self.flow.floor(self.world.store.head()),
            epoch: self.world.store.epoch().to_owned(),
            sessions,
            approvals: self.book.approvals.clone(),
        }
    }

    /// Gives every run that a former engine has left a driver.
    fn take_up(&mut self) {
        for record in std::mem::take(&mut self.left) {
            let Some(owner) = record.owner.clone() else { continue };
            match self.book.get(&owner.session) {
                Ok(entry) if is_of(&entry.session, &record.id) => {
                    let entry = entry.clone();
                    let order = in_doubt(&entry, &record);
                    let run = record.id.clone();
                    let begin = Begin::TakeUp { record: Box::new(record), order };
                    self.drivers.begin(entry, run, begin);
                }
                // Its session was removed, or has another conversation by now.
                Ok(_) | Err(_) => self.drivers.release(owner.session, record),
            }
        }
    }
}

/// What the store had, as it is decided about.
fn entries(
    world: &World,
    sessions: Vec<(Session, Environment)>,
    removed: Vec<(SessionId, RemovedMessage)>,
    runs: &[RunRecord],
) -> Vec<Entry> {
    let references = sessions.iter().map(|(session, _)| session.host.as_str());
    let hosts = world.hosts.recall_all(references);
    let mut sites: HashMap<SessionId, BTreeMap<RunId, Site>> = HashMap::new();
    for record in runs {
        if let (Some(owner), Some(place)) = (&record.owner, &record.place) {
            let of_session = sites.entry(owner.session.clone()).or_default();
            let site = Site { place: place.clone(), cwd: record.cwd.clone() };
            of_session.insert(record.id.clone(), site);
        }
    }
    let mut removed_of: HashMap<SessionId, Vec<Arc<RemovedMessage>>> = HashMap::new();
    for (session, message) in removed {
        removed_of.entry(session).or_default().push(Arc::new(message));
    }
    let together = sessions.into_iter().zip(hosts).map(|((session, env), host)| {
        let sites = sites.remove(&session.id).unwrap_or_default();
        let removed = removed_of.remove(&session.id).unwrap_or_default();
        Entry { session, env, host, sites, removed }
    });
    together.collect()
}

fn told(answer: oneshot::Sender<()>) {
    answered(answer, ());
}

/// Who asked may have gone meanwhile.
fn answered<T>(answer: oneshot::Sender<T>, with: T) {
    if answer.send(with).is_err() {
        tracing::debug!("who asked the desk has gone");
    }
}

/// Whether a session still has that run: it carries a turn, or is to carry the next one.
fn is_of(session: &Session, run: &RunId) -> bool {
    session.tabs.iter().any(|tab| {
        let turn = tab.turn.as_ref();
        let is_under_way = turn.is_some_and(|turn| turn.run == *run && turn.status.is_none());
        tab.talk.as_ref() == Some(run) || is_under_way
    })
}

/// The turn of a run of which it isn't certain that the agent got it.
pub(super) fn in_doubt(entry: &Entry, record: &RunRecord) -> Option<Box<LaunchOrder>> {
    entry.session.tabs.iter().find_map(|tab| {
        let turn =
            tab.turn.as_ref().filter(|turn| turn.run == record.id && turn.status.is_none())?;
        let message = turn.message.clone()?;
        Some(Box::new(LaunchOrder {
            session: entry.session.id.clone(),
            tab: tab.id.clone(),
            turn: turn.id.clone(),
            run: record.id.clone(),
            message: *message,
        }))
    })
}
