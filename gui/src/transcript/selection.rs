//! What is selected in a transcript: places that stay when it is scrolled, folded, or goes on; and what copying gives.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::entries::{Entries, Row};
use crate::text::{Block, Body, Gap, Marker};

/// A place in the text of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The piece's number, which doesn't change when older pieces come.
    pub piece: i64,
    /// Which of its blocks.
    pub block: usize,
    /// Which of the block's texts.
    pub text: usize,
    /// The byte that begins there.
    pub byte: usize,
}

/// What a selection grows by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// Letters.
    #[default]
    Letter,
    /// Words.
    Word,
    /// Paragraphs of prose, lines of code.
    Paragraph,
}

/// A selection: from where it began to where the pointer went, both ends of what they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    anchor: (Spot, Spot),
    head: (Spot, Spot),
    /// What it grows by.
    pub grain: Grain,
}

impl Selection {
    /// Begins at a place.
    pub fn new(entries: &Entries, at: Spot, grain: Grain) -> Self {
        let unit = unit(entries, at, grain);
        Self { anchor: unit, head: unit, grain }
    }

    /// All that there is.
    pub fn all(entries: &Entries) -> Option<Self> {
        let last = entries.len().checked_sub(1)?;
        let first = Spot { piece: entries.number(0), block: 0, text: 0, byte: 0 };
        let most = usize::MAX;
        let end = Spot { piece: entries.number(last), block: most, text: most, byte: most };
        Some(Self { anchor: (first, first), head: (end, end), grain: Grain::Letter })
    }

    /// Moves the end that follows the pointer.
    pub fn reach(&mut self, entries: &Entries, at: Spot) {
        self.head = unit(entries, at, self.grain);
    }

    /// Its first place, and the one behind its last.
    pub fn range(&self) -> (Spot, Spot) {
        (self.anchor.0.min(self.head.0), self.anchor.1.max(self.head.1))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        let (from, to) = self.range();
        from >= to
    }

    /// Which bytes of a text are in it. `len` is the text's.
    pub fn of_text(
        &self,
        piece: i64,
        block: usize,
        text: usize,
        len: usize,
    ) -> Option<Range<usize>> {
        let (from, to) = self.range();
        let here = (piece, block, text);
        let (first, last) = ((from.piece, from.block, from.text), (to.piece, to.block, to.text));
        if here < first || here > last {
            return None;
        }
        let start = if here == first { from.byte.min(len) } else { 0 };
        let end = if here == last { to.byte.min(len) } else { len };
        (start < end).then_some(start..end)
    }

    /// Whether a block lies in it from end to end.
    pub fn has_all_of(&self, piece: i64, block: usize) -> bool {
        let (from, to) = self.range();
        (piece, block) > (from.piece, from.block) && (piece, block) < (to.piece, to.block)
    }

    /// The text of what is seen of it: as it was written, lists with their marks, cells with tabs between them.
    pub fn copied(&self, entries: &Entries) -> String {
        let (from, to) = self.range();
        let mut out = String::new();
        let first = entries.place(from.piece).unwrap_or(0);
        for at in first..entries.len() {
            let piece = entries.number(at);
            let Some(entry) = entries.get(at).filter(|_| piece <= to.piece) else { break };
            let mut before: Option<&Block> = None;
            for (number, block) in entry.piece.blocks.iter().enumerate() {
                let row = entries.row_of_block(at, number);
                if !matches!(entries.row(at, row), Some(Row::Block(..))) {
                    before = None;
                    continue;
                }
                let words = self.of_block(piece, number, block);
                if !words.is_empty() {
                    if !out.is_empty() {
                        out.push_str(joint(before, block));
                    }
                    out.push_str(&words);
                }
                before = Some(block);
            }
        }
        out
    }

    fn of_block(&self, piece: i64, number: usize, block: &Block) -> String {
        let mut out = String::new();
        match &block.body {
            Body::Table(table) => {
                let mut text = 0;
                for row in &table.rows {
                    let mut is_first = true;
                    for cell in row {
                        let len = cell.text.len();
                        let bytes = self.of_text(piece, number, text, len);
                        let is_within = self.passes(piece, number, text);
                        if is_within {
                            let join = if is_first && !out.is_empty() { "\n" } else { "\t" };
                            if !(is_first && out.is_empty()) {
                                out.push_str(join);
                            }
                            is_first = false;
                        }
                        out.push_str(bytes.and_then(|bytes| cell.text.get(bytes)).unwrap_or(""));
                        text += 1;
                    }
                }
            }
            Body::Head(head) => {
                if self.has_all_of(piece, number) {
                    out.push_str(&head.title);
                    if !head.detail.is_empty() {
                        out.push_str("  ");
                        out.push_str(&head.detail);
                    }
                }
            }
            Body::Output(text) => {
                if self.has_all_of(piece, number) {
                    out.push_str(text);
                }
            }
            Body::Text { .. } | Body::Diff { .. } | Body::Error(_) | Body::Mark(_) => {
                let mut text = 0;
                while let Some(words) = words(block, text) {
                    if let Some(bytes) = self.of_text(piece, number, text, words.len()) {
                        if !out.is_empty() {
                            out.push('\n');
                        } else if bytes.start == 0 {
                            out.push_str(&mark(block));
                        }
                        out.push_str(words.get(bytes).unwrap_or_default());
                    }
                    text += 1;
                }
            }
            // Lines of buttons, pictures, and lines that are drawn.
            Body::CodeHead { .. }
            | Body::Rule
            | Body::Asked { .. }
            | Body::Images { .. }
            | Body::Ended { .. } => {}
        }
        out
    }

