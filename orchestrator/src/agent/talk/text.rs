//! Putting the pieces of a text together again.

use serde::{Deserialize, Serialize};

use super::talker::Step;
use crate::agent::Item;

/// The text that is being written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Writing {
    reasoning: bool,
    /// The agent's id of it, where it gives one.
    id: Option<String>,
    text: String,
    /// The last text of the answer.
    pub(super) last: Option<String>,
}

impl Writing {
    /// A further piece; one of another kind or id ends the text before.
    pub(super) fn add(&mut self, reasoning: bool, id: Option<&str>, piece: &str, out: &mut Step) {
        if self.reasoning != reasoning || self.id.as_deref() != id {
            self.end(out);
        }
        self.reasoning = reasoning;
        self.id = id.map(ToOwned::to_owned);
        self.text.push_str(piece);
        out.items.push(Item::Delta { reasoning, text: piece.to_owned() });
    }

    /// Nothing more is added to it.
    pub(super) fn end(&mut self, out: &mut Step) {
        let text = std::mem::take(&mut self.text);
        self.id = None;
        self.whole(self.reasoning, text, out);
    }

    /// A text that is there as a whole, whatever pieces of it came.
    pub(super) fn replace(&mut self, reasoning: bool, text: String, out: &mut Step) {
        self.text.clear();
        self.id = None;
        self.whole(reasoning, text, out);
    }

    fn whole(&mut self, reasoning: bool, text: String, out: &mut Step) {
        if text.is_empty() {
        } else if reasoning {
            out.items.push(Item::Reasoning { text });
        } else {
            self.last = Some(text.clone());
            out.items.push(Item::Text { text });
        }
    }
}
