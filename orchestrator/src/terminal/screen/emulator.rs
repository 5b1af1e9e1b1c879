//! A terminal's screen.

use std::fmt;

use alacritty_terminal::Term;
use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::{Cell as Wire, Flags};
use alacritty_terminal::term::{Config, Osc52, TermDamage};
use alacritty_terminal::vte::ansi::{self, NamedColor, Processor};

use super::cell::{Cell, Cursor, CursorShape, Damage, Look, Modes, Place, underline};
use super::colour::{Palette, Rgb, dim};
use super::ear::{Ear, News};
use super::guard::Bounds;
use super::links::ReportedDirectory;
use super::runs;
use super::search::Search;
use super::strings::Strings;

/// Lines that are kept above the screen, of terminals up to 400 columns wide.
pub const SCROLLBACK: usize = 50_000;
/// Cells that are kept at most: 24 bytes each, so a terminal of 1,000 columns keeps 20,000 lines.
const MOST_CELLS: usize = 20_000_000;
/// The widest and highest that the engine opens one.
const MOST: u16 = 1000;
/// The emulator needs two columns: a wide character must have room.
const FEWEST_COLUMNS: u16 = 2;

/// What a program shows on a terminal, with its scrollback.
///
/// Bytes go in as they come, cut anywhere. What comes of them besides cells is asked for: [`Screen::take_answers`]
/// is what the program expects back, [`Screen::take_news`] what it wishes.
pub struct Screen {
    pub(super) term: Term<Ear>,
    pub(super) search: Option<Search>,
    pub(super) parser: Processor,
    pub(super) between: runs::Parser,
    pub(super) strings: Strings,
    pub(super) bounds: Bounds,
    pub(super) ear: Ear,
    pub(super) palette: Palette,
    pub(super) directory: Option<ReportedDirectory>,
    pub(super) is_changed: bool,
    /// What is shown now, while somebody reads above what was shown before it was drawn anew.
    pub(super) live: Option<Box<Screen>>,
    /// What nobody reads any more.
    pub(super) read: Option<Box<Screen>>,
}

#[derive(Clone, Copy)]
struct Size {
    columns: usize,
    rows: usize,
}

impl Size {
    fn new(columns: u16, rows: u16) -> Self {
        Self {
            columns: columns.clamp(FEWEST_COLUMNS, MOST).into(),
            rows: rows.clamp(1, MOST).into(),
        }
    }

    fn config(self) -> Config {
        Config {
            scrolling_history: SCROLLBACK.min(MOST_CELLS / self.columns),
            osc52: Osc52::OnlyCopy,
            ..Config::default()
        }
    }
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.rows
    }

    fn screen_lines(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("columns", &self.columns())
            .field("rows", &self.rows())
            .field("scrollback", &self.scrollback())
            .finish_non_exhaustive()
    }
}

impl Screen {
    /// An empty one of so many cells, 2 to 1,000 a line and 1 to 1,000 lines: what is beyond is brought back.
    pub fn new(columns: u16, rows: u16) -> Self {
        let (size, ear) = (Size::new(columns, rows), Ear::default());
        let screen = Self {
            term: Term::new(size.config(), &size, ear.clone()),
            search: None,
            parser: Processor::new(),
            between: runs::Parser::default(),
            strings: Strings::default(),
            bounds: Bounds::default(),
            ear,
            palette: Palette::default(),
            directory: None,
            is_changed: true,
            live: None,
            read: None,
        };
        screen.note_size(None);
        screen
    }

