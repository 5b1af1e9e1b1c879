//! Markdown into blocks. Links lead only to pages and letters, HTML is text, and nothing is fetched.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::block::{Align, Block, Body, Frame, FrameKind, Gap, Look, Marker, Table};
use super::code::highlight;
use super::cut;
use super::diff::Diff;
use super::link::find_links;
use super::rich::{Rich, Style, may_open};

/// Deeper lists and quotes are shown as if they were no deeper.
const DEEPEST: usize = 8;
/// A column wants to be no wider than this, in letters.
const WIDEST: u16 = 60;

/// Blocks of Markdown that was cleaned before; of its code, so many lines are highlighted.
pub fn markdown(text: &str, highlighted: usize) -> Vec<Block> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder { highlighted, ..Builder::default() };
    for event in Parser::new_ext(text, options) {
        builder.take(event);
    }
    builder.flush();
    builder.blocks
}

/// Blocks of text that a person wrote: as it stands, with its links.
pub fn plain(text: &str) -> Vec<Block> {
    let mut rich = Rich::plain(text, Style::default());
    find_links(&mut rich);
    cut_text(rich, Look::Prose, cut::paragraph)
}

/// Blocks of text that was printed for people: each space counts.
pub fn printed(text: &str) -> Vec<Block> {
    let rich = Rich::plain(text, Style { code: true, ..Style::default() });
    cut_text(rich, Look::Code, cut::lines)
}

/// Blocks of code in a frame, under a line that says what it is and copies it.
pub fn code_blocks(title: &str, language: &str, text: &str) -> Vec<Block> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let head = Body::CodeHead { title: title.to_owned(), source: text.into() };
    let parts = highlight(language, text).cut_at(&cut::lines(text));
    let parts = parts.into_iter().map(|mut rich| {
        trim_end(&mut rich);
        Body::Text { rich, look: Look::Code }
    });
    framed(std::iter::once(head).chain(parts).collect())
}

/// Blocks of a diff in a frame, under a line that names it and copies `source`.
pub fn diff_blocks(title: &str, diff: Diff, source: &str) -> Vec<Block> {
    let Diff { rich, lines, .. } = diff;
    let head = Body::CodeHead { title: title.to_owned(), source: source.into() };
    let cuts = cut::lines(&rich.text);
    let mut bodies = vec![head];
    let mut line = 0;
    for mut rich in rich.cut_at(&cuts) {
        let is_whole = rich.text.ends_with('\n');
        let count = rich.text.matches('\n').count() + usize::from(!is_whole);
        let of_part = lines.iter().skip(line).take(count).copied().collect();
        // A line that is cut in two goes on as what it was.
        line += if is_whole { count } else { count - 1 };
        trim_end(&mut rich);
        bodies.push(Body::Diff { rich, lines: of_part });
    }
    framed(bodies)
}

/// Takes the last line feed away: the next part begins on a line of its own anyway.
fn trim_end(rich: &mut Rich) {
    if rich.text.ends_with('\n') {
        rich.text.pop();
        rich.feed = true;
        let end = rich.text.len();
        rich.spans.iter_mut().for_each(|span| span.end = span.end.min(end));
        rich.spans.dedup_by_key(|span| span.end);
        if end == 0 {
            rich.spans.clear();
        }
    }
}

fn framed(bodies: Vec<Body>) -> Vec<Block> {
    let last = bodies.len().saturating_sub(1);
    let framed = bodies.into_iter().enumerate().map(|(at, body)| {
        Block::new(body).with(|block| {
            let (first, last) = (at == 0, at == last);
            block.frame = Some(Frame { kind: FrameKind::Code, first, last });
            block.gap = if first { Gap::Normal } else { Gap::None };
        })
    });
    framed.collect()
}

fn cut_text(rich: Rich, look: Look, cuts: fn(&str) -> Vec<usize>) -> Vec<Block> {
    let at = cuts(&rich.text);
    let parts = rich.cut_at(&at).into_iter().enumerate();
    let blocks = parts.map(|(number, mut rich)| {
        trim_end(&mut rich);
        let block = Block::text(rich, look);
        if number == 0 { block } else { block.with(|block| block.gap = Gap::None) }
    });
    blocks.collect()
}

