//! Carries out what [`Watch`] wants: follows the engine, the person's keys and the signals.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Approval, ApprovalId, Command, Decision, EventBody, MessageId, Seam, Session, SessionId,
    Subscribe, Subscription,
};
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::effect::{Effect, End, Target};
use super::report::Report;
use super::signals::{Told, number};
use super::state::Watch;
use super::terminal::Ask;
use crate::output::Stop;
use crate::seam;

/// How often the line of progress is looked at: a second should not be skipped.
const TICK: Duration = Duration::from_millis(250);

/// Between two looks: a launch over a slow link takes a few hundred milliseconds.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Everything that watching needs.
pub struct Watcher<'a> {
    pub seam: Arc<dyn Seam>,
    pub session: SessionId,
    pub watch: Watch,
    pub report: &'a mut Report,
    pub ask: &'a mut dyn Ask,
    pub told: &'a mut mpsc::Receiver<Told>,
}

/// What came of something that was asked of the engine meanwhile.
enum Outcome {
    Stands {
        session: Box<Session>,
        seq: u64,
    },
    Found(bool),
    TakenOut(Result<(), Failure>),
    Interrupted(Result<(), Failure>),
    Approvals(Vec<Approval>),
    Answered(ApprovalId, Result<(), Failure>),
    /// A question of ours that could not be answered; the next event asks again.
    Unknown(Failure),
}

/// Watches until there is a reason to stop; also returns the last event of which all is printed.
///
/// # Errors
///
/// When the engine is gone for good, or what is printed can't be written.
pub async fn watch(mut watcher: Watcher<'_>) -> Result<(End, u64), Stop> {
    watcher.report.mark(watcher.watch.seq());
    let end = watcher.run().await;
    // The terminal is left as it was, however this ends.
    watcher.ask.withdraw().await;
    watcher.report.part().await;
    Ok((end?, watcher.report.printed()))
}

