//! The driver of an agent that talks: one run for many turns. It is launched, or found out whether it was; then
//! `converse.rs` leads the conversation, and here it ends.

use std::sync::Arc;

use super::back::{given_up, link, told_of_link, until_back};
use super::drivers::{Begin, Given, Wish};
use super::order;
use super::partial::Unfinished;
use super::refused::Refused;
use super::report::{Ending, Reporter};
use super::sending::Sending;
use super::settle::was_launched;
use super::signal::{Signal, Wanted};
use super::sweep::sweep;
use super::talking::Talking;
use crate::agent::{Prompt, Step};
use crate::failure::{Code, Failure};
use crate::run::{Follow, Offsets, RunError, Runs};
use crate::seam::{LinkState, RunId, TabId, Turn, TurnId};
use crate::session::fact::FactBody;
use crate::session::turn::End;
use crate::session::world::images;
use crate::session::{Entry, LaunchOrder};
use crate::store::{RunRecord, RunState};

/// Drives the run of an agent that talks to its end, or until the engine ends.
///
/// # Errors
///
/// [`Ending`], when the engine ends before, or the follower does without a last word.
pub async fn drive(given: &mut Given, begin: Begin) -> Result<(), Ending> {
    let Given { world, desk, entry, run, place: _, wishes } = given;
    let host = match &begin {
        Begin::Launch(_) => entry.session.host.clone(),
        Begin::TakeUp { record, .. } => record.host.clone(),
    };
    let tab = match &begin {
        Begin::Launch(order) => Some(order.tab.clone()),
        Begin::TakeUp { record, .. } => record.owner.as_ref().map(|owner| owner.tab.clone()),
    };
    let Some(tab) = tab else {
        tracing::error!(%run, "a run that belongs to no session was given to the driver of conversations");
        return Ok(());
    };
    let (world, desk) = (Arc::clone(world), desk.clone());
    let report = Reporter { world, desk, session: entry.session.id.clone() };
    let driver = Driver {
        report,
        entry: entry.clone(),
        host,
        tab,
        run: run.clone(),
        wishes,
        signal: Signal::new(),
        sending: Sending::new(),
        is_interrupted: false,
        unfinished: None,
        pending: None,
        lost: None,
        is_doomed: false,
    };
    driver.drive(begin).await
}

pub(super) struct Driver<'a> {
    pub(super) report: Reporter,
    /// The session when the run was launched or taken up.
    pub(super) entry: Entry,
    /// Where the run is, also when its session has moved on.
    host: String,
    /// The tab whose turns it carries.
    pub(super) tab: TabId,
    pub(super) run: RunId,
    pub(super) wishes: &'a mut tokio::sync::mpsc::Receiver<Wish>,
    pub(super) signal: Signal,
    pub(super) sending: Sending,
    /// Whether a person has asked the turn under way to stop.
    pub(super) is_interrupted: bool,
    pub(super) unfinished: Option<Unfinished>,
    /// The turn of which it isn't certain yet that the agent got it.
    pub(super) pending: Option<Pending>,
    /// Why the link is lost, while it is.
    pub(super) lost: Option<(LinkState, Option<Failure>)>,
    /// Whether the process is stopped because it is of no use.
    pub(super) is_doomed: bool,
}

/// A turn whose prompt is on its way.
pub(super) struct Pending {
    pub(super) turn: TurnId,
    /// The number of the last message that is none of its own.
    pub(super) behind: u64,
    /// Whether it is certain that nothing of it has reached an agent that had been at work before: then its
    /// successor gets it.
    pub(super) is_untouched: bool,
}

/// A run to be followed, and the conversation that it is.
type Begun = Option<(Follow, Talking)>;

