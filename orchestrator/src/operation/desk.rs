//! All operations of an engine: begun, stopped, forgotten, and taken up again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::task::{AbortHandle, JoinSet};

use super::board::{Standing, is_away};
use super::complete;
use super::drive::drive;
use super::plan;
use super::queues::Turn;
use super::sessions::Sessions;
use super::work::Workshop;
use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{
    At, FilePath, Operation, OperationCommand, OperationOutput, OperationQuery, OperationReply,
    OperationState, Reply, RunId, Ticket, Work,
};
use crate::store::{Change, LineFilter, LineScope, OperationRecord, Store};

/// Bytes of output in one answer: beside base64 it fits into a frame of the seam.
pub(super) const PIECE: u64 = 256 << 10;

/// How long drivers may take to bring a launch that is under way to its end when the engine ends.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// How long a list waits for hosts to say what became of operations that a former engine has begun: a connection over a slow link
/// takes two to three seconds, and what isn't known then is told as it was.
const HEARING: Duration = Duration::from_secs(5);

/// The longest line that is kept: a longer one was pasted, and nobody looks for it.
const LONGEST_LINE: usize = 8 << 10;

/// What takes long.
#[derive(Debug)]
pub(crate) struct Operations {
    shop: Arc<Workshop>,
    drivers: Mutex<Drivers>,
    taken_up: OnceCell<()>,
}

#[derive(Debug, Default)]
struct Drivers {
    live: HashMap<String, AbortHandle>,
    tasks: JoinSet<()>,
}

impl Operations {
    pub(crate) fn new(store: Store, reach: Arc<dyn Reach>, sessions: Arc<dyn Sessions>) -> Self {
        let shop = Arc::new(Workshop::new(store, reach, sessions));
        Self { shop, drivers: Mutex::default(), taken_up: OnceCell::new() }
    }

    pub(super) fn shop(&self) -> &Arc<Workshop> {
        &self.shop
    }

    /// Follows again what a former engine has left under way, once.
    pub(crate) async fn take_up(&self) -> Result<(), Failure> {
        self.taken_up.get_or_try_init(|| self.take_all_up()).await.copied()
    }

    async fn take_all_up(&self) -> Result<(), Failure> {
        let records = self.shop.store.operations().await?;
        self.remove_strangers(&records).await;
        let mut open = Vec::new();
        for record in records {
            if !record.operation.state.is_over() {
                open.push(record.clone());
            }
            let tape = self.shop.tape(&record.operation.id).await;
            // A transfer is the engine's own: it goes on with the engine that takes it up.
            let unheard = record.run.is_some();
            self.shop.board.add(record, tape, unheard);
        }
        // Who was at work keeps its repository; who waited comes behind it, in the order of making.
        open.sort_by_key(|record| record.run.is_none());
        for record in open {
            let turn = match (&record.run, &record.repository) {
                (Some(_), Some(repository)) => self.shop.queues.at_once(repository),
                (Some(_), None) | (None, _) => None,
            };
            self.begin(record.operation.id, turn);
        }
        Ok(())
    }

