//! Events into pieces. Pure, and meant for a worker's thread: everything that takes long is done here.

use std::sync::Arc;

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{Event, EventBody, LinkState, Partial, PartialKind, TurnId};

use super::piece::{Key, Kind, Piece, Question};
use super::tool;
use crate::text::{
    Block, Body, ErrorCard, Frame, FrameKind, Gap, Head, HeadKind, Mark, MarkKind, clean,
    clean_line, markdown, plain, printed,
};

/// Lines of code of one piece that are highlighted: a second of work.
const HIGHLIGHTED: usize = 20_000;
/// The same of what is told again and again while it grows.
const HIGHLIGHTED_UNFINISHED: usize = 2_000;
/// Letters of a folded text that its line shows.
const BEGINNING: usize = 160;

/// The piece that an event is shown as; `None` where a transcript shows nothing of it.
pub fn piece(event: &Event) -> Option<Piece> {
    let made = Made { seq: event.seq, at: event.at, turn: event.turn.clone() };
    let piece = match &event.body {
        EventBody::TurnStarted { message, prompt, images, read_only, run: _, synopsis } => {
            let prompt: Arc<str> = clean(prompt).into();
            let (message, images) = (message.clone(), *images);
            let asked =
                Question { message, prompt, images, read_only: *read_only, synopsis: *synopsis };
            made.question(asked)
        }
        EventBody::Text { text, plain } => made.answer(Key::Event(event.seq), text, *plain),
        EventBody::Reasoning { text } => made.reasoning(Key::Event(event.seq), text),
        EventBody::ToolCall(call) => {
            let key = Key::Tool(event.turn.clone(), call.id.clone());
            let (blocks, kind) = tool::blocks(call);
            made.piece(key, kind, blocks)
        }
        EventBody::Usage(usage) => {
            let kind = Kind::Usage(Box::new(usage.clone()));
            made.piece(Key::Usage(event.turn.clone()), kind, Vec::new())
        }
        EventBody::Link { state, why } => made.link(*state, why.as_ref()),
        EventBody::Quiet { seconds, stderr } => made.quiet(*seconds, stderr),
        EventBody::Error { failure, recoverable, resets_at } => {
            made.error(failure, *recoverable, *resets_at)
        }
        EventBody::Raw { kind, line } => {
            let title = "A line that Baton doesn't understand".to_owned();
            let head = Head { kind: HeadKind::Raw, title, detail: clean_line(kind), opens: true };
            made.folded(Kind::Raw, head, printed(&clean(line)))
        }
        EventBody::TurnEnded { status, elapsed_ms, .. } => {
            let body = Body::Ended { status: (*status).into(), elapsed_ms: *elapsed_ms };
            made.event(Kind::Ended, vec![Block::new(body)])
        }
        EventBody::Unknown => made.mark(
            MarkKind::Unknown,
            "Something that only a newer version of Baton can show".into(),
        ),
        EventBody::SessionChanged { .. }
        | EventBody::SessionRemoved
        | EventBody::QueueChanged { .. }
        | EventBody::TurnLaunched
        | EventBody::AgentSession { .. }
        | EventBody::ApprovalRequested { .. }
        | EventBody::ApprovalResolved { .. } => return None,
    };
    Some(piece)
}

/// The piece that an unfinished one is shown as, right behind event `seq`.
pub fn unfinished(partial: &Partial, seq: u64, at: Timestamp) -> Piece {
    let key = Key::Unfinished(partial.turn.clone());
    let made = Made { seq, at, turn: Some(partial.turn.clone()) };
    match partial.kind {
        PartialKind::Text => made.answer(key, &partial.text, false),
        PartialKind::Plain => made.answer(key, &partial.text, true),
        PartialKind::Reasoning => made.reasoning(key, &partial.text),
    }
}

struct Made {
    seq: u64,
    at: Timestamp,
    turn: Option<TurnId>,
}

impl Made {
    fn piece(self, key: Key, kind: Kind, mut blocks: Vec<Block>) -> Piece {
        let Self { seq, at, turn } = self;
        if let Some(first) = blocks.first_mut() {
            let is_line = matches!(first.body, Body::Head(_));
            first.gap = if is_line { Gap::Small } else { Gap::Normal };
            if matches!(kind, Kind::Question(_)) {
                first.gap = Gap::Large;
            }
            first.seal();
        }
        Piece { key, seq, at, until: at, turn, kind, blocks, source: "".into() }
    }

    fn event(self, kind: Kind, blocks: Vec<Block>) -> Piece {
        let key = Key::Event(self.seq);
        self.piece(key, kind, blocks)
    }

    fn folded(self, kind: Kind, head: Head, blocks: Vec<Block>) -> Piece {
        let key = Key::Event(self.seq);
        self.piece(key, kind, with_head(head, blocks))
    }

