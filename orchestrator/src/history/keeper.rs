//! The task that keeps one project up to date: it writes what waits, and reads what is new while somebody looks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::directory_watch::DirectoryWatch;
use super::sync::{Flushed, Read, Syncing};
use crate::failure::{Code, Failure};
use crate::seam::{HistoryIgnored, LeftAlone, SyncedProject};
use crate::transport::{Connection, State};

/// Between two looks at a project in which something has just happened: a colleague's entry is here within two seconds,
/// whatever the way to its machine adds.
const BUSY: Duration = Duration::from_millis(700);

/// The longest pause between two looks while somebody looks.
const IDLE: Duration = Duration::from_millis(1_500);

/// Between two looks at whether a host that was switched off is on again.
const SWITCHED_OFF: Duration = Duration::from_secs(5);

/// So soon after the directory was changed it is looked at: several lines that are written together come together.
const TOGETHER: Duration = Duration::from_millis(30);

/// How long a project counts as one in which something has just happened.
const BUSY_FOR: Duration = Duration::from_secs(60);

/// The first pause before what could not be written is tried again; each further one is twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// The longest such pause.
const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// So long after something of ours was written, what others have done there is looked at once: what is known stays fresh
/// for when the way there is broken. Who writes and goes doesn't wait for it.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// Wishes that may wait for one keeper.
const INBOX: usize = 16;

/// What a keeper is asked.
#[derive(Debug)]
enum Wish {
    /// Write what waits, where the way there stands.
    Flush,
    /// Write now, whatever it takes, and read, too, unless it is `true`.
    Sync(bool, oneshot::Sender<Result<SyncedProject, Failure>>),
    /// Keep the directory out of the project's git.
    Ignore(oneshot::Sender<Result<HistoryIgnored, Failure>>),
    /// Somebody has begun to look.
    Look,
    /// Write what waits for as long as the way there stands, then end.
    End(oneshot::Sender<()>),
}

/// How a project stands, for who looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Counts up when something that is shown has changed.
    pub(super) version: u64,
    /// Entries that wait to be written.
    pub(super) pending: u64,
    /// Why its machine can't be asked, while it can't.
    pub(super) offline: Option<Failure>,
    /// What is named like a file of history, and isn't read.
    pub(super) left_alone: Vec<LeftAlone>,
}

/// A way to a keeper; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    wishes: mpsc::Sender<Wish>,
    standing: watch::Receiver<Standing>,
    /// Whoever looks holds a receiver of it.
    looking: Arc<watch::Sender<()>>,
}

/// Somebody looks until this is dropped.
#[derive(Debug)]
pub(super) struct Look {
    _looking: watch::Receiver<()>,
}

impl Keeper {
    /// Starts one; `changes` counts up with everything that it stores. Must be called within a tokio runtime.
    pub(super) fn start(
        syncing: Syncing,
        connection: Connection,
        changes: Arc<watch::Sender<u64>>,
    ) -> Self {
        let (wishes, inbox) = mpsc::channel(INBOX);
        let (standing, standing_here) = watch::channel(Standing::default());
        let looking = Arc::new(watch::channel(()).0);
        let task = Task {
            syncing,
            connection,
            standing,
            looking: Arc::clone(&looking),
            changes,
            busy_until: Instant::now(),
            retry: None,
            next_retry: FIRST_RETRY,
            look_once: None,
            is_unsettled: false,
        };
        tokio::spawn(task.run(inbox));
        Self { wishes, standing: standing_here, looking }
    }

    /// There is something to be written.
    pub(super) async fn flush(&self) {
        self.wishes.send(Wish::Flush).await.ok(); // It has ended: the next engine writes it.
    }

    /// Brings the project up to date.
    pub(super) async fn sync(&self, write_only: bool) -> Result<SyncedProject, Failure> {
        self.ask(|answer| Wish::Sync(write_only, answer)).await?
    }

    /// Keeps the directory out of the project's git.
    pub(super) async fn ignore(&self) -> Result<HistoryIgnored, Failure> {
        self.ask(Wish::Ignore).await?
    }

    /// Looks at the project until the look is dropped.
    pub(super) async fn look(&self) -> (Look, watch::Receiver<Standing>) {
        let look = Look { _looking: self.looking.subscribe() };
        let standing = self.standing.clone();
        self.wishes.send(Wish::Look).await.ok(); // It has ended, and with it what is looked at.
        (look, standing)
    }

    /// What is named like a file of history there, and isn't read, as far as it was looked at.
    pub(super) fn left_alone(&self) -> Vec<LeftAlone> {
        self.standing.borrow().left_alone.clone()
    }

