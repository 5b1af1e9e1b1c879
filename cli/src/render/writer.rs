//! Lays blocks out: prefixes of lists and quotes, empty lines, and which lines are printed as a whole.

use std::ops::Range;

use anstyle::Style;

use super::clean::clean;
use super::flow::{Frame, Span, width, wrap};
use super::markdown::COLON;
use super::style::PLAIN;
use super::table::Table;

/// How far code is indented.
const CODE_INDENT: &str = "    ";

/// What is printed as a whole: a block, an item of a list, or a line of code.
#[derive(Debug)]
pub struct Unit {
    /// Where it stands in the source.
    pub source: Range<usize>,
    /// Where the block that it belongs to begins.
    pub block: usize,
    /// Its lines, styled.
    pub lines: Vec<String>,
    /// Whether it follows the one before without an empty line.
    pub joins: bool,
    /// What the lines were made of, where it is a paragraph or, without its mark, a heading.
    pub prose: Option<Vec<Span>>,
    /// Whether it is a paragraph, which may be printed line by line.
    pub flows: bool,
}

/// What stands before the lines of an item or a quote.
#[derive(Debug)]
pub struct Prefix {
    /// For the next line.
    pub first: Option<String>,
    /// For all further lines.
    pub rest: String,
}

/// The text that is being laid out, and where in its blocks it is.
#[derive(Debug)]
pub struct Writer {
    pub width: usize,
    pub units: Vec<Unit>,
    /// How deep in blocks the reader is.
    pub depth: usize,
    /// The top-level block, and whether a unit of it is out already.
    pub block: Range<usize>,
    pub begun: bool,
    /// Lines of the unit at work.
    pub lines: Vec<String>,
    pub prose: Option<Vec<Span>>,
    pub flows: bool,
    pub prefixes: Vec<Prefix>,
    /// Inline text of the block at work, and how it is written.
    pub spans: Vec<Span>,
    pub styles: Vec<Style>,
    /// For each open list the number of its next item, where it counts.
    pub lists: Vec<Option<u64>>,
    /// Whether nothing stands in the innermost container yet.
    pub fresh: bool,
    pub links: Vec<String>,
    pub table: Option<Table>,
    /// Where the next line of the code block begins in the source.
    pub code: Option<usize>,
}

impl Writer {
    /// For a terminal of that many columns.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            units: Vec::new(),
            depth: 0,
            block: 0..0,
            begun: false,
            lines: Vec::new(),
            prose: None,
            flows: false,
            prefixes: Vec::new(),
            spans: Vec::new(),
            styles: Vec::new(),
            lists: Vec::new(),
            fresh: true,
            links: Vec::new(),
            table: None,
            code: None,
        }
    }

    pub fn text(&mut self, text: &str) {
        let style = self
            .styles
            .iter()
            .fold(PLAIN, |all, style| all.effects(all.get_effects() | style.get_effects()));
        self.push(text.to_owned(), style);
    }

    pub fn push(&mut self, text: String, style: Style) {
        // A character reference such as &#27; is a control character only now.
        self.spans.push(Span::new(clean(&text.replace(COLON, ":")), style));
    }

    /// A block begins: the text before it is out, and an empty line parts it from what stands in its container.
    pub fn block(&mut self, range: &Range<usize>) {
        self.flush();
        self.top(range);
        self.depth += 1;
        self.apart();
    }

    pub fn top(&mut self, range: &Range<usize>) {
        if self.depth == 0 {
            self.block = range.clone();
            self.begun = false;
        }
    }

    pub fn apart(&mut self) {
        if !self.fresh && self.depth > 1 && !self.lines.is_empty() {
            let blank = self.prefix();
            self.lines.push(blank.trim_end().to_owned());
        }
    }

    pub fn close(&mut self, range: Range<usize>) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.unit(range);
        }
    }

    /// Columns that are left of the prefixes.
    pub fn room(&self) -> usize {
        let taken: usize = self.prefixes.iter().map(|prefix| width(&prefix.rest)).sum();
        self.width.saturating_sub(taken)
    }

    fn prefix(&mut self) -> String {
        let next = |prefix: &mut Prefix| prefix.first.take().unwrap_or_else(|| prefix.rest.clone());
        self.prefixes.iter_mut().map(next).collect()
    }

    pub fn line(&mut self, text: &str) {
        let line = self.prefix() + text;
        self.lines.push(line.trim_end().to_owned());
        self.fresh = false;
    }

    /// Lays the inline text out.
    pub fn flush(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        let spans = std::mem::take(&mut self.spans);
        let first = self.prefix();
        let rest: String = self.prefixes.iter().map(|prefix| prefix.rest.as_str()).collect();
        let frame = Frame { width: self.width, first: &first, rest: &rest };
        self.lines.extend(wrap(&spans, frame));
        self.fresh = false;
    }

    /// Code is printed as it is. At the top each line is a unit.
    pub fn code(&mut self, text: &str, range: &Range<usize>) {
        let mut at = range.start;
        for line in text.split_inclusive('\n') {
            let shown = line.trim_end_matches('\n').replace(COLON, ":");
            self.line(&format!("{CODE_INDENT}{shown}"));
            at += line.len();
            if self.depth == 1 {
                let begin = self.code.replace(at).unwrap_or(range.start);
                self.unit(begin..at);
            }
        }
    }

    pub fn unit(&mut self, source: Range<usize>) {
        let lines = std::mem::take(&mut self.lines);
        let prose = self.prose.take();
        let flows = std::mem::take(&mut self.flows);
        if lines.is_empty() {
            // The end of a list or of code whose lines are out.
            if let Some(last) = self.units.last_mut().filter(|_| self.begun) {
                last.source.end = last.source.end.max(source.end);
            }
            return;
        }
        let joins = self.begun;
        self.begun = true;
        self.units.push(Unit { source, block: self.block.start, lines, joins, prose, flows });
    }
}
