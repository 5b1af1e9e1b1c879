//! Stands between the parser and the emulator: what a program may ask without bounds has bounds here.

use alacritty_terminal::Term;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::color::COUNT;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, LineClearMode,
    Mode, NamedPrivateMode, PrivateMode, Rgb, StandardCharset, TabulationClearMode,
};
use unicode_width::UnicodeWidthChar;

use super::colour::Palette;
use super::ear::Ear;

/// Accents on one letter. Written languages need four, emoji a few more; the emulator takes any number.
const MOST_MARKS: usize = 8;
/// The longest address of a link, as VTE and iTerm2 have it (2,083 bytes, what Internet Explorer took).
const LONGEST_LINK: usize = 2083;
/// The longest name that joins a link's parts, as VTE has it.
const LONGEST_LINK_ID: usize = 250;
/// All addresses together. What is beyond is shown as plain text until older ones are forgotten.
const MOST_LINKS: usize = 32 << 20;
/// Titles are kept on a stack by the emulator; longer ones are cut before.
const LONGEST_TITLE: usize = 1024;

/// What the guard keeps from chunk to chunk.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Bytes of links that cells may hold.
    links: usize,
    /// The first and last line that scroll, where a program has set them: the emulator doesn't say.
    pub(super) region: Option<(i32, i32)>,
    /// Which of the four character sets is in use: the emulator doesn't say that either.
    pub(super) charset: CharsetIndex,
    /// Whether the last that the parser gave was a letter: it is between sequences then.
    pub(super) is_letter: bool,
}

pub(super) struct Guard<'a> {
    pub(super) term: &'a mut Term<Ear>,
    pub(super) bounds: &'a mut Bounds,
    pub(super) ear: &'a Ear,
    pub(super) palette: &'a Palette,
}

impl Guard<'_> {
    fn rows(&self) -> i32 {
        i32::try_from(self.term.screen_lines()).unwrap_or(i32::MAX)
    }

    fn cursor(&self) -> Point {
        self.term.grid().cursor.point
    }

    /// Puts the cursor on a line of the screen. The emulator counts from the margin in origin mode, for moves, too.
    fn go(&mut self, line: i32, column: usize) {
        let is_origin = self.term.mode().contains(TermMode::ORIGIN);
        let above = self.bounds.region.filter(|_| is_origin).map_or(0, |(top, _)| top);
        Handler::goto(self.term, line - above, column);
    }

    /// So many lines up, or down when negative; a margin that it meets stops it (DEC STD 070, CUU and CUD), which the
    /// emulator doesn't know.
    fn step(&mut self, up: i64, column: usize) {
        let (at, last) = (self.cursor().line.0, self.rows() - 1);
        let (top, bottom) = self.bounds.region.unwrap_or((0, last));
        let least = if at >= top { top } else { 0 };
        let most = if at <= bottom { bottom } else { last };
        let to = i64::from(at) - up;
        let to = to.clamp(i64::from(least), i64::from(most));
        self.go(i32::try_from(to).unwrap_or(at), column);
    }

    /// Clears the first line: the emulator leaves it when what is above the second line is to be cleared.
    fn clear_first(&mut self) {
        let (point, wraps) = (self.cursor(), self.term.grid().cursor.input_needs_wrap);
        self.go(0, 0);
        if self.cursor().line.0 == 0 {
            self.term.clear_line(LineClearMode::All);
        }
        self.go(point.line.0, point.column.0);
        self.term.grid_mut().cursor.input_needs_wrap = wraps;
    }

    /// Whether the letter that a mark would go to has enough of them.
    fn is_laden(&self) -> bool {
        let grid = self.term.grid();
        let Point { line, column } = grid.cursor.point;
        let back = usize::from(!grid.cursor.input_needs_wrap);
        // On a wide letter marks go to its first cell.
        [back, back + 1].into_iter().any(|back| {
            let cell = &grid[line][Column(column.0.saturating_sub(back))];
            cell.zerowidth().is_some_and(|marks| marks.len() >= MOST_MARKS)
        })
    }

    /// Makes room for links: all that are shown become plain text.
    fn forget_links(&mut self) {
        let (top, bottom) = (self.term.topmost_line().0, self.term.bottommost_line().0);
        let last = self.term.columns();
        for line in top..=bottom {
            for column in 0..last {
                let cell = &mut self.term.grid_mut()[Line(line)][Column(column)];
                if cell.extra.is_some() {
                    cell.set_hyperlink(None);
                }
            }
        }
        self.bounds.links = 0;
    }
}

/// Hands calls on as they are.
macro_rules! hand_on {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(
            #[inline]
            fn $name(&mut self, $($argument: $kind),*) {
                Handler::$name(self.term, $($argument),*);
            }
        )*
    };
}

