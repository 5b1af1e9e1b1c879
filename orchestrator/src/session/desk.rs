//! The one task that decides about sessions: a decision is stored, then it counts, then it is carried out.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::Book;
use super::decide::{self, Touched};
use super::drive::{Begin, Drivers};
use super::entry::{Entry, LaunchOrder, Outcome};
use super::fact::Fact;
use super::world::World;
use crate::failure::{Code, Failure};
use crate::seam::{Command, Query, Reply, RunId, Session, Snapshot, Ticket};
use crate::store::{Change, Loaded, RunRecord};

/// How many messages may wait: who sends more waits, too.
const INBOX: usize = 256;

/// What the desk is told.
#[derive(Debug)]
enum Message {
    Command(Box<Command>, Ticket, oneshot::Sender<Result<Reply, Failure>>),
    Query(Query, oneshot::Sender<Result<Reply, Failure>>),
    Fact(Box<Fact>, oneshot::Sender<Result<(), Failure>>),
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
        // One that has ended already needs no telling.
        self.ask(Message::End).await.ok();
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

/// The desk.
#[derive(Debug)]
pub struct Desk {
    world: Arc<World>,
    book: Book,
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
        let entries =
            loaded.sessions.into_iter().map(|(session, env)| Entry { session, env }).collect();
        let desk = Self {
            drivers: Drivers::new(Arc::clone(&world), handle.clone()),
            handle: handle.clone(),
            world,
            book: Book::new(entries, loaded.approvals),
            left: loaded.runs,
        };
        tokio::spawn(desk.run(messages));
        handle
    }

    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(message) = messages.recv().await {
            // Who asked may have gone: an answer that nobody takes is dropped.
            match message {
                Message::Command(command, ticket, answer) => {
                    self.take_up();
                    drop(answer.send(self.command(*command, &ticket).await));
                }
                Message::Query(query, answer) => drop(answer.send(self.query(query))),
                Message::Fact(fact, answer) => drop(answer.send(self.fact(*fact).await)),
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
                        inbox.send(Message::Ended(answer)).await.ok();
                    });
                }
                Message::Ended(answer) => {
                    told(answer);
                    return;
                }
            }
        }
    }

    async fn command(&mut self, command: Command, ticket: &Ticket) -> Result<Reply, Failure> {
        let now = Timestamp::now();
        let (touched, mut outcome) = decide::wish(&self.world, &self.book, command, now)?;
        if let Reply::Sent { seq, .. } = &mut outcome.reply {
            *seq = self.world.store.head();
        }
        let reply = outcome.reply.clone();
        outcome.batch.changes.push(ticket.receipt(Ok(reply.clone())));
        self.carry_out(touched, outcome).await?;
        Ok(reply)
    }

    async fn fact(&mut self, fact: Fact) -> Result<(), Failure> {
        let (touched, outcome) = decide::fact(&self.world, &self.book, fact, Timestamp::now());
        self.carry_out(touched, outcome).await
    }

    /// Stores a decision; then it counts; then its effects begin.
    async fn carry_out(&mut self, touched: Touched, outcome: Outcome) -> Result<(), Failure> {
        let Outcome { batch, effects, .. } = outcome;
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        for change in &batch.changes {
            if let Change::PutApproval(approval) = change {
                asked.push(approval.clone());
            } else if let Change::RemoveApproval(id) = change {
                answered.push(id.clone());
            }
        }
        if !(batch.changes.is_empty() && batch.drafts.is_empty()) {
            self.world.store.commit(batch).await?;
        }
        self.book.approvals.retain(|approval| !answered.contains(&approval.id));
        self.book.approvals.extend(asked);
        let session = match touched {
            Touched::Put(entry) => {
                let id = entry.session.id.clone();
                self.book.put(*entry);
                Some(id)
            }
            Touched::Removed(id) => {
                self.book.remove(&id);
                Some(id)
            }
            Touched::Nothing => None,
        };
        for effect in effects {
            let entry = session.as_ref().and_then(|id| self.book.get(id).ok()); // It may just have been removed.
            self.drivers.carry_out(entry, effect);
        }
        Ok(())
    }

    fn query(&self, query: Query) -> Result<Reply, Failure> {
        match query {
            Query::Snapshot => Ok(Reply::Snapshot(Box::new(self.snapshot()))),
            Query::Session { named } => {
                Ok(Reply::Session(Box::new(self.book.named(&named)?.session.clone())))
            }
            Query::Approvals { session } => {
                let of_it = |approval: &&crate::seam::Approval| {
                    session.as_ref().is_none_or(|session| approval.session == *session)
                };
                Ok(Reply::Approvals(self.book.approvals.iter().filter(of_it).cloned().collect()))
            }
            Query::Events { .. } | Query::CommandStatus { .. } => {
                Err(Failure::new(Code::Internal, "a question about the log came to the desk"))
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let sessions: Vec<Session> = self.book.iter().map(|entry| entry.session.clone()).collect();
        Snapshot {
            seq: self.world.store.head(),
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

fn told(answer: oneshot::Sender<()>) {
    if answer.send(()).is_err() {
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
fn in_doubt(entry: &Entry, record: &RunRecord) -> Option<Box<LaunchOrder>> {
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
