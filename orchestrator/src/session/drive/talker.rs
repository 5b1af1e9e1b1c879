//! The driver of an agent that talks: one run for many turns, questions that wait for a person, and messages to it.

use std::sync::Arc;

use super::back::{link, until_back};
use super::drivers::{Begin, Given, Wish, give_back};
use super::order;
use super::partial::Unfinished;
use super::quiet::Quiet;
use super::report::{Ending, Reporter};
use super::signal::{Signal, Wanted};
use super::talking::Talking;
use crate::agent::{Prompt, Step};
use crate::failure::{Code, Failure};
use crate::host::ResolvedHost;
use crate::run::{Follow, FollowEvent, Offsets, RunError, Runs, Standing, Stream};
use crate::seam::{Approval, Decision, LinkState, RunId, TurnId};
use crate::session::command::chosen;
use crate::session::fact::FactBody;
use crate::session::turn::End;
use crate::session::world::images;
use crate::session::{Entry, LaunchOrder};
use crate::store::RunState;

/// Drives the run of an agent that talks to its end, or until the engine ends.
pub async fn drive(given: Given) {
    let Given { world, desk, entry, run, begin, wishes } = given;
    let report = Reporter { world, desk, session: entry.session.id.clone() };
    let mut driver = Driver {
        report,
        entry,
        run,
        wishes,
        signal: Signal::new(),
        is_interrupted: false,
        unfinished: None,
    };
    if let Err(Ending) = driver.drive(begin).await {
        tracing::debug!(run = %driver.run, "a conversation is left to the next engine");
        return;
    }
    // What was said to it in its last moment goes to its successor.
    driver.wishes.close();
    while let Some(wish) = driver.wishes.recv().await {
        if let Wish::Prompt(order) = wish {
            give_back(&driver.report.desk, *order).await;
        }
    }
}

struct Driver {
    report: Reporter,
    entry: Entry,
    run: RunId,
    wishes: tokio::sync::mpsc::Receiver<Wish>,
    signal: Signal,
    /// Whether a person has asked the turn under way to stop.
    is_interrupted: bool,
    unfinished: Option<Unfinished>,
}

impl Driver {
    async fn drive(&mut self, begin: Begin) -> Result<(), Ending> {
        let (reference, order) = match &begin {
            Begin::Launch(order) => (self.entry.session.host.clone(), Some(order.clone())),
            Begin::TakeUp { record, order } => (record.host.clone(), order.clone()),
        };
        let turn = self.turn_under_way();
        let world = Arc::clone(&self.report.world);
        let host = match world.hosts.recall(&reference) {
            Ok(host) => host,
            Err(failure) => return self.give_up(turn, failure, RunState::Ended).await,
        };
        let _hold = world.hosts.connection(&host).hold();
        let runs = world.runs(&host);
        let begun = match begin {
            Begin::Launch(order) => self.launch(&runs, &host, &order).await?,
            Begin::TakeUp { record, order: Some(order) } if record.reader.is_none() => {
                self.settle(&runs, &host, &order).await?
            }
            Begin::TakeUp { record, .. } => {
                let offsets = Offsets { out: record.out_offset, err: record.err_offset };
                let restored = match record.reader {
                    Some(stored) => Talking::restore(stored, record.err_offset),
                    None => Err(Failure::new(
                        Code::Corrupt,
                        "nobody noted how far the conversation had come",
                    )),
                };
                match restored {
                    Ok(talking) => Some((runs.follow(&self.run, offsets), talking)),
                    Err(failure) => {
                        return self.give_up(turn, failure, RunState::Ended).await;
                    }
                }
            }
        };
        let Some((follow, mut talking)) = begun else { return Ok(()) };
        if let Some(order) = order {
            self.prompt(&mut talking, &order).await?;
        }
        self.converse(&runs, follow, talking).await
    }

    fn turn_under_way(&self) -> Option<TurnId> {
        let of_run = |tab: &&crate::seam::Tab| tab.talk.as_ref() == Some(&self.run);
        let turn = self.entry.session.tabs.iter().find(of_run)?.turn.as_ref()?;
        turn.status.is_none().then(|| turn.id.clone())
    }

