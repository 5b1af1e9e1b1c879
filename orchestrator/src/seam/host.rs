//! One engine for each data directory: the first process hosts it, the others attach, and one of them takes over.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use super::client::Gone;
use super::frame::{Program, fits};
use super::host_follow::Follower;
use super::host_role::{Role, Serving, Standing, serving};
use super::host_settle::{Supervisor, settle};
use super::{Command, Query, Reply, Request, Seam, Subscribe, Subscription, TerminalCommand};
use crate::failure::{Code, Failure};

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
        let (standing, leave) = Supervisor::start(plan, settled);
        Ok(Self { standing, leave })
    }

    /// Whether the engine is in this process at the moment.
    pub fn is_host(&self) -> bool {
        matches!(self.standing.borrow().role, Role::Host(_))
    }

    /// Where the engine is at the moment.
    pub fn whereabouts(&self) -> Whereabouts {
        Whereabouts::of(&self.standing.borrow().role)
    }

    /// Tells whenever the engine moves from one process to another.
    pub fn moves(&self) -> Moves {
        let mut standing = self.standing.clone();
        let last = Whereabouts::of(&standing.borrow_and_update().role);
        Moves { standing, last }
    }

    /// Leaves: what this process hosts finishes its transactions and gives up the lock, and another process may take
    /// over. Calls fail from here on.
    pub async fn shutdown(&self) {
        // A full channel says the same already.
        self.leave.try_send(()).ok(); // Full or gone: it leaves already.
        // Nobody who could say so means that it has ended, too.
        self.standing.clone().wait_for(|standing| matches!(standing.role, Role::Left)).await.ok(); // Its sender is gone: it has left.
    }

    async fn ask(&self, request: Request) -> Result<Reply, Failure> {
        fits(&request)?;
        let once = happens_once(&request);
        let mut standing = self.standing.clone();
        let mut used = None;
        loop {
            let (count, role) = serving(&mut standing, used).await?;
            match role {
                Serving::Host(seam) => return seam.call(request).await,
                Serving::Guest(socket) => match socket.ask(&request).await {
                    Ok(answer) => return answer,
                    Err(Gone) if once => return Err(unsure()),
                    Err(Gone) => used = Some(count),
                },
            }
        }
    }
}

/// Whether it must not be sent again while nobody knows whether it was carried out: it has no receipt, and done twice it is
/// something else.
fn happens_once(request: &Request) -> bool {
    let Request::Command { command: Command::Terminal(command), .. } = request else {
        return false;
    };
    match command {
        TerminalCommand::Input { .. } | TerminalCommand::Open { .. } => true,
        TerminalCommand::Resize { .. }
        | TerminalCommand::Rename { .. }
        | TerminalCommand::Reopen { .. }
        | TerminalCommand::Close { .. } => false,
    }
}

fn unsure() -> Failure {
    let message = "Baton's engine moved to another process: what was asked or typed last may not have arrived";
    Failure::new(Code::ConnectionLost, message).hint("Look whether it did before you do it again")
}

/// Where the engine of a data directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In this process.
    Here,
    /// In that one.
    There(Program),
    /// Nowhere: it has ended, and is being started again.
    Nowhere,
}

impl Whereabouts {
    fn of(role: &Role) -> Self {
        match role {
            Role::Host(_) => Self::Here,
            Role::Guest(socket) => Self::There(socket.welcome().server.clone()),
            Role::Settling | Role::Failed(_) | Role::Leaving | Role::Left => Self::Nowhere,
        }
    }
}

/// The moves of an engine, from [`EngineHandle::moves`].
#[derive(Debug)]
pub struct Moves {
    standing: watch::Receiver<Standing>,
    last: Whereabouts,
}

impl Moves {
    /// Where it is after its next move; `None` when it moves no more.
    pub async fn next(&mut self) -> Option<Whereabouts> {
        loop {
            self.standing.changed().await.ok()?; // Nobody keeps it any more.
            let now = Whereabouts::of(&self.standing.borrow_and_update().role);
            if now != self.last {
                self.last = now.clone();
                return Some(now);
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
        let mut follower = Follower::new(self.standing.clone(), wanted);
        let first = follower.begin().await?;
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        tokio::spawn(follower.work(first, deliveries));
        Ok(Subscription::new(receiver))
    }
}
