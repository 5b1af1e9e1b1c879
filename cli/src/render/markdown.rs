//! Markdown as plain terminal text.

use std::ops::Range;

use anstyle::Style;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::flow::{Frame, Span, wrap};
use super::style::{CODE, DIM, PLAIN, STRONG, styled};
use super::table::Table;

/// How far code is indented.
const CODE_INDENT: &str = "    ";

/// A rule is no longer than this.
const RULE: usize = 40;

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

/// Stands for the colon behind a bracket while Markdown is parsed: clean text holds no control characters.
const COLON: char = '\u{1}';

/// Renders clean text (see [`super::clean()`]) for a terminal of `width` columns.
///
/// No unit depends on text behind its block: links by reference and their definitions are shown as they are
/// written, since a definition further down would change what stands above.
pub fn units(text: &str, width: usize) -> Vec<Unit> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let text = text.replace("]:", &format!("]{COLON}"));
    let mut writer = Writer::new(width);
    for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
        if event == Event::SoftBreak && defines(text.get(range.end..).unwrap_or_default()) {
            writer.event(Event::HardBreak, range);
        } else {
            writer.event(event, range);
        }
    }
    writer.units
}

/// Whether a line begins with a definition of a link: each has a line of its own.
fn defines(text: &str) -> bool {
    let line = text.split('\n').next().unwrap_or_default();
    line.trim_start().starts_with('[') && line.contains(&format!("]{COLON}"))
}

#[derive(Debug)]
struct Prefix {
    /// For the next line.
    first: Option<String>,
    /// For all further lines.
    rest: String,
}

#[derive(Debug)]
struct Writer {
    width: usize,
    units: Vec<Unit>,
    /// How deep in blocks the reader is.
    depth: usize,
    /// The top-level block, and whether a unit of it is out already.
    block: Range<usize>,
    begun: bool,
    /// Lines of the unit at work.
    lines: Vec<String>,
    prose: Option<Vec<Span>>,
    flows: bool,
    prefixes: Vec<Prefix>,
    /// Inline text of the block at work, and how it is written.
    spans: Vec<Span>,
    styles: Vec<Style>,
    /// For each open list the number of its next item, where it counts.
    lists: Vec<Option<u64>>,
    /// Whether nothing stands in the innermost container yet.
    fresh: bool,
    links: Vec<String>,
    table: Option<Table>,
    /// Where the next line of the code block begins in the source.
    code: Option<usize>,
}

