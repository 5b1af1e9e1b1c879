//! Pieces that are still being written, put together from what was added.

use crate::agent::Item;
use crate::seam::{Ephemerals, Partial, PartialKind, SessionId, TabId, TurnId};

/// The pieces of one turn that are still being written.
#[derive(Debug)]
pub struct Unfinished {
    to: Ephemerals,
    at: (SessionId, TabId, TurnId),
    text: String,
    /// Whether the text is no Markdown.
    plain: bool,
    reasoning: String,
}

impl Unfinished {
    /// Nothing yet.
    pub fn new(to: Ephemerals, session: SessionId, tab: TabId, turn: TurnId) -> Self {
        let at = (session, tab, turn);
        Self { to, at, text: String::new(), plain: false, reasoning: String::new() }
    }

    /// Shows what was added to who looks on; a piece that is finished is an event, and begins anew.
    pub fn show(&mut self, items: &[Item]) {
        let (mut text_grew, mut reasoning_grew) = (false, false);
        for item in items {
            match item {
                Item::Delta { reasoning: false, text } => {
                    self.text.push_str(text);
                    text_grew = true;
                }
                Item::Printed { whole: false, text } => {
                    self.text.push_str(text);
                    self.plain = true;
                    text_grew = true;
                }
                Item::Delta { reasoning: true, text } => {
                    self.reasoning.push_str(text);
                    reasoning_grew = true;
                }
                Item::Text { .. } | Item::Printed { whole: true, .. } => {
                    self.finished(self.kind());
                    self.text.clear();
                    text_grew = false;
                }
                Item::Reasoning { .. } => {
                    self.finished(PartialKind::Reasoning);
                    self.reasoning.clear();
                    reasoning_grew = false;
                }
                Item::AgentSession { .. }
                | Item::ToolCall(_)
                | Item::Usage(_)
                | Item::Error(_)
                | Item::Approval(_)
                | Item::Ended { .. }
                | Item::Unknown { .. } => {}
            }
        }
        if text_grew {
            self.tell(self.kind(), self.text.clone());
        }
        if reasoning_grew {
            self.tell(PartialKind::Reasoning, self.reasoning.clone());
        }
    }

    /// What the text will be.
    fn kind(&self) -> PartialKind {
        if self.plain { PartialKind::Plain } else { PartialKind::Text }
    }

    /// Called before the whole piece is stored, so that no part of it is seen behind it.
    fn finished(&self, kind: PartialKind) {
        self.to.clear(&self.at.2, Some(kind));
    }

    fn tell(&self, kind: PartialKind, text: String) {
        let (session, tab, turn) = self.at.clone();
        self.to.put(Partial { session, tab, turn, kind, text });
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.to.clear(&self.at.2, None);
    }
}