impl Handler for Guard<'_> {
    #[inline]
    fn input(&mut self, c: char) {
        // No mark is below these; what is plain isn't looked up twice.
        if c >= '\u{ad}' && c.width() == Some(0) && self.is_laden() {
            return;
        }
        self.bounds.is_letter = true;
        self.term.input(c);
    }

    fn set_active_charset(&mut self, index: CharsetIndex) {
        self.bounds.charset = index;
        self.term.set_active_charset(index);
    }

    fn set_title(&mut self, title: Option<String>) {
        let title = title.map(|mut title| {
            title.truncate(title.floor_char_boundary(LONGEST_TITLE));
            title
        });
        self.term.set_title(title);
    }

    fn set_hyperlink(&mut self, link: Option<Hyperlink>) {
        let is_long =
            |id: &Option<String>| id.as_ref().is_some_and(|id| id.len() > LONGEST_LINK_ID);
        let link = link.filter(|link| link.uri.len() <= LONGEST_LINK && !is_long(&link.id));
        if let Some(link) = &link {
            self.bounds.links += link.uri.len() + link.id.as_ref().map_or(0, String::len);
            if self.bounds.links > MOST_LINKS {
                self.forget_links();
            }
        }
        self.term.set_hyperlink(link);
    }

    fn move_backward_tabs(&mut self, count: u16) {
        // What waits to be wrapped is not, once the cursor has moved.
        let Point { line, column } = self.cursor();
        self.go(line.0, column.0);
        // Without stops each step looks through the whole line and stays where it is.
        let most = u16::try_from(self.term.columns()).unwrap_or(u16::MAX);
        self.term.move_backward_tabs(count.min(most));
    }

    fn dynamic_color_sequence(&mut self, prefix: String, index: usize, terminator: &str) {
        let [r, g, b] = self.palette.slot(index.min(COUNT - 1), self.term.colors());
        self.ear.answer(&format!(
            "\x1b]{prefix};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}{terminator}"
        ));
    }

    fn reset_state(&mut self) {
        self.bounds.region = None;
        self.bounds.charset = CharsetIndex::default();
        self.term.reset_state();
        self.term.set_title(None);
        for index in 0..COUNT {
            self.term.reset_color(index);
        }
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let lines = self.term.screen_lines();
        let bottom = bottom.unwrap_or(lines);
        if top < bottom {
            let line = |line: usize| i32::try_from(line.min(lines)).unwrap_or(i32::MAX);
            self.bounds.region = Some((line(top.saturating_sub(1)), line(bottom) - 1));
        }
        self.term.set_scrolling_region(top, Some(bottom));
    }

    fn move_up(&mut self, lines: usize) {
        self.step(i64::try_from(lines).unwrap_or(i64::MAX >> 1), self.cursor().column.0);
    }

    fn move_down(&mut self, lines: usize) {
        self.step(-i64::try_from(lines).unwrap_or(i64::MAX >> 1), self.cursor().column.0);
    }

    fn move_up_and_cr(&mut self, lines: usize) {
        self.step(i64::try_from(lines).unwrap_or(i64::MAX >> 1), 0);
    }

    fn move_down_and_cr(&mut self, lines: usize) {
        self.step(-i64::try_from(lines).unwrap_or(i64::MAX >> 1), 0);
    }

    fn goto_col(&mut self, column: usize) {
        self.go(self.cursor().line.0, column);
    }

    fn put_tab(&mut self, count: u16) {
        // Behind the last column there is no stop.
        if !self.term.grid().cursor.input_needs_wrap {
            self.term.put_tab(count);
        }
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        let is_second = matches!(mode, ClearMode::Above) && self.cursor().line.0 == 1;
        self.term.clear_screen(mode);
        if is_second {
            self.clear_first();
        }
    }

    // The emulator knows the newest of three ways to the other screen.
    fn set_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Unknown(47 | 1047) => {
                self.term.set_private_mode(NamedPrivateMode::SwapScreenAndSetRestoreCursor.into());
            }
            PrivateMode::Unknown(1048) => self.term.save_cursor_position(),
            mode => self.term.set_private_mode(mode),
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Unknown(47 | 1047) => {
                let Point { line, column } = self.cursor();
                let back = NamedPrivateMode::SwapScreenAndSetRestoreCursor;
                self.term.unset_private_mode(back.into());
                // These two leave the cursor where it is.
                self.go(line.0, column.0);
            }
            PrivateMode::Unknown(1048) => self.term.restore_cursor_position(),
            mode => self.term.unset_private_mode(mode),
        }
    }

    // The clipboard isn't read.
    fn clipboard_load(&mut self, _: u8, _: &str) {}

    hand_on! {
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        goto(line: i32, column: usize);
        goto_line(line: i32);
        insert_blank(count: usize);
        identify_terminal(intermediate: Option<char>);
        device_status(kind: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        backspace();
        carriage_return();
        linefeed();
        bell();
        substitute();
        newline();
        set_horizontal_tabstop();
        scroll_up(lines: usize);
        scroll_down(lines: usize);
        insert_blank_lines(lines: usize);
        delete_lines(lines: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        clear_tabs(mode: TabulationClearMode);
        set_tabs(interval: u16);
        reverse_index();
        terminal_attribute(attribute: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, colour: Rgb);
        reset_color(index: usize);
        clipboard_store(clipboard: u8, base64: &[u8]);
        decaln();
        push_title();
        pop_title();
        text_area_size_pixels();
        text_area_size_chars();
    }
}
