//! Pieces: what a transcript is made of.

use std::sync::Arc;

use jiff::Timestamp;
use orchestrator::agent::Usage;
use orchestrator::seam::{MessageId, TurnId};

use crate::text::{Block, Body, Ending, Progress};

/// One thing in a transcript: a question, a piece of the answer, a tool call. Made on a worker's thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// A piece with a key that is there already replaces that one at its place.
    pub key: Key,
    /// Its event's number; an unfinished piece has that of the last event.
    pub seq: u64,
    /// When it began.
    pub at: Timestamp,
    /// When it was told last.
    pub until: Timestamp,
    /// Its turn.
    pub turn: Option<TurnId>,
    /// What it is.
    pub kind: Kind,
    /// How it is shown.
    pub blocks: Vec<Block>,
    /// What copying gives, as Markdown; empty where nothing of it belongs to an answer.
    pub source: Arc<str>,
}

/// Names a piece.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// An event that stands for itself.
    Event(u64),
    /// A tool call, told again when its status changes.
    Tool(Option<TurnId>, String),
    /// What a turn has used so far.
    Usage(Option<TurnId>),
    /// What is still being written.
    Unfinished(TurnId),
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// What a person asked.
    Question(Question),
    /// A piece of the answer.
    Answer,
    /// What the agent thought aloud.
    Reasoning,
    /// A tool call.
    Tool {
        /// How far it is.
        progress: Progress,
        /// How many of the blocks behind the first show what it was given; the others show what came out.
        given: usize,
    },
    /// Something went wrong.
    Error,
    /// Something that happened on the way.
    Mark,
    /// A line that nobody understands.
    Raw,
    /// The turn is over.
    Ended,
    /// What the turn has used: shown with its end.
    Usage(Box<Usage>),
}

/// What a person asked, or Baton by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The message.
    pub message: MessageId,
    /// The whole of it.
    pub prompt: Arc<str>,
    /// How many images went along.
    pub images: u32,
    /// Whether the agent was to change nothing.
    pub read_only: bool,
    /// Whether Baton asked.
    pub synopsis: bool,
}

impl Piece {
    /// What was asked, if it is a question.
    pub fn question(&self) -> Option<&Question> {
        if let Kind::Question(question) = &self.kind { Some(question) } else { None }
    }

    /// Whether it is what Baton asked by itself.
    pub fn is_synopsis(&self) -> bool {
        self.question().is_some_and(|question| question.synopsis)
    }

    /// Whether it says that its turn did what it was to do.
    pub fn is_end_of_done(&self) -> bool {
        let is_done =
            |block: &Block| matches!(block.body, Body::Ended { status: Ending::Done, .. });
        self.kind == Kind::Ended && self.blocks.iter().any(is_done)
    }

    /// Takes over from an older telling of the same what this one leaves out.
    ///
    /// Some agents tell what a tool was given only when it begins, and what came out only when it ends.
    pub fn follow(&mut self, old: Self) {
        self.at = old.at;
        self.seq = old.seq;
        let (Kind::Tool { given, .. }, Kind::Tool { given: before, .. }) =
            (&mut self.kind, &old.kind)
        else {
            return;
        };
        let mut old_blocks = old.blocks.into_iter();
        let old_head = old_blocks.next();
        if *given == 0 && *before > 0 {
            *given = *before;
            let inputs: Vec<Block> = old_blocks.by_ref().take(*before).collect();
            self.blocks.splice(1.min(self.blocks.len())..1.min(self.blocks.len()), inputs);
            if let (Some(first), Some(Body::Head(old))) =
                (self.blocks.first_mut(), old_head.map(|block| block.body))
                && let Body::Head(head) = &mut first.body
            {
                head.opens = true;
                if head.detail.is_empty() {
                    head.detail = old.detail;
                }
                first.seal();
            }
        } else {
            old_blocks.by_ref().take(*before).for_each(drop);
        }
        if self.blocks.len() == 1 + *given {
            self.blocks.extend(old_blocks);
        }
    }
}
