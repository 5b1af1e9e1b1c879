//! What a program prints where there is no terminal, made into lines with colours: no screen, nothing moves but the last line.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::clean;

/// Lines that are kept, the last ones: more than anybody scrolls through, and a few MB.
const MOST_LINES: usize = 10_000;
/// Letters of a line; what is longer goes on in the next one. A minified file is one line of megabytes.
const LONGEST: usize = 4_096;
/// Between two stops of the tabulator.
const TAB: usize = 8;
/// Bytes of an escape sequence that are looked at; no sequence of sense is as long.
const LONGEST_SEQUENCE: usize = 256;

/// A colour that a program has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// By its number among 256.
    Numbered(u8),
    /// By red, green and blue.
    Mixed([u8; 3]),
}

/// How letters look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    /// Their colour.
    pub ink: Option<Ink>,
    /// Behind them.
    pub paper: Option<Ink>,
    /// Bold.
    pub bold: bool,
    /// Pale.
    pub faint: bool,
    /// Slanted.
    pub slanted: bool,
    /// Underlined.
    pub underlined: bool,
    /// Colour and background exchanged.
    pub swapped: bool,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsoleLine {
    /// Without anything that steers.
    pub text: String,
    /// How it looks: up to which byte, and how.
    pub pens: Vec<(usize, Pen)>,
    /// In cells.
    width: usize,
    /// Whether each byte is a cell.
    is_plain: bool,
}

impl ConsoleLine {
    /// Rows that it takes in so many columns; an empty one takes one, too.
    pub fn rows(&self, columns: usize) -> usize {
        if self.is_plain {
            self.width.div_ceil(columns.max(1)).max(1)
        } else {
            self.cuts(columns).count()
        }
    }

    /// The bytes of each row.
    pub fn cuts(&self, columns: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let columns = columns.max(1);
        let mut from = Some(0);
        std::iter::from_fn(move || {
            let begin = from?;
            let rest = self.text.get(begin..).unwrap_or_default();
            let mut cells = 0;
            let end = rest.char_indices().find_map(|(at, letter)| {
                cells += letter.width().unwrap_or(0);
                // A letter that is wider than the row has one of its own.
                (cells > columns && at > 0).then_some(begin + at)
            });
            from = end;
            Some(begin..end.unwrap_or(self.text.len()))
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    letter: char,
    pen: Pen,
}

/// Where in a sequence of control letters one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// Behind ESC.
    Escape,
    /// Behind ESC and a letter that wants one more.
    OneMore,
    /// Behind ESC [.
    Csi(String),
    /// In what is meant for nobody here: titles, the clipboard. Whether an ESC has just come.
    Text(bool),
}

/// The lines of one output.
#[derive(Clone, Debug, Default)]
pub struct Console {
    lines: VecDeque<ConsoleLine>,
    forgotten: u64,
    under_way: Vec<Cell>,
    /// The same as a line, where something stands there.
    last: Option<ConsoleLine>,
    at: usize,
    pen: Pen,
    state: State,
    /// The beginning of a letter whose rest hasn't come.
    begun: Vec<u8>,
    end: u64,
}

impl Console {
    /// Takes in what was printed from `offset` on. What lies between that and the end of what was heard is lost.
    pub fn feed(&mut self, offset: u64, bytes: &[u8]) {
        if offset > self.end && self.end > 0 {
            self.break_line();
            self.begun.clear();
            self.state = State::Ground;
        }
        if offset > self.end {
            self.forgotten += 1;
        }
        self.end = offset + bytes.len() as u64;
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            for letter in chunk.valid().chars() {
                self.letter(letter);
            }
            let broken = chunk.invalid();
            let is_begun = chunks.peek().is_none()
                && std::str::from_utf8(broken).is_err_and(|error| error.error_len().is_none());
            if is_begun {
                self.begun = broken.to_vec();
            } else if !broken.is_empty() {
                self.letter(char::REPLACEMENT_CHARACTER);
            }
        }
        self.last = (!self.under_way.is_empty()).then(|| line(&self.under_way));
    }

    /// How many bytes were heard, those included that were lost.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether lines that came before the first one are gone.
    pub fn is_cut(&self) -> bool {
        self.forgotten > 0
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len() + usize::from(self.last.is_some())
    }

    /// Whether nothing was printed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn line(&self, at: usize) -> Option<&ConsoleLine> {
        self.lines.get(at).or_else(|| self.last.as_ref().filter(|_| at == self.lines.len()))
    }

