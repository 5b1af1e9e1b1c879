//! One engine for each data directory: the first process hosts it, the others attach, and one of them takes over.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use super::client::{Gone, NoEngine, SocketSeam};
use super::frame::{Program, Welcome, fits};
use super::host_lock::{Locks, Tried, holder};
use super::server::{Server, private_dir, refused, socket_path};
use super::{Delivery, Query, Reply, Request, Seam, Subscribe, Subscription};
use crate::failure::{Code, Failure};

/// How long to wait for a process that holds the lock and doesn't answer: it starts, or it ends.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses between two looks; the first is short, since a takeover must be seen within a second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// Between two attempts after one that failed for a reason of its own.
const AGAIN: Duration = Duration::from_secs(1);
/// Deliveries that wait for a reader.
const AHEAD: usize = 16;

/// Starts an engine on the data directory.
pub type StartEngine = Box<dyn Fn() -> BoxFuture<'static, Result<Started, Failure>> + Send + Sync>;
/// Ends an engine: when this is done, nothing of it writes any more.
pub type StopEngine = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// An engine that was started in this process.
pub struct Started {
    /// What it does for front ends.
    pub seam: Arc<dyn Seam>,
    /// Called once, when nobody calls it any more.
    pub stop: StopEngine,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("seam", &self.seam).finish_non_exhaustive()
    }
}

/// How this process hosts the engine, if it comes to that.
pub struct HostingPlan {
    /// The data directory; one engine works on it at a time.
    pub data: PathBuf,
    /// Where the socket is.
    pub run: PathBuf,
    /// Who we are.
    pub program: Program,
    /// Called in the process that hosts, each time anew when it takes over.
    pub start: StartEngine,
}

impl fmt::Debug for HostingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostingPlan")
            .field("data", &self.data)
            .field("run", &self.run)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

/// The engine of a data directory, whichever process hosts it. Clones share it.
///
/// When the hosting process ends or dies, one of those attached takes over; calls wait meanwhile. Commands are sent
/// again under their id, which makes them run once; queries are asked again; subscriptions go on behind the last
/// event. When the last clone is gone, a hosted engine ends as with [`EngineHandle::shutdown`].
#[derive(Clone, Debug)]
pub struct EngineHandle {
    standing: watch::Receiver<Standing>,
    /// Dropped or sent to when this process has had enough.
    leave: mpsc::Sender<()>,
}

/// How this process stands to the engine, and for the how manieth time.
#[derive(Clone, Debug)]
struct Standing {
    count: u64,
    role: Role,
}

#[derive(Clone, Debug)]
enum Role {
    /// Nobody knows yet who hosts.
    Settling,
    /// It is here.
    Host(Arc<dyn Seam>),
    /// It is there.
    Guest(SocketSeam),
    /// Neither could be had; it is tried again.
    Failed(Failure),
    /// This process has left, and what it hosted ends.
    Leaving,
    /// It has ended.
    Left,
}

/// What became of settling.
enum Settled {
    Host(Box<Hosting>),
    Guest(SocketSeam),
}

struct Hosting {
    engine: Started,
    server: Server,
    locks: Locks,
}

impl EngineHandle {
    /// Hosts the engine, or attaches to the process that does. Must be called on a runtime.
    ///
    /// # Errors
    ///
    /// Those of `plan.start` (`corrupt`, `unsupported`, `permission_denied` …); `busy` with the process when one holds the
    /// lock and doesn't answer for 10 s; `unsupported` with the process and its version when it speaks another protocol;
    /// `usage` when the socket's path is too long; `permission_denied` when a directory can't be used.
    pub async fn open(plan: HostingPlan) -> Result<Self, Failure> {
        let settled = settle(&plan).await?;
        let (tell, standing) = watch::channel(Standing { count: 0, role: Role::Settling });
        let (leave, left) = mpsc::channel(1);
        let supervisor = Supervisor { plan, tell, left };
        supervisor.tell(settled.role());
        tokio::spawn(supervisor.work(settled));
        Ok(Self { standing, leave })
    }

    /// Whether the engine is in this process at the moment.
    pub fn is_host(&self) -> bool {
        matches!(self.standing.borrow().role, Role::Host(_))
    }

    /// Leaves: what this process hosts finishes its transactions and gives up the lock, and another process may take
    /// over. Calls fail from here on.
    pub async fn shutdown(&self) {
        // A full channel says the same already.
        self.leave.try_send(()).ok();
        // Nobody who could say so means that it has ended, too.
        self.standing.clone().wait_for(|standing| matches!(standing.role, Role::Left)).await.ok();
    }

    async fn ask(&self, request: Request) -> Result<Reply, Failure> {
        fits(&request)?;
        let mut standing = self.standing.clone();
        let mut used = None;
        loop {
            let (count, role) = settled(&mut standing, used).await?;
            match role {
                Serving::Host(seam) => return seam.call(request).await,
                Serving::Guest(socket) => match socket.ask(&request).await {
                    Ok(answer) => return answer,
                    Err(Gone) => used = Some(count),
                },
            }
        }
    }
}

