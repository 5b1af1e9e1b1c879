//! The driver of a turn that is one run: it is launched, or found out whether it was; then it is followed.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::back::{put_down, told_of_link, until_back};
use super::drivers::{Begin, Given, Wish};
use super::order;
use super::reading::Reading;
use super::refused::Refused;
use super::report::{Ending, Reporter};
use super::settle::was_launched;
use super::signal::{Signal, Wanted};
use crate::failure::Failure;
use crate::run::{Follow, Offsets, RunError, Runs};
use crate::seam::{RunId, Tab, TurnId};
use crate::session::fact::FactBody;
use crate::session::turn::End;
use crate::session::{Entry, LaunchOrder};
use crate::store::{RunRecord, RunState};

/// Drives one turn to its end, or until the engine ends.
///
/// # Errors
///
/// [`Ending`], when the engine ends before, or the follower does without a last word.
pub async fn drive(given: &mut Given, begin: Begin) -> Result<(), Ending> {
    let Given { world, desk, entry, run, place: _, wishes } = given;
    let tab = entry.session.tabs.iter().find(|tab| {
        tab.turn.as_ref().is_some_and(|turn| turn.run == *run && turn.status.is_none())
    });
    let Some((tab, turn)) = tab.and_then(|tab| Some((tab.clone(), tab.turn.clone()?))) else {
        tracing::error!(%run, "a run that carries no turn was given to the driver of turns");
        return Ok(());
    };
    let (world, desk) = (Arc::clone(world), desk.clone());
    let report = Reporter { world, desk, session: entry.session.id.clone() };
    let driver = Driver {
        report,
        entry: entry.clone(),
        tab,
        run: run.clone(),
        turn: turn.id,
        host: turn.host,
        wishes,
        signal: Signal::new(),
        is_interrupted: turn.interrupting,
        is_stopped: turn.stopping,
    };
    driver.drive(begin).await
}

/// The driver of one turn.
#[derive(Debug)]
pub(super) struct Driver<'a> {
    pub(super) report: Reporter,
    /// The session when the turn was launched or taken up.
    pub(super) entry: Entry,
    pub(super) tab: Tab,
    pub(super) run: RunId,
    pub(super) turn: TurnId,
    /// Where it runs, also when its session has moved on.
    pub(super) host: String,
    pub(super) wishes: &'a mut mpsc::Receiver<Wish>,
    pub(super) signal: Signal,
    /// Whether a person has asked it to stop.
    pub(super) is_interrupted: bool,
    /// Whether a person wants its processes to be ended.
    is_stopped: bool,
}

/// What came of a launch.
enum Begun {
    /// It is to be followed.
    Yes(Box<(Follow, Reading)>),
    /// The turn is over, or goes on elsewhere.
    No,
}

