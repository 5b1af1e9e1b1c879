//! The transcripts that are kept at hand: the one that is shown, and the last few before it.

use std::collections::VecDeque;
use std::sync::Arc;

use orchestrator::failure::Failure;
use orchestrator::seam::TabId;

use crate::transcript::{Kind, Piece, Transcript};

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
    pub sent: Arc<Vec<String>>,
}

impl Kept {
    /// Takes newer pieces in; gives an unfinished one back that was finished by one of them.
    pub fn put(&mut self, pieces: Vec<Piece>) -> Option<Piece> {
        self.begun = true;
        self.failure = None;
        let asked: Vec<String> = pieces.iter().filter_map(asked).collect();
        if !asked.is_empty() {
            Arc::make_mut(&mut self.sent).extend(asked);
        }
        self.view.put(pieces)
    }

    /// Takes older pieces in.
    pub fn put_older(&mut self, pieces: Vec<Piece>, more: bool) {
        self.whole = !more;
        let mut asked: Vec<String> = pieces.iter().filter_map(asked).collect();
        if !asked.is_empty() {
            asked.extend(self.sent.iter().cloned());
            self.sent = Arc::new(asked);
        }
        self.view.put_older(pieces);
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.view.clear();
        self.begun = false;
        self.whole = false;
        self.sent = Arc::default();
    }
}

/// What a person asked; what Baton asks by itself is no message of theirs.
fn asked(piece: &Piece) -> Option<String> {
    match &piece.kind {
        Kind::Question(question) if !question.synopsis => Some(question.prompt.to_string()),
        Kind::Question(_)
        | Kind::Answer
        | Kind::Reasoning
        | Kind::Tool { .. }
        | Kind::Error
        | Kind::Mark
        | Kind::Raw
        | Kind::Ended
        | Kind::Usage(_) => None,
    }
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

    /// The same, to look at.
    pub fn peek(&self, tab: &TabId) -> Option<&Kept> {
        self.kept.iter().find(|(id, _)| id == tab).map(|(_, kept)| kept)
    }

    /// Forgets one; `true` when it was kept.
    pub fn forget(&mut self, tab: &TabId) -> bool {
        let before = self.kept.len();
        self.kept.retain(|(id, _)| id != tab);
        self.kept.len() < before
    }
}
