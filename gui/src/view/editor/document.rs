//! A text that is edited: its lines byte for byte, and the way back.

use std::ops::Range;

/// A place in a text: a line, counted from 0, and a byte of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// Which line.
    pub line: usize,
    /// Which byte of it.
    pub byte: usize,
}

impl Pos {
    /// A place.
    pub fn new(line: usize, byte: usize) -> Self {
        Self { line, byte }
    }

    /// Where a text ends that begins here.
    fn behind(self, text: &str) -> Self {
        let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
        match text.rfind('\n') {
            Some(at) => Self { line: self.line + breaks, byte: text.len() - at - 1 },
            None => Self { line: self.line, byte: self.byte + text.len() },
        }
    }
}

/// What is selected: from where a person began to where the cursor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Where it began.
    pub anchor: Pos,
    /// Where the cursor is.
    pub head: Pos,
}

impl Selection {
    /// Nothing but a cursor.
    pub fn at(pos: Pos) -> Self {
        Self { anchor: pos, head: pos }
    }

    /// From its first byte to behind its last.
    pub fn range(self) -> Range<Pos> {
        self.anchor.min(self.head)..self.anchor.max(self.head)
    }

    /// Whether nothing is selected.
    pub fn is_empty(self) -> bool {
        self.anchor == self.head
    }
}

/// What a change is: letters that are typed one behind the other are taken back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Typed.
    Typing,
    /// Deleted letter by letter.
    Deleting,
    /// Anything else.
    Whole,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    at: Pos,
    removed: String,
    inserted: String,
}

/// What is taken back at once.
#[derive(Clone, Debug)]
struct Step {
    edits: Vec<Edit>,
    before: Selection,
    after: Selection,
    kind: Kind,
}

/// Lines that took the place of others, for who keeps something beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The first of them.
    pub at: usize,
    /// How many are gone.
    pub removed: usize,
    /// How many stand there now.
    pub added: usize,
}

/// So many steps can be taken back.
const STEPS: usize = 10_000;

/// A text that is edited. Its parts are lines with their endings; only the last one has none, and may be empty.
#[derive(Clone, Debug)]
pub struct Document {
    lines: Vec<Box<str>>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    /// After how many steps it is as it was saved; `None` when no way leads there any more.
    saved: Option<usize>,
    /// The same of what is being saved.
    saving: Option<usize>,
    version: u64,
    changes: Vec<LineChange>,
    /// What a new line ends with.
    ending: &'static str,
    bytes: usize,
}

impl Default for Document {
    fn default() -> Self {
        Self::new("")
    }
}

fn lines_of(text: &str) -> impl Iterator<Item = Box<str>> + '_ {
    let last = (text.is_empty() || text.ends_with('\n')).then_some("");
    text.split_inclusive('\n').chain(last).map(Box::from)
}

impl Document {
    /// A text as it was read.
    pub fn new(text: &str) -> Self {
        let lines: Vec<Box<str>> = lines_of(text).collect();
        let first = lines.first().map_or("", |line| &**line);
        let ending = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
        Self {
            lines,
            undo: Vec::new(),
            redo: Vec::new(),
            saved: Some(0),
            saving: None,
            version: 0,
            changes: Vec::new(),
            ending,
            bytes: text.len(),
        }
    }

    /// All of it.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes);
        for line in &self.lines {
            text.push_str(line);
        }
        text
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many lines there are; at least one.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// A line with its ending.
    pub fn raw(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", |line| line)
    }