    /// All of them.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &ConsoleLine> {
        self.lines.iter().chain(&self.last)
    }

    /// The last lines as text, no more than `most` bytes; and whether that is all.
    pub fn text(&self, most: usize) -> (String, bool) {
        let mut room = most;
        let mut taken: Vec<&str> = Vec::new();
        let mut is_all = !self.is_cut();
        for line in self.lines().rev() {
            let needs = line.text.len() + 1;
            if needs > room {
                is_all = false;
                break;
            }
            room -= needs;
            taken.push(&line.text);
        }
        taken.reverse();
        (taken.join("\n"), is_all)
    }

    fn letter(&mut self, letter: char) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.plain(letter),
            State::Escape => {
                self.state = match letter {
                    '[' => State::Csi(String::new()),
                    ']' | 'P' | 'X' | '^' | '_' => State::Text(false),
                    // Which letters a number stands for, and the like.
                    ' '..='/' => State::OneMore,
                    '\u{1b}' => State::Escape,
                    _ => State::Ground,
                };
            }
            State::OneMore => {}
            State::Csi(mut said) => match letter {
                '\u{40}'..='\u{7e}' => self.sequence(&said, letter),
                '\u{1b}' => self.state = State::Escape,
                ' '..='?' if said.len() < LONGEST_SEQUENCE => {
                    said.push(letter);
                    self.state = State::Csi(said);
                }
                // No sequence: it is ended, so that it swallows nothing.
                '\n' => self.plain(letter),
                _ => {}
            },
            State::Text(escaped) => match letter {
                '\u{7}' | '\u{9c}' => {}
                '\\' if escaped => {}
                // Whoever doesn't end it swallows a line and no more.
                '\n' => self.plain(letter),
                _ => self.state = State::Text(letter == '\u{1b}'),
            },
        }
    }

    fn plain(&mut self, letter: char) {
        match letter {
            '\u{1b}' => self.state = State::Escape,
            '\n' | '\u{2028}' | '\u{2029}' => self.break_line(),
            '\r' => self.at = 0,
            '\u{8}' => self.at = self.at.saturating_sub(1),
            '\t' => {
                let to = (self.at / TAB + 1) * TAB;
                while self.at < to {
                    // What stands there stays, as on a terminal.
                    if self.at < self.under_way.len() {
                        self.at += 1;
                    } else {
                        self.put(' ');
                    }
                }
            }
            '\0'..='\x1f' | '\x7f' => {}
            '\u{9b}' => self.state = State::Csi(String::new()),
            ' '..='~' => self.put(letter),
            letter => match clean(letter.encode_utf8(&mut [0; 4])) {
                Cow::Borrowed(_) => self.put(letter),
                Cow::Owned(shown) => shown.chars().for_each(|letter| self.put(letter)),
            },
        }
    }

    fn put(&mut self, letter: char) {
        if self.at >= LONGEST {
            self.break_line();
        }
        let cell = Cell { letter, pen: self.pen };
        while self.under_way.len() < self.at {
            self.under_way.push(Cell { letter: ' ', pen: Pen::default() });
        }
        match self.under_way.get_mut(self.at) {
            Some(known) => *known = cell,
            None => self.under_way.push(cell),
        }
        self.at += 1;
    }

    fn break_line(&mut self) {
        self.lines.push_back(line(&self.under_way));
        self.under_way.clear();
        self.last = None;
        self.at = 0;
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
            self.forgotten += 1;
        }
    }

    fn sequence(&mut self, said: &str, ends: char) {
        let number = || said.parse::<usize>().unwrap_or(0);
        match ends {
            'm' => self.pen = inked(self.pen, said),
            'K' => match number() {
                0 => self.under_way.truncate(self.at),
                1 => {
                    let blank = Cell { letter: ' ', pen: Pen::default() };
                    self.under_way.iter_mut().take(self.at + 1).for_each(|cell| *cell = blank);
                }
                _ => self.under_way.clear(),
            },
            'C' => self.at = (self.at + number().max(1)).min(LONGEST - 1),
            'D' => self.at = self.at.saturating_sub(number().max(1)),
            'G' => self.at = number().saturating_sub(1).min(LONGEST - 1),
            _ => {}
        }
    }
}

