//! The control shells of a connection: at most three, so that a slow operation doesn't hold up a click.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::pool::Pool;
use crate::host::HostId;
use crate::transport::control::{Answer, Broken, Call, ControlShell};

use crate::transport::quote;
use crate::transport::start::{self, Open};
use crate::transport::{Channel, ChannelRequest, TransportError};

/// How many operations of ours run on a host at once.
const MOST_SHELLS: usize = 3;

/// How long a kill may take before the shell is given up without it.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// Shells that wait for work, and the right to open further ones.
#[derive(Debug)]
pub(super) struct Shells {
    host: HostId,
    pool: Arc<Pool>,
    ready_patience: Duration,
    idle: Mutex<Idle>,
    permits: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Idle {
    shells: Vec<ControlShell>,
    /// Counts up when the connection is given up: a shell of before is not kept.
    generation: u64,
}

impl Open for Arc<Pool> {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, TransportError> {
        Pool::open(self, request).await
    }
}

/// Opens on the links that are there, and on no further one.
struct Here<'a>(&'a Arc<Pool>);

impl Open for Here<'_> {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, TransportError> {
        self.0.open_here(request).await
    }
}

impl Shells {
    pub(super) fn new(host: HostId, pool: Arc<Pool>, ready_patience: Duration) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(MOST_SHELLS));
        Arc::new(Self { host, pool, ready_patience, idle: Mutex::default(), permits })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Forgets all shells; their connection is gone.
    pub(super) fn clear(&self) {
        let mut idle = self.idle();
        idle.generation += 1;
        idle.shells.clear();
    }

    /// Runs one operation. It goes on to its end when the future is dropped, so that its shell stays in step.
    pub(super) async fn call(self: &Arc<Self>, call: Call) -> Result<Answer, TransportError> {
        let cancelled = || TransportError::Cancelled { host: self.host.clone() };
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| cancelled())?;
        let this = Arc::clone(self);
        let running = tokio::spawn(async move {
            let answer = this.run(&call).await;
            drop(permit);
            answer
        });
        running.await.unwrap_or_else(|_| Err(cancelled()))
    }

    /// How long a shell takes to answer that does nothing; of a further link, none is opened for it.
    pub(super) async fn round_trip(self: &Arc<Self>) -> Result<Duration, TransportError> {
        let cancelled = || TransportError::Cancelled { host: self.host.clone() };
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| cancelled())?;
        let this = Arc::clone(self);
        let running = tokio::spawn(async move {
            let call = Call::new(":");
            if !this.has_idle() {
                // It has answered once then: its profile is done, and isn't measured.
                this.run_on(&Here(&this.pool), &call).await?;
            }
            let start = Instant::now();
            this.run_on(&Here(&this.pool), &call).await?;
            let took = start.elapsed();
            drop(permit);
            Ok(took)
        });
        running.await.unwrap_or_else(|_| Err(cancelled()))
    }

    fn has_idle(&self) -> bool {
        !self.idle().shells.is_empty()
    }

    async fn run(&self, call: &Call) -> Result<Answer, TransportError> {
        self.run_on(&self.pool, call).await
    }

    async fn run_on(&self, opener: &impl Open, call: &Call) -> Result<Answer, TransportError> {
        let (generation, idle) = {
            let mut idle = self.idle();
            (idle.generation, idle.shells.pop())
        };
        let shell = match idle {
            Some(shell) => shell,
            None => ControlShell::open(opener, &self.host).await?,
        };
        match shell.call(call, self.ready_patience).await {
            Ok((shell, answer)) => {
                let mut idle = self.idle();
                if idle.generation == generation {
                    idle.shells.push(shell);
                }
                Ok(answer)
            }
            Err(Broken { error, group }) => {
                if let Some(group) = group {
                    self.kill(group).await;
                }
                Err(error)
            }
        }
    }

    /// Kills what a shell that is thrown away still runs: through a shell that is in step, or, where none is, by
    /// a command of its own, which needs no login profile.
    async fn kill(&self, group: u32) {
        let (generation, idle) = {
            let mut idle = self.idle();
            (idle.generation, idle.shells.pop())
        };
        let Some(shell) = idle else {
            return start::kill(&self.pool, &self.host, group).await;
        };
        let kill = Call { patience: KILL_PATIENCE, ..Call::new(quote::end_group(group)) };
        match shell.call(&kill, KILL_PATIENCE).await {
            Ok((shell, _)) => {
                let mut idle = self.idle();
                if idle.generation == generation {
                    idle.shells.push(shell);
                }
            }
            Err(Broken { error, .. }) => {
                tracing::warn!(host = %self.host, group, %error, "could not kill an operation")
            }
        }
    }
}
