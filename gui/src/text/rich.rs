//! Text with spans: what is bold, what is a link, what a word of code is.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use super::reading::{Base, first_strong, has_right_to_left};

/// What a span of text looks like. Colours come from the theme when it is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// Bold.
    pub strong: bool,
    /// Slanted.
    pub slanted: bool,
    /// Struck through.
    pub struck: bool,
    /// In the letters of code.
    pub code: bool,
    /// Read second.
    pub muted: bool,
    /// What changed within a changed line.
    pub changed: Option<Change>,
    /// What the words of code are.
    pub class: Option<Class>,
    /// Which of [`Rich::links`] it leads to.
    pub link: Option<u16>,
}

/// What happened to a line or word of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// What words of code are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `fn`, `if`.
    Keyword,
    /// What is called, and what is declared.
    Function,
    /// Types, tags.
    Kind,
    /// Text.
    Text,
    /// Numbers, constants.
    Number,
    /// Comments.
    Comment,
}

/// A span: it begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The byte behind its last.
    pub end: usize,
    /// How it looks.
    pub style: Style,
}

/// Text with spans that cover all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich {
    /// The text.
    pub text: String,
    /// In order; the last one ends where the text does.
    pub spans: Vec<Span>,
    /// Where links lead: `http`, `https` and `mailto` only.
    pub links: Vec<Arc<str>>,
    /// Where its first line begins. `None` while nobody looked, and when nothing in it is read from right to left.
    pub base: Option<Base>,
    /// Whether a line feed behind it was taken away, because what goes on with it begins on a line of its own.
    pub feed: bool,
    /// Where the line began that this part goes on with.
    goes_on: Option<Base>,
}

impl Hash for Rich {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.spans.hash(state);
        self.links.hash(state);
        self.base.hash(state);
    }
}

impl Rich {
    /// Text that is all of one look.
    pub fn plain(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        let spans =
            if text.is_empty() { Vec::new() } else { vec![Span { end: text.len(), style }] };
        Self { text, spans, ..Self::default() }
    }

    /// Adds text of a look; spans of one look that follow each other are one.
    pub fn push(&mut self, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        let end = self.text.len();
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.end = end,
            Some(_) | None => self.spans.push(Span { end, style }),
        }
    }

    /// Remembers where a link leads; `None` when there are more than anybody can click.
    pub fn link(&mut self, url: &str) -> Option<u16> {
        if let Some(known) = self.links.iter().position(|known| &**known == url) {
            return u16::try_from(known).ok(); // See above.
        }
        let new = u16::try_from(self.links.len()).ok()?;
        self.links.push(url.into());
        Some(new)
    }

    /// Finds out whether something in it is read from right to left.
    pub fn learn(&mut self) {
        let first = || first_strong(self.text.lines().next()?).or_else(|| first_strong(&self.text));
        self.base = has_right_to_left(&self.text)
            .then(|| self.goes_on.or_else(first).unwrap_or(Base::Right));
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its spans with their bytes.
    pub fn ranges(&self) -> impl Iterator<Item = (Range<usize>, Style)> + '_ {
        let mut from = 0;
        self.spans.iter().map(move |span| {
            let range = from..span.end;
            from = span.end;
            (range, span.style)
        })
    }

    /// Cuts it at these bytes, which are ascending boundaries of characters within the text.
    pub fn cut_at(self, cuts: &[usize]) -> Vec<Self> {
        if cuts.is_empty() {
            return vec![self];
        }
        let Self { text, spans, links, goes_on, .. } = self;
        let is_plain = !has_right_to_left(&text);
        let mut line = goes_on;
        let mut parts = Vec::with_capacity(cuts.len() + 1);
        let mut spans = spans.into_iter().peekable();
        let mut from = 0;
        for &to in cuts.iter().chain(std::iter::once(&text.len())) {
            let mut part = Self {
                text: text.get(from..to).unwrap_or_default().to_owned(),
                goes_on: line,
                ..Self::default()
            };
            if !is_plain {
                line = match part.text.rsplit_once('\n') {
                    Some((_, last)) => first_strong(last),
                    None => line.or_else(|| first_strong(&part.text)),
                };
            }
            while let Some(span) = spans.peek() {
                let mut style = span.style;
                let url = style.link.and_then(|link| links.get(usize::from(link)));
                style.link = url.and_then(|url| part.link(url));
                let end = span.end.min(to) - from;
                part.spans.push(Span { end, style });
                if span.end > to {
                    break;
                }
                let is_here = span.end == to;
                spans.next();
                if is_here {
                    break;
                }
            }
            from = to;
            parts.push(part);
        }
        parts
    }
}

/// Whether a link may be opened: only what leads to a page or a letter.
pub fn may_open(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let is_page = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (is_page && rest.starts_with("//"))
        || (scheme.eq_ignore_ascii_case("mailto") && !rest.is_empty())
}

#[cfg(test)]
#[path = "rich_tests.rs"]
mod tests;