impl Driver<'_> {
    async fn drive(mut self, begin: Begin) -> Result<(), Ending> {
        let world = Arc::clone(&self.report.world);
        let under_way = self.turn_under_way().map(|(_, turn)| turn.clone());
        self.is_interrupted = under_way.as_ref().is_some_and(|turn| turn.interrupting);
        let is_stopped = under_way.as_ref().is_some_and(|turn| turn.stopping);
        let turn = under_way.map(|turn| turn.id);
        let place = match (&begin, &self.entry.host) {
            (Begin::Launch(_), Ok(host)) => host.place(),
            (Begin::Launch(_), Err(failure)) => {
                return self.give_up(turn, failure.clone(), RunState::Never).await;
            }
            (Begin::TakeUp { record, .. }, _) => match (record.place.clone(), turn) {
                (Some(place), _) => place,
                (None, Some(turn)) if self.is_interrupted => {
                    let end = End::never_began();
                    return self.report.tell(FactBody::Ended { turn, end }).await;
                }
                (None, Some(turn)) => return self.never_launched(turn).await,
                (None, None) => {
                    let (run, state) = (self.run.clone(), RunState::Never);
                    return self.report.tell(FactBody::RunEnded { run, state, status: None }).await;
                }
            },
        };
        let _hold = world.hosts.connection(&place).hold();
        let runs = world.runs(&place);
        let begun = match begin {
            Begin::Launch(order) => self.launch(&runs, &order).await?,
            Begin::TakeUp { record, order } => self.take_up(&runs, *record, order).await?,
        };
        match begun {
            Some((follow, talking)) => self.converse(&runs, follow, talking, is_stopped).await,
            None => Ok(()),
        }
    }

    fn turn_under_way(&self) -> Option<(&TabId, &Turn)> {
        self.entry.session.tabs.iter().find_map(|tab| {
            let turn = tab.turn.as_ref()?;
            (turn.run == self.run && turn.status.is_none()).then_some((&tab.id, turn))
        })
    }

    /// Starts the process. What it will be told is stored before, so that whoever comes after a crash tells it the same.
    async fn launch(&mut self, runs: &Runs, order: &LaunchOrder) -> Result<Begun, Ending> {
        let world = Arc::clone(&self.report.world);
        let prepared = order::talk_job(&world, &self.entry, order, runs.connection()).await;
        let (job, mut talking) = match prepared {
            Ok(prepared) => prepared,
            Err(refused) => return self.refused(order, refused).await,
        };
        if !self.prompt(&mut talking, order, Some(RunState::Never)).await? {
            return Ok(None);
        }
        match runs.launch(&self.run, &job).await {
            Ok(follow) => Ok(Some((follow, talking))),
            Err(error @ RunError::InDoubt { .. }) => {
                until_back(&self.report, &order.turn, runs.connection(), error).await?;
                self.settle(runs, &order.turn, talking, Offsets::default()).await
            }
            Err(error) => self.refused(order, error.into()).await,
        }
    }

    /// The process was not started.
    async fn refused(&self, order: &LaunchOrder, refused: Refused) -> Result<Begun, Ending> {
        let (turn, end) = (order.turn.clone(), refused.end());
        self.report.tell(FactBody::Ended { turn, end }).await.map(|()| None)
    }

    /// Goes on where a former engine stopped.
    async fn take_up(
        &mut self,
        runs: &Runs,
        record: RunRecord,
        order: Option<Box<LaunchOrder>>,
    ) -> Result<Begun, Ending> {
        let is_in_doubt = record.state == RunState::Launching;
        let restored = match (record.reader, &order) {
            (Some(stored), _) => Talking::restore(stored, record.err_offset),
            // A launch begins with storing: it wasn't begun.
            (None, Some(order)) if is_in_doubt => {
                let turn = order.turn.clone();
                return self.never_launched(turn).await.map(|()| None);
            }
            (None, _) => {
                Err(Failure::new(Code::Corrupt, "nobody noted how far the conversation had come"))
            }
        };
        let mut talking = match restored {
            Ok(talking) => talking,
            Err(failure) => {
                if let Err(error) = runs.stop(&self.run).await {
                    tracing::warn!(run = %self.run, %error, "an agent goes on that nobody understands");
                }
                let turn = self.turn_under_way().map(|(_, turn)| turn.id.clone());
                return self.give_up(turn, failure, RunState::Left).await.map(|()| None);
            }
        };
        if let Some((tab, turn)) = self.turn_under_way()
            && talking.turn() == Some(&turn.id)
        {
            self.unfinished = Some(self.unfinished(tab.clone(), turn.id.clone()));
        }
        if let Some(order) = &order {
            let is_interrupted = self.is_interrupted;
            if !self.prompt(&mut talking, order, None).await? && is_in_doubt {
                return Ok(None);
            }
            self.is_interrupted = is_interrupted;
        }
        // Also of one in doubt: its agent may have said something before it was certain that it had the prompt.
        let offsets = Offsets { out: record.out_offset, err: record.err_offset };
        let begun = match (&order, is_in_doubt) {
            (Some(order), true) => self.settle(runs, &order.turn, talking, offsets).await?,
            (Some(_) | None, _) => Some((runs.follow(&self.run, offsets), talking)),
        };
        let Some((follow, mut talking)) = begun else { return Ok(None) };
        if let Some((_, turn)) = self.turn_under_way() {
            told_of_link(&self.report, turn.id.clone(), runs.connection()).await?;
        }
        // The former engine may have heard of the turn's end, and have ended before it said so.
        self.store(&mut talking, Step::default()).await?;
        self.answer_again(&mut talking).await?;
        Ok(Some((follow, talking)))
    }

    /// Finds out whether the process was started, however long the way to its host is broken. `offsets` are what is
    /// read of it already.
    async fn settle(
        &mut self,
        runs: &Runs,
        turn: &TurnId,
        talking: Talking,
        offsets: Offsets,
    ) -> Result<Begun, Ending> {
        let launched = was_launched(&self.report, turn, runs, &self.run).await?;
        while let Ok(wish) = self.wishes.try_recv() {
            if let Wish::Interrupt(_, stop) = wish {
                self.is_interrupted = true;
                if stop {
                    self.signal.want(Wanted::Stop);
                }
            }
        }
        if launched {
            return Ok(Some((runs.follow(&self.run, offsets), talking)));
        }
        if self.is_interrupted {
            let (turn, end) = (turn.clone(), End::never_began());
            return self.report.tell(FactBody::Ended { turn, end }).await.map(|()| None);
        }
        self.never_launched(turn.clone()).await.map(|()| None)
    }

    pub(super) async fn never_launched(&self, turn: TurnId) -> Result<(), Ending> {
        self.report.tell(FactBody::NeverLaunched { turn }).await
    }

    fn unfinished(&self, tab: TabId, turn: TurnId) -> Unfinished {
        let partials = self.report.world.partials.clone();
        Unfinished::new(partials, self.entry.session.id.clone(), tab, turn)
    }

    /// Gives a prompt to the conversation. When that is stored the agent gets it once, whatever happens to us.
    ///
    /// Answers whether it did. Else the turn is over, and its run is as far as `refused` says.
    pub(super) async fn prompt(
        &mut self,
        talking: &mut Talking,
        order: &LaunchOrder,
        refused: Option<RunState>,
    ) -> Result<bool, Ending> {
        let world = Arc::clone(&self.report.world);
        self.is_interrupted = false;
        let is_new = !talking.has_begun(&order.turn);
        let behind = talking.last;
        let given = async {
            let stored = world.store.images(&order.message.id).await?;
            let images = images(stored.iter().map(|image| (&*image.name, &*image.bytes)))?;
            let text = order.message.prompt.clone();
            let prompt = Prompt { text, images, read_only: order.message.read_only };
            talking.prompt(&order.turn, &prompt)
        };
        let step = match given.await {
            Ok(step) => step,
            Err(failure) => {
                let end = End::failed(failure, false, refused);
                let turn = order.turn.clone();
                return self.report.tell(FactBody::Ended { turn, end }).await.map(|()| false);
            }
        };
        self.pending = Some(Pending {
            turn: order.turn.clone(),
            behind,
            is_untouched: is_new && !talking.is_first(),
        });
        self.unfinished = Some(self.unfinished(order.tab.clone(), order.turn.clone()));
        self.store(talking, step).await?;
        if let Some((state, why)) = self.lost.clone() {
            link(&self.report, &order.turn, state, why).await?;
        }
        Ok(true)
    }

    /// The process has ended, or can't be followed.
    pub(super) async fn over(
        &mut self,
        runs: &Runs,
        mut talking: Talking,
        exited: Result<Option<u8>, RunError>,
    ) -> Result<(), Ending> {
        if let Some((number, last)) = self.sending.last(&self.run).await {
            self.touched(number, &last);
        }
        if let Some(Pending { turn, is_untouched: true, .. }) = self.pending.take()
            && !self.is_interrupted
        {
            // It had ended before the prompt came to it.
            self.never_launched(turn).await?;
            return sweep(&self.report, &self.host, runs).await;
        }
        let step = talking.finish();
        self.keep(&mut talking, step).await?;
        self.unfinished = None;
        let (status, state, failed) = match exited {
            Ok(status) => (status, RunState::Ended, None),
            Err(error) => (None, given_up(&error), Some(Failure::from(error))),
        };
        let body = match talking.take_turn() {
            Some(turn) => {
                let end = self.end_of(&talking, status, failed);
                FactBody::Ended { turn, end: End { run: Some(state), ..end } }
            }
            None => FactBody::RunEnded { run: self.run.clone(), state, status },
        };
        self.report.tell(body).await?;
        sweep(&self.report, &self.host, runs).await
    }

    /// How a turn ended whose process has.
    fn end_of(&self, talking: &Talking, status: Option<u8>, failed: Option<Failure>) -> End {
        let heard = &talking.heard;
        let judged = failed.or_else(|| {
            let definition = match self.report.world.agent(&self.entry.session.agent) {
                Ok(definition) => definition,
                Err(failure) => return Some(failure),
            };
            let judged = super::follow::judge(definition, heard, status, false);
            let is_unsaid = heard.error.is_none();
            judged.or_else(|| {
                let message = format!("{} ended in the middle of its turn", definition.name);
                let hint = "Send the message again: a new process goes on with the conversation";
                is_unsaid.then(|| Failure::new(Code::AgentFailed, message).hint(hint))
            })
        });
        let (verdict, failure) = heard.verdict(status, self.is_interrupted, judged);
        End {
            status: verdict,
            exit_status: status,
            text: heard.text.clone(),
            failure: failure.map(|failure| failure.on(self.host.clone())),
            recoverable: false,
            run: Some(RunState::Ended),
            carry: None,
        }
    }

    /// A turn fails before the agent could say anything about it.
    async fn give_up(
        &mut self,
        turn: Option<TurnId>,
        failure: Failure,
        run: RunState,
    ) -> Result<(), Ending> {
        match turn {
            Some(turn) => {
                let end = End::failed(failure, false, Some(run));
                self.report.tell(FactBody::Ended { turn, end }).await
            }
            None => {
                tracing::warn!(run = %self.run, %failure, "a conversation can't be gone on with");
                let body = FactBody::RunEnded { run: self.run.clone(), state: run, status: None };
                self.report.tell(body).await
            }
        }
    }
}