impl Watcher<'_> {
    async fn run(&mut self) -> Result<End, Stop> {
        let mut work = JoinSet::new();
        let mut todo = VecDeque::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // It outlives the process that it comes from: its end is that of the engine for us.
        let mut subscription = self.subscribe().await?;
        loop {
            if let Some(end) = self.carry_out(&mut todo, &mut work).await? {
                return Ok(end);
            }
            let is_printing = self.report.is_printing();
            // Who reads slowly holds the engine up, and neither signals nor keys.
            let has_room = todo.is_empty() && self.report.has_room();
            let effects = tokio::select! {
                printed = self.report.print_on(), if is_printing => match printed {
                    Ok(()) => Vec::new(),
                    Err(Stop::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                        todo.clear();
                        self.watch.leave(number(SignalKind::pipe()))
                    }
                    Err(stop) => return Err(stop),
                },
                delivery = subscription.next(), if has_room => {
                    let gone = || Err(Failure::new(Code::Internal, "the engine ended"));
                    let delivery = delivery.unwrap_or_else(gone);
                    match delivery {
                        Ok(delivery) => self.watch.delivery(delivery),
                        Err(failure) => {
                            // The way back begins behind what was printed.
                            self.report.part().await;
                            return Err(self.with_way_back(failure).into());
                        }
                    }
                }
                Some(told) = self.told.recv() => {
                    let effects = match told {
                        Told::Interrupt(signal) => self.watch.interrupt(signal),
                        Told::Leave(signal) => self.watch.leave(signal),
                    };
                    // The person doesn't wait for what is being printed.
                    for effect in effects.into_iter().rev() {
                        match effect {
                            Effect::Note(text) => self.report.note_at_once(&text),
                            other => todo.push_front(other),
                        }
                    }
                    Vec::new()
                }
                (approval, decision) = self.ask.answer() => {
                    self.report.hold(false);
                    work.spawn(answer(Arc::clone(&self.seam), approval, decision));
                    Vec::new()
                }
                Some(outcome) = work.join_next(), if !work.is_empty() => match outcome {
                    Ok(outcome) => self.outcome(outcome),
                    Err(error) => {
                        tracing::warn!(%error, "a request to the engine broke off");
                        Vec::new()
                    }
                },
                _ = tick.tick(), if self.report.has_progress() && !is_printing => {
                    self.report.tick(Timestamp::now());
                    Vec::new()
                }
            };
            todo.extend(effects);
        }
    }

    async fn subscribe(&self) -> Result<Subscription, Stop> {
        let wanted = Subscribe {
            history: None,
            since: Some(self.watch.seq()),
            epoch: None,
            session: Some(self.session.clone()),
            partials: self.report.wants_partials(),
            connections: false,
            watch: None,
        };
        self.seam.subscribe(wanted).await.map_err(|failure| self.with_way_back(failure).into())
    }

    fn with_way_back(&self, mut failure: Failure) -> Failure {
        if failure.hint.is_none() {
            let (session, seq) = (&self.session, self.report.printed());
            failure.hint =
                Some(format!("`baton follow {session} --since {seq}` goes on from here"));
        }
        failure
    }

    /// Carries out what can be now. A question is asked, and watching is over, when all before it is printed.
    async fn carry_out(
        &mut self,
        todo: &mut VecDeque<Effect>,
        work: &mut JoinSet<Outcome>,
    ) -> Result<Option<End>, Stop> {
        while let Some(effect) = todo.pop_front() {
            match effect {
                Effect::Show(event) => self.report.event(&event)?,
                Effect::ShowPartial(partial) => self.report.partial(&partial, Timestamp::now())?,
                Effect::Note(text) => self.report.note(&text),
                Effect::Ask(approval) => {
                    if self.ask.can() {
                        self.report.hold(true);
                        if self.report.is_printing() {
                            todo.push_front(Effect::Ask(approval));
                            break;
                        }
                        self.ask.begin(&approval);
                    } else {
                        self.report.how_to_answer(&approval);
                    }
                }
                Effect::Withdraw(approval) => {
                    tracing::debug!(%approval, "no longer asked");
                    self.ask.withdraw().await;
                    self.report.hold(false);
                }
                Effect::End(end @ End::Left { .. }) => return Ok(Some(end)),
                Effect::End(end) if self.report.is_printing() => {
                    todo.push_front(Effect::End(end));
                    break;
                }
                Effect::End(end) => {
                    self.report.mark(self.watch.seq());
                    return Ok(Some(end));
                }
                Effect::Look
                | Effect::LookAgain
                | Effect::Find
                | Effect::LookForApprovals
                | Effect::TakeOut
                | Effect::Interrupt(..) => self.ask_engine(effect, work),
            }
        }
        self.report.mark(self.watch.seq());
        Ok(None)
    }

    /// Asks beside watching: a slow answer must not keep a person from leaving.
    fn ask_engine(&self, effect: Effect, work: &mut JoinSet<Outcome>) {
        let (seam, session) = (Arc::clone(&self.seam), self.session.clone());
        match (effect, self.watch.target().clone()) {
            (Effect::Look, _) => {
                work.spawn(look(seam, session, self.watch.seq()));
            }
            (Effect::LookAgain, _) => {
                let seq = self.watch.seq();
                work.spawn(async move {
                    // wait: between two looks at a message that is being handed to its agent
                    tokio::time::sleep(LOOK_PAUSE).await;
                    look(seam, session, seq).await
                });
            }
            (Effect::Find, Target::Message { message, .. }) => {
                work.spawn(find(seam, session, message, self.watch.began_at()));
            }
            (Effect::TakeOut, Target::Message { message, .. }) => {
                work.spawn(async move {
                    let command = Command::RemoveMessage { session, message };
                    Outcome::TakenOut(seam::done(&*seam, command).await)
                });
            }
            (Effect::Interrupt(tab, turn), _) => {
                work.spawn(async move {
                    let (tab, turn) = (Some(tab), Some(turn));
                    let command = Command::Interrupt { session, tab, turn, stop: false };
                    Outcome::Interrupted(seam::done(&*seam, command).await)
                });
            }
            (Effect::LookForApprovals, _) => {
                work.spawn(async move {
                    match seam::approvals(&*seam, Some(session)).await {
                        Ok(approvals) => Outcome::Approvals(approvals),
                        Err(failure) => Outcome::Unknown(failure),
                    }
                });
            }
            // Nothing else is asked, and these two only of a message.
            (
                Effect::Find
                | Effect::TakeOut
                | Effect::Show(_)
                | Effect::ShowPartial(_)
                | Effect::Note(_)
                | Effect::Ask(_)
                | Effect::Withdraw(_)
                | Effect::End(_),
                _,
            ) => {}
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Stands { session, seq } => self.watch.stands(&session, seq),
            Outcome::Found(turn) => self.watch.found(turn),
            Outcome::TakenOut(Ok(())) => self.watch.taken_out(true),
            Outcome::TakenOut(Err(failure)) if failure.code == Code::NotFound => {
                // It became a turn at the same moment, or somebody else has taken it out.
                self.watch.taken_out(false)
            }
            Outcome::Interrupted(Err(failure)) if failure.code == Code::NotFound => {
                self.report.note("the turn had just ended by itself; nothing was interrupted");
                Vec::new()
            }
            Outcome::TakenOut(Err(failure)) | Outcome::Interrupted(Err(failure)) => {
                self.report.failure("could not interrupt", &failure);
                Vec::new()
            }
            Outcome::Interrupted(Ok(())) | Outcome::Answered(_, Ok(())) => Vec::new(),
            Outcome::Answered(id, Err(failure)) => {
                self.report.failure("the answer was not taken", &failure);
                // It was answered elsewhere, or it can be answered again with `baton approve`.
                self.watch.answered(&id)
            }
            Outcome::Approvals(approvals) => {
                approvals.into_iter().flat_map(|approval| self.watch.question(approval)).collect()
            }
            Outcome::Unknown(failure) => {
                tracing::warn!(%failure, "the engine gave no answer");
                Vec::new()
            }
        }
    }
}

