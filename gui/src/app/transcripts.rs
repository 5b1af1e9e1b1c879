//! The transcripts that are kept at hand: the one that is shown, and the last few before it.

use std::collections::VecDeque;

use orchestrator::failure::Failure;
use orchestrator::seam::TabId;

use crate::transcript::Transcript;

/// Transcripts that stay when others are looked at; each may be large.
const KEPT: usize = 4;

/// A transcript and how far it has come.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// It.
    pub view: Transcript,
    /// Whether its newest pieces have come.
    pub begun: bool,
    /// Whether its oldest piece has come.
    pub whole: bool,
    /// Why it can't be read.
    pub failure: Option<Failure>,
    /// The prompts that were sent in it, the newest last.
    pub sent: Vec<String>,
}

/// Those that are kept, the one that was looked at last in front.
#[derive(Debug, Default)]
pub(super) struct Transcripts {
    kept: VecDeque<(TabId, Kept)>,
}

/// What looking at a tab takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turned {
    /// Whether it has to be followed from now on.
    pub follow: bool,
    /// A tab that is followed no more.
    pub unfollow: Option<TabId>,
}

impl Transcripts {
    /// Makes this the one that was looked at last.
    pub fn turn_to(&mut self, tab: &TabId) -> Turned {
        let at = self.kept.iter().position(|(id, _)| id == tab);
        let (entry, follow) = match at.and_then(|at| self.kept.remove(at)) {
            Some(entry) => (entry, false),
            None => ((tab.clone(), Kept::default()), true),
        };
        self.kept.push_front(entry);
        let unfollow =
            if self.kept.len() > KEPT { self.kept.pop_back().map(|(tab, _)| tab) } else { None };
        Turned { follow, unfollow }
    }

    /// One that is kept.
    pub fn get(&mut self, tab: &TabId) -> Option<&mut Kept> {
        self.kept.iter_mut().find(|(id, _)| id == tab).map(|(_, kept)| kept)
    }

    /// Forgets one; `true` when it was kept.
    pub fn forget(&mut self, tab: &TabId) -> bool {
        let before = self.kept.len();
        self.kept.retain(|(id, _)| id != tab);
        self.kept.len() < before
    }
}
