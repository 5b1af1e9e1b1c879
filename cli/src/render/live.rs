//! A piece of Markdown that is still being written, printed as far as it can't change any more.

use super::clean::clean;
use super::flow::{Frame, graphemes, lay_out, settled, skip, wrap};
use super::markdown::units;
use super::writer::Unit;

/// Letters that may turn what stands before them into something else when the rest comes.
const OPEN: [char; 9] = ['*', '_', '`', '[', ']', '<', '~', '|', '\\'];

/// Marks of which only the letter behind them says whether they close something.
const CLOSING: [char; 4] = ['*', '_', '`', '~'];

/// Prints a growing text, each word once.
///
/// Blocks are printed when the next one has begun; items of lists and lines of code one by one. Of a long
/// paragraph the lines are printed that no open emphasis, link or code reaches into.
#[derive(Debug)]
pub struct Live {
    width: usize,
    /// The source as it was when something was printed last: what comes later must begin with it.
    printed: String,
    /// Where the last block begins. What stands before it is out.
    base: usize,
    /// Up to here whole units are out.
    done: usize,
    /// So many letters of the unit after that are out, too.
    letters: usize,
    /// The length of the text when it was looked at last, and of its whole lines.
    looked: usize,
    looked_lines: usize,
    /// Whether anything is out.
    begun: bool,
}

impl Live {
    /// For a terminal of that many columns.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            printed: String::new(),
            base: 0,
            done: 0,
            letters: 0,
            looked: 0,
            looked_lines: 0,
            begun: false,
        }
    }

    /// Whether anything was printed.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Takes the text so far, and returns the lines that are new.
    pub fn grow(&mut self, text: &str) -> Vec<String> {
        let lines = text.rfind('\n').map_or(0, |at| at + 1);
        let more_lines = lines > self.looked_lines;
        // Looking costs as much as the last block is long, so it must be worth it.
        if !more_lines && text.len() < self.looked.saturating_add(self.width) {
            return Vec::new();
        }
        (self.looked, self.looked_lines) = (text.len(), lines);
        // What follows says whether it is a line's end.
        let text = clean(text.trim_end_matches('\r'));
        if !text.starts_with(&self.printed) {
            // Another text: the whole of it comes with its end.
            return Vec::new();
        }
        let mut out = Vec::new();
        if more_lines {
            let whole = text.rfind('\n').map_or(0, |at| at + 1);
            self.whole_units(&text[..whole], &mut out);
        }
        self.whole_lines(&text, &mut out);
        out
    }

    /// Takes the finished text, and returns what isn't out yet.
    pub fn finish(mut self, text: &str) -> Vec<String> {
        let text = clean(text);
        let mut out = Vec::new();
        // Agents may leave the space at the end away.
        if !text.starts_with(&self.printed) && text.trim_end() != self.printed.trim_end() {
            // It isn't the text that was announced: nothing of it may be missing.
            self = Self { begun: self.begun, ..Self::new(self.width) };
        }
        let all = units(text.get(self.base..).unwrap_or_default(), self.width);
        for unit in &all {
            self.print(&text, unit, &mut out);
        }
        out
    }

    /// Prints all units but the last, which may go on.
    fn whole_units(&mut self, text: &str, out: &mut Vec<String>) {
        let all = units(&text[self.base..], self.width);
        let Some((last, finished)) = all.split_last() else { return };
        for unit in finished {
            self.print(text, unit, out);
        }
        let begin = self.base + last.block;
        self.base = text[..begin].rfind('\n').map_or(0, |at| at + 1).max(self.base);
        if self.begun && self.printed.len() < self.base {
            text[..self.base].clone_into(&mut self.printed);
        }
    }

    fn print(&mut self, text: &str, unit: &Unit, out: &mut Vec<String>) {
        let (from, to) = (self.base + unit.source.start, self.base + unit.source.end);
        if to <= self.done {
            return;
        }
        let letters = std::mem::take(&mut self.letters);
        let lines = if letters > 0 {
            // Its beginning is out. What turned out to be no paragraph is printed as it is written.
            let raw = || vec![super::flow::Span::new(&text[from..to], super::style::PLAIN)];
            let spans = unit.prose.clone().unwrap_or_else(raw);
            let (rest, over) = (skip(&spans, letters), letters.saturating_sub(graphemes(&spans)));
            // The end of the paragraph turned out to be the beginning of the next block, as of a table.
            self.letters = over;
            if rest.is_empty() { Vec::new() } else { wrap(&rest, self.frame()) }
        } else if from < self.done {
            text[self.done..to].lines().map(str::to_owned).collect()
        } else {
            if self.begun && !unit.joins {
                out.push(String::new());
            }
            unit.lines.clone()
        };
        out.extend(lines);
        self.begun = true;
        self.done = to;
        text[..to].clone_into(&mut self.printed);
    }

    /// Prints the lines of a paragraph at the end that are full and settled.
    fn whole_lines(&mut self, text: &str, out: &mut Vec<String>) {
        let decided = text.trim_end_matches(CLOSING).get(self.base..).unwrap_or_default();
        let all = units(decided, self.width);
        let Some(last) = all.last() else { return };
        let (Some(prose), true) = (&last.prose, last.flows) else { return };
        if self.base + last.source.start < self.done {
            return;
        }
        // What stands before it isn't out as long as its last line isn't whole.
        let before = all.len().checked_sub(2).and_then(|at| all.get(at));
        if before.is_some_and(|unit| self.base + unit.source.end > self.done) {
            return;
        }
        let lines = lay_out(&skip(prose, self.letters), self.frame());
        let full = lines.len().saturating_sub(1);
        for line in lines.iter().take(full.min(settled(&lines, &OPEN))) {
            if self.letters == 0 && self.begun {
                out.push(String::new());
            }
            out.push(line.text());
            self.letters += line.letters();
            self.begun = true;
            text.clone_into(&mut self.printed);
        }
    }

    fn frame(&self) -> Frame<'static> {
        Frame { width: self.width, first: "", rest: "" }
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