impl Driver<'_> {
    async fn drive(mut self, begin: Begin) -> Result<(), Ending> {
        let world = std::sync::Arc::clone(&self.report.world);
        let place = match (&begin, &self.entry.host) {
            (Begin::Launch(_), Ok(host)) => host.place(),
            (Begin::Launch(_), Err(failure)) => {
                return self.ended(Refused::from(failure.clone()).end()).await;
            }
            (Begin::TakeUp { record, .. }, _) => match record.place.clone() {
                Some(place) => place,
                None => return self.never_launched().await,
            },
        };
        let _hold = world.hosts.connection(&place).hold();
        let runs = world.runs(&place);
        let begun = match begin {
            Begin::Launch(order) => self.launch(&runs, &order).await?,
            Begin::TakeUp { record, order } => {
                self.take_up(&runs, *record, order.is_some()).await?
            }
        };
        match begun {
            Begun::Yes(begun) => {
                let (follow, reading) = *begun;
                self.follow(&runs, follow, reading).await
            }
            Begun::No => Ok(()),
        }
    }

    async fn launch(&mut self, runs: &Runs, order: &LaunchOrder) -> Result<Begun, Ending> {
        let job = order::turn_job(&self.report.world, &self.entry, order).await;
        let (job, reading) = match (job, self.new_reading()) {
            (Ok(job), Ok(reading)) => (job, reading),
            (Err(failure), _) | (_, Err(failure)) => {
                return self.ended(Refused::from(failure).end()).await.map(|()| Begun::No);
            }
        };
        match runs.launch(&self.run, &job).await {
            Ok(follow) => {
                self.launched().await?;
                Ok(Begun::Yes(Box::new((follow, reading))))
            }
            Err(error @ RunError::InDoubt { .. }) => {
                until_back(&self.report, &self.turn, runs.connection(), error).await?;
                self.settle(runs).await
            }
            Err(error) => self.ended(Refused::from(error).end()).await.map(|()| Begun::No),
        }
    }

    /// Goes on where a former engine stopped.
    async fn take_up(
        &mut self,
        runs: &Runs,
        record: RunRecord,
        in_doubt: bool,
    ) -> Result<Begun, Ending> {
        if self.is_interrupted {
            // Whether the former engine's signal arrived isn't known: twice is better than never.
            self.signal.want(if self.is_stopped { Wanted::Stop } else { Wanted::Interrupt });
        }
        if in_doubt {
            return self.settle(runs).await;
        }
        let offsets = Offsets { out: record.out_offset, err: record.err_offset };
        let reading = match record.reader {
            Some(stored) => Reading::restore(stored, record.err_offset),
            None => self.new_reading(),
        };
        told_of_link(&self.report, self.turn.clone(), runs.connection()).await?;
        match reading {
            Ok(reading) => Ok(Begun::Yes(Box::new((runs.follow(&self.run, offsets), reading)))),
            Err(failure) => self.unreadable(runs, failure).await,
        }
    }

    /// Nobody here can read what the agent says: it doesn't work on unheard.
    async fn unreadable(&self, runs: &Runs, failure: Failure) -> Result<Begun, Ending> {
        put_down(&self.report, &self.turn, runs, &self.run).await?;
        self.fail(failure, false, Some(RunState::Left)).await.map(|()| Begun::No)
    }

    /// Finds out whether the run was launched, however long the way to its host is broken.
    async fn settle(&mut self, runs: &Runs) -> Result<Begun, Ending> {
        let launched = was_launched(&self.report, &self.turn, runs, &self.run).await?;
        while let Ok(wish) = self.wishes.try_recv() {
            self.wished(wish);
        }
        if !launched {
            return self.never_launched().await.map(|()| Begun::No);
        }
        self.launched().await?;
        match self.new_reading() {
            Ok(reading) => {
                let follow = runs.follow(&self.run, Offsets::default());
                Ok(Begun::Yes(Box::new((follow, reading))))
            }
            Err(failure) => self.unreadable(runs, failure).await,
        }
    }

    /// It is certain that the run never began: it is launched again, unless nobody wants that any more.
    async fn never_launched(&self) -> Result<(), Ending> {
        if self.is_interrupted {
            return self.ended(End::never_began()).await;
        }
        self.report.tell(FactBody::NeverLaunched { turn: self.turn.clone() }).await
    }

    fn new_reading(&self) -> Result<Reading, Failure> {
        let definition = self.report.world.agent(&self.entry.session.agent)?;
        Reading::new(definition, self.tab.carry.clone())
    }

    pub(super) fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Interrupt(_, stop) => {
                self.signal.want(if stop { Wanted::Stop } else { Wanted::Interrupt });
                self.is_interrupted = true;
            }
            Wish::Answer(..) | Wish::Prompt(_) => {
                tracing::error!(run = %self.run, "a wish for an agent that talks came to one that doesn't");
            }
        }
    }

    /// The engine ends: what was wished of the run until now still reaches its host, where the way there stands.
    pub(super) async fn pass_on(&mut self, runs: &Runs) {
        while let Ok(wish) = self.wishes.try_recv() {
            self.wished(wish);
        }
        while self.signal.is_under_way() {
            self.signal.sent(runs, &self.run).await.ok(); // It has said so in the log, and the next engine sends it again.
        }
    }

    async fn launched(&self) -> Result<(), Ending> {
        self.report.tell(FactBody::Launched { turn: self.turn.clone() }).await
    }

    pub(super) async fn fail(
        &self,
        failure: Failure,
        recoverable: bool,
        run: Option<RunState>,
    ) -> Result<(), Ending> {
        self.ended(End::failed(failure, recoverable, run)).await
    }

    pub(super) async fn ended(&self, end: End) -> Result<(), Ending> {
        self.report.tell(FactBody::Ended { turn: self.turn.clone(), end }).await
    }
}