    /// Lets it end.
    pub(super) async fn end(&self) {
        self.ask(Wish::End).await.ok(); // It has ended already.
    }

    async fn ask<T>(&self, wish: impl FnOnce(oneshot::Sender<T>) -> Wish) -> Result<T, Failure> {
        let ended = || Failure::new(Code::Cancelled, "the engine has ended");
        let (sender, receiver) = oneshot::channel();
        self.wishes.send(wish(sender)).await.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())
    }
}

struct Task {
    syncing: Syncing,
    connection: Connection,
    standing: watch::Sender<Standing>,
    looking: Arc<watch::Sender<()>>,
    changes: Arc<watch::Sender<u64>>,
    /// Until then it is looked at more often.
    busy_until: Instant,
    /// When what could not be written is tried again.
    retry: Option<Instant>,
    next_retry: Duration,
    /// When what others have done is looked at once, though nobody looks: it was just at hand.
    look_once: Option<Instant>,
    /// Whether a file seemed to be in the middle of a change.
    is_unsettled: bool,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Wish>) {
        let mut state = self.connection.state();
        let mut hold = None;
        let mut watching = None;
        let mut next_look: Option<Instant> = None;
        loop {
            if self.looking.receiver_count() == 0 {
                (hold, watching, next_look) = (None, None, None);
            }
            let at_once = Instant::now();
            tokio::select! {
                wish = inbox.recv() => match wish {
                    None => return,
                    Some(Wish::Flush) => {
                        self.busy_until = at_once + BUSY_FOR;
                        self.flush().await;
                        // Who looks wants to see what was written, too.
                        next_look = next_look.map(|_| at_once);
                    }
                    Some(Wish::Sync(write_only, answer)) => {
                        let synced = self.sync(write_only).await;
                        answer.send(synced).ok(); // Who asked may have gone.
                    }
                    Some(Wish::Ignore(answer)) => {
                        let ignored = self.syncing.ignore().await;
                        answer.send(ignored).ok(); // Who asked may have gone.
                    }
                    Some(Wish::Look) => {
                        if hold.is_none() {
                            hold = Some(self.connection.hold());
                        }
                        if watching.is_none() && let Some(project) = self.syncing.here() {
                            watching = DirectoryWatch::start(project);
                        }
                        self.count_waiting().await;
                        next_look = Some(at_once);
                    }
                    Some(Wish::End(answer)) => {
                        self.flush().await;
                        answer.send(()).ok(); // Who asked may have gone.
                        return;
                    }
                },
                Ok(()) = state.changed() => {
                    if matches!(*state.borrow_and_update(), State::Connected) {
                        self.retry = None;
                        self.next_retry = FIRST_RETRY;
                        self.flush().await;
                        if hold.is_some() {
                            next_look = Some(at_once);
                        }
                    }
                }
                () = due(self.retry), if self.retry.is_some() => {
                    self.retry = None;
                    self.flush().await;
                }
                () = due(next_look), if next_look.is_some() => {
                    self.flush().await;
                    self.refresh().await;
                    next_look = self.next_look();
                }
                () = due(self.look_once), if self.look_once.is_some() => {
                    self.look_once = None;
                    if hold.is_none() && self.is_up() {
                        self.refresh().await;
                    }
                }
                () = changed(&mut watching), if watching.is_some() => {
                    // What happens together is looked at once.
                    let soon = at_once + TOGETHER;
                    next_look = Some(next_look.map_or(soon, |look| look.min(soon)));
                }
                // The last one who looked has gone.
                () = self.looking.closed(), if hold.is_some() => {}
            }
        }
    }

    /// When it is looked at next. Where the way there is broken, the connection that we hold mends it, with pauses of its own:
    /// then it is looked at again.
    fn next_look(&self) -> Option<Instant> {
        let now = Instant::now();
        if self.is_up() {
            let is_busy = self.is_unsettled || now < self.busy_until;
            return Some(now + if is_busy { BUSY } else { IDLE });
        }
        if self.standing.borrow().offline.is_none() {
            // The way broke behind the last look, which found nothing wrong: who looks is told why it is.
            return Some(now + BUSY);
        }
        // Nobody mends what nobody has tried: the host was switched off.
        let is_closed = matches!(*self.connection.state().borrow(), State::Closed);
        is_closed.then_some(now + SWITCHED_OFF)
    }

    /// Writes what waits where the way there stands, and where it wasn't refused a moment ago.
    async fn flush(&mut self) {
        if !self.is_up() || self.retry.is_some() {
            return;
        }
        if let Err(failure) = self.flush_now().await {
            tracing::warn!(host = %self.syncing.host(), %failure, "entries of the history wait");
        }
    }

    /// Whether the way to the project stands; this machine's own file system always does.
    fn is_up(&self) -> bool {
        self.syncing.here().is_some()
            || matches!(*self.connection.state().borrow(), State::Connected)
    }

    async fn flush_now(&mut self) -> Result<Flushed, Failure> {
        let flushed = match self.syncing.flush().await {
            Ok(flushed) => flushed,
            Err(failure) => {
                self.retry_later();
                return Err(failure);
            }
        };
        if flushed.failure.is_some() {
            self.retry_later();
        } else {
            self.retry = None;
            self.next_retry = FIRST_RETRY;
        }
        if flushed.sent > 0 {
            self.look_once = Some(Instant::now() + AFTERWARDS);
        }
        self.tell(|standing| standing.pending = flushed.pending);
        Ok(flushed)
    }

    /// A machine that answers and refuses is asked again after a while. One that can't be reached is written to when the
    /// way there stands again.
    fn retry_later(&mut self) {
        self.retry = None;
        if self.is_up() {
            self.retry = Some(Instant::now() + self.next_retry);
            self.next_retry = (self.next_retry * 2).min(LONGEST_RETRY);
        }
    }

    /// What waits was counted by nobody yet where nothing was written.
    async fn count_waiting(&self) {
        match self.syncing.pending().await {
            Ok(pending) => self.tell(|standing| standing.pending = pending),
            Err(failure) => tracing::warn!(%failure, "the outbox can't be counted"),
        }
    }

    async fn refresh(&mut self) {
        let stored = self.stored();
        match self.syncing.refresh(&stored).await {
            Ok(read) => {
                if read.received > 0 {
                    self.busy_until = Instant::now() + BUSY_FOR;
                }
                self.is_unsettled = read.is_unsettled;
                self.tell(|standing| {
                    standing.offline = read.offline;
                    standing.left_alone = read.left_alone;
                });
            }
            Err(failure) => {
                tracing::warn!(host = %self.syncing.host(), %failure, "shared history was not stored");
            }
        }
    }

    async fn sync(&mut self, write_only: bool) -> Result<SyncedProject, Failure> {
        let flushed = self.flush_now().await?;
        let read = if write_only { Read::default() } else { self.read().await? };
        let project = self.syncing.project().await?;
        let (ignored, hint) = match &project {
            // Only who has something there needs to know.
            Some(project) if read.offline.is_none() && self.syncing.has_shared(&read) => {
                (self.syncing.ignored(project).await?, self.syncing.hint(project).await?)
            }
            Some(_) | None => (None, false),
        };
        if !write_only {
            self.tell(|standing| {
                standing.offline.clone_from(&read.offline);
                standing.left_alone.clone_from(&read.left_alone);
            });
        }
        Ok(SyncedProject {
            host: self.syncing.host().to_string(),
            directory: match project {
                Some(project) => project.root,
                None => self.syncing.directory().to_owned(),
            },
            received: read.received,
            sent: flushed.sent,
            pending: self.syncing.pending().await?,
            offline: read.offline,
            delayed: flushed.failure,
            ignored,
            hint,
        })
    }

    /// What is called when something that is shown was stored.
    fn stored(&self) -> impl Fn() + Send + Sync + use<> {
        let (standing, changes) = (self.standing.clone(), Arc::clone(&self.changes));
        move || {
            standing.send_modify(|standing| standing.version += 1);
            changes.send_modify(|count| *count += 1);
        }
    }

    /// Reads what is new, and what becomes of a file that somebody is just writing anew.
    async fn read(&mut self) -> Result<Read, Failure> {
        let stored = self.stored();
        let read = self.syncing.refresh(&stored).await?;
        if !read.is_unsettled {
            return Ok(read);
        }
        tokio::time::sleep(BUSY).await; // wait: see BUSY
        let again = self.syncing.refresh(&stored).await?;
        let received = read.received + again.received;
        Ok(Read { received, ..again })
    }

    fn tell(&self, change: impl FnOnce(&mut Standing)) {
        self.standing.send_if_modified(|standing| {
            let before = standing.clone();
            change(standing);
            *standing != before
        });
    }
}

/// Waits for a moment, if there is one.
async fn due(at: Option<Instant>) {
    if let Some(at) = at {
        sleep_until(at).await;
    }
}

/// Waits for something to happen in a directory.
async fn changed(watching: &mut Option<DirectoryWatch>) {
    if let Some(watching) = watching {
        watching.changed().await;
    }
}
