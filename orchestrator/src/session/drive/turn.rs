//! The driver of a turn that is one run: launch it, or find out whether it was launched; follow it to its end; sweep.

use super::drivers::{Begin, Given, Wish};
use super::link::{Link, link_fact};
use super::order;
use super::partial::Unfinished;
use super::quiet::Quiet;
use super::reading::Reading;
use super::report::{Ending, Reporter};
use super::signal::{Signal, Wanted};
use crate::agent;
use crate::failure::Failure;
use crate::host::ResolvedHost;
use crate::run::{Follow, FollowEvent, Launched, Offsets, Runs, Settled, Stream};
use crate::seam::{RunId, TurnId, TurnStatus};
use crate::session::Entry;
use crate::session::LaunchOrder;
use crate::session::fact::FactBody;
use crate::session::turn::End;
use crate::store::{RunRecord, RunState};

/// Drives one turn to its end, or until the engine ends.
pub async fn drive(given: Given) {
    let Given { world, desk, entry, run, begin, wishes } = given;
    let session = entry.session.id.clone();
    let report = Reporter { world, desk, session };
    let turn = match &begin {
        Begin::Launch(order) => Some(order.turn.clone()),
        Begin::TakeUp { record, .. } => {
            record.owner.as_ref().and_then(|owner| owner.turn.clone())
        }
    };
    let Some(turn) = turn else {
        tracing::error!(%run, "a run that carries no turn was given to the driver of turns");
        return;
    };
    let driver = Driver { report, entry, run, turn, wishes, signal: Signal::new() };
    if let Err(Ending) = driver.drive(begin).await {
        tracing::debug!("a turn is left to the next engine");
    }
}

struct Driver {
    report: Reporter,
    entry: Entry,
    run: RunId,
    turn: TurnId,
    wishes: tokio::sync::mpsc::Receiver<Wish>,
    signal: Signal,
}

impl Driver {
    async fn drive(mut self, begin: Begin) -> Result<(), Ending> {
        let reference = match &begin {
            Begin::Launch(_) => self.entry.session.host.clone(),
            Begin::TakeUp { record, .. } => record.host.clone(),
        };
        let host = match self.report.world.hosts.recall(&reference) {
            Ok(host) => host,
            Err(failure) => return self.fail(failure, None).await,
        };
        let connection = self.report.world.hosts.connection(&host);
        let _hold = connection.hold();
        let runs = self.report.world.runs(&connection);
        let begun = match begin {
            Begin::Launch(order) => self.launch(&runs, &host, &order).await?,
            Begin::TakeUp { record, order } => self.take_up(&runs, *record, order.is_some()).await?,
        };
        match begun {
            Some((follow, reading)) => self.follow(&runs, follow, reading).await,
            None => Ok(()),
        }
    }

    /// Launches the run. `None` when the turn is over, or given back.
    async fn launch(
        &mut self,
        runs: &Runs,
        host: &ResolvedHost,
        order: &LaunchOrder,
    ) -> Result<Option<(Follow, Reading)>, Ending> {
        let job = match order::turn_job(&self.report.world, &self.entry, order, host).await {
            Ok(job) => job,
            Err(failure) => return self.fail(failure, Some(RunState::Never)).await.map(|()| None),
        };
        let reading = match self.new_reading() {
            Ok(reading) => reading,
            Err(failure) => return self.fail(failure, Some(RunState::Never)).await.map(|()| None),
        };
        match runs.launch(&self.run, job).await {
            Launched::Yes(follow) => {
                self.launched().await?;
                Ok(Some((follow, reading)))
            }
            Launched::No(failure) => self.fail(failure, Some(RunState::Never)).await.map(|()| None),
            Launched::Unknown(error) => {
                link_fact(&self.report, &self.turn, Link::Lost(error.into())).await?;
                self.settle(runs).await
            }
        }
    }

    /// Goes on where a former engine stopped.
    async fn take_up(
        &mut self,
        runs: &Runs,
        record: RunRecord,
        in_doubt: bool,
    ) -> Result<Option<(Follow, Reading)>, Ending> {
        if self.is_interrupting() {
            // Whether the former engine's signal arrived isn't known: twice is better than never.
            self.signal.want(Wanted::Interrupt);
        }
        if in_doubt {
            return self.settle(runs).await;
        }
        let reading = match record.reader {
            Some(stored) => Reading::restore(stored, record.err_offset),
            None => self.new_reading(),
        };
        match reading {
            Ok(reading) => {
                let offsets = Offsets { out: record.out_offset, err: record.err_offset };
                Ok(Some((runs.follow(&self.run, offsets), reading)))
            }
            Err(failure) => self.fail(failure, Some(RunState::Ended)).await.map(|()| None),
        }
    }

