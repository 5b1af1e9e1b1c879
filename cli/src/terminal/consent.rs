//! Keeps what a program prints to the terminal's own screen: titles, the clipboard and notices belong to the person, and so
//! nothing of them goes out that nobody has agreed to.
//!
//! Reads byte by byte, and holds back no more than it takes to see what a sequence is.

/// The operating system commands (OSC) that stay on the screen: colours (4, 5, 10 to 19 and their resets), the directory (7),
/// links (8), and the marks of shells that say where a prompt begins (133, 633). Titles are 0, 1 and 2, the clipboard is 52 and
/// a part of 1337, notices are 9, 99 and 777.
fn stays(number: &[u8]) -> bool {
    let text = std::str::from_utf8(number).unwrap_or_default();
    matches!(text.parse::<u16>(), Ok(4 | 5 | 7 | 8 | 10..=19 | 104 | 105 | 110..=119 | 133 | 633))
}

/// The longest beginning that is held back: more digits than any number has.
const LONGEST: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// Behind the first byte of U+0090 or U+009D, which some terminals take for DCS and OSC, too.
    Wide,
    Escape,
    /// In the number of an OSC.
    Number,
    /// In the parameters of a DCS.
    Parameters,
    /// In a text that goes out, or doesn't; whether an `ESC` was the last byte.
    Text {
        shown: bool,
        escaped: bool,
    },
}

/// Reads output piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    state: State,
    held: Vec<u8>,
}

impl Consent {
    /// What may be put on the screen of it.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + self.held.len());
        for byte in bytes {
            self.step(*byte, &mut out);
        }
        out
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.state, byte) {
            (State::Ground, 0x1b) => self.hold(byte, State::Escape),
            (State::Ground, 0xc2) => self.hold(byte, State::Wide),
            (State::Ground, _) => out.push(byte),
            // CAN and SUB give every sequence up.
            (State::Text { shown, .. }, 0x18 | 0x1a) => {
                if shown {
                    out.push(byte);
                }
                self.state = State::Ground;
            }
            (State::Text { shown, escaped }, _) => self.text(byte, shown, escaped, out),
            (_, 0x18 | 0x1a) => {
                self.held.clear();
                self.state = State::Ground;
            }
            (State::Escape, b']') | (State::Wide, 0x9d) => self.hold(byte, State::Number),
            (State::Escape, b'P') | (State::Wide, 0x90) => self.hold(byte, State::Parameters),
            // The title, as screen and tmux have it.
            (State::Escape, b'k') => self.decide(false, out),
            // The one before says nothing; it must not meet what comes behind a text that is taken out.
            (State::Escape, 0x1b) => {}
            (State::Escape | State::Wide, 0xc2) => {
                out.append(&mut self.held);
                self.hold(byte, State::Wide);
            }
            (State::Wide, 0x1b) => {
                out.append(&mut self.held);
                self.hold(byte, State::Escape);
            }
            (State::Escape | State::Wide, _) => {
                self.held.push(byte);
                out.append(&mut self.held);
                self.state = State::Ground;
            }
            (State::Number, b'0'..=b'9') if self.held.len() < LONGEST => self.held.push(byte),
            (State::Number, _) => {
                let shown = !byte.is_ascii_digit() && stays(&self.held[2..]);
                self.decide(shown, out);
                self.step(byte, out);
            }
            (State::Parameters, b'0'..=b'9' | b';') if self.held.len() < LONGEST => {
                self.held.push(byte);
            }
            // Pictures (sixel) and questions. What tmux or screen would hand on may be anything.
            (State::Parameters, _) => {
                self.decide(matches!(byte, b'q' | b'$' | b'+'), out);
                self.step(byte, out);
            }
        }
    }

    fn text(&mut self, byte: u8, shown: bool, escaped: bool, out: &mut Vec<u8>) {
        match (byte, escaped) {
            // An ESC that ends no text begins something else.
            (_, true) if byte != b'\\' => {
                self.hold(0x1b, State::Escape);
                self.step(byte, out);
            }
            (0x1b, false) => self.state = State::Text { shown, escaped: true },
            (_, _) => {
                if shown && escaped {
                    out.push(0x1b);
                }
                if shown {
                    out.push(byte);
                }
                let is_over = escaped || byte == 0x07;
                self.state =
                    if is_over { State::Ground } else { State::Text { shown, escaped: false } };
            }
        }
    }

    fn hold(&mut self, byte: u8, state: State) {
        self.held.push(byte);
        self.state = state;
    }

    fn decide(&mut self, shown: bool, out: &mut Vec<u8>) {
        if shown {
            out.append(&mut self.held);
        }
        self.held.clear();
        self.state = State::Text { shown, escaped: false };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        String::from_utf8_lossy(&Consent::default().read(text.as_bytes())).into_owned()
    }

    #[test]
    fn titles_and_the_clipboard_are_the_persons_own() {
        for taken in [
            "\x1b]0;title\x07",
            "\x1b]2;title\x1b\\",
            "\x1b]52;c;ZXZpbA==\x07",
            "\x1b]052;c;ZXZpbA==\x07",
            "\u{9d}52;c;ZXZpbA==\x07",
            "\x1b]1337;Copy=:ZXZpbA==\x07",
            "\x1b]9;a notice\x07",
            "\x1bktitle\x1b\\",
            "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
            "\x1b]l title\x1b\\",
            "\x1b]00000000000000052;c;ZXZpbA==\x07",
        ] {
            let left = read(&format!("a{taken}b"));
            assert!(!left.contains("title") && !left.contains("ZXZ"), "{taken:?}: {left:?}");
            assert!(left.starts_with('a') && left.ends_with('b'), "{taken:?}: {left:?}");
        }
    }

    #[test]
    fn what_stays_on_the_screen_goes_out_as_it_is() {
        for kept in [
            "\x1b[31mred\x1b[0m größe “so” \u{a0}\r\n",
            "\x1b]8;;https://x\x1b\\link\x1b]8;;\x07",
            "\x1b]7;file://box/tmp\x07\x1b]133;A\x07",
            "\x1b]11;#000000\x07\x1b]104\x07",
            "\x1bP0;1;8q#0!10~-\x1b\\",
            "\x1b7\x1b(B\x1b=\x1b8",
        ] {
            assert_eq!(read(kept), kept);
        }
        // A sequence that something else breaks off.
        assert_eq!(read("\x1b]52;c;abc\x1b[1mx"), "\x1b[1mx");
        assert_eq!(read("\x1b]52;c;abc\x18x"), "x");
    }

    proptest! {
        #[test]
        fn the_pieces_make_no_difference(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "\u{9d}", "\x1b", "]", "52;c;", "0;", "8;;", "\x07", "\\", "P", "tmux;", "q", "k", "\x18", "ü",
            ]), 0..40),
            cut in 0_usize..120,
        ) {
            let text = parts.concat().into_bytes();
            let cut = cut.min(text.len());
            let whole = Consent::default().read(&text);
            let mut pieces = Consent::default();
            let both = [pieces.read(&text[..cut]), pieces.read(&text[cut..])].concat();
            prop_assert_eq!(&whole, &both);
            // What went through once goes through again: nothing was put together that wasn't there.
            let has = |wanted: &[u8]| whole.windows(wanted.len()).any(|some| some == wanted);
            prop_assert!(!has(b"\x1b]52;") && !has(b"\x1b]0;"));
        }
    }
}