    /// Another size; lines are wrapped anew.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        if let Some(live) = &mut self.live {
            live.resize(columns, rows);
        }
        let size = Size::new(columns, rows);
        if (size.columns, size.rows) == (self.columns(), self.rows()) {
            return;
        }
        if size.columns != self.columns() {
            self.term.set_options(size.config());
        }
        self.term.resize(size);
        self.bounds.region = None;
        self.is_changed = true;
        self.note_size(None);
        self.come_down();
    }

    /// How large a cell is, in pixels, for programs that ask.
    pub fn set_cell_size(&mut self, width: u16, height: u16) {
        if let Some(live) = &mut self.live {
            live.set_cell_size(width, height);
        }
        self.note_size(Some([width, height]));
    }

    fn note_size(&self, cell: Option<[u16; 2]>) {
        let [rows, columns] = [self.rows(), self.columns()].map(|cells| cells as u16);
        let mut heard = self.ear.heard();
        let [_, _, width, height] = heard.size;
        let [width, height] = cell.unwrap_or([width, height]);
        heard.size = [rows, columns, width, height];
    }

    /// An empty one of the same size and palette.
    pub fn fresh(&self) -> Self {
        let mut fresh = Self::new(self.columns() as u16, self.rows() as u16);
        fresh.palette = self.palette;
        let [_, _, width, height] = self.ear.heard().size;
        fresh.set_cell_size(width, height);
        fresh
    }

    /// Forgets the lines above the screen.
    pub fn clear_scrollback(&mut self) {
        self.scroll_to(0);
        self.term.grid_mut().clear_history();
        self.term.selection = None;
        self.is_changed = true;
    }

    /// The colours that programs name by number.
    pub fn set_palette(&mut self, palette: Palette) {
        if let Some(live) = &mut self.live {
            live.set_palette(palette);
        }
        if self.palette != palette {
            self.palette = palette;
            self.is_changed = true;
            // Every cell may look different.
            let config = Size::new(self.columns() as u16, self.rows() as u16).config();
            self.term.set_options(config);
        }
    }

    /// What is behind cells without a background.
    pub fn background(&self) -> Rgb {
        self.palette.slot(NamedColor::Background as usize, self.term.colors())
    }

    /// What the program expects to be sent, since the last look.
    pub fn take_answers(&mut self) -> Vec<u8> {
        if let Some(live) = &mut self.live {
            return live.take_answers();
        }
        std::mem::take(&mut self.ear.heard().answers)
    }

    /// What it told, since the last look.
    pub fn take_news(&mut self) -> News {
        if let Some(live) = &mut self.live {
            return live.take_news();
        }
        std::mem::take(&mut self.ear.heard().news)
    }

    /// Whether it rang since the last look; what else it told is left for [`Screen::take_news`].
    pub fn take_bell(&mut self) -> bool {
        if let Some(live) = &mut self.live {
            return live.take_bell();
        }
        std::mem::take(&mut self.ear.heard().news.bell)
    }

    /// The title that it gave the window: one line, at most 256 characters.
    pub fn title(&self) -> Option<String> {
        if let Some(live) = &self.live {
            return live.title();
        }
        self.ear.heard().title.clone()
    }

    /// Where the shell says that it is (OSC 7).
    pub fn directory(&self) -> Option<&ReportedDirectory> {
        if let Some(live) = &self.live {
            return live.directory();
        }
        self.directory.as_ref()
    }

    pub(super) fn hear_directory(&mut self, place: &[u8]) {
        let told = ReportedDirectory::read(place);
        if told.is_some() && told != self.directory {
            self.directory = told;
            self.ear.heard().news.directory = true;
        }
    }

    /// What it has switched on.
    pub fn modes(&self) -> Modes {
        Modes::new(*self.term.mode())
    }

    /// Cells a line.
    pub fn columns(&self) -> usize {
        self.term.columns()
    }

    /// Lines of the screen.
    pub fn rows(&self) -> usize {
        self.term.screen_lines()
    }

    /// Lines above the screen.
    pub fn scrollback(&self) -> usize {
        self.term.history_size()
    }

    /// How many lines the view is above the newest.
    pub fn offset(&self) -> usize {
        self.term.grid().display_offset()
    }

    /// Moves the view up by lines, or down when negative.
    pub fn scroll(&mut self, lines: i32) {
        let most = i32::try_from(self.scrollback()).unwrap_or(i32::MAX);
        let lines = lines.clamp(-most, most);
        let before = self.offset();
        self.term.scroll_display(Scroll::Delta(lines));
        self.is_changed |= self.offset() != before;
        self.come_down();
    }

    /// Moves the view so far above the newest line.
    pub fn scroll_to(&mut self, offset: usize) {
        let [offset, now] = [offset.min(self.scrollback()), self.offset()]
            .map(|lines| i32::try_from(lines).unwrap_or(i32::MAX));
        self.scroll(offset - now);
    }

    /// Moves the view so that a line is in it.
    pub fn scroll_to_line(&mut self, line: i32) {
        let rows = i32::try_from(self.rows()).unwrap_or(i32::MAX);
        let top = -i32::try_from(self.offset()).unwrap_or(i32::MAX);
        if line < top || line >= top + rows {
            // In the middle, so that what is around it is seen.
            self.scroll_to(usize::try_from(rows / 2 - line).unwrap_or(0));
        }
    }

    /// Which place a cell of the view is, brought back to what there is.
    pub fn place(&self, row: usize, column: usize) -> Place {
        let row = i32::try_from(row.min(self.rows() - 1)).unwrap_or(0);
        let offset = i32::try_from(self.offset()).unwrap_or(0);
        Place { line: row - offset, column: column.min(self.columns() - 1) }
    }

    /// Which row of the view a line is, if it is in it.
    pub fn row_of(&self, line: i32) -> Option<usize> {
        let offset = i32::try_from(self.offset()).ok()?;
        usize::try_from(line + offset).ok().filter(|row| *row < self.rows())
    }

    /// The cells of a row of the view, without the second halves of wide ones.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = Cell<'_>> {
        let line = Line(self.place(row, 0).line);
        let cells = &self.term.grid()[line];
        (0..self.columns()).filter_map(move |column| self.cell(column, &cells[Column(column)]))
    }

    fn cell<'a>(&self, column: usize, wire: &'a Wire) -> Option<Cell<'a>> {
        let flags = wire.flags;
        if flags.contains(Flags::WIDE_CHAR_SPACER) {
            return None;
        }
        let changed = self.term.colors();
        let own = self.palette.slot(NamedColor::Background as usize, changed);
        let mut fore = self.palette.resolve(wire.fg, changed).unwrap_or(own);
        let mut back = self.palette.resolve(wire.bg, changed);
        if flags.contains(Flags::DIM) {
            fore = dim(fore, back.unwrap_or(own));
        }
        if flags.contains(Flags::INVERSE) {
            (fore, back) = (back.unwrap_or(own), Some(fore));
        }
        let is_shown = !flags.contains(Flags::HIDDEN) && !wire.c.is_control();
        let is_wide = flags.contains(Flags::WIDE_CHAR) && column + 1 < self.columns();
        Some(Cell {
            column,
            c: if is_shown { wire.c } else { ' ' },
            marks: wire.zerowidth().filter(|_| is_shown).unwrap_or_default(),
            width: if is_wide { 2 } else { 1 },
            fore,
            back: back.filter(|back| *back != own),
            look: Look {
                bold: flags.contains(Flags::BOLD),
                italic: flags.contains(Flags::ITALIC),
                strike: flags.contains(Flags::STRIKEOUT),
                underline: underline(flags),
                underline_colour: wire
                    .underline_color()
                    .and_then(|colour| self.palette.resolve(colour, changed)),
                link: wire.extra.is_some() && wire.hyperlink().is_some(),
            },
        })
    }

    /// The text of a row of the view, without the spaces at its end.
    pub fn row_text(&self, row: usize) -> String {
        let mut text = String::new();
        for cell in self.cells(row) {
            text.push(cell.c);
            text.extend(cell.marks);
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The cursor, when it is shown and in view.
    pub fn cursor(&self) -> Option<Cursor> {
        let point = self.term.grid().cursor.point;
        let row = self.row_of(point.line.0).filter(|_| self.modes().cursor_shown())?;
        let cells = &self.term.grid()[point.line];
        let is_half = cells[point.column].flags.contains(Flags::WIDE_CHAR_SPACER);
        let column = if is_half { point.column.0.saturating_sub(1) } else { point.column.0 };
        let is_wide = cells[Column(column)].flags.contains(Flags::WIDE_CHAR);
        let style = self.term.cursor_style();
        let shape = match style.shape {
            ansi::CursorShape::Block | ansi::CursorShape::HollowBlock => CursorShape::Block,
            ansi::CursorShape::Underline => CursorShape::Underline,
            ansi::CursorShape::Beam => CursorShape::Beam,
            ansi::CursorShape::Hidden => return None,
        };
        Some(Cursor {
            row,
            column,
            width: if is_wide { 2 } else { 1 },
            shape,
            blinks: style.blinking,
            colour: self.palette.slot(NamedColor::Cursor as usize, self.term.colors()),
        })
    }

    /// Which rows of the view look different since the last look. The selection isn't in it.
    pub fn take_damage(&mut self) -> Damage {
        if !std::mem::take(&mut self.is_changed) {
            return Damage::None;
        }
        let damage = match self.term.damage() {
            TermDamage::Full => Damage::All,
            TermDamage::Partial(lines) => Damage::Rows(lines.map(|line| line.line).collect()),
        };
        self.term.reset_damage();
        damage
    }
}
