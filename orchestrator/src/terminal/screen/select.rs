//! Selected text.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point, Side as WireSide};
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::cell::Flags;

use super::cell::{Place, Span};
use super::emulator::Screen;

/// How a selection grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionKind {
    /// Cell by cell.
    Simple,
    /// By words.
    Word,
    /// By lines, wrapped ones whole.
    Line,
    /// A block of columns.
    Block,
}

/// Which half of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl From<Side> for WireSide {
    fn from(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
        }
    }
}

impl Screen {
    pub(super) fn point(&self, place: Place) -> Point {
        let line = place.line.clamp(self.term.topmost_line().0, self.term.bottommost_line().0);
        Point::new(Line(line), Column(place.column.min(self.columns() - 1)))
    }

    /// Begins a selection.
    pub fn select(&mut self, kind: SelectionKind, at: Place, side: Side) {
        let kind = match kind {
            SelectionKind::Simple => SelectionType::Simple,
            SelectionKind::Word => SelectionType::Semantic,
            SelectionKind::Line => SelectionType::Lines,
            SelectionKind::Block => SelectionType::Block,
        };
        self.term.selection = Some(Selection::new(kind, self.point(at), side.into()));
    }

    /// Moves its end.
    pub fn select_to(&mut self, at: Place, side: Side) {
        let point = self.point(at);
        if let Some(selection) = &mut self.term.selection {
            selection.update(point, side.into());
        }
    }

    /// Selects everything that is kept.
    pub fn select_all(&mut self) {
        let top = Place { line: self.term.topmost_line().0, column: 0 };
        self.select(SelectionKind::Simple, top, Side::Left);
        self.select_to(Place { line: i32::MAX, column: usize::MAX }, Side::Right);
    }

    /// Selects exactly that.
    pub fn select_span(&mut self, span: Span) {
        let kind = if span.block { SelectionKind::Block } else { SelectionKind::Simple };
        self.select(kind, span.start, Side::Left);
        self.select_to(span.end, Side::Right);
    }

    /// Selects nothing.
    pub fn clear_selection(&mut self) {
        self.term.selection = None;
    }

    /// What is selected, if anything is.
    pub fn selected(&self) -> Option<Span> {
        let range = self.term.selection.as_ref()?.to_range(&self.term)?;
        let place = |point: Point| Place { line: point.line.0, column: point.column.0 };
        Some(Span { start: place(range.start), end: place(range.end), block: range.is_block })
    }

    /// The selected text: wrapped lines are joined, spaces at the ends of lines left out.
    pub fn selected_text(&self) -> Option<String> {
        let text = self.text(self.selected()?);
        let is_lines = self.term.selection.as_ref().is_some_and(|s| s.ty == SelectionType::Lines);
        Some(if is_lines { text + "\n" } else { text })
    }

    /// The text of a part of what is kept.
    pub fn text(&self, span: Span) -> String {
        let (start, end) = (self.point(span.start).line.0, self.point(span.end).line.0);
        let mut text = String::new();
        for line in start..=end {
            let Some((from, to)) = span.columns_of(line, self.columns()) else { continue };
            let is_wrapped = self.add_line(&mut text, line, from, to);
            if line < end && (span.block || !is_wrapped) {
                text.push('\n');
            }
        }
        text
    }

    /// Adds the text of some columns, and says whether the next line belongs to this one.
    fn add_line(&self, text: &mut String, line: i32, from: usize, to: usize) -> bool {
        /// What the emulator's own stops are, until a program sets others.
        const TAB: usize = 8;
        let cells = &self.term.grid()[Line(line)];
        let last = self.columns() - 1;
        let is_wrapped = to == last && cells[Column(last)].flags.contains(Flags::WRAPLINE);
        // Half a wide character is the whole of it.
        let from = if cells[Column(from)].flags.contains(Flags::WIDE_CHAR_SPACER) {
            from.saturating_sub(1)
        } else {
            from
        };
        let begin = text.len();
        let mut kept = begin;
        let mut column = from;
        while column <= to {
            let cell = &cells[Column(column)];
            column += 1;
            if cell.flags.intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER) {
                continue;
            }
            text.push(cell.c);
            text.extend(cell.zerowidth().unwrap_or_default());
            if cell.c == '\t' {
                while column <= to && column % TAB != 0 && cells[Column(column)].c == ' ' {
                    column += 1;
                }
            }
            if cell.c != ' ' || cell.zerowidth().is_some_and(|marks| !marks.is_empty()) {
                kept = text.len();
            }
        }
        if !is_wrapped {
            text.truncate(kept.max(begin));
        }
        is_wrapped
    }
}
