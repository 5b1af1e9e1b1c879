//! Searching what is kept, a part at a time.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::search::{Match, RegexSearch};

use super::cell::{Place, Span};
use super::emulator::Screen;
use crate::failure::{Code, Failure};

/// How much further a part goes so that a wrapped line isn't cut: a line of 100 rows is no line that people read.
const WRAPPED: i32 = 100;

/// Where to look next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards older lines.
    Up,
    /// Towards newer lines.
    Down,
}

/// What came of looking through a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Here; it is selected and in view.
    At(Span),
    /// Not yet: ask again.
    Going,
    /// Nowhere.
    Nothing,
}

/// What is searched for.
#[derive(Debug)]
pub(super) struct Search {
    regex: Box<RegexSearch>,
    going: Option<Going>,
}

#[derive(Clone, Copy, Debug)]
struct Going {
    direction: Direction,
    /// Where the next part begins.
    from: Point,
    /// Lines that are still to be looked through; the first one twice, before and behind where it began.
    left: i32,
    /// How long the scrollback was: lines that came since have moved everything up.
    scrollback: usize,
}

impl Screen {
    /// Sets what is searched for: plain text, or a regular expression. Small letters find capitals too; with a
    /// capital among them they are told apart.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] when the expression can't be read, or would take too much room.
    pub fn search_for(&mut self, wanted: &str, is_regex: bool) -> Result<(), Failure> {
        self.search = None;
        if wanted.is_empty() {
            return Ok(());
        }
        let pattern = if is_regex { wanted.to_owned() } else { plain(wanted) };
        let regex = RegexSearch::new(&pattern).map_err(|error| {
            Failure::new(Code::Usage, format!("can't search for that: {error}"))
                .hint("Search for plain text, or mend the regular expression")
        })?;
        self.search = Some(Search { regex: Box::new(regex), going: None });
        Ok(())
    }

    /// Whether something is searched for.
    pub fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// Begins to look for the next one, from what is selected, else from the view's newest (or oldest) line on.
    /// It goes round at the end.
    pub fn search_next(&mut self, direction: Direction) {
        let (columns, rows) = (self.columns(), self.rows());
        let from = match (self.selected(), direction) {
            (Some(span), Direction::Down) => self.after(self.point(span.start)),
            (Some(span), Direction::Up) => self.before(self.point(span.start)),
            (None, Direction::Down) => self.point(self.place(0, 0)),
            (None, Direction::Up) => self.point(self.place(rows, columns)),
        };
        let left = i32::try_from(self.term.total_lines()).unwrap_or(i32::MAX - 1) + 1;
        let scrollback = self.scrollback();
        if let Some(search) = &mut self.search {
            search.going = Some(Going { direction, from, left, scrollback });
        }
    }

    /// Looks through so many lines.
    pub fn search_step(&mut self, lines: usize) -> Found {
        let Some(mut search) = self.search.take() else { return Found::Nothing };
        let found = match search.going.take() {
            Some(going) => self.look(&mut search, going, lines),
            None => Found::Nothing,
        };
        self.search = Some(search);
        if let Found::At(span) = found {
            self.select_span(span);
            self.scroll_to_line(span.start.line);
        }
        found
    }

    fn look(&self, search: &mut Search, mut going: Going, lines: usize) -> Found {
        let moved = self.scrollback().saturating_sub(going.scrollback);
        going.scrollback = self.scrollback();
        going.from.line -= i32::try_from(moved).unwrap_or(0);
        let (top, bottom) = (self.term.topmost_line(), self.term.bottommost_line());
        going.from.line = going.from.line.clamp(top, bottom);
        going.from.column = going.from.column.min(self.term.last_column());
        let lines = i32::try_from(lines.max(1)).unwrap_or(i32::MAX).min(going.left);
        let (end, next) = match going.direction {
            Direction::Down => {
                let end = self.line_end((going.from.line + (lines - 1)).min(bottom));
                let next = if end >= bottom { top } else { end + 1 };
                (Point::new(end, self.term.last_column()), Point::new(next, Column(0)))
            }
            Direction::Up => {
                let end = self.line_start((going.from.line - (lines - 1)).max(top));
                let next = if end <= top { bottom } else { end - 1 };
                (Point::new(end, Column(0)), Point::new(next, self.term.last_column()))
            }
        };
        let found = match going.direction {
            Direction::Down => self.term.regex_search_right(&mut search.regex, going.from, end),
            Direction::Up => self.term.regex_search_left(&mut search.regex, going.from, end),
        };
        if let Some(found) = found {
            return Found::At(span(&found));
        }
        going.left -= (going.from.line.0 - end.line.0).abs() + 1;
        going.from = next;
        if going.left <= 0 {
            return Found::Nothing;
        }
        search.going = Some(going);
        Found::Going
    }

    /// Everything in view that is searched for, at most so many.
    pub fn matches_in_view(&mut self, most: usize) -> Vec<Span> {
        let Some(mut search) = self.search.take() else { return Vec::new() };
        let mut spans = Vec::new();
        let first = self.line_start(self.point(self.place(0, 0)).line);
        let last = self.line_end(self.point(self.place(self.rows(), 0)).line);
        let end = Point::new(last, self.term.last_column());
        let mut from = Point::new(first, Column(0));
        while spans.len() < most {
            let Some(found) = self.term.regex_search_right(&mut search.regex, from, end) else {
                break;
            };
            spans.push(span(&found));
            let next = self.after(*found.end());
            // Behind the end it goes round.
            if next <= from || *found.end() >= end {
                break;
            }
            from = next;
        }
        self.search = Some(search);
        spans
    }

    fn after(&self, point: Point) -> Point {
        if point.column < self.term.last_column() {
            Point::new(point.line, point.column + 1)
        } else if point.line < self.term.bottommost_line() {
            Point::new(point.line + 1i32, Column(0))
        } else {
            Point::new(self.term.topmost_line(), Column(0))
        }
    }

    fn before(&self, point: Point) -> Point {
        if point.column > 0 {
            Point::new(point.line, point.column - 1)
        } else if point.line > self.term.topmost_line() {
            Point::new(point.line - 1i32, self.term.last_column())
        } else {
            Point::new(self.term.bottommost_line(), self.term.last_column())
        }
    }

    /// Where a wrapped line ends.
    pub(super) fn line_end(&self, from: Line) -> Line {
        let (last, bottom) = (self.term.last_column(), self.term.bottommost_line());
        let most = (from + WRAPPED).min(bottom);
        let mut line = from;
        while line < most && self.term.grid()[line][last].flags.contains(Flags::WRAPLINE) {
            line += 1;
        }
        line
    }

    /// Where a wrapped line begins.
    pub(super) fn line_start(&self, from: Line) -> Line {
        let (last, top) = (self.term.last_column(), self.term.topmost_line());
        let most = (from - WRAPPED).max(top);
        let mut line = from;
        while line > most && self.term.grid()[line - 1i32][last].flags.contains(Flags::WRAPLINE) {
            line -= 1;
        }
        line
    }
}

fn span(found: &Match) -> Span {
    let place = |point: &Point| Place { line: point.line.0, column: point.column.0 };
    Span { start: place(found.start()), end: place(found.end()), block: false }
}

/// A text as a regular expression that finds just that.
fn plain(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
