//! Hosting the engine, or attaching to the process that does; and doing so again when it has ended.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use super::client::SocketSeam;
use super::client_dial::NoEngine;
use super::frame::Welcome;
use super::host::{HostingPlan, Started};
use super::host_lock::{Locks, Tried, holder};
use super::host_role::{Role, Standing};
use super::server::{Server, private_dir, refused, socket_path};
use crate::failure::{Code, Failure};

/// How long to wait for a process that holds the lock and doesn't answer: it starts, or it ends.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses between two looks; the first is short, since a takeover must be seen within a second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// Between two attempts after one that failed for a reason of its own.
const AGAIN: Duration = Duration::from_secs(1);

/// What became of settling.
pub(super) enum Settled {
    Host(Box<Hosting>),
    Guest(SocketSeam),
}

/// What this process hosts.
pub(super) struct Hosting {
    engine: Started,
    server: Server,
    locks: Locks,
}

impl Settled {
    fn role(&self) -> Role {
        match self {
            Self::Host(hosting) => Role::Host(Arc::clone(&hosting.engine.seam)),
            Self::Guest(socket) => Role::Guest(socket.clone()),
        }
    }
}

/// Keeps a process host or guest.
pub(super) struct Supervisor {
    plan: HostingPlan,
    tell: watch::Sender<Standing>,
    left: mpsc::Receiver<()>,
}

impl Supervisor {
    /// Starts it on what `settled` says, which is told when this returns. It ends when something is sent or every
    /// sender is gone.
    pub(super) fn start(
        plan: HostingPlan,
        settled: Settled,
    ) -> (watch::Receiver<Standing>, mpsc::Sender<()>) {
        let (tell, standing) = watch::channel(Standing { count: 0, role: settled.role() });
        let (leave, left) = mpsc::channel(1);
        tokio::spawn(Self { plan, tell, left }.work(settled));
        (standing, leave)
    }

    async fn work(mut self, mut settled: Settled) {
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
pub(super) async fn settle(plan: &HostingPlan) -> Result<Settled, Failure> {
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