fn line(cells: &[Cell]) -> ConsoleLine {
    // Blanks that nobody sees: a progress bar that was wiped.
    let seen = cells
        .iter()
        .rposition(|cell| cell.letter != ' ' || cell.pen != Pen::default())
        .map_or(0, |at| at + 1);
    let mut line = ConsoleLine { is_plain: true, ..ConsoleLine::default() };
    for cell in cells.iter().take(seen) {
        line.text.push(cell.letter);
        let width = cell.letter.width().unwrap_or(0);
        line.width += width;
        line.is_plain &= width == 1 && cell.letter.is_ascii();
        match line.pens.last_mut() {
            Some((end, pen)) if *pen == cell.pen => *end = line.text.len(),
            Some(_) | None => line.pens.push((line.text.len(), cell.pen)),
        }
    }
    line
}

/// What ESC [ … m makes of a pen.
fn inked(mut pen: Pen, said: &str) -> Pen {
    let mut groups = said.split(';');
    while let Some(group) = groups.next() {
        let mut parts = group.split(':').map(|part| part.parse::<u8>().unwrap_or(0));
        let code = parts.next().unwrap_or(0);
        match code {
            0 => pen = Pen::default(),
            1 => pen.bold = true,
            2 => pen.faint = true,
            3 => pen.slanted = true,
            4 => pen.underlined = parts.next() != Some(0),
            7 => pen.swapped = true,
            22 => (pen.bold, pen.faint) = (false, false),
            23 => pen.slanted = false,
            24 => pen.underlined = false,
            27 => pen.swapped = false,
            30..=37 => pen.ink = Some(Ink::Numbered(code - 30)),
            39 => pen.ink = None,
            40..=47 => pen.paper = Some(Ink::Numbered(code - 40)),
            49 => pen.paper = None,
            90..=97 => pen.ink = Some(Ink::Numbered(code - 82)),
            100..=107 => pen.paper = Some(Ink::Numbered(code - 92)),
            38 | 48 => {
                let inside: Vec<u8> = parts.collect();
                let ink = if inside.is_empty() {
                    let mut next = || groups.next().and_then(|part| part.parse::<u8>().ok());
                    match next() {
                        Some(5) => next().map(Ink::Numbered),
                        Some(2) => mixed([next(), next(), next()]),
                        Some(_) | None => None,
                    }
                } else {
                    match inside.as_slice() {
                        [5, number] => Some(Ink::Numbered(*number)),
                        // With the name of a colour space, or without.
                        [2, r, g, b] | [2, _, r, g, b, ..] => Some(Ink::Mixed([*r, *g, *b])),
                        _ => None,
                    }
                };
                match (ink, code) {
                    (Some(ink), 38) => pen.ink = Some(ink),
                    (Some(ink), _) => pen.paper = Some(ink),
                    (None, _) => {}
                }
            }
            _ => {}
        }
    }
    pen
}

fn mixed(parts: [Option<u8>; 3]) -> Option<Ink> {
    let [Some(r), Some(g), Some(b)] = parts else { return None };
    Some(Ink::Mixed([r, g, b]))
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
