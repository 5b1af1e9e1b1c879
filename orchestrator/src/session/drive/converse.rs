//! The conversation with an agent that talks: its words, wishes of people, messages to it.

use std::sync::Arc;

use serde_json::Value;

use super::back::link;
use super::drivers::Wish;
use super::quiet::Quiet;
use super::report::Ending;
use super::signal::Wanted;
use super::talker::{Driver, Pending};
use super::talking::Talking;
use crate::agent::Step;
use crate::failure::Failure;
use crate::run::{Follow, FollowEvent, RunError, Runs, Stream};
use crate::seam::{Approval, Decision, EventBody, LinkState, TurnId, TurnStatus};
use crate::session::command::chosen;
use crate::session::fact::FactBody;
use crate::session::turn::End;

impl Driver<'_> {
    /// Talks until the process ends.
    pub(super) async fn converse(
        &mut self,
        runs: &Runs,
        mut follow: Follow,
        mut talking: Talking,
        is_stopped: bool,
    ) -> Result<(), Ending> {
        let world = Arc::clone(&self.report.world);
        let mut quiet = Quiet::new(world.settings.quiet_after);
        let mut may_be_told = true;
        if is_stopped {
            self.signal.want(Wanted::Stop);
        } else if self.is_interrupted && talking.turn().is_some() && !talking.is_cancelled() {
            self.cancel(&mut talking).await?;
        }
        let exited = loop {
            self.told_of_launch(&talking).await?;
            let may_be_quiet = talking.turn().is_some() && talking.waiting().is_empty();
            tokio::select! {
                biased;
                () = world.ended() => {
                    self.pass_on(runs, &mut talking).await?;
                    return Err(Ending);
                }
                wish = self.wishes.recv(), if may_be_told => match wish {
                    Some(wish) => {
                        quiet.heard();
                        self.wished(&mut talking, wish).await?;
                    }
                    None => may_be_told = false,
                },
                sent = self.signal.sent(runs, &self.run) => if let Err(error) = sent {
                    let trouble = &mut self.signal.trouble;
                    self.report.trouble(talking.turn(), trouble, &error).await?;
                },
                (number, result) = self.sending.sent(runs, &self.run, talking.to_send()) => {
                    self.touched(number, &result);
                    match result {
                        Ok(()) => talking.sent(number),
                        Err(error) => self.not_sent(&talking, &error).await?,
                    }
                }
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
                        self.link(&talking, state, why).await?;
                    }
                    Some(FollowEvent::Exited { status }) => break Ok(status),
                    Some(FollowEvent::Failed(error)) => break Err(error),
                    // A follower that ended without a last word is ours: whoever takes the run up follows on.
                    None => return Err(Ending),
                },
                // Whoever waits for a person is silent for a good reason.
                silent = quiet.long(), if may_be_quiet => if let Some(turn) = talking.turn() {
                    let (turn, stderr) = (turn.clone(), talking.heard.stderr.clone());
                    let seconds = silent.as_secs();
                    self.report.tell(FactBody::Quiet { turn, seconds, stderr }).await?;
                },
            }
        };
        self.over(runs, talking, exited).await
    }

    /// The engine ends: what was wished until now still reaches the agent, where the way there stands.
    async fn pass_on(&mut self, runs: &Runs, talking: &mut Talking) -> Result<(), Ending> {
        while let Ok(wish) = self.wishes.try_recv() {
            self.wished(talking, wish).await?;
        }
        while self.lost.is_none() && talking.to_send().is_some() {
            let (number, result) = self.sending.sent(runs, &self.run, talking.to_send()).await;
            self.touched(number, &result);
            if result.is_err() {
                break;
            }
            talking.sent(number);
        }
        self.told_of_launch(talking).await?;
        while self.signal.is_under_way() {
            self.signal.sent(runs, &self.run).await.ok(); // It has said so in the log, and the next engine sends it again.
        }
        Ok(())
    }

    async fn link(
        &mut self,
        talking: &Talking,
        state: LinkState,
        why: Option<Failure>,
    ) -> Result<(), Ending> {
        let is_back = state == LinkState::Restored;
        if is_back {
            self.signal.again();
            self.sending.again();
        }
        self.lost = (!is_back).then(|| (state, why.clone()));
        match talking.turn() {
            Some(turn) => link(&self.report, turn, state, why).await,
            None => Ok(()),
        }
    }

    /// Notes what came of handing a message over.
    pub(super) fn touched(&mut self, number: u64, result: &Result<(), RunError>) {
        let is_refused = matches!(result, Err(error) if reaches_nobody(error));
        let of_it = |pending: &&mut Pending| !is_refused && number > pending.behind;
        if let Some(pending) = self.pending.as_mut().filter(of_it) {
            pending.is_untouched = false;
        }
    }

    /// A message wasn't taken: says so where nothing else does.
    async fn not_sent(&mut self, talking: &Talking, error: &RunError) -> Result<(), Ending> {
        if matches!(error, RunError::NotFound { .. }) && !self.is_doomed {
            // Its files are gone, so it can't be talked to any more. Its end gives the turn to a successor.
            self.is_doomed = true;
            self.signal.want(Wanted::Stop);
        }
        self.report.trouble(talking.turn(), &mut self.sending.trouble, error).await
    }

    /// Says that the agent has the prompt, as soon as that is certain.
    async fn told_of_launch(&mut self, talking: &Talking) -> Result<(), Ending> {
        match self.pending.take_if(|_| talking.is_given()) {
            Some(pending) => self.report.tell(FactBody::Launched { turn: pending.turn }).await,
            None => Ok(()),
        }
    }

    async fn wished(&mut self, talking: &mut Talking, wish: Wish) -> Result<(), Ending> {
        match wish {
            // Whoever took the run up again has given it already.
            Wish::Prompt(order) if talking.has_begun(&order.turn) => Ok(()),
            Wish::Prompt(order) => self.prompt(talking, &order, None).await.map(drop),
            Wish::Interrupt(turn, stop) => {
                if talking.turn() != Some(&turn) {
                    return Ok(());
                }
                self.is_interrupted = true;
                if stop {
                    self.signal.want(Wanted::Stop);
                    return Ok(());
                }
                self.cancel(talking).await
            }
            Wish::Answer(approval, decision) => self.answer(talking, &approval, &decision).await,
        }
    }

    async fn cancel(&mut self, talking: &mut Talking) -> Result<(), Ending> {
        let step = talking.cancel();
        self.store(talking, step).await
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

    /// Passes on what a person answered while a former engine ended: it was stored, and the agent may not have it.
    pub(super) async fn answer_again(&mut self, talking: &mut Talking) -> Result<(), Ending> {
        let waiting = talking.waiting();
        if waiting.is_empty() {
            return Ok(());
        }
        let answers = match self.answers(&waiting).await {
            Ok(answers) => answers,
            Err(error) => {
                tracing::error!(run = %self.run, %error, "what was answered can't be read");
                return Err(Ending);
            }
        };
        for (approval, decision) in answers {
            self.answer(talking, &approval, &decision).await?;
        }
        Ok(())
    }

    /// What was answered of these questions.
    async fn answers(
        &self,
        waiting: &[(TurnId, Value)],
    ) -> Result<Vec<(Approval, Decision)>, Failure> {
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        let (mut since, mut more) = (0, true);
        while more {
            let session = Some(&self.entry.session.id);
            let page = self.report.world.store.events(since, session, Some(&self.tab), usize::MAX);
            let (events, are_more) = page.await?;
            since = events.last().map_or(since, |event| event.seq);
            more = are_more && !events.is_empty();
            for event in events {
                if let EventBody::ApprovalRequested { approval } = event.body {
                    let is = |(turn, request): &(TurnId, Value)| {
                        approval.turn == *turn && approval.request == *request
                    };
                    asked.extend(waiting.iter().any(is).then_some(*approval));
                } else if let EventBody::ApprovalResolved { approval, decision: Some(decision) } =
                    event.body
                {
                    let at = asked.iter().position(|asked| asked.id == approval);
                    answered.extend(at.map(|at| (asked.swap_remove(at), decision)));
                }
            }
        }
        Ok(answered)
    }

    /// Stores what came of a step, and says when the turn is over.
    pub(super) async fn store(&mut self, talking: &mut Talking, step: Step) -> Result<(), Ending> {
        self.keep(talking, step).await?;
        if talking.is_broken() && !self.is_doomed {
            // Its turn ends with it, and the next one has a process of its own.
            self.is_doomed = true;
            self.signal.want(Wanted::Stop);
        }
        if let Some(turn) = talking.take_over() {
            let (status, failure) = talking.heard.verdict(None, self.is_interrupted, None);
            self.unfinished = None;
            let pending = self.pending.take();
            // What it has answered it got, even where the host's word for that is still on its way.
            let has_it = status == TurnStatus::Done || talking.is_given();
            if let Some(pending) = pending.filter(|_| has_it) {
                self.report.tell(FactBody::Launched { turn: pending.turn }).await?;
            }
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

    /// Stores what came of a step.
    pub(super) async fn keep(&mut self, talking: &mut Talking, step: Step) -> Result<(), Ending> {
        if let Some(unfinished) = &mut self.unfinished {
            unfinished.show(&step.items);
        }
        match talking.fact(&self.run, &self.tab, step) {
            Ok(fact) => self.report.tell(fact).await,
            Err(error) => {
                tracing::error!(%error, "a conversation can't be stored");
                Err(Ending)
            }
        }
    }
}

/// Whether it is certain that nobody got a message, and nobody will.
fn reaches_nobody(error: &RunError) -> bool {
    match error {
        RunError::Over { .. } | RunError::NotFound { .. } | RunError::Never { .. } => true,
        RunError::Transport(_)
        | RunError::InDoubt { .. }
        | RunError::Usage { .. }
        | RunError::NoRoom { .. }
        | RunError::Exists { .. }
        | RunError::Corrupt { .. }
        | RunError::Left { .. }
        | RunError::Odd { .. } => false,
    }
}
