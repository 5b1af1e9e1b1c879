//! Takes the questions out of what a program prints: the person's terminal would answer them, and somebody else has done
//! so, or the program that asked is long gone.

/// The longest sequence that is held back to see what it is; a longer one is no question.
const LONGEST: usize = 256;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Control,
    /// OSC, DCS and APC, which end alike; `true` behind an `ESC` in it.
    Text(bool),
    /// One that was too long, and passes.
    Passing(bool),
}

/// Reads output piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    state: State,
    held: Vec<u8>,
}

impl Quiet {
    /// What is left of it. A sequence that isn't whole yet comes with what follows.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + self.held.len());
        for byte in bytes {
            self.step(*byte, &mut out);
        }
        out
    }

    /// What was held back.
    pub fn rest(&mut self) -> Vec<u8> {
        self.state = State::Ground;
        std::mem::take(&mut self.held)
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.state, byte) {
            // ENQ asks, too.
            (State::Ground, 0x05) => {}
            (State::Ground, 0x1b) => {
                self.held.push(byte);
                self.state = State::Escape;
            }
            (State::Ground, _) => out.push(byte),
            (State::Passing(escaped), _) => {
                out.push(byte);
                self.state = match byte {
                    0x07 | 0x18 | 0x1a => State::Ground,
                    b'\\' if escaped => State::Ground,
                    _ => State::Passing(byte == 0x1b),
                };
            }
            (_, 0x18 | 0x1a) => {
                self.held.push(byte);
                self.pass(out);
            }
            (State::Escape, b'[') => self.hold(byte, State::Control, out),
            (State::Escape, b']' | b'P' | b'_') => self.hold(byte, State::Text(false), out),
            // DECID asks, too.
            (State::Escape, b'Z') => self.end(byte, out),
            (State::Escape, 0x1b) => {
                out.append(&mut self.held);
                self.held.push(byte);
            }
            (State::Escape, _) | (State::Control, 0x40..=0x7e) => self.end(byte, out),
            (State::Control, 0x1b) => {
                out.append(&mut self.held);
                self.hold(byte, State::Escape, out);
            }
            (State::Control, _) => self.hold(byte, State::Control, out),
            (State::Text(_), 0x07) | (State::Text(true), b'\\') => self.end(byte, out),
            (State::Text(_), _) => self.hold(byte, State::Text(byte == 0x1b), out),
        }
    }

    fn hold(&mut self, byte: u8, state: State, out: &mut Vec<u8>) {
        self.held.push(byte);
        self.state = state;
        if self.held.len() > LONGEST {
            out.append(&mut self.held);
            self.state = match state {
                State::Text(escaped) => State::Passing(escaped),
                State::Ground | State::Escape | State::Control | State::Passing(_) => State::Ground,
            };
        }
    }

    fn end(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        if asks(&self.held) {
            self.held.clear();
        }
        self.pass(out);
    }

    fn pass(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.state = State::Ground;
    }
}

/// Whether a terminal answers that (xterm's control sequences, and kitty's keyboard protocol).
fn asks(sequence: &[u8]) -> bool {
    match sequence {
        b"\x1bZ" => true,
        // Reports of identity, status and cursor, of modes, of the window, of the keyboard, of the version.
        [0x1b, b'[', parameters @ .., b'c' | b'n'] => {
            !parameters.starts_with(b"?") || sequence.ends_with(b"n") || parameters == b"?"
        }
        [0x1b, b'[', .., b'$', b'p' | b'w'] => true,
        // A checksum of cells, and what graphics a terminal has (kitty's come below).
        [0x1b, b'[', .., b'*', b'y'] => true,
        [0x1b, b'[', b'?', .., b'S'] => true,
        [0x1b, b'[', parameters @ .., b't'] => {
            let number = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
            matches!(number, b"11" | b"13" | b"14" | b"15" | b"16" | b"18" | b"19" | b"20" | b"21")
        }
        [0x1b, b'[', b'?', b'u'] => true,
        [0x1b, b'[', b'>', .., b'q'] => true,
        [0x1b, b'[', .., b'x'] => true,
        // Colours and the clipboard; capabilities and settings.
        [0x1b, b']', text @ ..] => {
            let has = |wanted: &[u8]| text.windows(2).any(|two| two == wanted);
            // An address (OSC 8) may have such signs.
            (has(b";?") && !text.starts_with(b"8;"))
                || (has(b"=?") && text.starts_with(b"21;"))
                || text.starts_with(b"1337;Report")
        }
        [0x1b, b'P', text @ ..] => text.starts_with(b"+q") || text.starts_with(b"$q"),
        // Whether there are kitty's graphics.
        [0x1b, b'_', b'G', text @ ..] => text.windows(3).any(|three| three == b"a=q"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(bytes: &[u8]) -> Vec<u8> {
        let mut quiet = Quiet::default();
        let mut out = quiet.read(bytes);
        out.extend(quiet.rest());
        out
    }

    #[test]
    fn questions_are_taken_out_however_they_are_cut() {
        let asked = b"a\x1b[cb\x1b[>cc\x1b[6nd\x1b[?6ne\x1b]11;?\x07f\x1b]10;?\x1b\\g\x1b[?2026$ph\x1bP+q544e\x1b\\i\x1b[14tj\x1b[?uk\x1b[>0qlm\x1bZ\x05\x1b[1$w\x1b[1;1;1;1;1;1*y\x1b[?1;1;0S\x1b_Gi=1,a=q;AA\x1b\\\x1b]21;background=?\x07\x1b]1337;ReportCellSize\x07";
        for cut in 0..asked.len() {
            let mut quiet = Quiet::default();
            let mut out = quiet.read(&asked[..cut]);
            out.extend(quiet.read(&asked[cut..]));
            assert_eq!(String::from_utf8_lossy(&out), "abcdefghijklm", "{cut}");
        }
    }

    #[test]
    fn everything_else_passes() {
        for plain in [
            &b"\x1b[31mred\x1b[0m\r\n"[..],
            b"\x1b]0;title\x07",
            b"\x1b[?1049h\x1b[2;5H\x1b[8;24;80t\x1b[4 q",
            b"\x1b]8;;http://x/;?a=?\x07x\x1b]8;;\x07",
            b"\x1b_Gi=1,a=T;AA\x1b\\",
            b"\x1bP1;2q~~\x1b\\",
            b"\x1b(0\x1b=\xff\xfe",
            b"unfinished \x1b[3",
        ] {
            assert_eq!(left(plain), plain, "{:?}", String::from_utf8_lossy(plain));
        }
        let long = [b"\x1b]52;c;".as_slice(), &[b'A'; 5000], b"\x07end"].concat();
        assert_eq!(left(&long), long);
    }
}
