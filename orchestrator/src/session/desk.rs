//! The one task that decides about sessions: each wish and each fact is a decision, stored before anything comes of it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::command;
use super::create::{self, Resolved};
use super::entry::{Effect, Entry, Outcome};
use super::fact::Fact;
use super::receipt;
use super::world::World;
use super::{Book, drivers::Drivers, turn};
use crate::agent::Item;
use crate::failure::{Code, Failure};
use crate::seam::{
    Command, CommandId, EventBody, Query, Reply, Request, SessionId, Snapshot, TabState,
};
use crate::store::{Change, Loaded, RunState};

/// How many messages may wait: who sends more waits, too.
const INBOX: usize = 256;

/// What the desk is told.
#[derive(Debug)]
pub enum Message {
    /// By a front end.
    Request(Box<Request>, oneshot::Sender<Result<Reply, Failure>>),
    /// By the driver of a turn; answered when it is stored.
    Fact(Box<Fact>, oneshot::Sender<Result<(), Failure>>),
    /// Turns that were under way when the last engine ended are taken up. Answered when all have been.
    TakeUp(oneshot::Sender<()>),
}

/// A way to talk to the desk; cheap to clone.
#[derive(Clone, Debug)]
pub struct DeskHandle {
    inbox: mpsc::Sender<Message>,
}

impl DeskHandle {
    /// Asks, or wishes.
    ///
    /// # Errors
    ///
    /// What failed; [`Code::Cancelled`] when the engine has ended.
    pub async fn request(&self, request: Request) -> Result<Reply, Failure> {
        let (sender, receiver) = oneshot::channel();
        let message = Message::Request(Box::new(request), sender);
        self.inbox.send(message).await.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())?
    }

    /// Reports a fact, and waits until it is stored.
    ///
    /// # Errors
    ///
    /// When it can't be stored, or the engine has ended: nothing may come of the fact then.
    pub async fn fact(&self, fact: Fact) -> Result<(), Failure> {
        let (sender, receiver) = oneshot::channel();
        self.inbox.send(Message::Fact(Box::new(fact), sender)).await.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())?
    }

    /// Takes up what was under way when the last engine ended.
    pub async fn take_up(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.inbox.send(Message::TakeUp(sender)).await.is_ok() && receiver.await.is_err() {
            tracing::debug!("the engine ended while it took up its turns");
        }
    }
}

fn ended() -> Failure {
    Failure::new(Code::Cancelled, "the engine is ending")
}

/// The desk's state.
pub struct Desk {
    world: Arc<World>,
    book: Book,
    drivers: Drivers,
    /// Runs that an engine before us has left, until they are taken up.
    left: Vec<crate::store::RunRecord>,
}

impl Desk {
    /// Starts a desk over what the store had.
    pub fn start(world: Arc<World>, loaded: Loaded) -> DeskHandle {
        let (inbox, messages) = mpsc::channel(INBOX);
        let handle = DeskHandle { inbox };
        let entries =
            loaded.sessions.into_iter().map(|(session, env)| Entry { session, env }).collect();
        let desk = Self {
            drivers: Drivers::new(Arc::clone(&world), handle.clone()),
            world,
            book: Book::new(entries, loaded.approvals),
            left: loaded.runs,
        };
        tokio::spawn(desk.run(messages));
        handle
    }

    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(message) = messages.recv().await {
            match message {
                Message::Request(request, answer) => {
                    let reply = match *request {
                        Request::Command { id, command } => {
                            self.take_up().await;
                            self.command(id, command).await
                        }
                        Request::Query { query } => self.query(query).await,
                    };
                    // Who asked may have gone.
                    drop(answer.send(reply));
                }
                Message::Fact(fact, answer) => {
                    let stored = self.fact(*fact).await;
                    drop(answer.send(stored));
                }
                Message::TakeUp(answer) => {
                    self.take_up().await;
                    drop(answer.send(()));
                }
            }
            if self.world.is_ending() {
                break;
            }
        }
        self.drivers.end().await;
    }
}

impl Desk {
    async fn command(&mut self, id: CommandId, command: Command) -> Result<Reply, Failure> {
        let hash = receipt::hash(&command);
        if let Some(done) = self.world.store.receipt(&id).await? {
            return receipt::again(done, &hash);
        }
        let now = Timestamp::now();
        let (session, mut outcome) = self.decide(command, now)?;
        if let Reply::Sent { seq, .. } = &mut outcome.reply {
            *seq = self.world.store.head();
        }
        outcome.batch.changes.push(Change::PutReceipt(receipt::of(id, hash, &outcome.reply)));
        let reply = outcome.reply.clone();
        self.carry_out(session, outcome).await?;
        Ok(reply)
    }

