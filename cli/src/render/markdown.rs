//! Markdown as plain terminal text.

use std::ops::Range;

use anstyle::Style;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::style::{CODE, DIM, PLAIN, STRONG, styled};
use super::table::Table;
use super::writer::{Prefix, Unit, Writer};

/// A rule is no longer than this.
const RULE: usize = 40;

/// Stands for the colon behind a bracket while Markdown is parsed: clean text holds no control characters.
pub const COLON: char = '\u{1}';

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
        writer.event(event, range);
    }
    writer.units
}

impl Writer {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) if self.code.is_some() => self.code(&text, &range),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.push(format!("`{text}`"), CODE),
            Event::InlineHtml(text) => self.text(&text),
            Event::Html(text) => self.push(text.trim_end_matches('\n').to_owned() + "\n", PLAIN),
            // Models and shells mean the ends of their lines.
            Event::SoftBreak | Event::HardBreak => self.text("\n"),
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
                    self.prose = self.spans.get(1..).map(<[_]>::to_vec);
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
        // What stands before it is none of it when it turns out to be no link: it has the same style.
        self.styles.push(Style::new().underline());
        self.text(&before);
        self.links.push(behind);
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
