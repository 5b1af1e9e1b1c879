//! What is watched, what comes of each event, and when it is over. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{Effect, End, Ended, Target};
use super::questions::Questions;
use super::queue;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    Approval, ApprovalId, Delivery, Event, EventBody, MessageId, Session, Tab, TabId, TabState,
    TurnId, TurnStatus,
};

/// Where the message is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running(TurnId),
}

/// The state of watching.
#[derive(Debug)]
pub struct Watch {
    target: Target,
    stage: Stage,
    /// The last event that was seen.
    seq: u64,
    began_at: u64,
    synced: bool,
    /// Turns under way, as far as they were seen to begin.
    running: BTreeSet<TurnId>,
    last: Option<Ended>,
    /// The last error of each of these, as long as the agent doesn't go on from it.
    faults: BTreeMap<TurnId, Failure>,
    questions: Questions,
    /// What was said about the queue last.
    said: Option<String>,
    interrupted: bool,
    /// The message is to be interrupted as soon as it is a turn.
    to_interrupt: bool,
    /// It has ended; what is told of that may still be on its way.
    over: bool,
}

impl Watch {
    /// From the event of that number on.
    pub fn new(target: Target, seq: u64) -> Self {
        Self {
            target,
            stage: Stage::Waiting,
            seq,
            began_at: seq,
            synced: false,
            running: BTreeSet::new(),
            last: None,
            faults: BTreeMap::new(),
            questions: Questions::default(),
            said: None,
            interrupted: false,
            to_interrupt: false,
            over: false,
        }
    }

    /// The last event that was seen: whoever goes on begins after it.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Where watching began.
    pub fn began_at(&self) -> u64 {
        self.began_at
    }

    /// What is watched.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Something was delivered.
    pub fn delivery(&mut self, delivery: Delivery) -> Vec<Effect> {
        match delivery {
            Delivery::Event(event) => self.event(event),
            Delivery::Partial(partial) => {
                let wanted = match (&self.target, &self.stage) {
                    (Target::Session { .. }, _) => true,
                    (Target::Message { .. }, Stage::Running(turn)) => *turn == partial.turn,
                    (Target::Message { .. }, Stage::Waiting) => false,
                };
                if wanted { vec![Effect::ShowPartial(partial)] } else { Vec::new() }
            }
            Delivery::Sync { .. } => self.sync(),
            // Nobody here looks at one.
            Delivery::History(_)
            | Delivery::Connections(_)
            | Delivery::Questions(_)
            | Delivery::Operation(_)
            | Delivery::Forgotten { .. }
            | Delivery::Output(_)
            | Delivery::Terminals(_)
            | Delivery::Terminal(_) => Vec::new(),
        }
    }

