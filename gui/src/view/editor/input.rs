//! What keys do to a text.

use egui::{Event, ImeEvent, Key, Modifiers};

use super::area::TextArea;
use super::document::{Document, Kind, Pos, Selection};
use super::motion::{Motion, moved};

impl TextArea {
    /// Takes an event. What is to be put on the clipboard is returned.
    pub(super) fn event(
        &mut self,
        document: &mut Document,
        event: &Event,
        editable: bool,
        mac: bool,
    ) -> Option<String> {
        match event {
            Event::Copy => return Some(self.copied(document)),
            Event::Cut if editable => {
                let text = self.copied(document);
                let range = if self.selection.is_empty() {
                    line_with_ending(document, self.selection.head.line)
                } else {
                    self.selection.range()
                };
                self.put(document, range, "", Kind::Whole);
                return Some(text);
            }
            Event::Paste(text) if editable => {
                let text = self.endings(document, text);
                self.put(document, self.selection.range(), &text, Kind::Whole);
            }
            Event::Text(text) if editable && !text.chars().any(char::is_control) => {
                self.put(document, self.selection.range(), text, Kind::Typing);
            }
            Event::Ime(ImeEvent::Preedit { text, .. }) if editable => {
                text.clone_into(&mut self.preedit)
            }
            Event::Ime(ImeEvent::Commit(text)) if editable => {
                self.preedit.clear();
                if !text.is_empty() {
                    self.put(document, self.selection.range(), text, Kind::Typing);
                }
            }
            Event::Key { key, pressed: true, modifiers, .. }
                if !self.step(document, *key, *modifiers, mac) && editable =>
            {
                self.change(document, *key, *modifiers, mac);
            }
            _ => {}
        }
        None
    }

    /// Puts a text in the place of another one, and the cursor behind it.
    pub(super) fn put(
        &mut self,
        document: &mut Document,
        range: std::ops::Range<Pos>,
        text: &str,
        kind: Kind,
    ) {
        if range.is_empty() && text.is_empty() {
            return;
        }
        let end = document.replace(range, text, self.selection, kind);
        // A \n that was put behind a \r has become its line's ending.
        self.select(Selection::at(document.clamp(end)));
    }

    fn endings(&self, document: &Document, text: &str) -> String {
        let text = text.replace("\r\n", "\n");
        if document.ending() == "\n" { text } else { text.replace('\n', document.ending()) }
    }

    fn copied(&self, document: &Document) -> String {
        if self.selection.is_empty() {
            return document.raw(self.selection.head.line).to_owned();
        }
        document.slice(self.selection.range())
    }

    /// Selects, and brings the cursor into sight.
    pub(super) fn select(&mut self, selection: Selection) {
        self.selection = selection;
        self.goal = None;
        self.reveal = true;
    }

    /// Moves the cursor; `false` when the key moves nothing.
    fn step(&mut self, document: &Document, key: Key, modifiers: Modifiers, mac: bool) -> bool {
        let control = modifiers.ctrl || modifiers.command;
        let word = if mac { modifiers.alt } else { control };
        let far = if mac { modifiers.command } else { control };
        if modifiers.alt && !mac {
            return false;
        }
        let rows = |count: usize| isize::try_from(count).unwrap_or(isize::MAX);
        let page = rows(self.scroller.page().saturating_sub(1).max(1));
        let head = self.selection.head;
        let to = match key {
            Key::ArrowLeft if mac && far => moved(document, head, Motion::Home),
            Key::ArrowRight if mac && far => moved(document, head, Motion::End),
            Key::ArrowUp if mac && far => moved(document, head, Motion::Start),
            Key::ArrowDown if mac && far => moved(document, head, Motion::Finish),
            Key::ArrowLeft if word => moved(document, head, Motion::WordLeft),
            Key::ArrowRight if word => moved(document, head, Motion::WordRight),
            Key::ArrowLeft if !modifiers.shift && !self.selection.is_empty() => {
                self.selection.range().start
            }
            Key::ArrowRight if !modifiers.shift && !self.selection.is_empty() => {
                self.selection.range().end
            }
            Key::ArrowLeft => moved(document, head, Motion::Left),
            Key::ArrowRight => moved(document, head, Motion::Right),
            Key::Home if far => moved(document, head, Motion::Start),
            Key::End if far => moved(document, head, Motion::Finish),
            Key::Home => moved(document, head, Motion::Home),
            Key::End => moved(document, head, Motion::End),
            Key::ArrowUp | Key::ArrowDown | Key::PageUp | Key::PageDown if !control => {
                let by = match key {
                    Key::ArrowUp => -1,
                    Key::ArrowDown => 1,
                    Key::PageUp => -page,
                    _ => page,
                };
                self.up_and_down(document, by, modifiers.shift);
                return true;
            }
            Key::A if modifiers.command => {
                self.selection = Selection { anchor: Pos::default(), head: document.end() };
                return true;
            }
            _ => return false,
        };
        let anchor = if modifiers.shift { self.selection.anchor } else { to };
        self.select(Selection { anchor, head: to });
        true
    }