    /// What a wish gives, and the session as it will be; `None` when it is removed or untouched.
    fn decide(
        &mut self,
        wish: Command,
        now: Timestamp,
    ) -> Result<(Touched, Outcome), Failure> {
        let of = |book: &Book, id: &SessionId| book.get(id).cloned();
        match wish {
            Command::NewSession(new) => {
                let agent = self.world.agent(&new.agent)?;
                let resolved = Resolved {
                    host: self.world.hosts.resolve(&new.host)?.reference(),
                    agent_name: agent.id().to_owned(),
                };
                let (entry, outcome) = create::create(&self.book, new, resolved, now)?;
                self.world.check(&entry.session)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::EditSession { session, change } => {
                let mut entry = of(&self.book, &session)?;
                let host = match &change.host {
                    Some(host) => Some(self.world.hosts.resolve(host)?.reference()),
                    None => None,
                };
                let outcome = create::edit(&self.book, &mut entry, change, host)?;
                self.world.check(&entry.session)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::RemoveSession { session } => {
                let outcome = create::remove(self.book.get(&session)?)?;
                Ok((Touched::Removed(session), outcome))
            }
            Command::Send { session, tab, message } => {
                let mut entry = of(&self.book, &session)?;
                self.world.hosts.recall(&entry.session.host)?;
                self.world.check_message(&entry, &message)?;
                let outcome = command::send(&mut entry, tab, message, now)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::Interrupt { session, tab, stop } => {
                let mut entry = of(&self.book, &session)?;
                let outcome = command::interrupt(&mut entry, tab.as_ref(), stop)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::EditMessage { session, message, change } => {
                let mut entry = of(&self.book, &session)?;
                if change.prompt.as_ref().is_some_and(|prompt| prompt.trim().is_empty()) {
                    return Err(super::world::empty_prompt());
                }
                let outcome = command::edit_message(&mut entry, &message, change, now)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::MoveMessage { session, message, to } => {
                let mut entry = of(&self.book, &session)?;
                let outcome = command::move_message(&mut entry, &message, &to, now)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::RemoveMessage { session, message } => {
                let mut entry = of(&self.book, &session)?;
                let outcome = command::remove_message(&mut entry, &message, now)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::PauseQueue { session, tab, paused } => {
                let mut entry = of(&self.book, &session)?;
                let outcome = command::pause(&mut entry, tab.as_ref(), paused, now)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::FreshConversation { session, tab } => {
                let mut entry = of(&self.book, &session)?;
                let outcome = command::fresh(&mut entry, &tab)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::ResolveApproval { approval, decision } => {
                let approval = self.book.approval(&approval)?.clone();
                let mut entry = of(&self.book, &approval.session)?;
                let others = self
                    .book
                    .approvals
                    .iter()
                    .any(|other| other.turn == approval.turn && other.id != approval.id);
                let outcome = command::resolve(&mut entry, &approval, decision, others)?;
                Ok((Touched::Put(Box::new(entry)), outcome))
            }
            Command::RetryHost { host } => {
                let host = self.world.hosts.resolve(&host)?;
                let mut outcome = Outcome::new();
                outcome.effects.push(Effect::Retry(host.reference()));
                Ok((Touched::Nothing, outcome))
            }
        }
    }

    /// Stores a decision; then it counts, then it is done.
    async fn carry_out(&mut self, touched: Touched, outcome: Outcome) -> Result<(), Failure> {
        let Outcome { batch, effects, .. } = outcome;
        for change in &batch.changes {
            // What can't be stored isn't: the book follows the store, so it is read off before.
            match change {
                Change::PutApproval(_) | Change::RemoveApproval(_) => {}
                _ => {}
            }
        }
        let approvals: Vec<ApprovalChange> = batch.changes.iter().filter_map(approval_change).collect();
        self.world.store.commit(batch).await?;
        for change in approvals {
            match change {
                ApprovalChange::Put(approval) => self.book.approvals.push(*approval),
                ApprovalChange::Remove(id) => self.book.approvals.retain(|other| other.id != id),
            }
        }
        match touched {
            Touched::Put(entry) => self.book.put(*entry),
            Touched::Removed(id) => self.book.remove(&id),
            Touched::Nothing => {}
        }
        for effect in effects {
            self.drivers.carry_out(&self.book, effect);
        }
        Ok(())
    }
}
