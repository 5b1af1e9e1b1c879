//! Cells, the cursor, and what a program has switched on.

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;

use super::colour::Rgb;

/// A place among the lines that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// 0 is the screen's first line, -1 the scrollback's newest.
    pub line: i32,
    /// From 0.
    pub column: usize,
}

/// From one place to another one, both of them in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first cell.
    pub start: Place,
    /// The last cell.
    pub end: Place,
    /// Whether it is the block between both, not all between them.
    pub block: bool,
}

impl Span {
    /// Which columns of a line of so many columns belong to it: first and last.
    pub fn columns_of(&self, line: i32, columns: usize) -> Option<(usize, usize)> {
        if line < self.start.line || line > self.end.line {
            return None;
        }
        let from = if self.block || line == self.start.line { self.start.column } else { 0 };
        let last = columns.saturating_sub(1);
        let to = if self.block || line == self.end.line { self.end.column.min(last) } else { last };
        (from <= to).then_some((from, to))
    }
}

/// How text is underlined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Underline {
    /// Not at all.
    #[default]
    None,
    /// A line.
    Single,
    /// Two lines.
    Double,
    /// A wave.
    Curl,
    /// Dots.
    Dotted,
    /// Dashes.
    Dashed,
}

/// How a cell looks, apart from its colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// Bold.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// Struck through.
    pub strike: bool,
    /// Underlined.
    pub underline: Underline,
    /// The underline's colour; the text's when `None`.
    pub underline_colour: Option<Rgb>,
    /// Whether the program made it a link.
    pub link: bool,
}

/// A cell that is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell<'a> {
    /// Where it begins, from 0.
    pub column: usize,
    /// Its character; a space when the program hides it.
    pub c: char,
    /// What stands over and under it: accents.
    pub marks: &'a [char],
    /// Columns it takes: 1 or 2.
    pub width: usize,
    /// Its text's colour; dim and inverse are in it.
    pub fore: Rgb,
    /// What is behind it; `None` for the terminal's own background.
    pub back: Option<Rgb>,
    /// The rest.
    pub look: Look,
}

/// The cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Which row of the view, from 0.
    pub row: usize,
    /// From 0.
    pub column: usize,
    /// Columns of the cell below it.
    pub width: usize,
    /// Its shape.
    pub shape: CursorShape,
    /// Whether the program wants it to blink.
    pub blinks: bool,
    /// Its colour.
    pub colour: Rgb,
}

/// A cursor's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CursorShape {
    /// A full cell.
    Block,
    /// A line below.
    Underline,
    /// A line at the left.
    Beam,
}

/// What changed since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Nothing.
    None,
    /// These rows of the view, from 0.
    Rows(Vec<usize>),
    /// Everything.
    All,
}

/// What the program has switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes(TermMode);

impl Modes {
    pub(super) fn new(modes: TermMode) -> Self {
        Self(modes)
    }

    /// For tests of what depends on them.
    #[cfg(test)]
    pub(super) fn of(modes: TermMode) -> Self {
        Self(modes)
    }

    /// It has the screen for itself, without scrollback (`vim`, `less`).
    pub fn alternate_screen(self) -> bool {
        self.0.contains(TermMode::ALT_SCREEN)
    }

    /// It hears of clicks.
    pub fn mouse(self) -> bool {
        self.0.intersects(TermMode::MOUSE_MODE)
    }

    /// It hears where the mouse goes while a button is down.
    pub fn mouse_drag(self) -> bool {
        self.0.intersects(TermMode::MOUSE_DRAG | TermMode::MOUSE_MOTION)
    }

    /// It hears where the mouse goes, always.
    pub fn mouse_motion(self) -> bool {
        self.0.contains(TermMode::MOUSE_MOTION)
    }

    /// It reads the newer form of mouse reports, which knows no last column.
    pub fn sgr_mouse(self) -> bool {
        self.0.contains(TermMode::SGR_MOUSE)
    }

    /// It reads mouse reports in UTF-8.
    pub fn utf8_mouse(self) -> bool {
        self.0.contains(TermMode::UTF8_MOUSE)
    }

    /// The wheel is arrows on the alternate screen.
    pub fn alternate_scroll(self) -> bool {
        self.0.contains(TermMode::ALTERNATE_SCROLL)
    }

    /// It wants to know what is pasted from what is typed.
    pub fn bracketed_paste(self) -> bool {
        self.0.contains(TermMode::BRACKETED_PASTE)
    }

    /// Arrows are sent in their application form.
    pub fn application_cursor(self) -> bool {
        self.0.contains(TermMode::APP_CURSOR)
    }

    /// Enter is a line feed too.
    pub fn new_line(self) -> bool {
        self.0.contains(TermMode::LINE_FEED_NEW_LINE)
    }

    /// It hears when the window gets and loses the focus.
    pub fn focus_reports(self) -> bool {
        self.0.contains(TermMode::FOCUS_IN_OUT)
    }

    /// The cursor is shown.
    pub fn cursor_shown(self) -> bool {
        self.0.contains(TermMode::SHOW_CURSOR)
    }
}

pub(super) fn underline(flags: Flags) -> Underline {
    [
        (Flags::UNDERLINE, Underline::Single),
        (Flags::DOUBLE_UNDERLINE, Underline::Double),
        (Flags::UNDERCURL, Underline::Curl),
        (Flags::DOTTED_UNDERLINE, Underline::Dotted),
        (Flags::DASHED_UNDERLINE, Underline::Dashed),
    ]
    .into_iter()
    .find(|(flag, _)| flags.contains(*flag))
    .map_or(Underline::None, |(_, kind)| kind)
}
