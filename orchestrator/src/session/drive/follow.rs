//! Following a turn's run to its end: output becomes facts, silence is told, signals are passed on.

use super::back::{given_up, link};
use super::partial::Unfinished;
use super::quiet::Quiet;
use super::reading::Reading;
use super::report::Ending;
use super::sweep::sweep;
use super::turn::Driver;
use crate::agent::{self, Definition, Item};
use crate::failure::{Code, Failure};
use crate::run::{Follow, FollowEvent, Runs, Stream};
use crate::seam::LinkState;
use crate::session::fact::FactBody;
use crate::session::fold::Heard;
use crate::session::turn::End;
use crate::store::RunState;
use crate::transport::Exit;

impl Driver<'_> {
    /// Follows the run to its end, and says how the turn ended.
    pub(super) async fn follow(
        &mut self,
        runs: &Runs,
        mut follow: Follow,
        mut reading: Reading,
    ) -> Result<(), Ending> {
        let world = std::sync::Arc::clone(&self.report.world);
        let session = self.entry.session.id.clone();
        let (tab, turn) = (self.tab.id.clone(), self.turn.clone());
        let mut unfinished = Unfinished::new(world.partials.clone(), session, tab, turn);
        let mut quiet = Quiet::new(world.settings.quiet_after);
        let mut may_be_told = true;
        let exited = loop {
            tokio::select! {
                biased;
                () = world.ended() => {
                    self.pass_on(runs).await;
                    return Err(Ending);
                }
                wish = self.wishes.recv(), if may_be_told => match wish {
                    Some(wish) => self.wished(wish),
                    None => may_be_told = false,
                },
                sent = self.signal.sent(runs, &self.run) => if let Err(error) = sent {
                    let trouble = &mut self.signal.trouble;
                    self.report.trouble(Some(&self.turn), trouble, &error).await?;
                },
                event = follow.next() => match event {
                    Some(FollowEvent::Output { stream: Stream::Out, bytes, .. }) => {
                        quiet.heard();
                        let mut items = Vec::new();
                        reading.out(&bytes, &mut items);
                        unfinished.show(&items);
                        self.read(&reading, items).await?;
                    }
                    Some(FollowEvent::Output { stream: Stream::Err, bytes, .. }) => {
                        reading.err(&bytes);
                        self.read(&reading, Vec::new()).await?;
                    }
                    Some(FollowEvent::Link { state, why }) => {
                        if state == LinkState::Restored {
                            self.signal.again();
                        }
                        link(&self.report, &self.turn, state, why).await?;
                    }
                    Some(FollowEvent::Exited { status }) => break Ok(status),
                    Some(FollowEvent::Failed(error)) => break Err(error),
                    // A follower that ended without a last word is ours: whoever takes the run up follows on.
                    None => return Err(Ending),
                },
                silent = quiet.long() => {
                    let (turn, stderr) = (self.turn.clone(), reading.heard.stderr.clone());
                    let seconds = silent.as_secs();
                    self.report.tell(FactBody::Quiet { turn, seconds, stderr }).await?;
                }
            }
        };
        drop(unfinished);
        match exited {
            Ok(status) => self.over(runs, reading, status).await,
            Err(error) => {
                let run = given_up(&error);
                self.fail(error.into(), false, Some(run)).await
            }
        }
    }

    /// The output has ended, and so has the process.
    async fn over(
        &mut self,
        runs: &Runs,
        mut reading: Reading,
        exit_status: Option<u8>,
    ) -> Result<(), Ending> {
        let mut items = Vec::new();
        reading.finish(&mut items);
        if !items.is_empty() {
            self.read(&reading, items).await?;
        }
        let heard = &reading.heard;
        let judged = match self.report.world.agent(&self.entry.session.agent) {
            Ok(definition) => {
                judge(definition, heard, exit_status, self.tab.agent_session.is_some())
            }
            Err(failure) => Some(failure),
        };
        let (status, failure) = heard.verdict(exit_status, self.is_interrupted, judged);
        let end = End {
            status,
            exit_status,
            text: heard.text.clone(),
            failure: failure.map(|failure| failure.on(self.host.clone())),
            recoverable: false,
            run: Some(RunState::Ended),
            carry: Some(reading.carry()),
        };
        self.ended(end).await?;
        sweep(&self.report, &self.host, runs).await
    }

    async fn read(&self, reading: &Reading, items: Vec<Item>) -> Result<(), Ending> {
        let (out_offset, reader) = match reading.save() {
            Ok(saved) => saved,
            Err(error) => {
                tracing::error!(%error, "what was read can't be stored");
                return Err(Ending);
            }
        };
        let body = FactBody::Read {
            run: self.run.clone(),
            tab: self.tab.id.clone(),
            turn: Some(self.turn.clone()),
            items,
            withdrawn: Vec::new(),
            out_offset,
            err_offset: reading.err_offset,
            reader,
        };
        self.report.tell(body).await
    }
}

/// What the end of an agent's process means by itself.
pub(super) fn judge(
    definition: &Definition,
    heard: &Heard,
    status: Option<u8>,
    resumed: bool,
) -> Option<Failure> {
    let Some(status) = status else {
        return Some(
            Failure::new(Code::AgentFailed, "nobody knows how the agent ended")
                .hint("The machine was restarted, or the run's keeper was killed there"),
        );
    };
    let exit = match (Exit { status }).signal() {
        Some(signal) => agent::Exit::Signal(agent::Signal(signal.into())),
        None => agent::Exit::Status(status.into()),
    };
    let ended = agent::Ended {
        exit,
        said: heard.said,
        told: heard.told(),
        resumed,
        stderr: heard.stderr.as_bytes(),
        unknown: &heard.unknown,
    };
    agent::judge(definition, ended)
}