    /// Starts the process. `None` when the turn is over, or given back.
    async fn launch(
        &mut self,
        runs: &Runs,
        host: &ResolvedHost,
        order: &LaunchOrder,
    ) -> Result<Option<(Follow, Talking)>, Ending> {
        let turn = Some(order.turn.clone());
        let world = Arc::clone(&self.report.world);
        let prepared = order::talk_job(&world, &self.entry, order, host, runs.connection()).await;
        let (job, talking) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => {
                return self.give_up(turn, failure, RunState::Never).await.map(|()| None);
            }
        };
        match runs.launch(&self.run, &job).await {
            Ok(follow) => Ok(Some((follow, talking))),
            Err(error @ RunError::InDoubt { .. }) => {
                until_back(&self.report, &order.turn, runs.connection(), error).await?;
                self.settle(runs, host, order).await
            }
            Err(error) => self.give_up(turn, error.into(), RunState::Never).await.map(|()| None),
        }
    }

    /// Finds out whether the process was started, however long the way to its host is broken.
    async fn settle(
        &mut self,
        runs: &Runs,
        host: &ResolvedHost,
        order: &LaunchOrder,
    ) -> Result<Option<(Follow, Talking)>, Ending> {
        let facts = loop {
            let settling = tokio::select! {
                settled = runs.settle(&self.run) => settled,
                () = self.report.world.ended() => return Err(Ending),
            };
            match settling {
                Ok(facts) => break facts,
                Err(error) => {
                    until_back(&self.report, &order.turn, runs.connection(), error).await?;
                }
            }
        };
        link(&self.report, &order.turn, LinkState::Restored, None).await?;
        match facts.standing {
            Standing::Never | Standing::Absent | Standing::Staged => {
                let turn = order.turn.clone();
                self.report.tell(FactBody::NeverLaunched { turn }).await.map(|()| None)
            }
            Standing::Running | Standing::Exited(_) | Standing::Unknown | Standing::Broken => {
                // The same first message under the same number: one that it has already arrives once.
                let world = Arc::clone(&self.report.world);
                let connection = runs.connection();
                match order::talk_job(&world, &self.entry, order, host, connection).await {
                    Ok((_, talking)) => {
                        Ok(Some((runs.follow(&self.run, Offsets::default()), talking)))
                    }
                    Err(failure) => {
                        let turn = Some(order.turn.clone());
                        self.give_up(turn, failure, RunState::Ended).await.map(|()| None)
                    }
                }
            }
        }
    }

    /// Gives a prompt to the conversation. When that is stored the agent gets it, whatever happens to us.
    async fn prompt(&mut self, talking: &mut Talking, order: &LaunchOrder) -> Result<(), Ending> {
        let world = Arc::clone(&self.report.world);
        self.is_interrupted = false;
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
                let end = End { run: None, ..End::failed(failure, false, None) };
                let turn = order.turn.clone();
                return self.report.tell(FactBody::Ended { turn, end }).await;
            }
        };
        let session = self.entry.session.id.clone();
        let (tab, turn) = (order.tab.clone(), order.turn.clone());
        self.unfinished = Some(Unfinished::new(world.partials.clone(), session, tab, turn));
        self.store(talking, step).await?;
        self.report.tell(FactBody::Launched { turn: order.turn.clone() }).await
    }

    /// Stores what came of a step, and says when the turn is over.
    async fn store(&mut self, talking: &mut Talking, step: Step) -> Result<(), Ending> {
        if let Some(unfinished) = &mut self.unfinished {
            unfinished.show(&step.items);
        }
        match talking.fact(&self.run, step) {
            Ok(fact) => self.report.tell(fact).await?,
            Err(error) => {
                tracing::error!(%error, "a conversation can't be stored");
                return Err(Ending);
            }
        }
        if talking.is_over()
            && let Some(turn) = talking.turn.take()
        {
            self.unfinished = None;
            let (status, failure) = talking.heard.verdict(None, self.is_interrupted, None);
            let end = End {
                status,
                exit_status: None,
                text: talking.heard.text.clone(),
                failure,
                recoverable: false,
                run: None,
                carry: None,
            };
            self.report.tell(FactBody::Ended { turn, end }).await?;
        }
        Ok(())
    }

    /// Talks until the process ends.
    async fn converse(
        &mut self,
        runs: &Runs,
        mut follow: Follow,
        mut talking: Talking,
    ) -> Result<(), Ending> {
        let world = Arc::clone(&self.report.world);
        let mut quiet = Quiet::new(world.settings.quiet_after);
        let mut may_send = true;
        let mut may_be_told = true;
        let exited = loop {
            if may_send && talking.to_send().is_some() {
                may_send = self.send(runs, &mut talking).await;
                continue;
            }
            let turn = talking.turn.clone();
            tokio::select! {
                biased;
                () = world.ended() => return Err(Ending),
                wish = self.wishes.recv(), if may_be_told => match wish {
                    Some(wish) => {
                        quiet.heard();
                        self.wished(runs, &mut talking, wish).await?;
                    }
                    None => may_be_told = false,
                },
                () = self.signal.sent(runs, &self.run) => {}
                event = follow.next() => match event {
                    Some(FollowEvent::Output { stream: Stream::Out, bytes, .. }) => {
                        quiet.heard();
                        let step = talking.out(&bytes);
                        self.store(&mut talking, step).await?;
                    }
                    Some(FollowEvent::Output { stream: Stream::Err, bytes, .. }) => {
                        talking.err(&bytes);
                        self.store(&mut talking, Step::default()).await?;
                    }
                    Some(FollowEvent::Link { state, why }) => {
                        if state == LinkState::Restored {
                            self.signal.again();
                            may_send = true;
                        }
                        if let Some(turn) = turn {
                            link(&self.report, &turn, state, why).await?;
                        }
                    }
                    Some(FollowEvent::Exited { status }) => break Ok(status),
                    Some(FollowEvent::Failed(error)) => break Err(error),
                    None => return Err(Ending),
                },
                silent = quiet.long() => if let Some(turn) = turn {
                    let (seconds, stderr) = (silent.as_secs(), talking.heard.stderr.clone());
                    self.report.tell(FactBody::Quiet { turn, seconds, stderr }).await?;
                },
                // A message that the host didn't take while the link stood is tried again.
                () = tokio::time::sleep(super::back::PAUSE), if talking.to_send().is_some() => {
                    may_send = true;
                }
            }
        };
        self.over(talking, exited).await
    }

    /// Hands the next message over; whether it worked.
    async fn send(&mut self, runs: &Runs, talking: &mut Talking) -> bool {
        let Some(message) = talking.to_send() else { return true };
        let number = message.number;
        match runs.write(&self.run, number, &message.line).await {
            Ok(()) => {
                talking.sent(number);
                true
            }
            Err(error) => {
                tracing::debug!(run = %self.run, %error, "a message is still to be sent");
                false
            }
        }
    }

    async fn wished(
        &mut self,
        runs: &Runs,
        talking: &mut Talking,
        wish: Wish,
    ) -> Result<(), Ending> {
        match wish {
            Wish::Prompt(order) => self.prompt(talking, &order).await,
            Wish::Interrupt(turn, stop) => {
                if talking.turn.as_ref() != Some(&turn) {
                    return Ok(());
                }
                self.is_interrupted = true;
                if stop {
                    self.signal.want(Wanted::Stop);
                    return Ok(());
                }
                let step = talking.cancel();
                self.store(talking, step).await
            }
            Wish::Answer(approval, decision) => self.answer(talking, &approval, &decision).await,
            Wish::LetGo => {
                if let Err(error) = runs.end_of_messages(&self.run).await {
                    tracing::warn!(run = %self.run, %error, "an agent could not be let go");
                }
                Ok(())
            }
        }
    }

    async fn answer(
        &mut self,
        talking: &mut Talking,
        approval: &Approval,
        decision: &Decision,
    ) -> Result<(), Ending> {
        let answered = chosen(approval, decision)
            .and_then(|option| talking.answer(&approval.request, &option));
        match answered {
            Ok(step) => self.store(talking, step).await,
            Err(error) => {
                // It fell away while the answer was on its way: the agent has said so by itself.
                tracing::info!(approval = %approval.id, %error, "an answer came too late");
                Ok(())
            }
        }
    }

    /// The process has ended, or can't be followed.
    async fn over(
        &mut self,
        mut talking: Talking,
        exited: Result<Option<u8>, RunError>,
    ) -> Result<(), Ending> {
        let step = talking.finish();
        let turn = talking.turn.clone();
        self.store(&mut talking, step).await?;
        self.unfinished = None;
        let (status, failed) = match exited {
            Ok(status) => (status, None),
            Err(error) => (None, Some(Failure::from(error))),
        };
        let run = self.run.clone();
        // A turn that the conversation itself has ended is told already.
        if let Some(turn) = turn.filter(|_| talking.turn.is_some()) {
            let judged = failed.or_else(|| {
                let definition = self.report.world.agent(&self.entry.session.agent).ok()?; // It was there at the start.
                super::follow::judge(definition, &talking.heard, status, false)
            });
            let (verdict, failure) = talking.heard.verdict(status, self.is_interrupted, judged);
            let end = End {
                status: verdict,
                exit_status: status,
                text: talking.heard.text.clone(),
                failure,
                recoverable: false,
                run: Some(RunState::Ended),
                carry: None,
            };
            return self.report.tell(FactBody::Ended { turn, end }).await;
        }
        self.report.tell(FactBody::RunEnded { run, status }).await
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
                let run = self.run.clone();
                self.report.tell(FactBody::RunEnded { run, status: None }).await
            }
        }
    }
}
