//! Interrupting and stopping: always from a control shell, never by closing a channel.

use std::time::Duration;

use super::error::RunError;
use super::look::{Facts, Standing, facts};
use super::runs::Runs;
use super::scripts::{self, Header};
use crate::seam::RunId;
use crate::transport::Call;

/// How long a stop may take: 3 s until KILL, 5 s of those, and 2 s for the status.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a run that has only just been launched, and has no process yet.
const LOOK: Duration = Duration::from_millis(100);

/// How often a program that hasn't begun is interrupted again: for a minute, which is longer than a profile may take.
const EARLY: u32 = 600;

/// How often a run is looked at again that nothing is left of, and whose end isn't noted.
const TRIES: u32 = 20;

impl Runs {
    /// Sends INT to the run's process group, as Ctrl-C would. A run that is over is no error, and one that has only
    /// just been launched gets it as soon as its program has begun.
    ///
    /// # Errors
    ///
    /// [`RunError::NotFound`], and the way to the host.
    pub async fn interrupt(&self, run: &RunId) -> Result<Facts, RunError> {
        let mut tries = 0;
        loop {
            match self.send(run, "INT").await? {
                Sent { facts: Facts { standing: Standing::Running, .. }, too_early: true }
                    if tries < EARLY =>
                {
                    tries += 1;
                    tokio::time::sleep(LOOK).await;
                }
                Sent { facts, .. } => return Ok(facts),
            }
        }
    }

    /// Sends TERM to the run's process group and to everything that it has started, and KILL after 3 s; returns
    /// when nothing of it is left. Also ends what a run that is over has left behind.
    ///
    /// # Errors
    ///
    /// [`RunError::NotFound`], [`RunError::Left`], and the way to the host.
    pub async fn stop(&self, run: &RunId) -> Result<Facts, RunError> {
        self.end(run, "TERM").await
    }

    /// The same with KILL at once.
    ///
    /// # Errors
    ///
    /// As [`Runs::stop`].
    pub async fn stop_now(&self, run: &RunId) -> Result<Facts, RunError> {
        self.end(run, "KILL").await
    }

    async fn end(&self, run: &RunId, how: &str) -> Result<Facts, RunError> {
        let mut tries = 0;
        loop {
            let Sent { facts, too_early } = self.send(run, how).await?;
            match facts.standing {
                // Its launch may still be on its way: from now on it never begins, or it has begun.
                Standing::Staged => {
                    let facts = self.settle(run).await?;
                    if facts.standing == Standing::Never {
                        return Ok(facts);
                    }
                }
                // At the latest when its launch counts as broken, it doesn't stand so any more.
                Standing::Running if too_early => tokio::time::sleep(LOOK).await,
                Standing::Running if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(LOOK).await;
                }
                Standing::Running
                | Standing::Absent
                | Standing::Never
                | Standing::Exited(_)
                | Standing::Unknown
                | Standing::Broken => return Ok(facts),
            }
        }
    }

    async fn send(&self, run: &RunId, how: &str) -> Result<Sent, RunError> {
        let header = Header::default()
            .set("b_root", self.root().await?)?
            .set("b_id", run.as_str())?
            .set("b_how", how)?;
        let call = Call { patience: PATIENCE, ..Call::new(scripts::signal(&header)?) };
        let answer = self.connection().call(call).await?;
        let text = String::from_utf8_lossy(&answer.stdout);
        let host = self.connection().host();
        let (text, too_early) = match text.strip_prefix("early\n") {
            Some(rest) => (rest, true),
            None => (&*text, false),
        };
        if let Some(rest) = text.strip_prefix("left ") {
            let pids = rest.lines().next().unwrap_or_default().to_owned();
            return Err(RunError::Left { host: host.clone(), run: run.clone(), pids });
        }
        let facts = facts(host, text)?.pop();
        facts
            .filter(|facts| facts.standing != Standing::Absent)
            .map(|facts| Sent { facts, too_early })
            .ok_or_else(|| RunError::NotFound { host: host.clone(), run: run.clone() })
    }
}

/// What came of a signal.
struct Sent {
    /// How the run stands now.
    facts: Facts,
    /// Whether its program hadn't begun yet, so that nobody may have got it.
    too_early: bool,
}
