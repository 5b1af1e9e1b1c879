//! Laying text out in columns: what a terminal shows counts, not bytes or code points.

use anstyle::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::style::{PLAIN, styled};

/// Text of one style. A line feed in it is a line's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub style: Style,
}

impl Span {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// What a line holds at the most, and what it begins with.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// In columns, with what it begins with.
    pub width: usize,
    /// Before the first line.
    pub first: &'a str,
    /// Before the others.
    pub rest: &'a str,
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text in at most `columns`; what was cut off is shown by `…`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut short = String::new();
    for grapheme in text.graphemes(true) {
        let takes = grapheme.width();
        if takes > left {
            break;
        }
        left -= takes;
        short.push_str(grapheme);
    }
    short.push('…');
    short
}

/// What is never parted: a word, or a letter of a script that is written without spaces.
#[derive(Debug, Default)]
struct Chunk {
    spans: Vec<Span>,
    width: usize,
    /// The space behind it, in that style; it falls away at a line's end.
    space: Option<Style>,
    /// The line ends behind it.
    ends: bool,
}

impl Chunk {
    fn push(&mut self, grapheme: &str, style: Style) {
        self.width += grapheme.width();
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text.push_str(grapheme),
            Some(_) | None => self.spans.push(Span::new(grapheme, style)),
        }
    }
}

/// Breaks spans into lines.
///
/// A word that is longer than a line stays whole: the terminal breaks it, and it can still be copied.
pub fn wrap(spans: &[Span], frame: Frame<'_>) -> Vec<String> {
    lay_out(spans, frame).iter().map(Line::text).collect()
}

/// The same, as lines that can be looked at.
pub fn lay_out(spans: &[Span], frame: Frame<'_>) -> Vec<Line> {
    let mut lines = vec![Line::new(frame.first)];
    for chunk in chunks(spans) {
        let full = lines.last().is_some_and(|line| {
            line.filled && line.width.saturating_add(chunk.width) > frame.width
        });
        if full {
            lines.push(Line::new(frame.rest));
        }
        let ends = chunk.ends;
        if let Some(line) = lines.last_mut() {
            line.add(chunk);
        }
        if ends {
            lines.push(Line::new(frame.rest));
        }
    }
    // A line's end at the very end begins no further line.
    if lines.len() > 1 && lines.last().is_some_and(|line| !line.filled) {
        lines.pop();
    }
    lines
}

/// Graphemes that are no spaces.
pub fn graphemes(spans: &[Span]) -> usize {
    let of = |span: &Span| span.text.graphemes(true).filter(|letter| !is_space(letter)).count();
    spans.iter().map(of).sum()
}

/// Drops the first letters: so many graphemes that are no spaces, and the spaces before the next one.
pub fn skip(spans: &[Span], graphemes: usize) -> Vec<Span> {
    let mut left = graphemes;
    let mut rest: Vec<Span> = Vec::new();
    for span in spans {
        let from = span.text.grapheme_indices(true).find(|(_, grapheme)| {
            let letter = !is_space(grapheme);
            let wanted = letter && left == 0;
            left -= usize::from(letter && !wanted);
            wanted
        });
        if !rest.is_empty() {
            rest.push(span.clone());
        } else if let Some((at, _)) = from {
            rest.push(Span::new(&span.text[at..], span.style));
        }
    }
    rest
}

/// How many lines stand before what one of these letters may still change: itself, and the styled text that it
/// stands in, since an emphasis is none when its end turns out to be the inside of a link or of code.
pub fn settled(lines: &[Line], letters: &[char]) -> usize {
    let mut styled = None;
    for (at, line) in lines.iter().enumerate() {
        for span in &line.spans {
            if span.style == PLAIN {
                styled = None;
            } else {
                styled.get_or_insert(at);
            }
            if span.text.contains(letters) {
                return styled.unwrap_or(at);
            }
        }
    }
    lines.len()
}

/// A line that is laid out.
#[derive(Debug)]
pub struct Line {
    prefix: String,
    spans: Vec<Span>,
    width: usize,
    filled: bool,
    space: Option<Style>,
}

impl Line {
    fn new(prefix: &str) -> Self {
        let columns = width(prefix);
        Self {
            prefix: prefix.into(),
            spans: Vec::new(),
            width: columns,
            filled: false,
            space: None,
        }
    }