/// How the session stands, and up to which event everything of it was seen by then.
async fn look(seam: Arc<dyn Seam>, session: SessionId, seq: u64) -> Outcome {
    let answer = async {
        let found = seam::session(&*seam, session.as_str()).await?;
        // What is stored by now and wasn't delivered yet will be: then it is looked at again.
        let (events, _) = seam::events(&*seam, seq, Some(session), 1).await?;
        Ok::<_, Failure>((found, events.first().map_or(seq, |event| event.seq)))
    };
    match answer.await {
        Ok((session, seq)) => Outcome::Stands { session: Box::new(session), seq },
        Err(failure) => Outcome::Unknown(failure),
    }
}

/// Whether a message became a turn, by what is stored since it was sent.
async fn find(
    seam: Arc<dyn Seam>,
    session: SessionId,
    message: MessageId,
    mut since: u64,
) -> Outcome {
    loop {
        let (events, more) =
            match seam::events(&*seam, since, Some(session.clone()), seam::MOST_EVENTS).await {
                Ok(found) => found,
                Err(failure) => return Outcome::Unknown(failure),
            };
        let became = events.iter().any(|event| {
            matches!(&event.body, EventBody::TurnStarted { message: of, .. } if *of == message)
        });
        match events.last() {
            Some(last) if more && !became => since = last.seq,
            Some(_) | None => return Outcome::Found(became),
        }
    }
}

async fn answer(seam: Arc<dyn Seam>, approval: ApprovalId, decision: Decision) -> Outcome {
    let command = Command::ResolveApproval { approval: approval.clone(), decision };
    Outcome::Answered(approval, seam::done(&*seam, command).await)
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
