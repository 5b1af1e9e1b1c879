//! What was sent before, called back with the arrow keys.

/// Where somebody is among what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    /// How far back, and what was being written before.
    at: Option<(usize, String)>,
}

impl Recall {
    /// The one before: what is being written stays known. `sent` has the newest last.
    pub fn back(&mut self, writing: &str, sent: &[String]) -> Option<String> {
        let (steps, kept) = match &self.at {
            Some((steps, kept)) => (steps + 1, kept.clone()),
            None => (0, writing.to_owned()),
        };
        let found = sent.len().checked_sub(steps + 1).and_then(|at| sent.get(at))?.clone();
        self.at = Some((steps, kept));
        Some(found)
    }

    /// The one behind, and at last what was being written.
    pub fn forth(&mut self, sent: &[String]) -> Option<String> {
        let (steps, kept) = self.at.take()?;
        let Some(steps) = steps.checked_sub(1) else { return Some(kept) };
        let found = sent.len().checked_sub(steps + 1).and_then(|at| sent.get(at)).cloned();
        self.at = Some((steps, kept));
        found
    }

    /// Whether somebody is among what was sent.
    pub fn is_back(&self) -> bool {
        self.at.is_some()
    }

    /// It was changed or sent: it is what is being written now.
    pub fn forget(&mut self) {
        self.at = None;
    }
}
