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
    /// In a text that goes out, or doesn't.
    Text {
        shown: bool,
        last: Last,
    },
}

/// What the last byte of a text may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    Escape,
    /// U+009C, its end as some terminals have it, or another text's beginning.
    Wide,
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
            (State::Text { shown, last }, _) => self.text(byte, shown, last, out),
            (_, 0x18 | 0x1a) => {
                self.held.clear();
                self.state = State::Ground;
            }
            (State::Escape, b']') | (State::Wide, 0x9d) => self.hold(byte, State::Number),
            (State::Escape, b'P') | (State::Wide, 0x90) => self.hold(byte, State::Parameters),
            // The title as screen and tmux have it, which take the text of an APC for one, too; and SOS and PM, which nobody shows.
            (State::Escape, b'k' | b'_' | b'^' | b'X') | (State::Wide, 0x98 | 0x9e | 0x9f) => {
                self.decide(false, out);
            }
            // The one before says nothing; it must not meet what comes behind a text that is taken out.
            (State::Escape, 0x1b) => {}
            // So it is with half a letter.
            (State::Escape | State::Wide, 0xc2) => {
                self.held.clear();
                self.hold(byte, State::Wide);
            }
            (State::Wide, 0x1b) => {
                self.held.clear();
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

    fn text(&mut self, byte: u8, shown: bool, last: Last, out: &mut Vec<u8>) {
        let goes_on = |last| State::Text { shown, last };
        match (last, byte) {
            (Last::Escape, b'\\') => {
                if shown {
                    out.extend_from_slice(b"\x1b\\");
                }
                self.state = State::Ground;
            }
            // An ESC that ends no text begins something else.
            (Last::Escape, _) => {
                self.hold(0x1b, State::Escape);
                self.step(byte, out);
            }
            (Last::Wide, 0x9c) => {
                if shown {
                    out.extend_from_slice(b"\xc2\x9c");
                }
                self.state = State::Ground;
            }
            (Last::Wide, 0x90 | 0x98 | 0x9d..=0x9f) => {
                self.hold(0xc2, State::Wide);
                self.step(byte, out);
            }
            // Half a letter before it says nothing.
            (_, 0x1b) => self.state = goes_on(Last::Escape),
            (_, 0xc2) => self.state = goes_on(Last::Wide),
            (_, _) => {
                if shown && last == Last::Wide {
                    out.push(0xc2);
                }
                if shown {
                    out.push(byte);
                }
                self.state = if byte == 0x07 { State::Ground } else { goes_on(Last::Nothing) };
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
        self.state = State::Text { shown, last: Last::Nothing };
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
            "\x1b_title\x1b\\",
            "\x1b^title\x1b\\",
            "\x1bXtitle\x1b\\",
            "\u{9f}title\u{9c}",
            "\u{9e}title\x1b\\",
            "\u{98}title\u{9c}",
            "\x1b]0;title\u{9c}",
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
        // Behind a link that ends, or doesn't, as some terminals have it.
        let evil = "\u{9d}52;c;ZXZpbA==\u{9c}";
        assert_eq!(read(&format!("\x1b]8;;x\u{9c}{evil}b")), "\x1b]8;;x\u{9c}b");
        assert_eq!(read(&format!("\x1b]8;;x{evil}b")), "\x1b]8;;xb");
        assert_eq!(read("\x1b]8;;größe\u{a0}\x07b"), "\x1b]8;;größe\u{a0}\x07b");
        // What is taken out leaves no beginning before what comes behind.
        assert_eq!(read("\x1b\u{9d}0;\x07]52;c;abc\x07"), "]52;c;abc\x07");
        // A sequence that something else breaks off.
        assert_eq!(read("\x1b]52;c;abc\x1b[1mx"), "\x1b[1mx");
        assert_eq!(read("\x1b]52;c;abc\x18x"), "x");
    }

    proptest! {
        #[test]
        fn the_pieces_make_no_difference(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "\u{9d}", "\x1b", "]", "52;c;", "0;", "8;;", "\x07", "\\", "P", "tmux;", "q", "k", "\x18", "ü", "\u{9c}", "_",
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
            let beginnings: [&[u8]; 4] = [b"\x1b]52;", b"\x1b]0;", b"\xc2\x9d52;", b"\x1b_"];
            prop_assert!(!beginnings.into_iter().any(has));
        }
    }
}