    fn answer(self, key: Key, text: &str, is_plain: bool) -> Piece {
        let text = clean(text);
        let lines = match key {
            Key::Unfinished(_) => HIGHLIGHTED_UNFINISHED,
            Key::Event(_) | Key::Tool(..) | Key::Usage(_) => HIGHLIGHTED,
        };
        let blocks = if is_plain { printed(&text) } else { markdown(&text, lines) };
        let source = text.into();
        Piece { source, ..self.piece(key, Kind::Answer, blocks) }
    }

    fn reasoning(self, key: Key, text: &str) -> Piece {
        let text = clean(text);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let detail = beginning(first.replace("**", "").trim_matches(['*', '#', ' ']));
        let head =
            Head { kind: HeadKind::Reasoning, title: "Thinking".into(), detail, opens: true };
        let quoted =
            markdown(&text, HIGHLIGHTED_UNFINISHED).into_iter().enumerate().map(|(at, block)| {
                block.with(|block| {
                    block.quote = block.quote.saturating_add(1);
                    block.quote_goes_on = at > 0;
                })
            });
        let blocks = with_head(head, quoted.collect());
        self.piece(key, Kind::Reasoning, blocks)
    }

    fn question(self, asked: Question) -> Piece {
        let source = asked.prompt.clone();
        if asked.synopsis {
            let title = "Baton asked what was done".to_owned();
            let detail = "for the history".to_owned();
            let head = Head { kind: HeadKind::Synopsis, title, detail, opens: true };
            let piece = self.folded(Kind::Question(asked), head, plain(&source));
            return Piece { source, ..piece };
        }
        let (message, read_only) = (asked.message.clone(), asked.read_only);
        let mut blocks = vec![Block::new(Body::Asked {
            message: message.clone(),
            read_only,
            source: source.clone(),
        })];
        if !asked.prompt.is_empty() {
            blocks.extend(plain(&asked.prompt));
        }
        if asked.images > 0 {
            blocks.push(Block::new(Body::Images { message, count: asked.images }));
        }
        let last = blocks.len() - 1;
        for (at, block) in blocks.iter_mut().enumerate() {
            let (first, last) = (at == 0, at == last);
            block.frame = Some(Frame { kind: FrameKind::Question, first, last });
            if at == 1 || (last && at > 0) && matches!(block.body, Body::Images { .. }) {
                block.gap = Gap::Small;
            }
            block.seal();
        }
        Piece { source, ..self.event(Kind::Question(asked), blocks) }
    }

    fn link(self, state: LinkState, why: Option<&Failure>) -> Piece {
        match (state, why) {
            (LinkState::Blocked, Some(failure)) => self.error(failure, false, None),
            (LinkState::Blocked, None) => {
                self.mark(MarkKind::Link(state.into()), "The way to the host is blocked".into())
            }
            (LinkState::Lost, Some(failure)) => {
                let why = clean_line(&failure.message);
                let words = format!("The connection broke: {why}. The agent works on meanwhile.");
                self.mark(MarkKind::Link(state.into()), words)
            }
            (LinkState::Lost, None) => {
                let words = "The connection broke. The agent works on meanwhile.";
                self.mark(MarkKind::Link(state.into()), words.into())
            }
            (LinkState::Restored, _) => self
                .mark(MarkKind::Link(state.into()), "Connected again; nothing was missed".into()),
        }
    }

    fn quiet(self, seconds: u64, stderr: &str) -> Piece {
        let silence = super::words::duration(seconds.saturating_mul(1000));
        let stderr = clean(stderr);
        let stderr = stderr.trim_end();
        let said = if stderr.is_empty() { "" } else { "; its last words on stderr:" };
        let words = format!("The agent has said nothing for {silence}{said}");
        let mut piece = self.mark(MarkKind::Quiet, words);
        if !stderr.is_empty() {
            piece.blocks.push(Block::new(Body::Output(stderr.into())).with(|block| {
                block.indent = 1;
                block.gap = Gap::Small;
            }));
        }
        piece
    }

    fn error(self, failure: &Failure, recoverable: bool, resets_at: Option<Timestamp>) -> Piece {
        let mut failure = failure.clone();
        failure.message = clean(&failure.message).into_owned();
        failure.hint = failure.hint.map(|hint| clean(&hint).into_owned());
        let card = ErrorCard { failure, recoverable, resets_at };
        self.event(Kind::Error, vec![Block::new(Body::Error(Box::new(card)))])
    }

    fn mark(self, kind: MarkKind, words: String) -> Piece {
        self.event(Kind::Mark, vec![Block::new(Body::Mark(Mark { kind, words }))])
    }
}

/// A line that opens what stands behind it.
fn with_head(head: Head, blocks: Vec<Block>) -> Vec<Block> {
    let folded = blocks.into_iter().map(|block| {
        block.with(|block| {
            block.folded = true;
            block.indent = block.indent.saturating_add(1);
        })
    });
    std::iter::once(Block::new(Body::Head(head))).chain(folded).collect()
}

/// As much of a text as fits on a line.
pub(super) fn beginning(text: &str) -> String {
    let line: String = text.chars().take(BEGINNING).collect();
    clean_line(&line)
}

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
