//! Which question the person sees. Pure.

use std::collections::VecDeque;

use orchestrator::seam::{Approval, ApprovalId, Event, EventBody};

use super::effect::Effect;

/// Questions that wait, one of them open.
#[derive(Debug, Default)]
pub struct Questions {
    waiting: VecDeque<Approval>,
    open: Option<ApprovalId>,
    /// Whether all that is stored was seen: what was answered long ago is not asked again.
    begun: bool,
}

impl Questions {
    /// From now on questions are asked.
    pub fn begin(&mut self) -> Vec<Effect> {
        self.begun = true;
        self.next()
    }

    /// What an event says about questions.
    pub fn event(&mut self, event: &Event) -> Vec<Effect> {
        if let EventBody::ApprovalRequested { approval } = &event.body {
            return self.add((**approval).clone());
        }
        if let EventBody::ApprovalResolved { approval, .. } = &event.body {
            return self.answered(approval);
        }
        if let EventBody::TurnEnded { .. } = &event.body {
            // Its questions fall away with a turn, whether that is told or not.
            let of_turn = |approval: &&Approval| Some(&approval.turn) == event.turn.as_ref();
            let fallen: Vec<ApprovalId> =
                self.waiting.iter().filter(of_turn).map(|approval| approval.id.clone()).collect();
            return fallen.iter().flat_map(|id| self.answered(id)).collect();
        }
        Vec::new()
    }

    /// A question waits for the person.
    pub fn add(&mut self, approval: Approval) -> Vec<Effect> {
        if self.waiting.iter().any(|known| known.id == approval.id) {
            return Vec::new();
        }
        self.waiting.push_back(approval);
        self.next()
    }

    /// A question was answered, here or elsewhere, or fell away.
    pub fn answered(&mut self, id: &ApprovalId) -> Vec<Effect> {
        self.waiting.retain(|approval| approval.id != *id);
        if self.open.as_ref() != Some(id) {
            return Vec::new();
        }
        self.open = None;
        let mut effects = vec![Effect::Withdraw(id.clone())];
        effects.extend(self.next());
        effects
    }

    fn next(&mut self) -> Vec<Effect> {
        if !self.begun || self.open.is_some() {
            return Vec::new();
        }
        let Some(first) = self.waiting.front() else { return Vec::new() };
        self.open = Some(first.id.clone());
        vec![Effect::Ask(Box::new(first.clone()))]
    }
}