#[async_trait]
impl Seam for EngineHandle {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.ask(request).await
    }

    async fn subscribe(&self, mut wanted: Subscribe) -> Result<Subscription, Failure> {
        if wanted.since.is_none() || wanted.epoch.is_none() {
            // Where we begin must be known before, so that nothing is left out if the host dies at once.
            let Reply::Snapshot(now) = self.ask(Request::query(Query::Snapshot)).await? else {
                return Err(Failure::new(
                    Code::Internal,
                    "the engine gave another answer than a snapshot",
                ));
            };
            wanted.since.get_or_insert(now.seq);
            wanted.epoch.get_or_insert(now.epoch);
        }
        let mut follower = Follower { standing: self.standing.clone(), used: None, wanted };
        let first = follower.begin().await?;
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        tokio::spawn(follower.work(first, deliveries));
        Ok(Subscription::new(receiver))
    }
}

/// Who serves at the moment.
enum Serving {
    Host(Arc<dyn Seam>),
    Guest(SocketSeam),
}

/// Waits for somebody who serves, but for the one that was `used` and is gone.
async fn settled(
    standing: &mut watch::Receiver<Standing>,
    used: Option<u64>,
) -> Result<(u64, Serving), Failure> {
    let left = || Failure::new(Code::Cancelled, "the engine was left: this program ends");
    loop {
        let Standing { count, role } = standing.borrow_and_update().clone();
        if used != Some(count) {
            match role {
                Role::Host(seam) => return Ok((count, Serving::Host(seam))),
                Role::Guest(socket) => return Ok((count, Serving::Guest(socket))),
                Role::Failed(failure) => return Err(failure),
                Role::Leaving | Role::Left => return Err(left()),
                Role::Settling => {}
            }
        }
        standing.changed().await.map_err(|_| left())?;
    }
}

/// A subscription that outlives the process it comes from.
struct Follower {
    standing: watch::Receiver<Standing>,
    used: Option<u64>,
    /// Its `since` is behind the last event that was delivered.
    wanted: Subscribe,
}

impl Follower {
    async fn begin(&mut self) -> Result<Subscription, Failure> {
        loop {
            let (count, serving) = settled(&mut self.standing, self.used).await?;
            self.used = Some(count);
            match serving {
                Serving::Host(seam) => return seam.subscribe(self.wanted.clone()).await,
                Serving::Guest(socket) => match socket.follow(&self.wanted).await {
                    Ok(answer) => return answer,
                    // A connection of its own can break alone: the same one may serve on.
                    Err(Gone) if !is_over(&socket).await => self.used = None,
                    Err(Gone) => {}
                },
            }
        }
    }

    async fn work(
        mut self,
        mut subscription: Subscription,
        deliveries: mpsc::Sender<Result<Delivery, Failure>>,
    ) {
        loop {
            let next = tokio::select! {
                next = subscription.next() => next,
                () = deliveries.closed() => return,
            };
            let delivery = match next {
                Some(Ok(Delivery::Event(event))) => {
                    if !self.passes(event.seq) {
                        continue;
                    }
                    Ok(Delivery::Event(event))
                }
                Some(Ok(Delivery::Sync { seq, at })) => {
                    self.passes(seq);
                    Ok(Delivery::Sync { seq, at })
                }
                Some(Ok(Delivery::Partial(partial))) => Ok(Delivery::Partial(partial)),
                Some(Err(failure)) => Err(failure),
                None => match self.again(&deliveries).await {
                    Some(next) => {
                        subscription = next;
                        continue;
                    }
                    None => return,
                },
            };
            let end = delivery.is_err();
            if deliveries.send(delivery).await.is_err() || end {
                return;
            }
        }
    }

    /// Moves the place behind `seq`; false when it is there already.
    fn passes(&mut self, seq: u64) -> bool {
        let ahead = self.wanted.since.is_none_or(|since| since < seq);
        if ahead {
            self.wanted.since = Some(seq);
        }
        ahead
    }

    /// Subscribes with whoever serves next; `None` when this process has left, or nobody reads any more.
    async fn again(
        &mut self,
        deliveries: &mpsc::Sender<Result<Delivery, Failure>>,
    ) -> Option<Subscription> {
        if matches!(self.standing.borrow().role, Role::Guest(_)) {
            // It is asked again, and says whether it is the one that has ended.
            self.used = None;
        }
        loop {
            let begun = tokio::select! {
                begun = self.begin() => begun,
                () = deliveries.closed() => return None,
            };
            match begun {
                Ok(subscription) => return Some(subscription),
                Err(failure) if failure.code == Code::Cancelled => return None,
                Err(failure) if failure.code == Code::NotFound => {
                    // Another log: nothing can be gone on with. Who has left needs no more words.
                    deliveries.send(Err(failure)).await.ok();
                    return None;
                }
                Err(failure) => {
                    warn!(%failure, "a subscription waits for an engine");
                    self.used = None;
                    tokio::select! {
                        // wait: the supervisor tries again meanwhile.
                        () = tokio::time::sleep(AGAIN) => {}
                        () = deliveries.closed() => return None,
                    }
                }
            }
        }
    }
}