#[derive(Debug, Default)]
struct Builder {
    blocks: Vec<Block>,
    rich: Rich,
    style: Style,
    /// Depths of what may stand in itself.
    strong: u32,
    slanted: u32,
    struck: u32,
    /// Where links and images that are open lead, and where their text began.
    links: Vec<(String, usize)>,
    /// The number of the next item of each list that is open.
    lists: Vec<Option<u64>>,
    quotes: usize,
    marker: Option<Marker>,
    is_item_start: bool,
    heading: Option<u8>,
    fence: Option<(String, String)>,
    table: Option<Table>,
    /// Lines of code that may still be highlighted.
    highlighted: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.fence {
                Some((_, code)) => code.push_str(&text),
                None => self.push(&text, false),
            },
            Event::Code(text) => self.push(&text, true),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.push(&text, true),
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text, false),
            Event::FootnoteReference(name) => self.push(&format!("[{name}]"), false),
            Event::SoftBreak => self.push(" ", false),
            Event::HardBreak => self.push("\n", false),
            Event::Rule => {
                self.flush();
                self.emit(Body::Rule);
            }
            Event::TaskListMarker(done) => self.marker = Some(Marker::Task(done)),
        }
    }

    fn push(&mut self, text: &str, code: bool) {
        self.style.strong = self.strong > 0;
        self.style.slanted = self.slanted > 0;
        self.style.struck = self.struck > 0;
        self.rich.push(text, Style { code, ..self.style });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.flush(),
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(number(level));
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.fence = Some((language, String::new()));
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                self.marker = match self.lists.last_mut() {
                    Some(Some(next)) => {
                        let number = *next;
                        *next += 1;
                        Some(Marker::Number(number))
                    }
                    Some(None) | None => Some(Marker::Dot),
                };
                self.is_item_start = true;
            }
            Tag::Table(columns) => {
                self.flush();
                let columns: Vec<Align> = columns.into_iter().map(align).collect();
                let widths = vec![3; columns.len()];
                let rows = Vec::new();
                self.table = Some(Table { columns, widths, has_head: true, last: true, rows });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.rich = Rich::default(),
            Tag::Emphasis => self.slanted += 1,
            Tag::Strong => self.strong += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { dest_url, .. } => self.open_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.open_link(&dest_url);
                self.push("Image: ", false);
            }
            // Not switched on.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.flush();
                if self.marker.is_some() {
                    self.emit(Body::Text { rich: Rich::default(), look: Look::Prose });
                }
            }
            TagEnd::Table => self.end_table(),
            TagEnd::TableCell => {
                let mut cell = std::mem::take(&mut self.rich);
                find_links(&mut cell);
                if let Some(table) = &mut self.table
                    && let Some(row) = table.rows.last_mut()
                {
                    let letters = u16::try_from(cell.text.chars().count()).unwrap_or(WIDEST);
                    if let Some(width) = table.widths.get_mut(row.len()) {
                        *width = (*width).max(letters.min(WIDEST));
                    }
                    row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Emphasis => self.slanted = self.slanted.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.close_link(),
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn open_link(&mut self, url: &str) {
        self.style.link = if may_open(url) { self.rich.link(url) } else { None };
        self.links.push((url.to_owned(), self.rich.text.len()));
    }

    fn close_link(&mut self) {
        let Some((url, from)) = self.links.pop() else { return };
        let shown = self.rich.text.get(from..).unwrap_or_default();
        let says_where = shown == url || url.strip_prefix("mailto:") == Some(shown);
        // What can't be clicked says in words where it leads.
        if !may_open(&url) && !says_where && !url.is_empty() {
            self.rich.push(&format!(" ({url})"), Style { muted: true, link: None, ..self.style });
        }
        let outer = self.links.last().filter(|(url, _)| may_open(url)).map(|(url, _)| url.clone());
        self.style.link = outer.and_then(|url| self.rich.link(&url));
    }

    fn end_code(&mut self) {
        let Some((language, code)) = self.fence.take() else { return };
        let word = language.split([',', ' ', '{']).next().unwrap_or_default();
        let blocks = if matches!(word, "diff" | "patch") {
            let mut diff = Diff::default();
            diff.written(&code);
            diff_blocks(word, diff, &code)
        } else {
            let lines = code.lines().count();
            let language = if lines <= self.highlighted { language.as_str() } else { "" };
            self.highlighted = self.highlighted.saturating_sub(lines);
            code_blocks(word, language, &code)
        };
        for block in blocks {
            self.place(block);
        }
    }

    fn end_table(&mut self) {
        let Some(Table { columns, widths, mut rows, .. }) = self.table.take() else { return };
        let mut has_head = true;
        loop {
            let rest = rows.split_off(rows.len().min(cut::TABLE_ROWS));
            let last = rest.is_empty();
            let (columns, widths) = (columns.clone(), widths.clone());
            let part = Table { columns, widths, has_head, last, rows };
            let gap = if has_head { Gap::Normal } else { Gap::None };
            self.place(Block::new(Body::Table(part)).with(|block| block.gap = gap));
            if last {
                return;
            }
            (rows, has_head) = (rest, false);
        }
    }

    /// What was gathered becomes blocks.
    fn flush(&mut self) {
        let mut rich = std::mem::take(&mut self.rich);
        let kept = rich.text.trim_end_matches('\n').len();
        if kept == 0 {
            return;
        }
        if kept < rich.text.len() {
            rich = rich.cut_at(&[kept]).swap_remove(0);
        }
        find_links(&mut rich);
        let look = self.heading.map_or(Look::Prose, Look::Heading);
        for block in cut_text(rich, look, cut::paragraph) {
            self.place(block);
        }
    }

    fn emit(&mut self, body: Body) {
        self.place(Block::new(body));
    }

    /// Puts a block where the lists and quotes that are open have it.
    fn place(&mut self, block: Block) {
        let goes_on = block.gap == Gap::None;
        let indent = self.lists.len().min(DEEPEST);
        let quote = self.quotes.min(DEEPEST);
        let marker = self.marker.take();
        let is_first = self.blocks.is_empty();
        let in_list = std::mem::take(&mut self.is_item_start)
            && self.blocks.last().is_some_and(|before| before.indent > 0);
        let is_heading = self.heading.is_some();
        let quoted_before = self.blocks.last().is_some_and(|before| before.quote > 0);
        self.blocks.push(block.with(|block| {
            block.indent = u8::try_from(indent).unwrap_or(u8::MAX);
            block.quote = u8::try_from(quote).unwrap_or(u8::MAX);
            block.quote_goes_on = quote > 0 && quoted_before;
            block.marker = marker;
            if !goes_on {
                block.gap = match (is_heading && !is_first, in_list) {
                    (true, _) => Gap::Large,
                    (false, true) => Gap::Small,
                    (false, false) => Gap::Normal,
                };
            }
        }));
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn align(column: Alignment) -> Align {
    match column {
        Alignment::None | Alignment::Left => Align::Left,
        Alignment::Center => Align::Centre,
        Alignment::Right => Align::Right,
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