    fn up_and_down(&mut self, document: &Document, by: isize, keep: bool) {
        let head = self.selection.head;
        let goal =
            self.goal.unwrap_or_else(|| self.cells.column(document.line(head.line), head.byte));
        let last = document.len() - 1;
        let to = match head.line.checked_add_signed(by) {
            Some(line) if line <= last => {
                #[expect(clippy::cast_precision_loss, reason = "columns of one line")]
                let byte = self.cells.byte(document.line(line), goal as f32);
                document.clamp(Pos::new(line, byte))
            }
            Some(_) if head.line == last => document.end(),
            Some(_) => document.clamp(Pos::new(last, head.byte)),
            None if head.line == 0 => Pos::default(),
            None => document.clamp(Pos::new(0, head.byte)),
        };
        let anchor = if keep { self.selection.anchor } else { to };
        self.selection = Selection { anchor, head: to };
        self.goal = Some(goal);
        self.reveal = true;
    }

    fn change(&mut self, document: &mut Document, key: Key, modifiers: Modifiers, mac: bool) {
        let word = if mac { modifiers.alt } else { modifiers.ctrl || modifiers.command };
        let head = self.selection.head;
        match key {
            Key::Backspace | Key::Delete if !self.selection.is_empty() => {
                self.put(document, self.selection.range(), "", Kind::Whole);
            }
            Key::Backspace | Key::Delete => {
                let motion = match (key == Key::Backspace, word) {
                    (true, false) => Motion::Left,
                    (true, true) => Motion::WordLeft,
                    (false, false) => Motion::Right,
                    (false, true) => Motion::WordRight,
                };
                let to = moved(document, head, motion);
                let kind = if word { Kind::Whole } else { Kind::Deleting };
                self.put(document, head.min(to)..head.max(to), "", kind);
            }
            Key::Enter if !modifiers.command => {
                let line = document.line(self.selection.range().start.line);
                let before = line.get(..self.selection.range().start.byte).unwrap_or_default();
                let indent = before.len() - before.trim_start().len();
                let indent = before.get(..indent).unwrap_or_default();
                let text = format!("{}{indent}", document.ending());
                self.put(document, self.selection.range(), &text, Kind::Whole);
            }
            Key::Tab if !modifiers.command => self.indent(document, modifiers.shift),
            Key::Z if modifiers.command && !modifiers.shift => {
                if let Some(selection) = document.undo().map(|was| clamped(document, was)) {
                    self.select(selection);
                }
            }
            Key::Z | Key::Y if modifiers.command => {
                if let Some(selection) = document.redo().map(|was| clamped(document, was)) {
                    self.select(selection);
                }
            }
            _ => {}
        }
    }

    /// Indents the selected lines, or takes that back; without a selection a tab goes where the cursor is.
    fn indent(&mut self, document: &mut Document, back: bool) {
        let unit = unit(document);
        let range = self.selection.range();
        if !back && range.start.line == range.end.line {
            let text = if unit == "\t" {
                unit
            } else {
                let column = self.cells.column(document.line(range.start.line), range.start.byte);
                " ".repeat(unit.len() - column % unit.len())
            };
            self.put(document, range, &text, Kind::Whole);
            return;
        }
        // A line of which nothing is selected isn't meant.
        let is_beside = range.end.byte == 0 && range.end.line > range.start.line;
        let last = range.end.line - usize::from(is_beside);
        let mut edits = Vec::new();
        let mut by = vec![0_isize; last + 1 - range.start.line];
        for (line, by) in (range.start.line..=last).zip(&mut by) {
            let text = document.line(line);
            if back {
                let spaces = text.bytes().take_while(|byte| *byte == b' ').count().min(unit.len());
                let gone = if text.starts_with('\t') { 1 } else { spaces };
                if gone > 0 {
                    edits.push((Pos::new(line, 0)..Pos::new(line, gone), String::new()));
                    *by = -isize::try_from(gone).unwrap_or(0);
                }
            } else if !text.is_empty() {
                edits.push((Pos::new(line, 0)..Pos::new(line, 0), unit.clone()));
                *by = isize::try_from(unit.len()).unwrap_or(0);
            }
        }
        let shifted = |pos: Pos| {
            let by = pos.line.checked_sub(range.start.line).and_then(|at| by.get(at));
            let byte = pos.byte.saturating_add_signed(by.copied().unwrap_or(0));
            Pos::new(pos.line, if pos.byte == 0 { 0 } else { byte })
        };
        let before = self.selection;
        let after = Selection { anchor: shifted(before.anchor), head: shifted(before.head) };
        document.replace_all(edits, before, after);
        self.select(after);
    }
}

/// A line with what ends it; of the last one with what ends the line before it.
fn line_with_ending(document: &Document, line: usize) -> std::ops::Range<Pos> {
    if line + 1 < document.len() {
        return Pos::new(line, 0)..Pos::new(line + 1, 0);
    }
    let start = match line.checked_sub(1) {
        Some(above) => Pos::new(above, document.line(above).len()),
        None => Pos::default(),
    };
    start..document.end()
}

/// What a text is indented with: tabs, or so many spaces.
fn unit(document: &Document) -> String {
    /// A file shows its habits early.
    const LOOKED_AT: usize = 500;
    let mut narrowest: Option<usize> = None;
    for line in (0..document.len().min(LOOKED_AT)).map(|line| document.line(line)) {
        if line.starts_with('\t') {
            return "\t".to_owned();
        }
        let spaces = line.bytes().take_while(|byte| *byte == b' ').count();
        if (2..=8).contains(&spaces) && spaces < line.len() {
            narrowest = Some(narrowest.map_or(spaces, |known| known.min(spaces)));
        }
    }
    " ".repeat(narrowest.unwrap_or(4))
}

fn clamped(document: &Document, selection: Selection) -> Selection {
    Selection { anchor: document.clamp(selection.anchor), head: document.clamp(selection.head) }
}