/// Whether the process behind a socket is gone; the word of it may come a moment after a subscription's end.
async fn is_over(socket: &SocketSeam) -> bool {
    tokio::time::timeout(Duration::from_millis(100), socket.over()).await.is_ok()
}

impl Settled {
    fn role(&self) -> Role {
        match self {
            Self::Host(hosting) => Role::Host(Arc::clone(&hosting.engine.seam)),
            Self::Guest(socket) => Role::Guest(socket.clone()),
        }
    }
}

struct Supervisor {
    plan: HostingPlan,
    tell: watch::Sender<Standing>,
    left: mpsc::Receiver<()>,
}

impl Supervisor {
    async fn work(mut self, first: Settled) {
        let mut settled = first;
        loop {
            match settled {
                Settled::Host(hosting) => {
                    // Also when the last handle is gone.
                    self.left.recv().await;
                    self.tell(Role::Leaving);
                    hosting.end().await;
                    break;
                }
                Settled::Guest(socket) => {
                    tokio::select! {
                        () = socket.over() => {}
                        _ = self.left.recv() => break,
                    }
                }
            }
            self.tell(Role::Settling);
            match self.settle_again().await {
                Some(next) => settled = next,
                None => break,
            }
            self.tell(settled.role());
        }
        self.tell(Role::Left);
    }

    /// Tries until somebody serves; `None` when this process leaves.
    async fn settle_again(&mut self) -> Option<Settled> {
        loop {
            // Not given up half-way: an engine that was started must be ended.
            match settle(&self.plan).await {
                Ok(settled) => return Some(settled),
                Err(failure) => {
                    warn!(%failure, "no engine");
                    self.tell(Role::Failed(failure));
                }
            }
            tokio::select! {
                // wait: nothing tells when the reason is gone.
                () = tokio::time::sleep(AGAIN) => {}
                _ = self.left.recv() => return None,
            }
        }
    }

    fn tell(&self, role: Role) {
        self.tell.send_modify(|standing| {
            standing.count += 1;
            standing.role = role;
        });
    }
}

impl Hosting {
    async fn end(mut self) {
        self.server.quiet().await;
        (self.engine.stop)().await;
        // Only now: who takes the lock works on the same data.
        drop(self.locks);
        // A front end that doesn't read holds up nobody's takeover.
        self.server.stop().await;
    }
}

/// Hosts, or attaches to whoever does.
async fn settle(plan: &HostingPlan) -> Result<Settled, Failure> {
    let socket = socket_path(&plan.run)?;
    private_dir(&plan.run)?;
    private_dir(&plan.data)?;
    let data = plan.data.canonicalize().map_err(|error| refused("resolve", &plan.data, &error))?;
    let since = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        let held = match Locks::try_take(&data, &plan.run)? {
            Tried::Ours(locks) => {
                let engine = (plan.start)().await?;
                let seam = Arc::clone(&engine.seam);
                return match Server::start(&plan.run, &data, seam, plan.program.clone()) {
                    Ok(server) => {
                        info!(data = %data.display(), "this process hosts the engine");
                        Ok(Settled::Host(Box::new(Hosting { engine, server, locks })))
                    }
                    Err(failure) => {
                        (engine.stop)().await;
                        drop(locks);
                        Err(failure)
                    }
                };
            }
            Tried::Held(path) => path,
        };
        let why = match SocketSeam::attach(&socket, plan.program.clone()).await {
            Ok(seam) if seam.welcome().data == data.display().to_string() => {
                return Ok(Settled::Guest(seam));
            }
            // It will go on doing so: waiting is no use.
            Ok(seam) if held.starts_with(&plan.run) => {
                return Err(elsewhere(&plan.run, seam.welcome()));
            }
            Ok(seam) => format!("there answers the engine of {}", seam.welcome().data),
            Err(NoEngine::Nobody(why)) => why,
            Err(NoEngine::Refused(failure)) => return Err(failure),
        };
        if since.elapsed() > PATIENCE {
            let by = holder(&held)
                .map_or_else(|| "a process".to_owned(), |pid| format!("process {pid}"));
            let message = format!(
                "{by} holds {}, and no engine of {} answers at {}: {why}",
                held.display(),
                data.display(),
                socket.display()
            );
            return Err(Failure::new(Code::Busy, message).hint(
                "End that process, then try again; two data directories need two run directories",
            ));
        }
        // wait: a process that holds the lock is about to answer or to end, and only looking tells.
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
}

/// The run directory serves another data directory.
fn elsewhere(run: &Path, welcome: &Welcome) -> Failure {
    let message = format!(
        "{} is in use by the engine of {} (process {})",
        run.display(),
        welcome.data,
        welcome.server.pid
    );
    Failure::new(Code::Conflict, message)
        .hint("Give each data directory a run directory of its own")
}