    /// Whether a text is in it, be it empty.
    fn passes(&self, piece: i64, block: usize, text: usize) -> bool {
        let (from, to) = self.range();
        let here = (piece, block, text);
        (from.piece, from.block, from.text) <= here && here <= (to.piece, to.block, to.text)
    }
}

/// A text of a block that can be selected by the mouse; the same as what is laid out of it.
pub fn words(block: &Block, text: usize) -> Option<Cow<'_, str>> {
    match &block.body {
        Body::Text { rich, .. } | Body::Diff { rich, .. } => {
            (text == 0).then_some(Cow::Borrowed(rich.text.as_str()))
        }
        Body::Table(table) => {
            table.rows.iter().flatten().nth(text).map(|cell| cell.text.as_str().into())
        }
        Body::Error(card) => match text {
            0 => Some(card.says().into()),
            1 => card.failure.hint.as_deref().map(Cow::Borrowed),
            _ => None,
        },
        Body::Mark(mark) => (text == 0).then_some(Cow::Borrowed(mark.words.as_str())),
        Body::CodeHead { .. }
        | Body::Rule
        | Body::Asked { .. }
        | Body::Images { .. }
        | Body::Head(_)
        | Body::Output(_)
        | Body::Ended { .. } => None,
    }
}

/// The mark of a list's item, as it is written.
fn mark(block: &Block) -> String {
    let steps = usize::from(block.indent.saturating_sub(1));
    let mark = match block.marker {
        None => return String::new(),
        Some(Marker::Dot) => "- ".to_owned(),
        Some(Marker::Number(number)) => format!("{number}. "),
        Some(Marker::Task(true)) => "- [x] ".to_owned(),
        Some(Marker::Task(false)) => "- [ ] ".to_owned(),
    };
    format!("{}{mark}", "  ".repeat(steps))
}

/// What stands between a block and the one before it.
fn joint(before: Option<&Block>, block: &Block) -> &'static str {
    // Whether a text goes on in a line of its own; `None` for what isn't one.
    let fed = |block: &Block| match &block.body {
        Body::Text { rich, .. } | Body::Diff { rich, .. } => Some(rich.feed),
        Body::Table(_) => Some(true),
        Body::CodeHead { .. }
        | Body::Rule
        | Body::Asked { .. }
        | Body::Images { .. }
        | Body::Head(_)
        | Body::Output(_)
        | Body::Error(_)
        | Body::Mark(_)
        | Body::Ended { .. } => None,
    };
    match (before.and_then(fed), fed(block), block.gap) {
        // One text that was cut where it was long.
        (Some(is_fed), Some(_), Gap::None) => {
            if is_fed {
                "\n"
            } else {
                ""
            }
        }
        // Items of a list.
        (Some(_), Some(_), Gap::Small) if block.indent > 0 => "\n",
        (_, _, Gap::None | Gap::Small | Gap::Normal | Gap::Large) => "\n\n",
    }
}

/// Both ends of what a place is in.
fn unit(entries: &Entries, at: Spot, grain: Grain) -> (Spot, Spot) {
    let entry = entries.place(at.piece).and_then(|place| entries.get(place));
    let block = entry.and_then(|entry| entry.piece.blocks.get(at.block));
    let Some(words) = block.and_then(|block| words(block, at.text)) else { return (at, at) };
    let bytes = match grain {
        Grain::Letter => at.byte..at.byte,
        Grain::Word => word(&words, at.byte),
        Grain::Paragraph => paragraph(&words, at.byte),
    };
    (Spot { byte: bytes.start, ..at }, Spot { byte: bytes.end, ..at })
}

/// The word, or what is between two words, that a byte is in.
fn word(text: &str, byte: usize) -> Range<usize> {
    let mut found = 0..0;
    for (start, word) in text.split_word_bound_indices() {
        if start > byte {
            break;
        }
        // Behind the last letter one is still at its word.
        let is_behind = start == byte && word.starts_with(char::is_whitespace) && start > 0;
        if !is_behind {
            found = start..start + word.len();
        }
    }
    found
}

/// The line that a byte is in.
fn paragraph(text: &str, byte: usize) -> Range<usize> {
    let byte = text.floor_char_boundary(byte);
    let (before, behind) = text.split_at(byte);
    let start = before.rfind('\n').map_or(0, |feed| feed + 1);
    start..behind.find('\n').map_or(text.len(), |feed| byte + feed)
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
