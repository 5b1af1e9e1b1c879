//! All terminals of an engine.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::around::Around;
use super::follow;
use super::held::{Held, Wish};
use super::life::{Begin, Life, ended_with_us};
use crate::failure::{Code, Failure};
use crate::host::{Reach, Reached};
use crate::seam::{
    At, Delivery, FilePath, SessionId, Subscription, Terminal, TerminalCommand, TerminalReply,
    TerminalState,
};
use crate::store::{Store, TerminalRecord};

/// The largest terminal, in cells of either direction.
const MOST_CELLS: u16 = 1000;

/// Letters of the longest name.
const LONGEST_NAME: usize = 200;

/// Terminals on hosts.
#[derive(Debug)]
pub(crate) struct Terminals {
    around: Arc<Around>,
}

impl Terminals {
    pub(crate) fn new(store: Store, reach: Arc<dyn Reach>) -> Self {
        Self { around: Arc::new(Around::new(store, reach)) }
    }

    /// Remembers those of former engines. One that is kept on its host is attached to when somebody looks at it.
    pub(crate) async fn take_up(&self) -> Result<(), Failure> {
        for record in self.around.records().await? {
            if record.closed {
                let here = record.place.way.is_none();
                self.around.end_on_host(record, here);
                continue;
            }
            let (state, begin) = match (&record.over, &record.unkept) {
                (Some(over), _) => (over.clone(), Begin::Over),
                (None, None) => {
                    let unsent =
                        if record.unsent { "; what was typed last was not sent" } else { "" };
                    let message =
                        format!("nobody has looked at it since Baton was started{unsent}");
                    let why = Failure::new(Code::ConnectionLost, message);
                    (TerminalState::Away { why }, Begin::Kept)
                }
                (None, Some(_)) => (TerminalState::Lost { why: ended_with_us() }, Begin::Over),
            };
            let held = self.begin(record, state, begin);
            self.around.unspool(&held).await;
        }
        self.around.clear_up().await;
        tokio::spawn(Arc::clone(&self.around).keep_up());
        Ok(())
    }

    /// Ends with the engine: kept ones go on on their hosts, the others end.
    pub(crate) async fn end(&self) {
        self.around.set_ending();
        let all = self.all();
        let ending = all.iter().map(|held| async {
            let (done, ended) = oneshot::channel();
            held.wish(Wish::End(done)).await;
            ended.await.ok(); // Its life has ended before.
        });
        futures::future::join_all(ending).await;
        self.around.told.ended.send_replace(true);
    }

    pub(crate) async fn list(&self) -> Result<Vec<Terminal>, Failure> {
        Ok(self.terminals())
    }

    pub(crate) async fn carry_out(
        &self,
        command: TerminalCommand,
    ) -> Result<TerminalReply, Failure> {
        match command {
            TerminalCommand::Open { at, directory, columns, rows, name, keep } => {
                check_size(columns, rows)?;
                let name = name.map(check_name).transpose()?;
                self.open(at, directory, (columns, rows), name, keep).await
            }
            TerminalCommand::Input { id, bytes } => self.input(&id, &bytes).await,
            TerminalCommand::Resize { id, columns, rows } => {
                check_size(columns, rows)?;
                let held = self.named(&id)?;
                let record = held.record();
                if (record.columns, record.rows) != (columns, rows) {
                    held.change(|record| (record.columns, record.rows) = (columns, rows));
                    held.wish(Wish::Resized).await;
                }
                Ok(TerminalReply::Done)
            }
            TerminalCommand::Rename { id, name } => {
                let held = self.named(&id)?;
                let name = name.map(check_name).transpose()?;
                held.change(|record| record.name = name);
                self.around.store(&held).await;
                answer(&held)
            }
            TerminalCommand::Reopen { id } => self.reopen(&id).await,
            TerminalCommand::Close { id } => {
                let held = self.named(&id)?;
                let (done, closed) = oneshot::channel();
                held.wish(Wish::Close(done)).await;
                // Whoever closed it before has forgotten it, too.
                closed.await.ok(); // Its life has ended before.
                Ok(TerminalReply::Done)
            }
        }
    }

    /// Closes those of a session that is gone; their shells end when their hosts are reached next.
    pub(crate) async fn close_of(&self, session: &SessionId) {
        let all = self.all();
        let of_it = all.iter().filter(|held| held.record().session.as_ref() == Some(session));
        let closing = of_it.map(|held| async {
            let (done, closed) = oneshot::channel();
            held.wish(Wish::Close(done)).await;
            closed.await.ok(); // Its life has ended before.
        });
        futures::future::join_all(closing).await;
    }

    /// [`crate::seam::Watch::Terminals`].
    pub(crate) async fn watch(&self) -> Result<Subscription, Failure> {
        let (deliveries, receiver) = mpsc::channel(1);
        let around = Arc::clone(&self.around);
        let mut any = around.told.any.subscribe();
        let mut ended = around.told.ended.subscribe();
        tokio::spawn(async move {
            let mut told = None;
            loop {
                any.borrow_and_update();
                let all = terminals(&around);
                if told.as_ref() != Some(&all) {
                    if deliveries.send(Ok(Delivery::Terminals(all.clone()))).await.is_err() {
                        return;
                    }
                    told = Some(all);
                }
                tokio::select! {
                    changed = any.changed() => if changed.is_err() { return },
                    _ = ended.wait_for(|ended| *ended) => return,
                    () = deliveries.closed() => return,
                }
            }
        });
        Ok(Subscription::new(receiver))
    }