    /// Finds out whether the run was launched, however long the way to its host is broken.
    async fn settle(&mut self, runs: &Runs) -> Result<Option<(Follow, Reading)>, Ending> {
        let settled = loop {
            let settling = tokio::select! {
                settled = runs.settle(&self.run) => settled,
                () = self.report.world.ended() => return Err(Ending),
            };
            match settling {
                Ok(settled) => break settled,
                Err(error) => {
                    let lost = Link::of(error, runs.connection());
                    link_fact(&self.report, &self.turn, lost).await?;
                    self.until_connected(runs).await?;
                }
            }
        };
        link_fact(&self.report, &self.turn, Link::Restored).await?;
        match settled {
            Settled::Launched => {
                self.launched().await?;
                let reading = match self.new_reading() {
                    Ok(reading) => reading,
                    Err(failure) => {
                        return self.fail(failure, Some(RunState::Ended)).await.map(|()| None);
                    }
                };
                Ok(Some((runs.follow(&self.run, Offsets::default()), reading)))
            }
            Settled::Never if self.signal.is_wanted() => {
                let end = End { run: Some(RunState::Never), ..End::interrupted() };
                self.ended(end).await.map(|()| None)
            }
            Settled::Never => {
                let turn = self.turn.clone();
                self.report.tell(FactBody::NeverLaunched { turn }).await.map(|()| None)
            }
        }
    }

    /// Follows the run to its end, and says how the turn ended.
    async fn follow(
        &mut self,
        runs: &Runs,
        mut follow: Follow,
        mut reading: Reading,
    ) -> Result<(), Ending> {
        let world = std::sync::Arc::clone(&self.report.world);
        let tab = self.tab();
        let session = self.entry.session.id.clone();
        let mut unfinished =
            Unfinished::new(world.partials.clone(), session, tab, self.turn.clone());
        let mut quiet = Quiet::new(world.settings.quiet_after);
        let mut wishes_ended = false;
        let exited = loop {
            tokio::select! {
                biased;
                () = world.ended() => return Err(Ending),
                wish = self.wishes.recv(), if !wishes_ended => match wish {
                    Some(wish) => self.wished(wish),
                    None => wishes_ended = true,
                },
                () = self.signal.sent(runs, &self.run) => {}
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
                    Some(FollowEvent::Link(link)) => {
                        if link == Link::Restored {
                            self.signal.again();
                        }
                        link_fact(&self.report, &self.turn, link).await?;
                    }
                    Some(FollowEvent::Exited { status }) => break Ok(status),
                    Some(FollowEvent::Failed(failure)) => break Err(failure),
                    None => break Ok(None),
                },
                silent = quiet.long() => {
                    let (turn, stderr) = (self.turn.clone(), reading.heard.stderr.clone());
                    let seconds = silent.as_secs();
                    self.report.tell(FactBody::Quiet { turn, seconds, stderr }).await?;
                }
            }
        };
        match exited {
            Ok(status) => self.over(runs, reading, status).await,
            Err(failure) => self.fail(failure, Some(RunState::Ended)).await,
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
                agent::judge(definition, exit_status, heard.anything, &heard.stderr)
            }
            Err(failure) => Some(failure),
        };
        let (status, failure) = heard.verdict(exit_status, self.is_interrupting(), judged);
        let end = End {
            status,
            exit_status,
            text: heard.text.clone(),
            failure: failure.map(|failure| failure.on(self.entry.session.host.clone())),
            recoverable: false,
            run: Some(RunState::Ended),
            carry: Some(reading.carry()),
        };
        self.ended(end).await?;
        // All that it said is stored here. What can't be removed now is found by the next sweep.
        match runs.remove(&self.run).await {
            Ok(()) => self.report.tell(FactBody::Swept { run: self.run.clone() }).await,
            Err(error) => {
                tracing::debug!(run = %self.run, %error, "a finished run stays for now");
                Ok(())
            }
        }
    }

    async fn read(&self, reading: &Reading, items: Vec<agent::Item>) -> Result<(), Ending> {
        let (out_offset, reader) = match reading.save() {
            Ok(saved) => saved,
            Err(error) => {
                tracing::error!(%error, "what was read can't be stored");
                return Err(Ending);
            }
        };
        let body = FactBody::Read {
            run: self.run.clone(),
            turn: Some(self.turn.clone()),
            items,
            out_offset,
            err_offset: reading.err_offset,
            reader,
        };
        self.report.tell(body).await
    }

    fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Interrupt(_, stop) => {
                self.signal.want(if stop { Wanted::Stop } else { Wanted::Interrupt });
                self.is_interrupted = true;
            }
            Wish::Answer(..) | Wish::Prompt(_) | Wish::LetGo => {
                tracing::error!(run = %self.run, "a wish for an agent that talks came to one that doesn't");
            }
        }
    }

    fn is_interrupting(&self) -> bool {
        self.is_interrupted
    }

    fn tab(&self) -> TabId {
        let tabs = self.entry.session.tabs.iter();
        let mut of_turn = tabs.filter(|tab| tab.turn.as_ref().is_some_and(|turn| turn.id == self.turn));
        of_turn.next().map_or_else(|| TabId::new(""), |tab| tab.id.clone())
    }

    fn new_reading(&self) -> Result<Reading, Failure> {
        let definition = self.report.world.agent(&self.entry.session.agent)?;
        let carry = self.entry.tab(&self.tab())?.carry.clone();
        Reading::new(definition, carry)
    }

    async fn launched(&self) -> Result<(), Ending> {
        self.report.tell(FactBody::Launched { turn: self.turn.clone() }).await
    }

    async fn fail(&self, failure: Failure, run: Option<RunState>) -> Result<(), Ending> {
        self.ended(End::failed(failure, run)).await
    }

    async fn ended(&self, end: End) -> Result<(), Ending> {
        self.report.tell(FactBody::Ended { turn: self.turn.clone(), end }).await
    }
}