    /// A line without its ending.
    pub fn line(&self, line: usize) -> &str {
        let raw = self.raw(line);
        match raw.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line),
            None => raw,
        }
    }

    /// What a new line ends with.
    pub fn ending(&self) -> &'static str {
        self.ending
    }

    /// Another number after every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether it differs from what was saved.
    pub fn is_modified(&self) -> bool {
        self.saved != Some(self.undo.len())
    }

    /// It is saved as it is.
    pub fn mark_saved(&mut self) {
        self.saved = Some(self.undo.len());
    }

    /// It isn't what is saved anywhere.
    pub fn mark_unsaved(&mut self) {
        self.saved = None;
    }

    /// It is being saved as it is; what is typed meanwhile isn't part of that.
    pub fn begin_save(&mut self) {
        self.saving = Some(self.undo.len());
    }

    /// What became of that.
    pub fn end_save(&mut self, is_saved: bool) {
        let saving = self.saving.take();
        if is_saved {
            self.saved = saving;
        }
    }

    /// Another way is taken from here: nothing that was done again leads anywhere.
    fn turn_off(&mut self) {
        self.redo.clear();
        let now = self.undo.len();
        for mark in [&mut self.saved, &mut self.saving] {
            *mark = mark.filter(|mark| *mark <= now);
        }
    }

    /// The lines that were replaced since the last time.
    pub fn take_changes(&mut self) -> Vec<LineChange> {
        std::mem::take(&mut self.changes)
    }

    /// The place behind the last letter.
    pub fn end(&self) -> Pos {
        let line = self.lines.len().saturating_sub(1);
        Pos::new(line, self.line(line).len())
    }

    /// The nearest place that there is, on a boundary of characters.
    pub fn clamp(&self, pos: Pos) -> Pos {
        if pos.line >= self.lines.len() {
            return self.end();
        }
        let line = self.line(pos.line);
        let mut byte = pos.byte.min(line.len());
        while !line.is_char_boundary(byte) {
            byte -= 1;
        }
        Pos::new(pos.line, byte)
    }

    /// What stands there.
    pub fn slice(&self, range: Range<Pos>) -> String {
        let Range { start, end } = range;
        if start.line == end.line {
            return self.raw(start.line).get(start.byte..end.byte).unwrap_or_default().to_owned();
        }
        let mut text = self.raw(start.line).get(start.byte..).unwrap_or_default().to_owned();
        for line in self.lines.get(start.line + 1..end.line).unwrap_or_default() {
            text.push_str(line);
        }
        text.push_str(self.raw(end.line).get(..end.byte).unwrap_or_default());
        text
    }

    /// Puts a text in the place of what stands there; returns the place behind it. `selection` is what was selected before.
    pub fn replace(
        &mut self,
        range: Range<Pos>,
        text: &str,
        selection: Selection,
        kind: Kind,
    ) -> Pos {
        let edit = self.splice(range, text);
        let end = edit.at.behind(&edit.inserted);
        self.turn_off();
        let is_mark = [self.saved, self.saving].contains(&Some(self.undo.len()));
        let goes_on = !is_mark
            && kind != Kind::Whole
            && !edit.inserted.contains('\n')
            && self.undo.last().is_some_and(|last| last.kind == kind && last.after == selection);
        let after = Selection::at(end);
        match self.undo.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.edits.push(edit);
                last.after = after;
            }
            None => {
                self.undo.push(Step { edits: vec![edit], before: selection, after, kind });
                if self.undo.len() > STEPS {
                    self.undo.remove(0);
                    for mark in [&mut self.saved, &mut self.saving] {
                        *mark = mark.and_then(|mark| mark.checked_sub(1));
                    }
                }
            }
        }
        end
    }

    /// Several replacements that are taken back together, each at a place of the text as it is after those before it.
    pub fn replace_all(
        &mut self,
        edits: impl IntoIterator<Item = (Range<Pos>, String)>,
        before: Selection,
        after: Selection,
    ) {
        let edits: Vec<Edit> =
            edits.into_iter().map(|(range, text)| self.splice(range, &text)).collect();
        if edits.is_empty() {
            return;
        }
        self.turn_off();
        self.undo.push(Step { edits, before, after, kind: Kind::Whole });
    }

    /// Makes it another text, in one step that can be taken back; what is the same at both ends stays. Returns where a
    /// selection is then.
    pub fn become_text(&mut self, text: &str, selection: Selection) -> Selection {
        let new: Vec<Box<str>> = lines_of(text).collect();
        let most = self.lines.len().min(new.len());
        let head = self.lines.iter().zip(&new).take_while(|(a, b)| a == b).count();
        if head == self.lines.len() && head == new.len() {
            return selection;
        }
        // The last lines have no endings: they are replaced whole, so that neither loses its own.
        let tail = self
            .lines
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take(most - head.min(most))
            .take_while(|(a, b)| a == b);
        let tail = tail.count();
        let (old_end, new_end) = (self.lines.len() - tail, new.len() - tail);
        let middle: String = new.get(head..new_end).unwrap_or_default().concat();
        let start = Pos::new(head, 0);
        let (range, text) = if tail > 0 {
            (start..Pos::new(old_end, 0), middle)
        } else {
            (start..Pos::new(old_end - 1, self.raw(old_end - 1).len()), middle)
        };
        let (removed, added) = (old_end - head, new_end - head);
        let moved = |pos: Pos| {
            if pos.line < head {
                pos
            } else if pos.line >= old_end {
                Pos::new(pos.line - removed + added, pos.byte)
            } else {
                Pos::new(pos.line.min((head + added).saturating_sub(1)), pos.byte)
            }
        };
        let edit = self.splice(range, &text);
        self.turn_off();
        let after = Selection {
            anchor: self.clamp(moved(selection.anchor)),
            head: self.clamp(moved(selection.head)),
        };
        self.undo.push(Step { edits: vec![edit], before: selection, after, kind: Kind::Whole });
        after
    }

    /// Takes the last step back; what is selected then.
    pub fn undo(&mut self) -> Option<Selection> {
        let step = self.undo.pop()?;
        for edit in step.edits.iter().rev() {
            self.splice(edit.at..edit.at.behind(&edit.inserted), &edit.removed);
        }
        let selection = step.before;
        self.redo.push(step);
        Some(selection)
    }

    /// Does it again.
    pub fn redo(&mut self) -> Option<Selection> {
        let step = self.redo.pop()?;
        for edit in &step.edits {
            self.splice(edit.at..edit.at.behind(&edit.removed), &edit.inserted);
        }
        let selection = step.after;
        self.undo.push(step);
        Some(selection)
    }

    /// Whether something can be taken back, and whether something can be done again.
    pub fn can_step(&self) -> (bool, bool) {
        (!self.undo.is_empty(), !self.redo.is_empty())
    }

    /// Puts text behind the last line, and in front of the first one takes lines away: for what is only shown, as far as it
    /// is read. Nothing of it can be taken back.
    pub fn slide(
        &mut self,
        in_front: &str,
        gone_in_front: usize,
        behind: &str,
        gone_behind: usize,
    ) {
        let count = self.lines.len().saturating_sub(1);
        let keep_from = gone_in_front.min(count);
        let keep_to = count.saturating_sub(gone_behind).max(keep_from);
        let lines = std::mem::take(&mut self.lines);
        let kept = lines.into_iter().take(keep_to).skip(keep_from);
        self.lines = in_front
            .split_inclusive('\n')
            .map(Box::from)
            .chain(kept)
            .chain(behind.split_inclusive('\n').map(Box::from))
            .chain(std::iter::once(Box::from("")))
            .collect();
        self.bytes = self.lines.iter().map(|line| line.len()).sum();
        self.version += 1;
        self.changes.clear();
    }

    fn splice(&mut self, range: Range<Pos>, text: &str) -> Edit {
        let Range { start, end } = range;
        let removed = self.slice(start..end);
        let mut whole = self.raw(start.line).get(..start.byte).unwrap_or_default().to_owned();
        whole.push_str(text);
        whole.push_str(self.raw(end.line).get(end.byte..).unwrap_or_default());
        let is_last = end.line + 1 >= self.lines.len();
        let mut added = 0;
        let new: Vec<Box<str>> = if is_last {
            lines_of(&whole).collect()
        } else {
            whole.split_inclusive('\n').map(Box::from).collect()
        };
        added += new.len();
        self.lines.splice(start.line..(end.line + 1).min(self.lines.len()), new);
        self.bytes = self.bytes - removed.len() + text.len();
        self.version += 1;
        self.changes.push(LineChange { at: start.line, removed: end.line + 1 - start.line, added });
        Edit { at: start, removed, inserted: text.to_owned() }
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