    /// [`crate::seam::Watch::Terminal`].
    pub(crate) async fn follow(&self, id: &str, answers: bool) -> Result<Subscription, Failure> {
        let held = self.named(id)?;
        let subscription = follow::follow(Arc::clone(&held), answers);
        held.look();
        Ok(subscription)
    }

    async fn open(
        &self,
        at: At,
        directory: Option<FilePath>,
        (columns, rows): (u16, u16),
        name: Option<String>,
        keep: bool,
    ) -> Result<TerminalReply, Failure> {
        let reached = self.around.reach.reach(&at).await?;
        let record = TerminalRecord {
            id: Uuid::new_v4().simple().to_string()[..12].to_owned(),
            number: self.number(&reached),
            at,
            place: reached.place.clone(),
            session: reached.session.clone(),
            name,
            directory: begins_in(reached.directory.clone(), directory),
            columns,
            rows,
            keep,
            unkept: None,
            over: None,
            opened_at: Timestamp::now(),
            socket: None,
            may_run: keep,
            closed: false,
            unsent: false,
        };
        // A host that we lose while it opens still has it: it is known from here on.
        self.around.put(record.clone()).await?;
        let (answered, begun) = oneshot::channel();
        let held =
            self.begin(record, TerminalState::Opening, Begin::Open(Box::new(reached), answered));
        begun.await.unwrap_or_else(|_| Err(gone()))?;
        answer(&held)
    }

    async fn input(&self, id: &str, bytes: &[u8]) -> Result<TerminalReply, Failure> {
        let held = self.named(id)?;
        let state = held.terminal().map(|terminal| terminal.state);
        match state {
            Some(TerminalState::Open | TerminalState::Opening) => {}
            Some(TerminalState::Away { .. }) => held.look(),
            Some(TerminalState::Lost { .. } | TerminalState::Ended { .. }) | None => {
                return Err(Failure::new(Code::Conflict, "the terminal's shell has ended")
                    .hint("Open it again first"));
            }
        }
        held.typed.push(bytes, || self.around.is_ending())?;
        Ok(TerminalReply::Done)
    }

    async fn reopen(&self, id: &str) -> Result<TerminalReply, Failure> {
        let held = self.named(id)?;
        let record = held.record();
        let reached = self.around.reach.reach(&record.at).await?;
        let (answered, begun) = oneshot::channel();
        held.wish(Wish::Reopen(Box::new(reached), answered)).await;
        begun.await.unwrap_or_else(|_| Err(gone()))?;
        answer(&held)
    }

    fn begin(&self, record: TerminalRecord, state: TerminalState, begin: Begin) -> Arc<Held> {
        let id = record.id.clone();
        let (held, wishes) = Held::new(record, state, Arc::clone(&self.around.told));
        self.around.known().insert(id, Arc::clone(&held));
        Life::start(Arc::clone(&held), wishes, Arc::clone(&self.around), begin);
        self.around.told.any.send_modify(|count| *count += 1);
        held
    }

    fn all(&self) -> Vec<Arc<Held>> {
        self.around.known().values().map(Arc::clone).collect()
    }

    fn terminals(&self) -> Vec<Terminal> {
        terminals(&self.around)
    }

    fn named(&self, id: &str) -> Result<Arc<Held>, Failure> {
        let missing = || Failure::new(Code::NotFound, format!("there is no terminal {id:?}"));
        self.around.known().get(id).map(Arc::clone).ok_or_else(missing)
    }

    /// The first number that no other one of its session, or its host, has.
    fn number(&self, reached: &Reached) -> u32 {
        let taken: Vec<u32> = self
            .all()
            .iter()
            .map(|held| held.record())
            .filter(|record| record.session == reached.session)
            .filter(|record| record.session.is_some() || record.place.id == reached.place.id)
            .map(|record| record.number)
            .collect();
        (1..).find(|number| !taken.contains(number)).unwrap_or(1)
    }
}

fn terminals(around: &Around) -> Vec<Terminal> {
    let mut all: Vec<Terminal> =
        around.known().values().filter_map(|held| held.terminal()).collect();
    all.sort_by(|one, other| (one.opened_at, &one.id).cmp(&(other.opened_at, &other.id)));
    all
}

fn answer(held: &Held) -> Result<TerminalReply, Failure> {
    let terminal = held.terminal().ok_or_else(gone)?;
    Ok(TerminalReply::Terminal(Box::new(terminal)))
}

fn gone() -> Failure {
    Failure::new(Code::Cancelled, "the terminal was closed meanwhile")
}

/// Where a shell begins: `wanted` in `base`, the account's home without one.
fn begins_in(base: Option<Vec<u8>>, wanted: Option<FilePath>) -> Option<FilePath> {
    match wanted.filter(|wanted| !wanted.bytes().is_empty()) {
        None => base.map(FilePath),
        Some(wanted) if wanted.bytes().starts_with(b"/") => Some(wanted),
        Some(wanted) => {
            let base = base.map_or_else(|| FilePath::from("~"), FilePath);
            Some(base.join(wanted.bytes()))
        }
    }
}

fn check_size(columns: u16, rows: u16) -> Result<(), Failure> {
    let fits = |cells: u16| (1..=MOST_CELLS).contains(&cells);
    if fits(columns) && fits(rows) {
        return Ok(());
    }
    let message = format!("a terminal of {columns} columns and {rows} lines can't be");
    Err(Failure::new(Code::Usage, message).hint(format!("Give it 1 to {MOST_CELLS} of each")))
}

fn check_name(name: String) -> Result<String, Failure> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Err(Failure::new(Code::Usage, "that can't name a terminal")
            .hint(format!("Use 1 to {LONGEST_NAME} letters, without control characters")));
    }
    Ok(name)
}
