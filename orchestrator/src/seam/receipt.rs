//! Receipts: a command that is sent again under its id runs once, and gets the same answer.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha1::{Digest, Sha1};
use tokio::sync::watch;
use tracing::warn;

use super::{Command, CommandId, Reply};
use crate::failure::{Code, Failure};
use crate::store::{Batch, Change, Receipt, Store};

type Answer = Result<Reply, Failure>;

/// What one engine knows of commands: those under way, and those that are done.
#[derive(Clone, Debug)]
pub struct Receipts {
    store: Store,
    under_way: Arc<Mutex<HashMap<CommandId, UnderWay>>>,
}

#[derive(Clone, Debug)]
struct UnderWay {
    hash: String,
    answer: watch::Receiver<Option<Answer>>,
}

/// A command that runs for the first time; its receipt goes into the batch of its changes.
#[derive(Clone, Debug)]
pub struct Ticket {
    id: CommandId,
    hash: String,
    used: Arc<AtomicBool>,
}

impl Ticket {
    /// The change that notes the answer: part of the batch that carries the command out, so that both are stored or none.
    pub fn receipt(&self, reply: Answer) -> Change {
        self.used.store(true, Ordering::Relaxed);
        Change::PutReceipt(Receipt { id: self.id.clone(), command: self.hash.clone(), reply })
    }
}

impl Receipts {
    /// The receipts of a store.
    pub fn new(store: Store) -> Self {
        Self { store, under_way: Arc::default() }
    }

    /// Runs a command once, whoever sends it how often.
    ///
    /// The first one runs `work`, to its end, also when the caller is gone. `work` puts [`Ticket::receipt`] into the
    /// batch of its changes. Where it changed nothing (it was refused, for one), the receipt is stored here.
    /// A fault of ours (`internal`) leaves none: the command may be tried again.
    ///
    /// # Errors
    ///
    /// Those of `work`; `conflict` when another command has come under this id.
    pub async fn run<W, F>(&self, id: &CommandId, command: &Command, work: W) -> Answer
    where
        W: FnOnce(Ticket) -> F,
        F: Future<Output = Answer> + Send + 'static,
    {
        let hash = hash(command);
        let (tell, answer) = watch::channel(None);
        let mine = UnderWay { hash: hash.clone(), answer: answer.clone() };
        let other = {
            let mut under_way = self.under_way();
            let other = under_way.get(id).cloned();
            if other.is_none() {
                under_way.insert(id.clone(), mine);
            }
            other
        };
        if let Some(other) = other {
            same(id, &other.hash, &hash)?;
            return joined(other.answer).await;
        }
        let ticket = Ticket { id: id.clone(), hash, used: Arc::default() };
        let work = work(ticket.clone());
        let receipts = self.clone();
        // A task of its own: who asked may go away half-way.
        let task = tokio::spawn(async move {
            // Tells those who joined on every way out, a panic included.
            let _entry = Entry { receipts: receipts.clone(), id: ticket.id.clone() };
            let answer = receipts.first(&ticket, work).await;
            tell.send_replace(Some(answer.clone()));
            answer
        });
        task.await.unwrap_or_else(|error| {
            Err(Failure::new(Code::Internal, format!("command {id} broke off: {error}")))
        })
    }

    /// What became of a command; waits for one that is under way. `None` when it never came.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn status(&self, id: &CommandId) -> Result<Option<Answer>, Failure> {
        let under_way = self.under_way().get(id).cloned();
        if let Some(under_way) = under_way {
            return Ok(Some(joined(under_way.answer).await));
        }
        Ok(self.store.receipt(id).await?.map(|receipt| receipt.reply))
    }

    async fn first(&self, ticket: &Ticket, work: impl Future<Output = Answer>) -> Answer {
        if let Some(receipt) = self.store.receipt(&ticket.id).await? {
            same(&ticket.id, &receipt.command, &ticket.hash)?;
            return receipt.reply;
        }
        let answer = work.await;
        let noted = match &answer {
            Ok(_) => ticket.used.load(Ordering::Relaxed),
            Err(failure) => failure.code == Code::Internal,
        };
        if !noted {
            let batch = Batch { changes: vec![ticket.receipt(answer.clone())], drafts: Vec::new() };
            match self.store.commit(batch).await {
                Ok(_) => {}
                // It was stored with the command's changes, and the command failed behind them.
                Err(failure) if failure.code == Code::Conflict => {}
                // Nothing depends on it but a resend, which would find the command undone or refused again.
                Err(failure) => warn!(%failure, command = %ticket.id, "no receipt was stored"),
            }
        }
        answer
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<CommandId, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a command off the list when it has ended, however.
struct Entry {
    receipts: Receipts,
    id: CommandId,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.receipts.under_way().remove(&self.id);
    }
}

async fn joined(mut answer: watch::Receiver<Option<Answer>>) -> Answer {
    let broke = || Err(Failure::new(Code::Internal, "the command broke off"));
    match answer.wait_for(Option::is_some).await {
        Ok(answer) => answer.clone().unwrap_or_else(broke),
        Err(_) => broke(),
    }
}

fn same(id: &CommandId, known: &str, asked: &str) -> Result<(), Failure> {
    if known == asked {
        return Ok(());
    }
    Err(Failure::new(Code::Conflict, format!("another command has come under the id {id}"))
        .hint("Each command needs an id of its own"))
}

/// A hash of what is asked; a command may carry many MiB, so its JSON is never held as a whole.
fn hash(command: &Command) -> String {
    struct Hasher(Sha1);
    impl io::Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hasher = Hasher(Sha1::new());
    if let Err(error) = serde_json::to_writer(&mut hasher, command) {
        // Not of plain data; and one that couldn't be written would be the same each time.
        warn!(%error, "a command has no JSON");
    }
    hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