    fn add(&mut self, chunk: Chunk) {
        if let Some(style) = self.space.take() {
            self.push(Span::new(" ", style));
        }
        self.filled |= chunk.width > 0;
        self.width += chunk.width + usize::from(chunk.space.is_some());
        for span in chunk.spans {
            self.push(span);
        }
        self.space = chunk.space;
    }

    fn push(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if last.style == span.style => last.text.push_str(&span.text),
            Some(_) | None => self.spans.push(span),
        }
    }

    /// Graphemes that are no spaces, without the prefix; for [`skip`].
    pub fn letters(&self) -> usize {
        let of = |span: &Span| span.text.graphemes(true).filter(|letter| !is_space(letter)).count();
        self.spans.iter().map(of).sum()
    }

    /// The whole line, styled.
    pub fn text(&self) -> String {
        let body: String = self.spans.iter().map(|span| styled(span.style, &span.text)).collect();
        let line = format!("{}{body}", self.prefix);
        if body.is_empty() { line.trim_end().to_owned() } else { line }
    }
}

fn chunks(spans: &[Span]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut chunk = Chunk::default();
    let mut before = String::new();
    for span in spans {
        for grapheme in span.text.graphemes(true) {
            if grapheme == "\n" {
                chunk.ends = true;
                chunks.push(std::mem::take(&mut chunk));
            } else if is_space(grapheme) {
                // Several spaces are one, as in Markdown; at a line's beginning there is none.
                if chunk.width > 0 {
                    chunk.space = Some(span.style);
                    chunks.push(std::mem::take(&mut chunk));
                } else if let Some(last) = chunks.last_mut().filter(|last| !last.ends) {
                    last.space.get_or_insert(PLAIN);
                }
            } else {
                if chunk.width > 0 && may_part(&before, grapheme) {
                    chunks.push(std::mem::take(&mut chunk));
                }
                chunk.push(grapheme, span.style);
            }
            grapheme.clone_into(&mut before);
        }
    }
    if !chunk.spans.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

fn is_space(grapheme: &str) -> bool {
    // A no-break space is a letter here.
    grapheme != "\u{a0}" && grapheme != "\u{202f}" && grapheme.chars().all(char::is_whitespace)
}

/// Whether a line may end between two graphemes that no space parts: around wide ones, but not before what
/// closes or after what opens (the common part of UAX 14 for Chinese and Japanese).
fn may_part(before: &str, after: &str) -> bool {
    const CLOSING: &str = "、。，．・：；？！）」』】〉》〕］｝ー…,.:;?!)]}'\"";
    const OPENING: &str = "（「『【〈《〔［｛([{'\"";
    (before.width() > 1 || after.width() > 1)
        && !CLOSING.contains(after)
        && !OPENING.contains(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, width: usize) -> Vec<String> {
        wrap(&[Span::new(text, PLAIN)], Frame { width, first: "", rest: "" })
    }

    #[test]
    fn prose_is_broken_at_spaces_and_words_stay_whole() {
        assert_eq!(plain("one two three", 8), ["one two", "three"]);
        assert_eq!(plain("one two", 7), ["one two"]);
        assert_eq!(
            plain("a https://example.com/long b", 8),
            ["a", "https://example.com/long", "b"]
        );
        assert_eq!(plain("a\nb  c\n", 8), ["a", "b c"]);
        assert_eq!(plain("a\n\nb", 8), ["a", "", "b"]);
        assert_eq!(plain("", 8), [""]);
    }

    #[test]
    fn wide_letters_count_twice_and_may_be_parted() {
        assert_eq!(plain("日本語です。", 6), ["日本語", "です。"]);
        assert_eq!(plain("日本語。x", 6), ["日本", "語。x"]);
        assert_eq!(plain("👩‍💻 👩‍💻 👩‍💻", 5), ["👩‍💻 👩‍💻", "👩‍💻"]);
        assert_eq!(width("👩‍💻é日"), 5);
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn the_prefixes_of_lines_take_their_columns() {
        let spans = [Span::new("one two three", PLAIN)];
        let lines = wrap(&spans, Frame { width: 10, first: "• ", rest: "  " });
        assert_eq!(lines, ["• one two", "  three"]);
    }
}