    fn sync(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.synced, true) {
            // Another process has taken the engine over.
            return self.look();
        }
        let mut effects = self.questions.begin();
        if matches!(self.target, Target::Session { .. }) {
            effects.push(Effect::LookForApprovals);
        }
        effects.extend(self.look());
        effects
    }

    /// Whether it is worth asking how things stand.
    fn look(&self) -> Vec<Effect> {
        let worth = match (&self.target, &self.stage) {
            (Target::Session { until_idle }, _) => *until_idle && self.running.is_empty(),
            // Nothing is told of the moment at which the agent has it.
            (Target::Message { detach, .. }, stage) => *detach || *stage == Stage::Waiting,
        };
        if worth && self.synced { vec![Effect::Look] } else { Vec::new() }
    }

    fn event(&mut self, event: Box<Event>) -> Vec<Effect> {
        // A renewed subscription begins behind what was seen; twice is once.
        if event.seq <= self.seq {
            return Vec::new();
        }
        self.seq = event.seq;
        let ended = self.note_turns(&event);
        let mut effects = Vec::new();
        let mut end = None;
        match self.target.clone() {
            Target::Session { .. } => {
                if event.body == EventBody::SessionRemoved {
                    end = Some(End::Removed);
                }
                self.show(&event, &mut effects);
                if end.is_none() {
                    effects.extend(self.look());
                }
            }
            Target::Message { tab, message, detach } => {
                end = self.of_message(&event, &tab, &message, (detach, ended), &mut effects);
            }
        }
        self.over |= end.is_some();
        effects.extend(end.map(Effect::End));
        effects
    }

    fn of_message(
        &mut self,
        event: &Event,
        tab: &TabId,
        ours: &MessageId,
        (detach, ended): (bool, Option<Ended>),
        effects: &mut Vec<Effect>,
    ) -> Option<End> {
        if event.body == EventBody::SessionRemoved {
            return Some(End::Removed);
        }
        if event.tab.as_ref() != Some(tab) {
            return None;
        }
        if let EventBody::TurnStarted { message, .. } = &event.body
            && message == ours
            && let Some(turn) = &event.turn
        {
            self.stage = Stage::Running(turn.clone());
            if std::mem::take(&mut self.to_interrupt) {
                effects.push(Effect::Interrupt(tab.clone(), turn.clone()));
            }
            if detach {
                effects.extend(self.look());
            }
        }
        match &self.stage {
            Stage::Waiting => {
                let queue = matches!(event.body, EventBody::QueueChanged { .. });
                // What goes wrong before there is a turn, such as a host that is disabled.
                let fault = matches!(event.body, EventBody::Error { .. }) && event.turn.is_none();
                if (queue && !detach) || fault {
                    effects.push(Effect::Show(Box::new(event.clone())));
                }
                if queue {
                    effects.extend(self.look());
                }
                None
            }
            Stage::Running(turn) if event.turn.as_ref() == Some(turn) => {
                let turn = turn.clone();
                if !detach {
                    self.show(event, effects);
                }
                ended.map(|ended| match ended.status {
                    // Over before it was known for certain that the agent has it.
                    TurnStatus::Done if detach => End::Began(turn),
                    TurnStatus::Done | TurnStatus::Failed | TurnStatus::Interrupted => {
                        End::Turn(ended)
                    }
                })
            }
            Stage::Running(_) => None,
        }
    }

    /// Keeps count of the turns, and returns how one ended.
    fn note_turns(&mut self, event: &Event) -> Option<Ended> {
        let turn = event.turn.as_ref()?;
        match &event.body {
            EventBody::TurnStarted { .. } => {
                self.running.insert(turn.clone());
            }
            EventBody::Error { failure, .. } => {
                self.faults.insert(turn.clone(), failure.clone());
            }
            EventBody::TurnLaunched
            | EventBody::Text { .. }
            | EventBody::Reasoning { .. }
            | EventBody::ToolCall(_)
            | EventBody::ApprovalRequested { .. } => {
                self.faults.remove(turn);
            }
            EventBody::TurnEnded { status, .. } => {
                self.running.remove(turn);
                let ended = Ended { status: *status, fault: self.faults.remove(turn) };
                self.last = Some(ended.clone());
                return Some(ended);
            }
            // None of these says that the agent goes on.
            EventBody::SessionChanged { .. }
            | EventBody::SessionRemoved
            | EventBody::QueueChanged { .. }
            | EventBody::AgentSession { .. }
            | EventBody::ApprovalResolved { .. }
            | EventBody::Usage(_)
            | EventBody::Link { .. }
            | EventBody::Quiet { .. }
            | EventBody::Raw { .. }
            | EventBody::Unknown => {}
        }
        None
    }

    /// An event as it is told: a question goes away before its answer is shown, and comes after it was shown.
    fn show(&mut self, event: &Event, effects: &mut Vec<Effect>) {
        let asked = self.of_questions(event);
        let (withdrawn, others): (Vec<Effect>, Vec<Effect>) =
            asked.into_iter().partition(|effect| matches!(effect, Effect::Withdraw(_)));
        effects.extend(withdrawn);
        effects.push(Effect::Show(Box::new(event.clone())));
        effects.extend(others);
    }

    fn of_questions(&mut self, event: &Event) -> Vec<Effect> {
        // Of a turn of another message, somebody else is asked.
        let ours = match &self.stage {
            Stage::Running(turn) => event.turn.as_ref() == Some(turn),
            Stage::Waiting => matches!(self.target, Target::Session { .. }),
        };
        if ours { self.questions.event(event) } else { Vec::new() }
    }

    /// A question waits for the person.
    pub fn question(&mut self, approval: Approval) -> Vec<Effect> {
        self.questions.add(approval)
    }

    /// A question was answered, here or elsewhere, or fell away.
    pub fn answered(&mut self, id: &ApprovalId) -> Vec<Effect> {
        self.questions.answered(id)
    }

    /// How the session stood when its last event was that of number `seq`.
    pub fn stands(&mut self, session: &Session, seq: u64) -> Vec<Effect> {
        match &self.target {
            Target::Session { until_idle } => {
                let idle = session
                    .tabs
                    .iter()
                    .all(|tab| tab.state == TabState::Idle && (tab.queue.is_empty() || tab.paused));
                // What came in between is looked at again.
                if *until_idle && idle && seq == self.seq {
                    return vec![Effect::End(End::Idle(self.last.clone()))];
                }
                Vec::new()
            }
            Target::Message { tab, message, detach } => {
                let Some(tab) = session.tabs.iter().find(|known| known.id == *tab) else {
                    return vec![Effect::Find];
                };
                match &self.stage {
                    Stage::Running(turn) if *detach => began(tab, turn),
                    // It began while the answer was on its way.
                    Stage::Running(_) => Vec::new(),
                    Stage::Waiting => {
                        let place = tab.queue.iter().position(|queued| queued.id == *message);
                        let Some(place) = place else { return vec![Effect::Find] };
                        let (behind, held) = queue::ahead(session, tab, place);
                        if *detach && (behind > 0 || held) {
                            return vec![Effect::End(End::Waits { behind, held })];
                        }
                        self.say(queue::note(session, behind, held))
                    }
                }
            }
        }
    }

    /// Says how it stands with the message, where that has changed.
    fn say(&mut self, note: Option<String>) -> Vec<Effect> {
        if note.is_none() || self.said == note {
            return Vec::new();
        }
        self.said.clone_from(&note);
        note.map(Effect::Note).into_iter().collect()
    }

    /// Whether a stored event says that the message became a turn; it left the queue before that was asked.
    pub fn found(&mut self, turn: bool) -> Vec<Effect> {
        let gone = !turn && self.stage == Stage::Waiting;
        if gone { vec![Effect::End(End::TakenOut)] } else { Vec::new() }
    }

    /// The message was taken out of the queue, or was no longer in it.
    pub fn taken_out(&mut self, done: bool) -> Vec<Effect> {
        match (&self.target, &self.stage) {
            (Target::Message { .. }, _) if done => vec![Effect::End(End::TakenOut)],
            (Target::Message { tab, .. }, Stage::Running(turn)) => {
                vec![Effect::Interrupt(tab.clone(), turn.clone())]
            }
            // It became a turn that wasn't told yet, or somebody else has taken it out.
            (Target::Message { .. }, Stage::Waiting) => {
                self.to_interrupt = true;
                vec![Effect::Find]
            }
            (Target::Session { .. }, _) => Vec::new(),
        }
    }

    /// The person pressed Ctrl-C.
    pub fn interrupt(&mut self, signal: u8) -> Vec<Effect> {
        let Target::Message { tab, .. } = &self.target else { return self.leave(signal) };
        if self.over || std::mem::replace(&mut self.interrupted, true) {
            return self.leave(signal);
        }
        match &self.stage {
            Stage::Waiting => vec![Effect::TakeOut],
            Stage::Running(turn) => vec![
                Effect::Note("interrupting; Ctrl-C again leaves it at work".into()),
                Effect::Interrupt(tab.clone(), turn.clone()),
            ],
        }
    }

    /// We are told to go.
    pub fn leave(&mut self, signal: u8) -> Vec<Effect> {
        let goes_on = match self.target {
            Target::Message { .. } => !self.over,
            Target::Session { .. } => !self.running.is_empty(),
        };
        vec![Effect::End(End::Left { signal, goes_on })]
    }
}

/// Whether it is certain that the agent got the message of a turn; otherwise that will show soon.
fn began(tab: &Tab, turn: &TurnId) -> Vec<Effect> {
    match tab.turn.as_ref().filter(|last| last.id == *turn && last.status.is_none()) {
        Some(turn) if turn.message.is_none() => vec![Effect::End(End::Began(turn.id.clone()))],
        Some(_) => vec![Effect::LookAgain],
        // Its end is on the way to us.
        None => Vec::new(),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