    /// Removes outputs of operations that nobody knows: one was forgotten right before a crash.
    async fn remove_strangers(&self, records: &[OperationRecord]) {
        let Some(directory) = self.shop.outputs() else { return };
        let known: Vec<String> = records.iter().map(|one| one.operation.id.clone()).collect();
        let removed = tokio::task::spawn_blocking(move || {
            for entry in std::fs::read_dir(directory)? {
                let path = entry?.path();
                let is_known =
                    path.file_name().is_some_and(|name| known.iter().any(|id| **id == *name));
                if !is_known {
                    std::fs::remove_file(path)?;
                }
            }
            Ok::<(), std::io::Error>(())
        });
        match removed.await {
            Ok(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "outputs that nobody needs stay");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "removing outputs broke off"),
        }
    }

    /// Ends with the engine: what was heard is stored, what runs on hosts goes on there.
    pub(crate) async fn end(&self) {
        self.shop.end();
        let mut tasks = std::mem::take(&mut self.drivers().tasks);
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_MOMENT, all).await.is_err() {
            tracing::warn!("operations were still at work when the engine ended");
        }
    }

    fn drivers(&self) -> std::sync::MutexGuard<'_, Drivers> {
        self.drivers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: String, turn: Option<Turn>) {
        if self.shop.is_ending() {
            // It is stored: the next engine takes it up.
            return;
        }
        let mut drivers = self.drivers();
        while drivers.tasks.try_join_next().is_some() {}
        drivers.live.retain(|_, task| !task.is_finished());
        let task = drivers.tasks.spawn(drive(Arc::clone(&self.shop), id.clone(), turn));
        drivers.live.insert(id, task);
    }

    pub(crate) async fn answer(&self, query: OperationQuery) -> Result<OperationReply, Failure> {
        match query {
            OperationQuery::List => {
                // What a process has left that was killed may be over: a list that is asked for once is to say so.
                let heard = self.shop.board.all_heard();
                if tokio::time::timeout(HEARING, heard).await.is_err() {
                    tracing::debug!("a host is slow to say what became of an operation");
                }
                Ok(OperationReply::Operations(self.shop.board.list()))
            }
            OperationQuery::Output { id, offset } => {
                let Standing { tape, .. } = self.standing(&id)?;
                let (offset, bytes) = tape.read(offset, PIECE).await.map_err(|error| {
                    let message = format!("the output of operation {id} can't be read: {error}");
                    Failure::new(Code::Internal, message)
                })?;
                Ok(OperationReply::Output(OperationOutput { id, offset, bytes }))
            }
            OperationQuery::Complete { at, line, by_key } => {
                let reached = self.shop.reach.reach(&at).await?;
                let scope = LineScope::of(&at, &reached.place);
                let store = &self.shop.store;
                let completions =
                    complete::complete(store, &scope, &reached, &line, by_key).await?;
                Ok(OperationReply::Completions(completions))
            }
            OperationQuery::Lines { at, containing, limit } => {
                let reached = self.shop.reach.reach(&at).await?;
                let scope = LineScope::of(&at, &reached.place);
                let filter = LineFilter::Containing(containing);
                Ok(OperationReply::Lines(self.shop.store.lines(&scope, filter, limit).await?))
            }
        }
    }

    pub(super) fn standing(&self, id: &str) -> Result<Standing, Failure> {
        self.shop.board.standing(id).ok_or_else(|| {
            Failure::new(Code::NotFound, format!("there is no operation {id}"))
                .hint("`baton operations` lists those that there are")
        })
    }

    fn shown(&self, id: &str) -> Result<OperationReply, Failure> {
        let Standing { record, tape, .. } = self.standing(id)?;
        let operation = Operation { output: tape.end(), ..record.operation };
        Ok(OperationReply::Operation(Box::new(operation)))
    }

    pub(crate) async fn carry_out(
        &self,
        command: OperationCommand,
        ticket: &Ticket,
    ) -> Result<OperationReply, Failure> {
        match command {
            OperationCommand::Start(work) => self.start(work, ticket).await,
            OperationCommand::Stop { id } => self.stop(&id).await,
            OperationCommand::Forget { id } => self.forget(&id).await,
        }
    }

    async fn start(&self, mut work: Work, ticket: &Ticket) -> Result<OperationReply, Failure> {
        let at = plan::at(&work).clone();
        let reached = self.shop.reach.reach(&at).await?;
        // What can't be planned is refused: nothing is stored then.
        plan::plan(&work, &reached, &*self.shop.reach)?;
        let env = match &mut work {
            Work::AddWorktree(add) => {
                add.session.as_mut().map(|new| std::mem::take(&mut new.env)).unwrap_or_default()
            }
            Work::Upload { .. }
            | Work::Download { .. }
            | Work::Push { .. }
            | Work::Pull { .. }
            | Work::Fetch { .. }
            | Work::PullRequest { .. }
            | Work::Line { .. } => std::collections::BTreeMap::new(),
        };
        let line = if let Work::Line { line, .. } = &work {
            kept_line(&at, &reached.place, line)
        } else {
            None
        };
        let operation = Operation {
            // As short and as random as that of any run.
            id: RunId::random().to_string(),
            work,
            host: reached.place.id.to_string(),
            session: reached.session,
            directory: Some(FilePath(reached.directory.unwrap_or_else(|| b"~".to_vec()))),
            state: OperationState::Waiting,
            progress: None,
            output: 0,
            started_at: Timestamp::now(),
            ended_at: None,
        };
        let reply = OperationReply::Operation(Box::new(operation.clone()));
        let mut also = vec![ticket.receipt(Ok(Reply::Operation(reply.clone())))];
        also.extend(line);
        let id = operation.id.clone();
        let record = OperationRecord {
            operation,
            env,
            place: reached.place,
            run: None,
            launched: false,
            repository: None,
            stopping: false,
            swept: false,
        };
        self.shop.add(record, also).await?;
        self.begin(id, None);
        Ok(reply)
    }

    async fn stop(&self, id: &str) -> Result<OperationReply, Failure> {
        let Standing { record, .. } = self.standing(id)?;
        if !record.operation.state.is_over() {
            self.shop.change(id, |record| record.stopping = true).await?;
        }
        self.shown(id)
    }

    async fn forget(&self, id: &str) -> Result<OperationReply, Failure> {
        let Standing { record, .. } = self.standing(id)?;
        if !record.operation.state.is_over() && !is_away(&record.operation) {
            let message = format!("operation {id} is at work");
            return Err(Failure::new(Code::Busy, message)
                .hint(format!("Stop it first: baton operations stop {id}")));
        }
        let task = self.drivers().live.remove(id);
        if let Some(task) = task {
            // What runs on the host is left alone.
            task.abort();
        }
        self.shop.forget(id).await?;
        Ok(OperationReply::Done)
    }
}

/// Keeps a line for who looks for it later, unless it begins with a space: so people tell their shells to keep none.
fn kept_line(at: &At, place: &crate::host::Place, line: &str) -> Option<Change> {
    let is_kept = !line.starts_with(' ') && line.len() <= LONGEST_LINE;
    let keep =
        || Change::AddLine { scope: LineScope::of(at, place), line: line.trim_end().to_owned() };
    is_kept.then(keep)
}