impl Writer {
    fn new(width: usize) -> Self {
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

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) if self.code.is_some() => self.code(&text, &range),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.push(format!("`{text}`"), CODE),
            Event::InlineHtml(text) => self.text(&text),
            Event::Html(text) => self.push(text.trim_end_matches('\n').to_owned() + "\n", PLAIN),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.text("\n"),
            Event::Rule => {
                self.block(&range);
                let rule = "─".repeat(self.width.min(RULE));
                self.line(&styled(DIM, &rule));
                self.close(range);
            }
            Event::TaskListMarker(done) => self.text(if done { "[x] " } else { "[ ] " }),
            // Not switched on, so they don't come; if they did, their text is what counts.
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::FootnoteReference(name) => self.text(&format!("[^{name}]")),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis => self.styles.push(Style::new().italic()),
            Tag::Strong => self.styles.push(STRONG),
            Tag::Strikethrough => self.styles.push(Style::new().strikethrough()),
            Tag::Superscript | Tag::Subscript => self.styles.push(PLAIN),
            Tag::Link { link_type, dest_url, id, .. } => {
                self.link(link_type, &dest_url, &id, "");
            }
            Tag::Image { link_type, dest_url, id, .. } => {
                self.link(link_type, &dest_url, &id, "image: ");
            }
            Tag::Paragraph => self.block(&range),
            Tag::Heading { level, .. } => {
                self.block(&range);
                self.styles.push(STRONG);
                self.push(format!("{} ", "#".repeat(number(level))), STRONG);
            }
            Tag::BlockQuote(_) => {
                self.block(&range);
                self.prefixes.push(Prefix { first: None, rest: "│ ".into() });
                self.fresh = true;
            }
            Tag::CodeBlock(_) => {
                self.block(&range);
                self.fresh = false;
                self.code = Some(range.start);
            }
            Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => self.block(&range),
            Tag::List(number) => {
                // The text of the item that the list stands in.
                self.flush();
                self.top(&range);
                self.depth += 1;
                if self.lists.is_empty() && !self.prefixes.is_empty() {
                    self.apart();
                }
                self.lists.push(number);
            }
            Tag::Item => {
                self.depth += 1;
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number += 1;
                        marker
                    }
                    Some(None) | None => "• ".to_owned(),
                };
                let rest = " ".repeat(super::flow::width(&marker));
                self.prefixes.push(Prefix { first: Some(marker), rest });
                self.fresh = true;
            }
            Tag::Table(alignments) => {
                self.block(&range);
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.spans.clear(),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some(address) = self.links.pop() {
                    self.styles.pop();
                    self.text(&address);
                }
            }
            TagEnd::Paragraph => {
                if self.depth == 1 {
                    self.prose = Some(self.spans.clone());
                    self.flows = true;
                }
                self.flush();
                self.close(range);
            }
            TagEnd::Heading(_) => {
                self.styles.pop();
                if self.depth == 1 {
                    self.prose = self.spans.get(1..).map(<[Span]>::to_vec);
                }
                self.flush();
                self.close(range);
            }
            TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::MetadataBlock(_) => {
                self.flush();
                self.close(range);
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.prefixes.pop();
                self.fresh = false;
                self.close(range);
            }
            TagEnd::CodeBlock => {
                let rest = self.code.take().unwrap_or(range.start);
                self.close(rest.max(range.start)..range.end);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.fresh = false;
                self.close(range);
            }
            TagEnd::Item => {
                if self.fresh && self.spans.is_empty() {
                    // An item without a word still has its mark.
                    self.line("");
                }
                self.flush();
                self.prefixes.pop();
                self.fresh = false;
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 1 {
                    self.unit(range);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    for line in table.lines(self.room()) {
                        self.line(&line);
                    }
                }
                self.close(range);
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::TableCell => {
                let cell: String = self.spans.drain(..).map(|span| span.text).collect();
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell.replace('\n', " ").trim().to_owned());
                }
            }
        }
    }

    /// Before a link's text; behind it comes its address, where the text doesn't say it.
    fn link(&mut self, kind: LinkType, address: &CowStr<'_>, label: &CowStr<'_>, what: &str) {
        let (before, behind) = match kind {
            LinkType::Inline => (what.to_owned(), format!(" ({address})")),
            LinkType::Reference | LinkType::ReferenceUnknown => {
                (format!("{what}["), format!("][{label}]"))
            }
            LinkType::Collapsed | LinkType::CollapsedUnknown => {
                (format!("{what}["), "][]".to_owned())
            }
            LinkType::Shortcut | LinkType::ShortcutUnknown => (format!("{what}["), "]".to_owned()),
            LinkType::Autolink | LinkType::Email | LinkType::WikiLink { .. } => {
                (what.to_owned(), String::new())
            }
        };
        self.text(&before);
        self.styles.push(Style::new().underline());
        self.links.push(behind);
    }

    fn text(&mut self, text: &str) {
        let style = self
            .styles
            .iter()
            .fold(PLAIN, |all, style| all.effects(all.get_effects() | style.get_effects()));
        self.push(text.to_owned(), style);
    }

    fn push(&mut self, text: String, style: Style) {
        self.spans.push(Span::new(text.replace(COLON, ":"), style));
    }

    /// A block begins: the text before it is out, and an empty line parts it from what stands in its container.
    fn block(&mut self, range: &Range<usize>) {
        self.flush();
        self.top(range);
        self.depth += 1;
        self.apart();
    }

    fn top(&mut self, range: &Range<usize>) {
        if self.depth == 0 {
            self.block = range.clone();
            self.begun = false;
        }
    }

    fn apart(&mut self) {
        if !self.fresh && self.depth > 1 && !self.lines.is_empty() {
            let blank = self.prefix();
            self.lines.push(blank.trim_end().to_owned());
        }
    }

    fn close(&mut self, range: Range<usize>) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.unit(range);
        }
    }

    /// Columns that are left of the prefixes.
    fn room(&self) -> usize {
        let taken: usize =
            self.prefixes.iter().map(|prefix| super::flow::width(&prefix.rest)).sum();
        self.width.saturating_sub(taken)
    }

    fn prefix(&mut self) -> String {
        let next = |prefix: &mut Prefix| prefix.first.take().unwrap_or_else(|| prefix.rest.clone());
        self.prefixes.iter_mut().map(next).collect()
    }

    fn line(&mut self, text: &str) {
        let line = self.prefix() + text;
        self.lines.push(line.trim_end().to_owned());
        self.fresh = false;
    }

    /// Lays the inline text out.
    fn flush(&mut self) {
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
    fn code(&mut self, text: &str, range: &Range<usize>) {
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

    fn unit(&mut self, source: Range<usize>) {
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

fn number(level: HeadingLevel) -> usize {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
