//! What a program's output does to a terminal, as far as it matters to whoever keeps that output: where sequences end,
//! which modes are set, and where the shell says that it is.

use super::screen::ReportedDirectory;

/// The longest OSC that is read; a path has at most 4,096 bytes (PATH_MAX), three times that when it is escaped.
const MOST_OSC: usize = 13 * 1024;

/// The longest parameters of a control sequence that are read.
const MOST_PARAMETERS: usize = 64;

/// Private modes that are remembered, each with what it is at first (xterm's control sequences, ctlseqs).
const MODES: [(u16, bool); 17] = [
    (47, false),
    (1047, false),
    (1049, false),
    (1, false),
    (5, false),
    (6, false),
    (7, true),
    (25, true),
    (1000, false),
    (1002, false),
    (1003, false),
    (1004, false),
    (1005, false),
    (1006, false),
    (1007, true),
    (1015, false),
    (2004, false),
];

/// How many of them are other screens: the first ones.
const SCREENS: usize = 3;

/// What a terminal is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    private: [bool; MODES.len()],
    /// Whether the keypad sends sequences of its own.
    pub(super) keypad: bool,
    /// The cursor's shape, where a program has chosen one.
    pub(super) cursor: Option<u8>,
}

impl Default for Modes {
    fn default() -> Self {
        Self { private: MODES.map(|(_, at_first)| at_first), keypad: false, cursor: None }
    }
}

impl Modes {
    pub(super) fn set(&mut self, mode: u16, on: bool) {
        if let Some(at) = MODES.iter().position(|(known, _)| *known == mode) {
            self.private[at] = on;
        }
    }

    pub(super) fn has(&self, mode: u16) -> bool {
        MODES.iter().zip(self.private).any(|((known, _), on)| *known == mode && on)
    }

    /// What sets a fresh terminal so.
    pub(super) fn sequence(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for ((mode, at_first), on) in MODES.iter().zip(self.private) {
            if on != *at_first {
                let letter = if on { 'h' } else { 'l' };
                out.extend_from_slice(format!("\x1b[?{mode}{letter}").as_bytes());
            }
        }
        if self.keypad {
            out.extend_from_slice(b"\x1b=");
        }
        if let Some(shape) = self.cursor {
            out.extend_from_slice(format!("\x1b[{shape} q").as_bytes());
        }
        out
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    /// Behind `ESC` and something like `(`: one byte more.
    Designate,
    Control,
    /// OSC; `true` behind an `ESC` in it.
    Osc(bool),
    /// DCS, SOS, PM and APC: text that means nothing here; `true` behind an `ESC` in it.
    Text(bool),
}

/// What a program says to the terminal with an OSC, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// Where the shell is (OSC 7).
    Directory(&'a [u8]),
    /// It asks for the colour of text, background or cursor (OSC 10, 11, 12).
    ColourQuestion {
        /// Bytes of the question.
        length: usize,
        /// Bytes that were read with its end, and are behind it.
        behind: usize,
    },
}

/// Reads output piece by piece, and knows what it has set.
#[derive(Clone, Debug)]
pub struct Scanner {
    state: State,
    held: Vec<u8>,
    /// What is set now.
    pub(super) modes: Modes,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { state: State::Ground, held: Vec::new(), modes: Modes::default() }
    }
}

impl Scanner {
    /// Reads what goes to a terminal.
    pub fn read(&mut self, bytes: &[u8]) {
        self.feed(bytes, |_| ());
    }

    /// Takes back what was set, and ends what has begun: what was on the screen before is there, and the cursor below it.
    ///
    /// Nothing is taken back that isn't set. Many terminals move the cursor for it: leaving a full screen that isn't one puts
    /// it where one was begun the last time, and margins put it into the corner (xterm's control sequences, DECSTBM).
    pub fn undo(&self) -> Vec<u8> {
        let mut out = b"\x18\x1b[0m\x1b(B\x0f".to_vec();
        for screen in [47, 1047, 1049].into_iter().filter(|screen| self.modes.has(*screen)) {
            out.extend_from_slice(format!("\x1b[?{screen}l").as_bytes());
        }
        if self.modes.has(6) {
            // Where the cursor is can't be kept: it goes below everything.
            out.extend_from_slice(b"\x1b[?6l\x1b[r\x1b[999;1H");
        } else {
            out.extend_from_slice(b"\x1b7\x1b[r\x1b8");
        }
        for ((mode, at_first), on) in MODES.iter().zip(self.modes.private).skip(SCREENS) {
            if on != *at_first && *mode != 6 {
                let letter = if *at_first { 'h' } else { 'l' };
                out.extend_from_slice(format!("\x1b[?{mode}{letter}").as_bytes());
            }
        }
        if self.modes.keypad {
            out.extend_from_slice(b"\x1b>");
        }
        if self.modes.cursor.is_some() {
            out.extend_from_slice(b"\x1b[0 q");
        }
        out.extend_from_slice(b"\x1b[4l");
        out
    }

