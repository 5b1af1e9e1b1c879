//! Links on the screen, and the directory that a shell says it is in.

use std::ops::Range;

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::Flags;

use super::cell::{Place, Span};
use super::emulator::Screen;

/// A link on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its address, as it came: whoever opens it shows it first.
    pub address: String,
    /// Where it stands.
    pub span: Span,
    /// Whether its text is its address: else the program said where it leads (OSC 8).
    pub is_plain: bool,
}

/// Where a shell says that it is (OSC 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedDirectory {
    /// The host's name as the shell knows it; empty for its own.
    pub host: String,
    /// The path's bytes.
    pub path: Vec<u8>,
}

impl ReportedDirectory {
    /// Longer ones no system opens (`PATH_MAX` on Linux).
    const LONGEST: usize = 4096;

    /// Reads `file://host/path%20with%20spaces`; `None` for anything else.
    pub(in crate::terminal) fn read(address: &[u8]) -> Option<Self> {
        let rest = address.strip_prefix(b"file://")?;
        let slash = memchr::memchr(b'/', rest)?;
        let (host, path) = rest.split_at_checked(slash)?;
        let host = std::str::from_utf8(host).ok()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.len() > 255 || !host.chars().all(is_name) {
            return None;
        }
        let path = decoded(path);
        (path.len() <= Self::LONGEST && !path.contains(&0))
            .then(|| Self { host: host.to_owned(), path })
    }
}

/// `%41` is `A`; a percent sign that begins no such thing stays.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        });
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    bytes
}

impl Screen {
    /// The link at a place, if there is one.
    pub fn link_at(&self, place: Place) -> Option<Link> {
        let point = self.point(place);
        self.made_link(point).or_else(|| self.plain_link(point))
    }

    /// One that the program made.
    fn made_link(&self, at: Point) -> Option<Link> {
        let grid = self.term.grid();
        let link = grid[at].hyperlink()?;
        let (top, bottom) = (self.line_start(at.line), self.line_end(at.line));
        let belongs = |point: Point| grid[point].hyperlink().as_ref() == Some(&link);
        let (mut start, mut end) = (at, at);
        while let Some(before) = self.step_back(start, top).filter(|point| belongs(*point)) {
            start = before;
        }
        while let Some(next) = self.step_on(end, bottom).filter(|point| belongs(*point)) {
            end = next;
        }
        Some(Link { address: link.uri().to_owned(), span: span(start, end), is_plain: false })
    }

    /// One that stands there as text.
    fn plain_link(&self, at: Point) -> Option<Link> {
        let (top, bottom) = (self.line_start(at.line), self.line_end(at.line));
        let mut point = Point::new(top, Column(0));
        let (mut text, mut points) = (String::new(), Vec::new());
        let mut here = None;
        loop {
            let cell = &self.term.grid()[point];
            if point == at {
                here = Some(points.len());
            }
            if !cell.flags.intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER) {
                points.push((text.len(), point));
                text.push(cell.c);
            }
            match self.step_on(point, bottom) {
                Some(next) => point = next,
                None => break,
            }
        }
        // On the second half of a wide character it is the one before.
        let here = here?.min(points.len().checked_sub(1)?);
        let (byte, _) = *points.get(here)?;
        let found = addresses(&text).into_iter().find(|found| found.contains(&byte))?;
        let at_byte = |byte: usize| {
            points.get(points.partition_point(|(begin, _)| *begin <= byte).checked_sub(1)?)
        };
        let (_, start) = *at_byte(found.start)?;
        let (_, end) = *at_byte(found.end - 1)?;
        Some(Link { address: text.get(found)?.to_owned(), span: span(start, end), is_plain: true })
    }

    fn step_on(&self, point: Point, bottom: Line) -> Option<Point> {
        if point.column < self.term.last_column() {
            Some(Point::new(point.line, point.column + 1))
        } else {
            (point.line < bottom).then(|| Point::new(point.line + 1i32, Column(0)))
        }
    }

    fn step_back(&self, point: Point, top: Line) -> Option<Point> {
        if point.column > 0 {
            Some(Point::new(point.line, point.column - 1))
        } else {
            (point.line > top).then(|| Point::new(point.line - 1i32, self.term.last_column()))
        }
    }
}

fn span(start: Point, end: Point) -> Span {
    let place = |point: Point| Place { line: point.line.0, column: point.column.0 };
    Span { start: place(start), end: place(end), block: false }
}

/// Where addresses stand in a text: what begins with a scheme that people open, up to a space or a quote.
fn addresses(text: &str) -> Vec<Range<usize>> {
    const SCHEMES: [&str; 6] = ["https://", "http://", "file://", "ftp://", "ssh://", "mailto:"];
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let first = SCHEMES
            .iter()
            .filter_map(|scheme| rest.find(scheme).map(|at| (at, scheme.len())))
            .min();
        let Some((at, scheme)) = first else { break };
        let start = from + at;
        let after_letter =
            text.get(..start).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric()));
        let body = text.get(start + scheme..).unwrap_or_default();
        let ends =
            body.find(|c: char| c.is_whitespace() || c.is_control() || "\"'`<>|\\^{}│".contains(c));
        let end = start + scheme + trimmed(body.get(..ends.unwrap_or(body.len())).unwrap_or(body));
        from = end.max(start + scheme);
        if end > start + scheme && !after_letter {
            found.push(start..end);
        }
    }
    found
}

/// How much of an address is one, without the sentence's own signs behind it.
fn trimmed(body: &str) -> usize {
    let mut kept = body;
    loop {
        let count = |sign: char| kept.matches(sign).count();
        let is_extra = match kept.chars().next_back() {
            Some('.' | ',' | ';' | ':' | '!' | '?' | '*') => true,
            Some(')') => count(')') > count('('),
            Some(']') => count(']') > count('['),
            Some(_) | None => false,
        };
        match kept.char_indices().next_back().filter(|_| is_extra) {
            Some((at, _)) => kept = kept.get(..at).unwrap_or_default(),
            None => return kept.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|at| text.get(at).unwrap()).collect()
    }

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        assert_eq!(found("see https://a.example/b_(c). And"), ["https://a.example/b_(c)"]);
        assert_eq!(found("(http://x.example/)"), ["http://x.example/"]);
        assert_eq!(found("\"https://q.example/?a=b&c=d#e\","), ["https://q.example/?a=b&c=d#e"]);
        assert_eq!(found("xhttps://no.example https://"), [""; 0]);
        assert_eq!(found("mailto:a@b.example,ssh://h"), ["mailto:a@b.example,ssh://h"]);
    }

    #[test]
    fn a_reported_directory_is_bytes_on_a_host() {
        let read = |text: &[u8]| {
            ReportedDirectory::read(text)
                .map(|at| (at.host, String::from_utf8_lossy(&at.path).into_owned()))
        };
        let is = |host: &str, path: &str| Some((host.to_owned(), path.to_owned()));
        assert_eq!(read(b"file://box/home/a%20b%25"), is("box", "/home/a b%"));
        assert_eq!(read(b"file:///tmp/100%"), is("", "/tmp/100%"));
        assert_eq!(read(b"file://box/%ff"), is("box", "/\u{fffd}"));
        for bad in ["http://box/x", "file://box", "file://b x/y", "file://box/a%00b", "/tmp"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }
}
