//! What a program prints, on its way to the cells.

use std::time::{Duration, Instant};

use alacritty_terminal::vte::ansi::Handler;

use super::ear::Printed;
use super::emulator::Screen;
use super::guard::Guard;
use super::runs;
use super::strings::{End, Part};

impl Screen {
    /// Shows what the program prints.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.feed_as(bytes, Printed::NOW);
    }

    /// Shows what it can until then, and says how many bytes that was.
    ///
    /// A few bytes can ask for much (a character 65,535 times, a screen cleared), so no chunk is taken whole: a
    /// flood of such never holds up whoever draws for longer than a few of them take.
    pub fn feed_until(&mut self, bytes: &[u8], until: Instant, how: Printed) -> usize {
        /// 32 times the longest repetition: 20 ms where a character takes 10 ns.
        const FIRST: usize = 256;
        /// A part this long is looked at again often enough at the parser's 60 to 150 MB/s.
        const LAST: usize = 64 << 10;
        const SHORT: Duration = Duration::from_micros(500);
        let (mut fed, mut step) = (0, FIRST);
        while let Some(rest) = bytes.get(fed..).filter(|rest| !rest.is_empty()) {
            let begun = Instant::now();
            if fed > 0 && begun >= until {
                break;
            }
            let part = rest.get(..step).unwrap_or(rest);
            self.feed_as(part, how);
            fed += part.len();
            let is_quick = begun.elapsed() < SHORT;
            step = if is_quick { (step * 2).min(LAST) } else { (step / 2).max(FIRST) };
        }
        fed
    }

    /// Shows what was printed, now or earlier.
    pub fn feed_as(&mut self, bytes: &[u8], how: Printed) {
        if let Some(live) = &mut self.live {
            return live.feed_as(bytes, how);
        }
        self.ear.heard().how = how;
        self.show_overdue(Instant::now());
        let mut strings = std::mem::take(&mut self.strings);
        strings.split(bytes, |part| match part {
            Part::Plain(text) => self.advance(text),
            Part::Dropped => self.advance(b"\\"),
            Part::Command(text, end) => match text.strip_prefix(b"7;") {
                Some(place) => {
                    self.advance(b"\\");
                    self.hear_directory(place);
                }
                None => {
                    self.advance(b"]");
                    self.advance(text);
                    if end == End::Bell {
                        self.advance(b"\x07");
                    }
                }
            },
        });
        self.strings = strings;
        self.is_changed = true;
    }

    fn advance(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.between == runs::Parser::Unknown {
                bytes = self.ask_parser(bytes);
                continue;
            }
            match runs::next(&mut bytes) {
                Some(runs::Part::Letters(letters)) => self.put(letters),
                Some(runs::Part::Return) => self.guard().carriage_return(),
                Some(runs::Part::Feed) => self.guard().linefeed(),
                Some(runs::Part::Whole(part)) => {
                    self.parse(part);
                    if self.held_until().is_some() {
                        self.between = runs::Parser::Unknown;
                    }
                }
                Some(runs::Part::Open(part)) => {
                    self.parse(part);
                    self.between = runs::Parser::Unknown;
                }
                None => return,
            }
        }
    }

    /// Gives the parser all up to a letter of which it can be seen what it was taken for; what is left.
    fn ask_parser<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some((before, rest)) = runs::question(bytes).and_then(|at| bytes.split_at_checked(at))
        else {
            self.parse(bytes);
            return &[];
        };
        self.parse(before);
        let (letter, rest) = rest.split_at(1);
        // What is held back says nothing of the byte that was given.
        let is_held = self.held_until().is_some();
        self.bounds.is_letter = false;
        self.parse(letter);
        if self.bounds.is_letter && !is_held {
            self.between = runs::Parser::Between;
        }
        rest
    }

    fn put(&mut self, mut letters: &[u8]) {
        while let Some((last, before)) = letters.split_last() {
            let count = runs::put(&mut self.term, self.bounds.charset, before);
            letters = match (count, before) {
                (0, []) => {
                    self.parse(&[*last]);
                    &[]
                }
                (0, _) => {
                    let (one, rest) = letters.split_at(1);
                    self.parse(one);
                    rest
                }
                _ => letters.split_at(count).1,
            };
        }
    }

    /// Hands on to the parser, whatever it is.
    pub(super) fn parse(&mut self, bytes: &[u8]) {
        let Self { term, parser, bounds, ear, palette, .. } = self;
        parser.advance(&mut Guard { term, bounds, ear, palette }, bytes);
    }

    fn guard(&mut self) -> Guard<'_> {
        let Self { term, bounds, ear, palette, .. } = self;
        Guard { term, bounds, ear, palette }
    }

    /// When what a program holds back (DEC mode 2026, so that a redraw shows whole) is to be shown at the latest;
    /// `None` while it holds nothing back.
    pub fn held_until(&self) -> Option<Instant> {
        self.parser.sync_timeout().sync_timeout()
    }

    /// Shows what was held back for too long.
    pub fn show_overdue(&mut self, now: Instant) {
        if let Some(live) = &mut self.live {
            live.show_overdue(now);
        }
        if self.held_until().is_some_and(|until| until <= now) {
            self.show_held();
        }
    }

    /// Shows what is held back, now.
    pub fn show_held(&mut self) {
        if self.held_until().is_some() {
            let Self { term, parser, bounds, ear, palette, .. } = self;
            parser.stop_sync(&mut Guard { term, bounds, ear, palette });
            self.between = runs::Parser::Unknown;
            self.is_changed = true;
        }
    }
}