    /// Whether nothing has begun that isn't over.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Ground
    }

    /// Reads `bytes`; `hear` gets what is said in them.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut hear: impl FnMut(Said<'_>)) {
        loop {
            if self.state == State::Ground {
                match memchr::memchr(0x1b, bytes) {
                    Some(at) => {
                        self.state = State::Escape;
                        bytes = &bytes[at + 1..];
                    }
                    None => return,
                }
            }
            let Some((byte, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.step(*byte, rest.len(), &mut hear);
        }
    }

    fn step(&mut self, byte: u8, behind: usize, hear: &mut impl FnMut(Said<'_>)) {
        match (self.state, byte) {
            // CAN and SUB end whatever has begun.
            (_, 0x18 | 0x1a) => self.state = State::Ground,
            (State::Ground, _) => {}
            (State::Escape, b'[') => self.begin(State::Control),
            (State::Escape, b']') => self.begin(State::Osc(false)),
            (State::Escape, b'P' | b'X' | b'^' | b'_') => self.begin(State::Text(false)),
            (State::Escape, 0x1b) => {}
            (State::Escape, 0x20..=0x2f) => self.state = State::Designate,
            (State::Escape, _) => {
                match byte {
                    b'=' => self.modes.keypad = true,
                    b'>' => self.modes.keypad = false,
                    b'c' => self.modes = Modes::default(),
                    _ => {}
                }
                self.state = State::Ground;
            }
            (State::Designate, 0x20..=0x2f) => {}
            (State::Designate, 0x1b) | (State::Control, 0x1b) => self.state = State::Escape,
            (State::Designate, _) => self.state = State::Ground,
            (State::Control, 0x40..=0x7e) => {
                self.control(byte);
                self.state = State::Ground;
            }
            (State::Control, _) => self.hold(byte, MOST_PARAMETERS),
            (State::Osc(_), 0x07) | (State::Osc(true), b'\\') => {
                match self.held.as_slice() {
                    [b'7', b';', path @ ..] if self.held.len() <= MOST_OSC => {
                        hear(Said::Directory(path));
                    }
                    b"10;?" | b"11;?" | b"12;?" => {
                        // `ESC ]` before it, and BEL or `ESC \` behind it.
                        let around = if byte == 0x07 { 3 } else { 4 };
                        hear(Said::ColourQuestion { length: self.held.len() + around, behind });
                    }
                    _ => {}
                }
                self.state = State::Ground;
            }
            (State::Osc(_), 0x1b) => self.state = State::Osc(true),
            // An ESC that ends no OSC begins something else.
            (State::Osc(true) | State::Text(true), _) if byte != b'\\' => {
                self.state = State::Escape;
                self.step(byte, behind, hear);
            }
            (State::Osc(_), _) => self.hold(byte, MOST_OSC),
            (State::Text(true), _) => self.state = State::Ground,
            (State::Text(_), 0x1b) => self.state = State::Text(true),
            (State::Text(_), _) => {}
        }
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.held.clear();
    }

    /// One byte more than the limit says that there were too many.
    fn hold(&mut self, byte: u8, most: usize) {
        if self.held.len() <= most {
            self.held.push(byte);
        }
    }

    fn control(&mut self, last: u8) {
        if self.held.len() > MOST_PARAMETERS {
            return;
        }
        match (self.held.as_slice(), last) {
            ([b'?', rest @ ..], b'h' | b'l') => {
                for mode in rest.split(|byte| *byte == b';') {
                    if let Some(mode) = number(mode) {
                        self.modes.set(mode, last == b'h');
                    }
                }
            }
            (b"!", b'p') => {
                let screens = [47, 1047, 1049].map(|mode| (mode, self.modes.has(mode)));
                self.modes = Modes::default();
                for (mode, on) in screens {
                    self.modes.set(mode, on);
                }
            }
            ([shape @ .., b' '], b'q') => {
                let shape = number(shape).and_then(|shape| u8::try_from(shape).ok()); // Larger than any shape.
                self.modes.cursor = shape.filter(|shape| (1..=6).contains(shape));
            }
            _ => {}
        }
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok() // What is no number sets nothing.
}

/// The path in an OSC 7 that a shell on the machine `host` printed; `None` where it speaks of another machine, or of none, and
/// where no system could have it.
pub(super) fn path_of(said: &[u8], host: Option<&str>) -> Option<Vec<u8>> {
    let told = ReportedDirectory::read(said)?;
    let here = told.host.is_empty() || told.host == "localhost" || Some(&*told.host) == host;
    here.then_some(told.path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn path(said: Said<'_>) -> Option<Vec<u8>> {
        match said {
            Said::Directory(path) => Some(path.to_vec()),
            Said::ColourQuestion { .. } => None,
        }
    }

    fn said(bytes: &[u8]) -> (Scanner, Vec<Vec<u8>>) {
        let mut scanner = Scanner::default();
        let mut all = Vec::new();
        scanner.feed(bytes, |said| all.extend(path(said)));
        (scanner, all)
    }

    proptest! {
        #[test]
        fn pieces_read_as_the_whole_does(
            bytes in prop::collection::vec(prop_oneof![
                Just(0x1b), Just(b'['), Just(b']'), Just(b'?'), Just(b'7'), Just(b';'), Just(0x07), Just(b'\\'),
                Just(b'h'), Just(b'l'), Just(b'P'), any::<u8>(),
            ], 0..200),
            cut in 0_usize..200,
        ) {
            let (whole, paths) = said(&bytes);
            let cut = cut.min(bytes.len());
            let (mut first, mut all) = said(&bytes[..cut]);
            first.feed(&bytes[cut..], |said| all.extend(path(said)));
            prop_assert_eq!(first.modes, whole.modes);
            prop_assert_eq!(first.state, whole.state);
            prop_assert_eq!(all, paths);
        }
    }

    #[test]
    fn modes_are_those_that_were_set_last() {
        let (scanner, _) = said(b"\x1b[?1049h\x1b[?1;25l\x1b=\x1b[?2004h\x1b[4 q\x1b[?2004l");
        assert_eq!(scanner.modes.sequence(), b"\x1b[?1049h\x1b[?25l\x1b=\x1b[4 q");
        let mut again = Scanner::default();
        again.feed(&scanner.modes.sequence(), |_| ());
        assert_eq!(again.modes, scanner.modes);
        assert_eq!(said(b"\x1b[?1049h\x1bc").0.modes, Modes::default());
    }

    #[test]
    fn what_was_set_is_taken_back_and_the_cursor_stays_below_what_is_there() {
        use super::super::Screen;
        let line_of = |screen: &Screen| screen.cursor().map(|cursor| cursor.row);
        for set in [
            "",
            "\x1b[2;4r\x1b[6;3H",
            "\x1b[?1h\x1b[?2004h\x1b[?25l\x1b=\x1b[4 q\x1b]0;ti",
            "\x1b[?1049h\x1b[Hfull\x1b[2;4r",
        ] {
            let mut screen = Screen::new(20, 8);
            screen.feed(b"one\r\ntwo\r\nthree\r\n\r\n\r\nfour");
            let before = line_of(&screen);
            screen.feed(set.as_bytes());
            let (scanner, _) = said(set.as_bytes());
            screen.feed(&scanner.undo());
            assert_eq!(line_of(&screen), before, "{set:?}");
            screen.feed(b"\r\nx");
            let rows: Vec<String> = (0..8).map(|row| screen.row_text(row)).collect();
            assert_eq!(rows, ["one", "two", "three", "", "", "four", "x", ""], "{set:?}");
            let (mut again, undone) = (scanner.clone(), scanner.undo());
            again.read(&undone);
            assert_eq!((&again.modes, again.is_between()), (&Modes::default(), true));
        }
    }

    #[test]
    fn a_question_for_a_colour_is_found_with_its_place() {
        let mut scanner = Scanner::default();
        let mut heard = Vec::new();
        let printed = b"x\x1b]11;?\x07yz\x1b]10;?\x1b\\\x1b]11;#fff\x07\x1b]12;";
        scanner.feed(printed, |said| heard.push(format!("{said:?}")));
        scanner.feed(b"?\x07.", |said| heard.push(format!("{said:?}")));
        let of =
            |length: usize, behind: usize| format!("{:?}", Said::ColourQuestion { length, behind });
        assert_eq!(heard, [of(7, 25), of(8, 15), of(7, 1)]);
    }

    #[test]
    fn a_directory_is_taken_from_that_machine_only() {
        let (_, paths) = said(b"x\x1b]7;file://box/a%20b\x07\x1b]7;file:///c\x1b\\\x1b]0;t\x07");
        let here: Vec<_> = paths.iter().map(|path| path_of(path, Some("box"))).collect();
        assert_eq!(here, [Some(b"/a b".to_vec()), Some(b"/c".to_vec())]);
        assert_eq!(path_of(b"file://other/a", Some("box")), None);
        assert_eq!(path_of(b"http://box/a", Some("box")), None);
        // No system has these, and a shell that is to begin there never would.
        assert_eq!(path_of(b"file://box/a%00b", Some("box")), None);
        let long = [b"file://box/".to_vec(), b"a".repeat(5000)].concat();
        assert_eq!(path_of(&long, Some("box")), None);
        assert_eq!(path_of(b"file://box/100%", Some("box")), Some(b"/100%".to_vec()));
    }

    #[test]
    fn an_endless_string_costs_no_memory() {
        let (scanner, paths) = said(&[b"\x1b]7;".as_slice(), &vec![b'x'; 1 << 20]].concat());
        assert!(scanner.held.capacity() < 64 * 1024 && paths.is_empty());
        assert!(!scanner.is_between());
    }
}
